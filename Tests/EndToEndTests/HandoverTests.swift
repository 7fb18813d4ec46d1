// The hand-over from one generation to the next with real processes that are slow, that refuse, that die: what the
// operator is told, what is answered meanwhile, and what comes of it (invariants I2, I5, I7).

import Foundation
import Glibc
import Testing

@Suite(.serialized, .blocking)
struct HandoverTests {
    private func zone(_ serial: Int) -> String {
        "$TTL 60\n@ SOA ns h \(serial) 3600 900 604800 60\n@ NS ns\nns A 192.0.2.\(serial)\n"
    }

    private func start() throws -> RunningSystem { try RunningSystem(zones: [("example.zone", zone(1))]) }

    private func write(_ system: RunningSystem, _ serial: Int) throws { try system.write("example.zone", zone(serial)) }

    private func answer(_ system: RunningSystem) throws -> [String] { try system.dig("ns.example.", "A") }

    /// Starts the example consumer, the second one beside authd, and waits until it serves.
    private func startExample(_ system: RunningSystem, dir: String? = nil, hold: Double = 0) throws -> RunningCommand {
        let example = try RunningCommand(
            RunningSystem.programs.appendingPathComponent("ExampleConsumer").path,
            ["--dir", dir ?? system.state, "--hold", "\(hold)"])
        let serves = system.wait { system.status?.consumer("example")?.state == "serving" }
        try #require(serves, "\(system.logged)")
        return example
    }

    @Test func aStoppedResponderIsNamedAndCatchesUp() throws {
        let system = try start()
        let authd = try #require(try system.processes("authd").first)
        kill(authd, SIGSTOP)
        defer { kill(authd, SIGCONT) }
        try write(system, 2)
        let load = try system.memmgr("load", system.path("example.zone"), "--timeout", "10")
        #expect(load.status == 3)
        #expect(load.errors.contains("waiting for authd.1; the load continues"), "\(load)")
        #expect(system.status?.consumer("authd.1")?.state == "switching")
        kill(authd, SIGCONT)
        #expect(system.awaitQuiet())
        #expect(try answer(system) == ["192.0.2.2"])
        #expect(try system.processes("authd") == [authd], "it was not killed for being slow")
    }

    @Test func aSlowConsumerKeepsTheFilesAndDelaysNobody() throws {
        let system = try start()
        let first = try #require(system.status?.generation)
        // It holds what is replaced until the test ends it.
        let example = try startExample(system, hold: 3600)
        for serial in 2...4 {
            try write(system, serial)
            let load = try system.memmgr("load", system.path("example.zone"))
            #expect(load.status == 0 && load.output.contains("example."), "\(load)")
            #expect(try answer(system) == ["192.0.2.\(serial)"])
        }
        #expect(system.wait { system.status?.consumer("authd.1")?.holds.count == 1 })
        let state = try #require(system.status)
        let held = try #require(state.consumer("example")?.holds)
        #expect(held.first == first && held.last == state.generation && held.count == 4)
        #expect(try Set(system.directories).isSuperset(of: held))
        #expect(try system.memmgr("status").output.contains("holds"))
        // Its death ends its holds.
        kill(example.id, SIGKILL)
        #expect(system.awaitQuiet())
        #expect(system.wait { (try? system.directories.count) == 2 }, "\((try? system.images) ?? [])")
    }

    @Test func aConsumerThatReleasesLaterFreesTheFiles() throws {
        let system = try start()
        let first = try #require(system.status?.generation)
        let example = try startExample(system, hold: 0.5)
        for serial in 2...3 {
            try write(system, serial)
            #expect(try system.memmgr("load", system.path("example.zone")).status == 0)
        }
        #expect(system.wait { (try? example.output.contains("released \(first)\n")) == true })
        #expect(system.awaitQuiet())
        #expect(system.wait { (try? system.directories.contains(first)) == false })
        #expect(example.isRunning)
    }

