// The servers that are compared, and how each is configured: one worker that answers, no rate limits, logs in the run's
// folder, nothing else changed from what its distribution ships.

import ArgumentParser
import CLinux
import Glibc
import Platform

/// A zone that a server is to serve.
struct ServedZone {
    let origin: String
    let file: String
}

/// Where a server runs and what it serves.
struct Site {
    /// The server's own folder.
    let folder: String
    let zones: [ServedZone]
    let endpoint: Endpoint
    /// The processor that it is bound to, by `taskset`.
    var processor: Int?
    /// Responders of zonecast.
    var processes = 1

    /// The largest of zonecast's image files.
    var imageMiB: Double {
        let images = folder + "/state/images"
        let sizes = ProcessFile.names(images).filter { $0.hasSuffix(".img") }.map { name in
            var entry = stat()
            return stat(images + "/" + name, &entry) == 0 ? Int(entry.st_size) : 0
        }
        return Double(sizes.max() ?? 0) / 1_048_576
    }
}

enum ServerKind: String, CaseIterable, ExpressibleByArgument {
    case reflect, zonecast, nsd, knot, bind

    /// The server's program, or nil if it is not installed.
    var program: String? {
        switch self {
        case .reflect: SiblingBinary.own()
        case .zonecast: try? SiblingBinary.path(of: "zonecast")
        case .nsd: Programs.find("nsd")
        case .knot: Programs.find("knotd")
        case .bind: Programs.find("named")
        }
    }

    /// Those that are installed; the others are mentioned, and it is an error if there is none.
    static func installed(_ kinds: [ServerKind]) throws -> [ServerKind] {
        let installed = kinds.filter { kind in
            if kind.program == nil { Terminal.note("\(kind.rawValue) is left out: \(kind.missing)") }
            return kind.program != nil
        }
        guard !installed.isEmpty else { throw BenchError.nothingToMeasure }
        return installed
    }

    private var missing: String {
        self == .zonecast
            ? "it is not beside zonebench; name the folder of its programs in ZONECAST_BIN" : "it is not installed"
    }

    /// The name and version, as the program tells it.
    var version: String {
        switch self {
        case .reflect: "reflect"
        case .zonecast: "zonecast"
        case .nsd: Programs.find("nsd").flatMap { Programs.firstLine([$0, "-v"]) } ?? "nsd"
        case .knot: Programs.find("knotd").flatMap { Programs.firstLine([$0, "-V"]) } ?? "knot"
        case .bind:
            Programs.find("named").flatMap { Programs.firstLine([$0, "-v"]) }?.split(separator: "-").first.map {
                "\($0)"
            }
                ?? "bind"
        }
    }

    /// Writes the configuration and returns the command that runs the server in the foreground.
    func prepare(_ site: Site) throws -> [String] {
        guard let program else {
            throw PlatformError.noBinary(name: rawValue, folders: ["PATH", "the sibling folder"])
        }
        switch self {
        case .reflect: return [program, "reflect", "--listen", "\(site.endpoint)"]
        case .zonecast:
            try write(site.zones.map { "\($0.origin) \($0.file)" }, to: site.folder + "/zones.list")
            return [
                program, "--dir", site.folder + "/state", "--listen", "\(site.endpoint)", "--workers", "1",
                "--processes", "\(site.processes)", "--list", site.folder + "/zones.list",
            ]
        case .nsd:
            try write(nsdConfiguration(site), to: site.folder + "/nsd.conf")
            return [program, "-d", "-c", site.folder + "/nsd.conf"]
        case .knot:
            try write(knotConfiguration(site), to: site.folder + "/knot.conf")
            return [program, "-c", site.folder + "/knot.conf"]
        case .bind:
            try write(bindConfiguration(site), to: site.folder + "/named.conf")
            try write(remoteConfiguration(site), to: site.folder + "/rndc.conf")
            return [program, "-g", "-n", "1", "-U", "1", "-c", site.folder + "/named.conf"]
        }
    }

