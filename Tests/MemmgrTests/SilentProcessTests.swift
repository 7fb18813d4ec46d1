// A process that is stopped or hangs: commands that only read name it and end, instead of waiting for ever.

import Bus
import BusClient
import Generations
import Glibc
import JSON
import Platform
import TestSupport
import Testing

@testable import memmgr

@Suite(.serialized) struct SilentProcessTests {
    @Test func aStoppedManagerIsNamedAndTheConsumersAreAsked() async throws {
        let system = try await TestSystem()
        let consumer = try await ScriptedConsumer(system)
        try await eventually("it serves") { consumer.serving != nil }
        let generation = try #require(consumer.serving).number
        try system.writeZone(serial: 1)
        let manager = try #require(system.id(of: "memmgr"))
        system.signal("memmgr", Signal(rawValue: SIGSTOP))
        let status = try await system.memmgr("status")
        #expect(status.status == 3)
        let words =
            "memmgr (process \(manager)) is stopped and does not answer; continue it with: kill -CONT \(manager)"
        #expect(status.errors == "memmgr: \(words)\n")
        #expect(status.output.contains("consumer.1  unknown  serves \(generation)  holds \(generation)"), "\(status)")
        let json = try await system.memmgr("status", "--json")
        let value = try JSONValue(text: Array(json.output.utf8))
        #expect(json.status == 3 && value["ok"] == false && value["problem"]?.string == words)
        #expect(value["consumers"]?[0]?["serving"]?.integer == Int64(generation))
        let check = try await system.memmgr("status", "--check")
        #expect(check.status == 3 && check.output.hasPrefix("UNKNOWN: memmgr (process "))
        for arguments in [["list"], ["history"], ["query", "example", "SOA"]] {
            let result = try await system.memmgr(arguments)
            #expect(result.status == 3 && result.errors.contains(words), "\(arguments): \(result)")
        }
        let load = try await system.memmgr("load", "--timeout", "0.2", "example.zone")
        #expect(
            load.status == 3
                && load.errors.hasPrefix("memmgr: timed out after 0.2 s: \(words); the load continues when"))
        // What does not need the manager works.
        #expect(try await system.memmgr("stats").status == 0)
        #expect(try await system.memmgr("log").status == 0)
    }

    @Test func aStoppedBusIsNamed() async throws {
        let system = try await TestSystem()
        let bus = try #require(system.id(of: "msgq"))
        system.signal("msgq", Signal(rawValue: SIGSTOP))
        for arguments in [["status"], ["list"], ["stats"]] {
            let result = try await system.memmgr(arguments)
            #expect(result.status == 3, "\(arguments): \(result)")
            #expect(result.errors.contains("msgq (process \(bus)) is stopped and does not answer"), "\(result)")
        }
    }

    /// A consumer that is connected and answers nothing is named by its name.
    @Test func aSilentConsumerIsNamedByItsName() async throws {
        let system = try await TestSystem()
        let consumer = try await ScriptedConsumer(system, name: "consumer.7")
        try await eventually("it serves") { consumer.serving != nil }
        consumer.isSilent = true
        let stats = try await system.memmgr("stats")
        #expect(stats.status == 3)
        #expect(stats.errors == "memmgr: consumer.7 did not answer within 3.0 s\n")
        let status = try await system.memmgr("status")
        #expect(status.status == 0 && status.output.contains("does not respond"))
    }

    @Test func aStoppedProcessIsRecognized() {
        #expect(ProcessState.isStopped(status: "Name:\ta\nUmask:\t0022\nState:\tT (stopped)\nTgid:\t1\n"))
        #expect(ProcessState.isStopped(status: "Name:\ta\nState:\tt (tracing stop)\n"))
        #expect(!ProcessState.isStopped(status: "Name:\tState:\tT\nState:\tS (sleeping)\n"))
        #expect(!ProcessState.isStopped(status: ""))
        #expect(!ProcessState.isStopped(getpid()))
    }

    // MARK: Rights and places

    @Test func aSystemInTheUsualPlaceIsPointedOut() async throws {
        let system = try await TestSystem()
        let empty = try TemporaryFolder()
        let search = SystemSearch(try StateFolder(option: empty.path), usual: system.folder.path)
        let failure = search.failure(because: .noBus(path: empty.path, reason: "no such file"))
        #expect(failure.status == .noSystem)
        #expect(
            failure.description.hasSuffix("; a system runs in \(system.folder.path): use --dir \(system.folder.path)"))
        let nowhere = SystemSearch(try StateFolder(option: empty.path), usual: empty.path + "/none")
        let plain = nowhere.failure(because: .noBus(path: empty.path, reason: "no such file"))
        #expect(plain.description.hasSuffix("start one with: zonecast --dir \(empty.path)"))
    }

    private static let canBecomeAnother: Bool = {
        let isThere = unsafe access("/usr/bin/setpriv", X_OK)
        return geteuid() == 0 && isThere == 0
    }()

    /// As root, `setpriv` gives the command an account without rights.
    @Test(.enabled(if: canBecomeAnother))
    func aUserWithoutRightsIsToldThat() async throws {
        let system = try await TestSystem()
        for path in [system.folder.path, system.folder.path + "/msgq.sock"] {
            #expect(unsafe chmod(path, path.hasSuffix("sock") ? 0o600 : 0o700) == 0)
        }
        let copy = "/tmp/memmgr-\(UInt64.random(in: 0 ... .max))"
        defer { unlink(copy) }
        _ = try await Program.run("/bin/cp", [try Program.path("memmgr"), copy], in: system.folder)
        let result = try await Program.run(
            "/usr/bin/setpriv",
            ["--reuid=65534", "--regid=65534", "--clear-groups", copy, "status", "--dir", system.folder.path],
            in: system.folder)
        #expect(result.status == 77, "\(result)")
        #expect(result.errors.contains("may not use the system in \(system.folder.path)"), "\(result)")
        #expect(!result.errors.contains("is running"))
    }
}
