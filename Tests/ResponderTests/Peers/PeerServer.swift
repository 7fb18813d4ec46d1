// Another name server from Debian, started for one test on a free port of 127.0.0.1, and always stopped.

import Glibc
import Platform
import ResponderModel
import TestSupport

/// A running NSD, Knot or BIND.
final class PeerServer {
    enum Kind: String, CaseIterable {
        case nsd
        case knot
        case bind
    }

    let kind: Kind
    let port: UInt16
    private let folder: TemporaryFolder
    private let process: ChildProcess
    private var hasEnded = false

    /// Starts the server on zones in files, and waits until it answers for each.
    static func start(_ kind: Kind, zones: [(origin: String, path: String)]) throws -> PeerServer {
        var attempts = 5
        while true {
            do {
                let server = try PeerServer(kind, zones: zones)
                for zone in zones { try server.awaitAnswer(for: zone.origin) }
                return server
            } catch is PortTaken where attempts > 0 {
                attempts -= 1
            }
        }
    }

    /// Somebody took the port before the peer did.
    private struct PortTaken: Error {}

    private init(_ kind: Kind, zones: [(origin: String, path: String)]) throws {
        self.kind = kind
        folder = try TemporaryFolder()
        port = try FreePort.next()
        let configuration =
            switch kind {
            case .nsd: PeerServer.nsd
            case .knot: PeerServer.knot
            case .bind: PeerServer.bind
            }
        try folder.write(configuration(folder.path, port, zones), to: "peer.conf")
        process = try PeerServer.spawn(kind, folder.path)
    }

    deinit {
        if hasEnded { return }
        // It has nothing to lose, and its processes are a group of their own.
        _ = kill(-process.id, SIGKILL)
        var status: Int32 = 0
        waitpid(process.id, &status, 0)
    }

    private static func spawn(_ kind: Kind, _ folder: String) throws -> ChildProcess {
        // `exec`, so that the process that is stopped is the server itself.
        let command =
            switch kind {
            case .nsd: "exec nsd -d -c"
            case .knot: "exec knotd -c"
            case .bind: "exec named -g -n 1 -c"
            }
        let path = "PATH=$PATH:/usr/sbin"
        return try ChildProcess(
            ChildCommand("/bin/sh", ["-c", "\(path) \(command) '\(folder)/peer.conf' >'\(folder)/log' 2>&1"]))
    }

    private static func nsd(_ folder: String, _ port: UInt16, _ zones: [(origin: String, path: String)]) -> String {
        """
        server:
          ip-address: 127.0.0.1@\(port)
          server-count: 1
          username: ""
          chroot: ""
          zonesdir: "\(folder)"
          database: ""
          pidfile: "\(folder)/pid"
          zonelistfile: "\(folder)/zones"
          xfrdfile: "\(folder)/xfrd"
          xfrdir: "\(folder)"
          logfile: "\(folder)/nsd.log"
          rrl-ratelimit: 0
          rrl-whitelist-ratelimit: 0
          minimal-responses: yes
          confine-to-zone: yes
        remote-control:
          control-enable: no

        """ + zones.map { "zone:\n  name: \"\($0.origin)\"\n  zonefile: \"\($0.path)\"\n" }.joined()
    }

    private static func knot(_ folder: String, _ port: UInt16, _ zones: [(origin: String, path: String)]) -> String {
        """
        server:
          listen: 127.0.0.1@\(port)
          rundir: "\(folder)"
          udp-workers: 1
          tcp-workers: 1
          background-workers: 1
        database:
          storage: "\(folder)"
        log:
          - target: stderr
            any: warning
        template:
          - id: default
            storage: "\(folder)"
            journal-content: none
            zonefile-load: whole
            zonefile-sync: -1
            semantic-checks: off
        zone:

        """ + zones.map { "  - domain: \"\($0.origin)\"\n    file: \"\($0.path)\"\n" }.joined()
    }

    private static func bind(_ folder: String, _ port: UInt16, _ zones: [(origin: String, path: String)]) -> String {
        """
        options {
            directory "\(folder)";
            pid-file none;
            session-keyfile none;
            managed-keys-directory "\(folder)";
            listen-on port \(port) { 127.0.0.1; };
            listen-on-v6 { none; };
            recursion no;
            minimal-responses yes;
            minimal-any yes;
            check-names master ignore;
            check-integrity no;
            check-sibling no;
            allow-transfer { none; };
            notify no;
            dnssec-validation no;
            max-udp-size 1232;
            rrset-order { order none; };
            server-id none;
            answer-cookie no;
            zero-no-soa-ttl no;
            max-zone-ttl unlimited;
            zone-statistics none;
            empty-zones-enable no;
        };
        controls { };
        logging { category lame-servers { null; }; };

        """
            + zones.map {
                "zone \"\($0.origin)\" { type primary; masterfile-format text; file \"\($0.path)\"; };\n"
            }.joined()
    }

    private static func loopback(port: UInt16) -> sockaddr_in {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        return address
    }

    /// Asks over UDP and TCP until there is an answer: a server that is still loading gives none, or SERVFAIL or REFUSED.
    private func awaitAnswer(for origin: String) throws {
        let query = TestQuery(name: wireName(origin), type: 6).bytes
        for _ in 0..<600 {
            let answers = [SOCK_DGRAM, SOCK_STREAM].map { exchange(query, over: $0, milliseconds: 100) }
            if answers.allSatisfy({ ($0?.count ?? 0) > 3 && ($0?[3] ?? 15) & 15 == 0 }) { return }
            if try process.end() != nil {
                hasEnded = true
                let log = ((try? folder.text(of: "log")) ?? "") + ((try? folder.text(of: "nsd.log")) ?? "")
                if log.contains("in use") { throw PortTaken() }
                throw WireError("\(kind) has ended: \(log)")
            }
            // Not a wait for luck: a refused datagram comes back at once, and the machine needs the time.
            usleep(50_000)
        }
        throw WireError("\(kind) does not answer for \(origin): \((try? folder.text(of: "log")) ?? "")")
    }

    /// The answer to a query.
    func ask(_ query: [UInt8], overTCP: Bool) throws -> [UInt8] {
        for _ in 0..<3 {
            if let answer = exchange(query, over: overTCP ? SOCK_STREAM : SOCK_DGRAM, milliseconds: 5_000) {
                return answer
            }
        }
        throw WireError("\(kind) does not answer \(query)")
    }

    private func exchange(_ query: [UInt8], over type: __socket_type, milliseconds: Int) -> [UInt8]? {
        let socket = Glibc.socket(AF_INET, Int32(type.rawValue), 0)
        defer { close(socket) }
        var limit = timeval(tv_sec: milliseconds / 1000, tv_usec: milliseconds % 1000 * 1000)
        setsockopt(socket, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
        var address = PeerServer.loopback(port: port)
        let connected = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(socket, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard connected == 0 else { return nil }
        let isTCP = type == SOCK_STREAM
        let sent = isTCP ? [UInt8(query.count >> 8), UInt8(query.count & 255)] + query : query
        guard send(socket, sent, sent.count, Int32(MSG_NOSIGNAL)) == sent.count else { return nil }
        var received: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 65_537)
        while true {
            let count = recv(socket, &buffer, buffer.count, 0)
            guard count > 0 else { return nil }
            received += buffer[..<count]
            if !isTCP { return received }
            if received.count >= 2, received.count - 2 >= Int(received[0]) << 8 | Int(received[1]) {
                return Array(received.dropFirst(2))
            }
        }
    }
}