    /// The command that has a zone file read again, and returns when that is under way or done.
    func reloadCommand(_ site: Site, _ zone: ServedZone) throws -> [String] {
        switch self {
        case .reflect: return []
        case .zonecast:
            let memmgr = try SiblingBinary.path(of: "memmgr")
            return [
                memmgr, "load", "--dir", site.folder + "/state", "--timeout", "600", "--origin", zone.origin, zone.file,
            ]
        case .nsd: return [try Programs.need("nsd-control"), "-c", site.folder + "/nsd.conf", "reload", zone.origin]
        case .knot:
            return [
                try Programs.need("knotc"), "-b", "-t", "600", "-s", site.folder + "/knot.sock", "zone-reload",
                zone.origin,
            ]
        case .bind:
            return [try Programs.need("rndc"), "-c", site.folder + "/rndc.conf", "reload", zone.origin]
        }
    }

    /// Which of the server's processes answer queries.
    func answering(_ root: pid_t) -> [pid_t] {
        let family = ProcessFile.family(of: root)
        guard self == .zonecast else { return family }
        return family.filter { ProcessFile.text("/proc/\($0)/comm") == "authd\n" }
    }

    private func nsdConfiguration(_ site: Site) -> [String] {
        var lines = [
            "server:",
            "  ip-address: \(site.endpoint.host)@\(site.endpoint.port)",
            "  server-count: 1",
            "  username: \"\"",
            "  chroot: \"\"",
            "  zonesdir: \"\(site.folder)\"",
            "  database: \"\"",
            "  pidfile: \"\(site.folder)/nsd.pid\"",
            "  xfrdfile: \"\(site.folder)/xfrd.state\"",
            "  zonelistfile: \"\(site.folder)/zone.list\"",
            "  xfrdir: \"\(site.folder)\"",
            "  logfile: \"\(site.folder)/nsd.log\"",
            "  rrl-ratelimit: 0",
            "remote-control:",
            "  control-enable: yes",
            "  control-interface: \"\(site.folder)/nsd.ctl\"",
        ]
        for zone in site.zones {
            lines += ["zone:", "  name: \"\(zone.origin)\"", "  zonefile: \"\(zone.file)\""]
        }
        return lines
    }

    private func knotConfiguration(_ site: Site) -> [String] {
        var lines = [
            "server:",
            "  rundir: \"\(site.folder)\"",
            "  listen: \(site.endpoint.host)@\(site.endpoint.port)",
            "  udp-workers: 1",
            "  tcp-workers: 1",
            "  background-workers: 1",
            "control:",
            "  listen: \"\(site.folder)/knot.sock\"",
            "log:",
            "  - target: stderr",
            "    any: warning",
            "database:",
            "  storage: \"\(site.folder)/knotdb\"",
            "template:",
            "  - id: default",
            "    zonefile-sync: -1",
            "    journal-content: none",
            "zone:",
        ]
        for zone in site.zones { lines += ["  - domain: \"\(zone.origin)\"", "    file: \"\(zone.file)\""] }
        return lines
    }

    /// BIND is controlled over TCP, at a port of its own.
    private func controlPort(_ site: Site) -> UInt16 { site.endpoint.port + 100 }

    private static let controlKey =
        "key k { algorithm hmac-sha256; secret \"em9uZWJlbmNoLW9uLWxvb3BiYWNr\"; };"

    private func bindConfiguration(_ site: Site) -> [String] {
        var lines = [
            ServerKind.controlKey,
            "controls { inet 127.0.0.1 port \(controlPort(site)) allow { 127.0.0.1; } keys { k; }; };",
            "options {",
            "  directory \"\(site.folder)\"; pid-file none; session-keyfile none;",
            "  listen-on port \(site.endpoint.port) { \(site.endpoint.host); }; listen-on-v6 { none; };",
            "  recursion no; minimal-responses yes; notify no; allow-transfer { none; };",
            "  dnssec-validation no; empty-zones-enable no; check-integrity no; max-udp-size 1232;",
            "};",
            "logging { channel quiet { stderr; severity warning; }; category default { quiet; }; };",
        ]
        for zone in site.zones {
            lines.append(
                "zone \"\(zone.origin)\" { type primary; masterfile-format text; file \"\(zone.file)\"; };")
        }
        return lines
    }

    private func remoteConfiguration(_ site: Site) -> [String] {
        [
            ServerKind.controlKey,
            "options { default-server 127.0.0.1; default-port \(controlPort(site)); default-key k; };",
        ]
    }

    private func write(_ lines: [String], to path: String) throws {
        var file = try TextFile(path: path)
        for line in lines { try file.line(line) }
        try file.finish()
    }
}
