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
    case reflect, zonecast, nsd, knot

    /// The server's program, or nil if it is not installed.
    var program: String? {
        switch self {
        case .reflect: SiblingBinary.own()
        case .zonecast: try? SiblingBinary.path(of: "zonecast")
        case .nsd: Programs.find("nsd")
        case .knot: Programs.find("knotd")
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
                program, "--dir", site.folder + "/state", "--listen", "\(site.endpoint)", "--workers", "1", "--list",
                site.folder + "/zones.list",
            ]
        case .nsd:
            try write(nsdConfiguration(site), to: site.folder + "/nsd.conf")
            return [program, "-d", "-c", site.folder + "/nsd.conf"]
        case .knot:
            try write(knotConfiguration(site), to: site.folder + "/knot.conf")
            return [program, "-c", site.folder + "/knot.conf"]
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

    private func write(_ lines: [String], to path: String) throws {
        var file = try TextFile(path: path)
        for line in lines { try file.line(line) }
        try file.finish()
    }
}
