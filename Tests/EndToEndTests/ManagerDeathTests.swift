// The manager's death at any moment, and a second manager or supervisor: one good state remains (invariants I1 to I4).

import Foundation
import Glibc
import TestSupport
import Testing

@Suite(.serialized, .blocking)
struct ManagerDeathTests {
    private func zone(_ serial: Int) -> String {
        "$TTL 60\n@ SOA ns h \(serial) 3600 900 604800 60\n@ NS ns\nns A 192.0.2.\(serial)\n"
    }

    @Test func killedDuringPublicationsItLeavesOneGoodState() throws {
        let seed = UInt64.random(in: .min ... .max)
        var random = SplitMix64(seed: seed)
        let system = try RunningSystem(zones: [("example.zone", zone(1))])
        var generation = try #require(system.status?.generation)
        var last = 1
        for serial in 2...7 {
            try system.write("example.zone", zone(serial))
            let load = try system.memmgrInBackground("load", system.path("example.zone"))
            // From before the request is read to after it is answered.
            usleep(UInt32.random(in: 0..<150_000, using: &random))
            for manager in try system.processes("memmgr run") { kill(manager, SIGKILL) }
            // The command asks the next manager again.
            let end = try load.end()
            #expect(end.status == 0, "seed \(seed): \(end)")
            if end.status == 0 { last = serial }
            let answer = try #require(try system.dig("ns.example.", "A").first?.split(separator: ".").last)
            let answered = try #require(Int(answer))
            #expect((last...serial).contains(answered), "seed \(seed)")
            guard let state = system.status else { continue }
            #expect(state.generation >= generation, "seed \(seed)")
            generation = state.generation
        }
        #expect(system.awaitQuiet(), "seed \(seed)")
        // The last file is loaded by the manager's own look at what has changed, if not by the command.
        #expect(system.wait { (try? system.dig("ns.example.", "A")) == ["192.0.2.7"] }, "seed \(seed)")
        #expect(try system.memmgr("load", system.path("example.zone")).status == 0, "seed \(seed)")
        #expect(system.awaitQuiet(), "seed \(seed)")
        let state = try #require(system.status)
        #expect(state.generation > generation || state.zones.map(\.serial) == [7], "seed \(seed)")
        let wanted = (state.history + [state.generation]).sorted()
        #expect(system.wait { (try? system.directories) == wanted }, "seed \(seed): \((try? system.images) ?? [])")
        #expect(try system.images.allSatisfy { !$0.hasPrefix(".") }, "seed \(seed): \((try? system.images) ?? [])")
    }

    @Test func aLoadOutlivesTheBus() throws {
        let system = try RunningSystem(zones: [("example.zone", zone(1))])
        try system.write("example.zone", zone(2))
        for bus in try system.processes("msgq") { kill(bus, SIGKILL) }
        let load = try system.memmgr("load", system.path("example.zone"))
        #expect(load.status == 0, "\(load)")
        #expect(try system.dig("ns.example.", "A") == ["192.0.2.2"])
    }

    /// Whoever holds the manager's lock keeps all managers away. (That nobody else can, FileLockTests show.)
    @Test func aLoadDoesNotSayThatItContinuesWhereThereIsNoManager() throws {
        let system = try RunningSystem(zones: [("example.zone", zone(1))])
        let lock = open(system.state + "/images/lock", O_RDONLY)
        defer { close(lock) }
        #expect(lock >= 0)
        #expect(
            system.wait {
                for manager in (try? system.processes("memmgr run")) ?? [] { kill(manager, SIGKILL) }
                return flock(lock, LOCK_EX | LOCK_NB) == 0
            })
        #expect(system.wait { system.logged.contains("another manager") })
        try system.write("example.zone", zone(2))
        let load = try system.memmgr("load", "--timeout", "1", system.path("example.zone"))
        #expect(load.status == 69, "\(load)")
        #expect(load.errors.contains("has no manager"), "\(load)")
        #expect(!load.errors.contains("goes on") && !load.errors.contains("continues"), "\(load)")
        #expect(flock(lock, LOCK_UN) == 0)
        #expect(try system.memmgr("load", system.path("example.zone")).status == 0)
    }

    @Test func questionsAreAnsweredWithoutAManager() throws {
        let system = try RunningSystem(zones: [("example.zone", zone(1))])
        let authd = try system.processes("authd")
        // Killed in a row, it is started later each time.
        for _ in 0..<3 {
            try system.killAndAwaitRestart("memmgr run")
            #expect(try system.dig("ns.example.", "A") == ["192.0.2.1"])
        }
        for manager in try system.processes("memmgr run") { kill(manager, SIGKILL) }
        while try system.processes("memmgr run").isEmpty {
            #expect(try system.dig("ns.example.", "A") == ["192.0.2.1"])
            #expect(try system.dig("+tcp", "ns.example.", "A") == ["192.0.2.1"])
        }
        #expect(try system.processes("authd") == authd)
        #expect(system.awaitQuiet())
    }

    @Test func aSecondManagerAndASecondSupervisorAreRefused() throws {
        let system = try RunningSystem(zones: [("example.zone", zone(1))])
        let before = try #require(system.status?.generation)
        let manager = try system.memmgr("run")
        #expect(manager.status == 1)
        #expect(manager.errors.contains("another manager (process "), "\(manager)")
        #expect(manager.errors.contains("stop it, or choose another folder with --dir"), "\(manager)")
        let programs = RunningSystem.programs
        for arguments in [["--dir", system.state], ["--dir", system.path("second")]] {
            let port = arguments[1] == system.state ? Int(try FreePort.next()) : system.port
            let second = try run(
                programs.appendingPathComponent("zonecast").path, arguments + ["--listen", "127.0.0.1:\(port)"],
                environment: ["ZONECAST_BIN": programs.path])
            #expect(second.status == 1)
            let expected = port == system.port ? "is in use by another program" : "another zonecast (process "
            #expect(second.errors.contains(expected), "\(second)")
        }
        #expect(system.status?.generation == before)
        #expect(try system.dig("ns.example.", "A") == ["192.0.2.1"])
    }
}
