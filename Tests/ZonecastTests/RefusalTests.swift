// What zonecast refuses before it starts anything, and what it says then.

import Glibc
import Platform
import Testing

@Suite struct RefusalTests {
    /// Runs zonecast to its end.
    private func refusal(
        _ system: TestSystem, _ arguments: [String], _ change: (inout ChildCommand) -> Void = { _ in }
    ) throws -> (end: ProcessEnd?, message: String) {
        let zonecast = try system.command(arguments)
        let pipe = try System.makePipe()
        var shell = ChildCommand("/bin/sh", ["-c", "exec \"$@\" 2>&1", "sh", zonecast.executable] + zonecast.arguments)
        shell.variables = zonecast.variables
        shell.output = pipe.writing.number
        change(&shell)
        let child = try ChildProcess(shell)
        let reading = pipe.closeWriting()
        let output = try System.readToEnd(reading.number, of: "zonecast")
        try child.awaitEnd()
        return (try child.end(), String(decoding: output, as: UTF8.self))
    }

    @Test func aSecondZonecastInTheSameFolder() throws {
        let system = try TestSystem()
        try system.run()
        _ = try system.line()
        let (end, message) = try refusal(system, ["--listen", "\(try TestSystem.freeEndpoint())"])
        #expect(end == .exited(1))
        let process = try #require(system.supervisor).id
        #expect(
            message == "zonecast: another zonecast (process \(process)) runs in \(system.folder)/d: "
                + "stop it, or choose another folder with --dir\n")
    }

    @Test func aSecondZonecastAtTheSameAddress() throws {
        let system = try TestSystem()
        let other = try TestSystem()
        try system.run()
        _ = try system.line()
        let (end, message) = try refusal(other, ["--listen", "\(system.endpoint)"])
        #expect(end == .exited(1))
        #expect(message.contains("\(system.endpoint) is in use by another program: stop that one, or listen elsewhere"))
    }

    @Test func aBusDaemonThatRunsHereAlready() throws {
        let system = try TestSystem()
        let lock = try FileLock(path: system.folder + "/d/msgq.sock.lock")
        let (end, message) = try refusal(system, ["--listen", "\(system.endpoint)"])
        _ = consume lock
        #expect(end == .exited(1))
        #expect(message.contains("a bus daemon (process \(getpid())) runs at"))
    }

    @Test func anAddressThatIsNotOurs() throws {
        let (end, message) = try refusal(try TestSystem(), ["--listen", "192.0.2.1:5300"])
        #expect(end == .exited(74))
        #expect(message.contains("192.0.2.1:5300 is no address of this machine"))
    }

    @Test(arguments: [
        ["--listen", "localhost:53"], ["--listen", "127.0.0.1"], ["--workers", "0"], ["--processes", "many"],
        ["--wrokers", "2"], ["--user", "no-such-user"],
    ])
    func usageErrors(arguments: [String]) throws {
        let (end, message) = try refusal(try TestSystem(), arguments)
        #expect(end == .exited(64), "\(message)")
        #expect(message.hasPrefix("Error: "))
    }

    @Test func anUnknownOptionIsAnsweredWithTheNearestKnownOne() throws {
        #expect(try refusal(try TestSystem(), ["--wrokers", "2"]).message.contains("--workers"))
    }

    @Test func aFolderTooDeepForASocket() throws {
        let (end, message) = try refusal(
            try TestSystem(), ["--dir", "/tmp/" + String(repeating: "d", count: 100)])
        #expect(end == .exited(64))
        #expect(message.contains("has 115 octets, and the kernel takes at most 107"))
    }

    @Test func aMissingProgram() throws {
        let system = try TestSystem()
        #expect(unlink(system.folder + "/bin/authd") == 0)
        let (end, message) = try refusal(system, ["--listen", "\(system.endpoint)"])
        #expect(end == .exited(1))
        #expect(message.contains("there is no program 'authd' in \(system.folder)/bin: build it"))
    }

    @Test func wrongAnnouncementsOfSockets() throws {
        let (end, message) = try refusal(try TestSystem(), []) { $0.sockets = [0] }
        #expect(end == .exited(1))
        #expect(message.contains("LISTEN_FDS='1' promises descriptor 3"))
    }
}
