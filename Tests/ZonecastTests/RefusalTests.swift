// What zonecast refuses before it starts anything, and what it says then.

import Glibc
import Platform
import Testing

@Suite struct RefusalTests {
    /// Runs zonecast to its end.
    private func refusal(
        _ system: TestSystem, _ arguments: [String], sockets: [Int32] = []
    ) async throws -> (end: ProcessEnd, message: String) {
        try system.start(try system.command(arguments), sockets: sockets)
        return (try await system.end(), try system.logs())
    }

    @Test func aSecondZonecastInTheSameFolder() async throws {
        let system = try TestSystem()
        try system.run()
        _ = try await system.line()
        let other = try TestSystem()
        let (end, message) = try await refusal(
            other, ["--dir", system.folder + "/d", "--listen", "\(other.endpoint)"])
        #expect(end == .exited(1))
        let process = try #require(system.supervisor).id
        #expect(
            message == "zonecast: another zonecast (process \(process)) runs in \(system.folder)/d: "
                + "stop it, or choose another folder with --dir\n")
    }

    @Test func aSecondZonecastAtTheSameAddress() async throws {
        let system = try TestSystem()
        let other = try TestSystem()
        try system.run()
        _ = try await system.line()
        let (end, message) = try await refusal(other, ["--listen", "\(system.endpoint)"])
        #expect(end == .exited(1))
        #expect(message.contains("\(system.endpoint) is in use by another program: stop that one, or listen elsewhere"))
    }

    @Test func aBusDaemonThatRunsHereAlready() async throws {
        let system = try TestSystem()
        let lock = try FileLock(path: system.folder + "/d/msgq.sock.lock")
        let (end, message) = try await refusal(system, ["--listen", "\(system.endpoint)"])
        _ = consume lock
        #expect(end == .exited(1))
        #expect(message.contains("a bus daemon (process \(getpid())) runs at"))
    }

    @Test func anAddressThatIsNotOurs() async throws {
        let (end, message) = try await refusal(try TestSystem(), ["--listen", "192.0.2.1:5300"])
        #expect(end == .exited(74))
        #expect(message.contains("192.0.2.1:5300 is no address of this machine"))
    }

    @Test(arguments: [
        ["--listen", "localhost:53"], ["--listen", "127.0.0.1"], ["--workers", "0"], ["--processes", "many"],
        ["--wrokers", "2"], ["--user", "no-such-user"],
    ])
    func usageErrors(arguments: [String]) async throws {
        let (end, message) = try await refusal(try TestSystem(), arguments)
        #expect(end == .exited(64), "\(message)")
        #expect(message.hasPrefix("Error: "))
    }

    @Test func anUnknownOptionIsAnsweredWithTheNearestKnownOne() async throws {
        #expect(try await refusal(try TestSystem(), ["--wrokers", "2"]).message.contains("--workers"))
    }

    @Test func aFolderTooDeepForASocket() async throws {
        let (end, message) = try await refusal(
            try TestSystem(), ["--dir", "/tmp/" + String(repeating: "d", count: 100)])
        #expect(end == .exited(64))
        #expect(message.contains("has 115 octets, and the kernel takes at most 107"))
    }

    @Test func anUnknownLevelOfTheLog() async throws {
        let system = try TestSystem()
        var zonecast = try system.command(["--listen", "\(system.endpoint)"])
        zonecast.variables["ZONECAST_LOG"] = "verbose"
        try system.start(zonecast, sockets: [])
        #expect(try await system.end() == .exited(64))
        #expect(
            try system.logs().hasPrefix(
                "zonecast: ZONECAST_LOG='verbose' in the environment is unknown: expected one of"))
    }

    @Test func aMissingProgram() async throws {
        let system = try TestSystem()
        #expect(unlink(system.folder + "/bin/authd") == 0)
        let (end, message) = try await refusal(system, ["--listen", "\(system.endpoint)"])
        #expect(end == .exited(1))
        #expect(message.contains("there is no program 'authd' in \(system.folder)/bin: build it"))
    }

    @Test func wrongAnnouncementsOfSockets() async throws {
        let (end, message) = try await refusal(try TestSystem(), [], sockets: [0])
        #expect(end == .exited(1))
        #expect(message.contains("LISTEN_FDS='1' promises descriptor 3"))
    }

    @Test(.enabled(if: geteuid() == 0, "only root can become another user"))
    func aFolderThatHasRunAsRoot() async throws {
        let system = try TestSystem()
        #expect(chmod(system.folder, 0o755) == 0)
        try system.put("record.json", "{}")
        let (end, message) = try await refusal(system, ["--user", "nobody", "--listen", "\(system.endpoint)"])
        #expect(end == .exited(74))
        #expect(message.contains("\(system.folder)/d/record.json does not belong to nobody"))
        #expect(message.contains("run `chown -R -h nobody: \(system.folder)/d` as root"))
        #expect(try await system.line() == "")
    }
}
