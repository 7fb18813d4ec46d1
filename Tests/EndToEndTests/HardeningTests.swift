// Attacks on a whole system, bounded: what a stranger, a local user or a broken disk can't do to it.

import Foundation
import Glibc
import TestSupport
import Testing

@Suite struct HardeningTests {
    private static let zone = """
        $ORIGIN example.
        @ 60 SOA ns hostmaster 1 2 3 4 5
        @ 60 NS ns
        ns 60 A 192.0.2.1

        """

    private func system(_ zone: String = zone, _ options: String...) throws -> RunningSystem {
        try RunningSystem(zones: [("example.zone", zone)], options: options)
    }

    private func responder(_ system: RunningSystem) throws -> Int32 {
        try #require(try system.processes("authd").first)
    }

    /// The bytes of private memory that a process has.
    private func memory(_ process: Int32, _ system: RunningSystem) throws -> Int {
        let status = try system.kernelFile("/proc/\(process)/status")
        let line = try #require(status.split(separator: "\n").first { $0.hasPrefix("RssAnon:") })
        return try #require(line.split(whereSeparator: \.isWhitespace).dropFirst().first.flatMap { Int($0) }) << 10
    }

    private func descriptors(_ process: Int32) throws -> Int {
        try FileManager.default.contentsOfDirectory(atPath: "/proc/\(process)/fd").count
    }

    // MARK: Connections that hold a place

    /// With an octet each, or none, more connections than there may be are open. (With an octet each they were at work for ever.)
    @Test(arguments: [[], [0 as UInt8]]) func connectionsThatSayNothingMakeRoom(octets: [UInt8]) throws {
        let system = try system(Self.zone, "--tcp-connections", "20", "--tcp-connections-per-client", "1000")
        var sockets: [RawSocket] = []
        for _ in 0..<40 {
            sockets.append(try RawSocket(SOCK_STREAM, port: system.port))
            sockets[sockets.count - 1].send(octets)
        }
        #expect(try system.dig("+tcp", "ns.example.", "A") == ["192.0.2.1"])
        #expect(sockets[0].isClosed)
    }

    /// The message that began first goes first, and whoever waits for an answer stays.
    @Test func theOldestUnfinishedMessageMakesRoom() throws {
        let system = try system(Self.zone, "--tcp-connections-per-client", "3")
        let sockets = try (0..<3).map { _ in try RawSocket(SOCK_STREAM, port: system.port) }
        // All are known when each has been answered; the first then begins no message.
        for socket in sockets {
            socket.send(RawSocket.framed(RawSocket.query(1)))
            #expect(socket.receiveMessages(1).count == 1)
        }
        for socket in sockets[1...] {
            // A whole message, and the beginning of another: its answer shows that both were read.
            socket.send(RawSocket.framed(RawSocket.query(2)) + [0])
            #expect(socket.receiveMessages(1).count == 1)
        }
        let newcomer = try RawSocket(SOCK_STREAM, port: system.port)
        newcomer.send(RawSocket.framed(RawSocket.query(3)))
        #expect(newcomer.receiveMessages(1).count == 1)
        #expect(sockets[1].isClosed)
        sockets[0].send(RawSocket.framed(RawSocket.query(4)))
        #expect(sockets[0].receiveMessages(1).count == 1, "idle, and not the oldest message")
    }

    // MARK: Clients that do not read

    /// Answers of 60 KB each.
    private static let large =
        zone + (0..<240).map { "big 60 TXT \(String(repeating: "x", count: 230))\($0)\n" }.joined()

    private static let question = RawSocket.framed(
        [
            0, 1, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 3, 0x62, 0x69, 0x67, 7, 0x65, 0x78, 0x61, 0x6D, 0x70, 0x6C, 0x65, 0, 0,
            16, 0, 1,
        ])

    private func slowReaders(_ count: Int, of system: RunningSystem) throws -> [RawSocket] {
        let sockets = try (0..<count).map { _ in try RawSocket(SOCK_STREAM, port: system.port, window: 4096) }
        for socket in sockets { socket.sendNow((0..<60).flatMap { _ in Self.question }) }
        return sockets
    }