    @Test func aRefusalIsTakenBackAndNamed() throws {
        let system = try start()
        // The example sees the images through a link, which is about to lead nowhere.
        let other = system.path("other")
        try FileManager.default.createDirectory(atPath: other, withIntermediateDirectories: true)
        for name in ["msgq.sock", "images"] {
            try FileManager.default.createSymbolicLink(
                atPath: "\(other)/\(name)", withDestinationPath: "\(system.state)/\(name)")
        }
        let example = try startExample(system, dir: other)
        let before = try #require(system.status?.generation)
        try FileManager.default.removeItem(atPath: "\(other)/images")
        try write(system, 2)
        let load = try system.memmgr("load", system.path("example.zone"))
        #expect(load.status == 1)
        #expect(load.errors.contains("example.\(example.id) refused it: No such file or directory"), "\(load)")
        #expect(try answer(system) == ["192.0.2.1"])
        #expect(system.wait { system.status?.consumer("authd.1")?.serving ?? 0 > before + 1 }, "a new generation")
        #expect(try answer(system) == ["192.0.2.1"])
        // Without the one who refuses, the same file can be loaded.
        kill(example.id, SIGKILL)
        #expect(system.wait { system.status?.consumers.count == 1 })
        #expect(try system.memmgr("load", system.path("example.zone")).status == 0)
        #expect(try answer(system) == ["192.0.2.2"])
    }

    /// Stops authd, has a generation announced, and returns the load that waits for it.
    private func loadWhileStopped(_ system: RunningSystem, _ authd: Int32) throws -> RunningCommand {
        let before = try #require(system.status?.generation)
        kill(authd, SIGSTOP)
        try write(system, 2)
        let load = try system.memmgrInBackground("load", system.path("example.zone"))
        let announced = system.wait {
            system.status.map { $0.generation > before && $0.consumer("authd.1")?.state == "switching" } ?? false
        }
        if !announced { kill(authd, SIGCONT) }
        try #require(announced)
        return load
    }

    @Test func aDamagedImageIsRefusedByTheResponderAndBuiltAgain() throws {
        let system = try start()
        let authd = try #require(try system.processes("authd").first)
        let load = try loadWhileStopped(system, authd)
        let generation = try #require(system.status?.generation)
        // As a failing disk would have it: another, shorter file has the name.
        let image = "\(system.state)/images/g\(generation).img"
        let whole = try Data(contentsOf: URL(fileURLWithPath: image))
        try whole.dropLast(100).write(to: URL(fileURLWithPath: image), options: .atomic)
        kill(authd, SIGCONT)
        let end = try load.end()
        #expect(end.status == 1)
        #expect(end.errors.contains("authd.1 refused it: ") && end.errors.contains("g\(generation).img"), "\(end)")
        // The former content answers until the manager has built the image again, by itself.
        #expect(try [["192.0.2.1"], ["192.0.2.2"]].contains(answer(system)))
        #expect(system.wait { (try? answer(system)) == ["192.0.2.2"] })
        #expect(try system.processes("authd") == [authd])
        #expect(system.awaitQuiet())
        #expect(try answer(system) == ["192.0.2.2"])
    }

    @Test func aTrapBeforeTheAnswerIsARefusal() throws {
        let system = try start()
        let authd = try #require(try system.processes("authd").first)
        let load = try loadWhileStopped(system, authd)
        kill(authd, SIGTRAP)
        kill(authd, SIGCONT)
        let end = try load.end()
        #expect(end.status == 1)
        #expect(end.errors.contains("authd.1 refused it: ") && end.errors.contains("SIGTRAP"), "\(end)")
        #expect(try answer(system) == ["192.0.2.1"])
        #expect(system.awaitQuiet())
        #expect(system.status?.zones.map(\.serial) == [1])
        // It may be tried again by whoever wants to.
        #expect(try system.memmgr("load", system.path("example.zone")).status == 0)
        #expect(try answer(system) == ["192.0.2.2"])
    }

    @Test func aKillBeforeTheAnswerIsNone() throws {
        let system = try start()
        let authd = try #require(try system.processes("authd").first)
        let load = try loadWhileStopped(system, authd)
        kill(authd, SIGKILL)
        #expect(try load.end().status == 0)
        #expect(system.awaitQuiet())
        #expect(try answer(system) == ["192.0.2.2"])
    }
}