    @Test func slowReadersAreBoundedAndMemoryIsGivenBack() throws {
        let system = try system(
            Self.large, "--tcp-connections-per-client", "1000", "--tcp-backlog-per-client", "4M",
            "--tcp-backlog-total", "6M", "--tcp-idle", "3600")
        #expect(try system.dig("+tcp", "ns.example.", "A") == ["192.0.2.1"])
        let process = try responder(system)
        let before = try memory(process, system)
        var sockets = try slowReaders(200, of: system)
        // 200 of them would take 60 MiB.
        #expect(try system.dig("+tcp", "ns.example.", "A") == ["192.0.2.1"])
        // What was sent before hides the end from a reader that does not read.
        #expect(
            system.wait { (try? self.descriptors(process)).map { $0 < 150 } ?? false },
            "the largest backlogs are cut off")
        #expect(try memory(process, system) < before + 40 << 20)
        sockets = []
        #expect(system.wait { (try? self.memory(process, system)).map { $0 < before + 8 << 20 } ?? false })
    }

    /// An answer does not wait for ever, whatever trickles.
    @Test func whoNeverReadsIsCutOff() throws {
        let system = try system(Self.large, "--tcp-idle", "1")
        #expect(try system.dig("+tcp", "ns.example.", "A") == ["192.0.2.1"])
        let process = try responder(system)
        #expect(system.wait { (try? self.connections(process, system)) == 0 })
        let sockets = try slowReaders(5, of: system)
        #expect(system.wait { (try? self.connections(process, system)) == 0 })
        _ = sockets.count
    }

    /// The TCP connections that a process has, beside the listening socket.
    private func connections(_ process: Int32, _ system: RunningSystem) throws -> Int {
        let port = String(system.port, radix: 16, uppercase: true)
        return try system.kernelFile("/proc/\(process)/net/tcp").split(separator: "\n").count { line in
            let fields = line.split(separator: " ")
            // Established (01), or closed by the client (08).
            return fields.count > 3 && fields[1].hasSuffix(":\(port)") && ["01", "08"].contains(fields[3])
        }
    }

    // MARK: Too few descriptors

    /// A folder with all programs, where authd has a lower limit on descriptors.
    private func programs(descriptors: Int) throws -> TemporaryFolder {
        let folder = try TemporaryFolder()
        for program in ["zonecast", "msgq", "memmgr"] {
            try FileManager.default.createSymbolicLink(
                atPath: "\(folder.path)/\(program)",
                withDestinationPath: RunningSystem.programs.appendingPathComponent(program).path)
        }
        let authd = RunningSystem.programs.appendingPathComponent("authd").path
        try folder.write("#!/bin/sh\nulimit -n \(descriptors)\nexec \(authd) \"$@\"\n", to: "authd")
        chmod("\(folder.path)/authd", 0o755)
        return folder
    }

    @Test func connectionsLeaveDescriptorsForLoads() throws {
        let folder = try programs(descriptors: 160)
        let system = try RunningSystem(
            zones: [("example.zone", Self.zone)], options: ["--tcp-connections-per-client", "1000"],
            programs: URL(fileURLWithPath: folder.path))
        #expect(system.logged.contains("TCP connections: the limit on descriptors is 160"))
        let sockets = try (0..<300).map { _ in try RawSocket(SOCK_STREAM, port: system.port) }
        for socket in sockets { socket.send([0]) }
        #expect(try system.dig("+tcp", "ns.example.", "A") == ["192.0.2.1"])
        try system.write("example.zone", Self.zone.replacing("1 2 3 4 5", with: "2 2 3 4 5"))
        #expect(try system.memmgr("load", system.path("example.zone")).status == 0)
        #expect(try system.dig("example.", "SOA").first?.contains(" 2 2 3 4 5") == true)
    }

    /// A responder that gets no descriptor for a generation waits for one; the generation is not refused.
    @Test func aShortageWhileMappingIsADelay() throws {
        let system = try system()
        let process = try responder(system)
        // The runtime keeps the low numbers, see Descriptors.
        try run("prlimit", ["--pid", "\(process)", "--nofile=24:"])
        try system.write("example.zone", Self.zone.replacing("1 2 3 4 5", with: "2 2 3 4 5"))
        let load = try system.memmgrInBackground("load", system.path("example.zone"))
        #expect(system.wait { system.logged.contains("is not mapped yet") })
        #expect(load.isRunning)
        try run("prlimit", ["--pid", "\(process)", "--nofile=1024:"])
        #expect(try load.end().status == 0)
        #expect(try system.dig("example.", "SOA").first?.contains(" 2 2 3 4 5") == true)
        #expect(try responder(system) == process)
    }

    // MARK: Less than root

    @Test(arguments: [[], ["--no-sandbox"]]) func noCapabilitiesAreLeft(options: [String]) throws {
        let system = try RunningSystem(zones: [("example.zone", Self.zone)], options: options)
        let status = try system.kernelFile("/proc/\(try responder(system))/status")
        for line in status.split(separator: "\n") where line.hasPrefix("Cap") {
            #expect(line.hasSuffix("0000000000000000"), "\(line)")
        }
        if options.isEmpty { #expect(status.contains("NoNewPrivs:\t1") && status.contains("Seccomp:\t2")) }
    }

    // MARK: Damaged images

    /// A file that is cut in place under a running responder, within a page or to less than a page.
    @Test(arguments: [100, 20_000]) func whatIsCutOffIsUnavailable(octets: Int) throws {
        let names = (0..<2000).map { "n\($0) 60 A 192.0.2.\($0 % 250)\n" }
        // One zone, and so one image, whose end is that of the zone.
        let system = try RunningSystem(zones: [
            ("other.zone", "$ORIGIN other.\n@ 60 SOA ns h 1 2 3 4 5\n@ 60 NS ns.test.\n" + names.joined())
        ])
        let images = "\(system.state)/images"
        let image = try #require(
            try FileManager.default.contentsOfDirectory(atPath: images).first { $0.hasSuffix(".img") })
        let process = try responder(system)
        #expect(try system.dig("n1999.other.", "A") == ["192.0.2.249"])
        let path = "\(images)/\(image)"
        let size = try #require(try FileManager.default.attributesOfItem(atPath: path)[.size] as? Int)
        #expect(size > 2 * octets && truncate(path, size - octets) == 0)
        for question in [["gone.other.", "A"], ["n1.other.", "MX"], ["+tcp", "gone2.other.", "A"]] {
            let answer = try run("dig", ["+time=2", "+tries=4", "@127.0.0.1", "-p", "\(system.port)"] + question).output
            #expect(answer.contains("status: SERVFAIL"), "\(question)")
        }
        #expect(system.wait { system.logged.contains("images are damaged") })
        #expect(try system.digAll("n1999.other.", "A").contains("status: SERVFAIL"))
        #expect(try responder(system) == process, "the responder is the same")
    }
}
