// A system that goes on with newly installed programs: what is replaced and what stays, and what comes of programs that do not
// work. That nothing is lost meanwhile is for the soak to see.

import Foundation
import Glibc
import TestSupport
import Testing

/// A folder of programs, of which newer versions can be installed.
private final class Installation {
    let folder: URL
    private static let names = ["zonecast", "memmgr", "authd", "msgq"]

    init() throws {
        folder = FileManager.default.temporaryDirectory.appendingPathComponent("zc-programs-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        for name in Installation.names {
            try FileManager.default.createSymbolicLink(
                at: folder.appendingPathComponent(name),
                withDestinationURL: RunningSystem.programs.appendingPathComponent(name))
        }
    }

    deinit { try? FileManager.default.removeItem(at: folder) }

    func path(_ name: String) -> String { folder.appendingPathComponent(name).path }

    /// Puts a file in a program's place, as install and package managers do.
    private func put(_ new: URL, at name: String) throws {
        try #require(chmod(new.path, 0o755) == 0 && rename(new.path, path(name)) == 0)
    }

    /// A program of another content that does the same.
    func renew(_ name: String) throws {
        let new = folder.appendingPathComponent("new")
        try FileManager.default.copyItem(at: RunningSystem.programs.appendingPathComponent(name), to: new)
        let file = try FileHandle(forWritingTo: new)
        try file.seekToEnd()
        try file.write(contentsOf: Data("\n".utf8))
        try file.close()
        try put(new, at: name)
    }

    /// A script in the place of a program.
    func replace(_ name: String, by script: String) throws {
        let new = folder.appendingPathComponent("new")
        try "#!/bin/sh\n\(script)\n".write(to: new, atomically: true, encoding: .utf8)
        try put(new, at: name)
    }

    func remove(_ name: String) throws { try FileManager.default.removeItem(atPath: path(name)) }
}

@Suite(.serialized, .blocking)
struct UpgradeTests {
    private static let zone = "$TTL 60\n@ SOA ns.example. h.example. 1 2 3 4 5\n@ NS ns\nns A 192.0.2.1\n"

    private let installation: Installation
    private let system: RunningSystem

    init() throws {
        installation = try Installation()
        system = try RunningSystem(
            zones: [("example.zone", UpgradeTests.zone)], options: ["--processes", "2"],
            programs: installation.folder)
    }

    private func upgrade(_ options: String...) throws -> CommandResult {
        try run(installation.path("zonecast"), ["upgrade", "--dir", system.state] + options)
    }

    private func processes() throws -> [String: Set<Int32>] {
        var result: [String: Set<Int32>] = [:]
        for name in ["memmgr", "authd", "msgq"] { result[name] = Set(try system.processes(name)) }
        return result
    }

    private func answers() throws -> Bool {
        try system.dig("ns.example.", "A") == ["192.0.2.1"] && system.dig("+tcp", "ns.example.", "A") == ["192.0.2.1"]
    }

    /// The kernel's names of the sockets that the responders read, on both of which all agree: its inodes.
    private func sockets(_ process: Int32) throws -> Set<String> {
        Set(
            try FileManager.default.contentsOfDirectory(atPath: "/proc/\(process)/fd").compactMap {
                try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/\(process)/fd/\($0)")
            }.filter { $0.hasPrefix("socket:") })
    }

    // MARK: What is replaced

    @Test(arguments: [false, true]) func everyPartGoesOnAsTheNewProgram(withBus: Bool) throws {
        let before = try processes()
        let socketsBefore = try sockets(system.id)
        for name in ["zonecast", "memmgr", "authd"] + (withBus ? ["msgq"] : []) { try installation.renew(name) }
        let result = try upgrade("--json")
        #expect(result.status == 0, "\(result) \(system.logged)")
        #expect(result.output.contains("\"state\":\"done\"") && result.output.contains("\"msgq_replaced\":\(withBus)"))
        let after = try processes()
        for (name, old) in before {
            let new = try #require(after[name])
            #expect(new.count == old.count, "\(name)")
            #expect(new.isDisjoint(with: old) == (name != "msgq" || withBus), "\(name)")
        }
        // The same process, which is another program now, with the same sockets.
        #expect(system.isRunning)
        for process in [system.id] + (after["authd"] ?? []) + (after["memmgr"] ?? []) {
            let program = try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/\(process)/exe")
            #expect(program.hasPrefix(installation.folder.path) && !program.contains("deleted"), "\(program)")
        }
        #expect(try socketsBefore.subtracting(sockets(system.id)).count <= 1, "the connection to the bus is another")
        #expect(try answers())
        // The system works as before: loads, restarts, and upgrades again.
        try system.write("example.zone", UpgradeTests.zone + "new A 192.0.2.2\n")
        #expect(try system.memmgr("load", system.path("example.zone")).status == 0)
        #expect(try system.dig("new.example.", "A") == ["192.0.2.2"])
        try system.killAndAwaitRestart("authd")
        #expect(try upgrade().output.hasPrefix("upgraded in "))
        #expect(system.stop() == 0)
        #expect(try run("pgrep", ["-f", system.folder.path]).output.isEmpty, "processes are left")
    }

    @Test func aSignalDoesTheSame() throws {
        let before = try processes()
        system.signal(SIGUSR2)
        #expect(system.wait { system.logged.contains("upgraded: every part runs the programs of today") })
        #expect(try #require(try processes()["authd"]).isDisjoint(with: try #require(before["authd"])))
        #expect(try answers())
    }

    /// Between the installation and the upgrade: builds are run by memmgr itself, which is not in its place any more.
    @Test func aReplacedProgramCanStillStartItsHelpers() throws {
        try installation.renew("memmgr")
        system.signal(SIGUSR2)
        #expect(system.wait { system.logged.contains("upgraded: every part runs the programs of today") })
        try installation.replace("memmgr", by: "exit 1")
        try system.write("example.zone", UpgradeTests.zone + "new A 192.0.2.2\n")
        let load = try system.memmgr("load", system.path("example.zone"))
        #expect(load.status == 0, "\(load)")
        #expect(try system.dig("new.example.", "A") == ["192.0.2.2"])
    }

    /// A folder for each version, and a link to that of today.
    @Test func aLinkToTheNewVersionIsFollowedAnew() throws {
        let place = FileManager.default.temporaryDirectory.appendingPathComponent("zc-link-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: place) }
        try FileManager.default.createSymbolicLink(at: place, withDestinationURL: installation.folder)
        let system = try RunningSystem(zones: [("example.zone", UpgradeTests.zone)], programs: place)
        let next = try Installation()
        for name in ["zonecast", "memmgr"] { try next.renew(name) }
        try FileManager.default.removeItem(at: place)
        try FileManager.default.createSymbolicLink(at: place, withDestinationURL: next.folder)
        let result = try run(next.path("zonecast"), ["upgrade", "--dir", system.state])
        #expect(result.status == 0, "\(result)")
        for process in [system.id] + (try system.processes("memmgr")) {
            let program = try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/\(process)/exe")
            #expect(program.hasPrefix(next.folder.path), "\(program)")
        }
        #expect(system.stop() == 0)
    }

    // MARK: TCP

    /// RFC 7766, section 6.2.3, and RFC 7828, section 3.3.2: who speaks is answered, and asked to leave; who is silent is left.
    @Test func connectionsEndWhenTheyAreQuiet() throws {
        let (talker, silent) = (
            try RawSocket(SOCK_STREAM, port: system.port), try RawSocket(SOCK_STREAM, port: system.port)
        )
        var query = RawSocket.query(1)
        query[11] = 1
        query += [0, 0, 41, 4, 208, 0, 0, 0, 0, 0, 4, 0, 11, 0, 0]
        talker.send(RawSocket.framed(query))
        // 10 s, in units of 100 ms.
        #expect(talker.receiveMessages(1).first?.suffix(6) == [0, 11, 0, 2, 0, 100])
        let command = try RunningCommand(installation.path("zonecast"), ["upgrade", "--dir", system.state])
        // It asks until it is told to leave, and never pauses for as long as the silent one is left.
        var answer: [UInt8] = []
        #expect(
            system.wait {
                talker.send(RawSocket.framed(query))
                answer = talker.receiveMessages(1).first ?? []
                return answer.suffix(2) != [0, 100]
            })
        #expect(answer.suffix(6) == [0, 11, 0, 2, 0, 0])
        #expect(silent.isClosed && talker.isClosed)
        #expect(try command.end().status == 0)
    }

    /// A client that never pauses is answered until the server has said that the connection ends, and is not reset.
    @Test func aConnectionThatIsAtWorkEndsBetweenTwoMessages() throws {
        try installation.renew("msgq")
        let socket = try RawSocket(SOCK_STREAM, port: system.port)
        let command = try RunningCommand(installation.path("zonecast"), ["upgrade", "--dir", system.state])
        var asked: UInt16 = 0
        var answered: UInt16 = 0
        let batch: UInt16 = 20
        while true {
            socket.send((0..<batch).flatMap { RawSocket.framed(RawSocket.query(asked &+ $0)) })
            asked &+= batch
            let answers = socket.receiveMessages(Int(batch))
            for answer in answers {
                #expect(UInt16(answer[0]) << 8 | UInt16(answer[1]) == answered && answer[3] & 15 == 0)
                answered &+= 1
            }
            if answers.count < batch { break }
        }
        #expect(!socket.wasReset)
        #expect(try command.end().status == 0)
    }

    // MARK: What does not work

    /// What it needs to know of the upgrade has been sent to it before the bus ended, however late it comes to look.
    @Test func aResponderThatSleepsWhileTheBusChangesGoesOn() throws {
        try installation.renew("msgq")
        let old = try system.processes("authd")
        for process in old { kill(process, SIGSTOP) }
        let command = try RunningCommand(installation.path("zonecast"), ["upgrade", "--dir", system.state])
        #expect(system.wait { system.logged.components(separatedBy: "zonecast: started msgq").count == 3 })
        for process in old { kill(process, SIGCONT) }
        #expect(try command.end().status == 0)
        let ends = system.logged.split(separator: "\n").filter { $0.contains("(outgoing)") }
        #expect(ends.count == 2 && ends.allSatisfy { $0.contains("exited with code 0") }, "\(ends)")
    }

    @Test func nothingIsLeftOpenByManyUpgrades() throws {
        func openDescriptors() throws -> [String] {
            try FileManager.default.contentsOfDirectory(atPath: "/proc/\(system.id)/fd").compactMap {
                try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/\(system.id)/fd/\($0)")
            }.map { String($0.prefix { $0 != "[" }) }.sorted()
        }
        #expect(try upgrade().status == 0)
        let before = try openDescriptors()
        for _ in 0..<2 {
            try installation.replace("memmgr", by: "exit 1")
            #expect(try run(installation.path("zonecast"), ["upgrade", "--dir", system.state]).status == 1)
            try installation.renew("memmgr")
            #expect(try upgrade().status == 0)
        }
        try system.killAndAwaitRestart("msgq")
        #expect(system.awaitQuiet())
        try installation.renew("msgq")
        for _ in 0..<2 { #expect(try upgrade().status == 0) }
        #expect(try openDescriptors() == before)
        #expect(try run("pgrep", ["-P", "\(system.id)"]).output.split(separator: "\n").count == 4, "a zombie is left")
    }

    @Test(arguments: [
        ("zonecast", "echo 'it is broken' >&2; exit 1", "exited with code 1"),
        ("zonecast", "kill -SEGV $$", "died of SIGSEGV"),
        ("memmgr", "exit 127", "exited with code 1"),
        ("zonecast", "exit 0", "did not say that it can take over"),
        ("memmgr", "yes", "exited with code 1"),
    ])
    func programsThatCannotTakeOverChangeNothing(program: String, script: String, reason: String) throws {
        let before = try processes()
        try installation.replace(program, by: script)
        let command = RunningSystem.programs.appendingPathComponent("zonecast").path
        let result = try run(command, ["upgrade", "--dir", system.state])
        #expect(result.status == 1)
        #expect(result.errors.contains("no upgrade: the new zonecast \(reason)"), "\(result)")
        #expect(system.logged.contains(program == "memmgr" ? "memmgr can't be used: it " : "no upgrade"))
        #expect(try run("pgrep", ["-f", installation.folder.path + "/\(program) --help"]).output.isEmpty)
        #expect(try processes() == before)
        #expect(try answers())
    }

    @Test func aProgramThatIsMissingIsNamed() throws {
        let before = try processes()
        try installation.remove("authd")
        let result = try upgrade()
        #expect(result.status == 1)
        #expect(
            result.errors.contains(
                "the new zonecast exited with code 1: zonecast: there is no program 'authd' in \(installation.folder.path)"
            ),
            "\(result)")
        #expect(system.logged.contains("there is no program 'authd' in \(installation.folder.path)"))
        #expect(try processes() == before)
    }

    @Test func aResponderThatDoesNotWorkLeavesTheOldOneAnswering() throws {
        let before = try processes()
        try installation.replace("authd", by: "[ \"$1\" = --help ] && exit 0; exit 1")
        try installation.renew("msgq")
        let result = try upgrade("--timeout", "3", "--json")
        #expect(result.status == 3, "\(result)")
        #expect(result.output.contains("\"state\":\"timed_out\""))
        #expect(
            result.output.contains(
                "\"missing\":[\"authd.1 (outgoing)\",\"authd.1\",\"authd.2 (outgoing)\",\"authd.2\"]"))
        #expect(try processes()["authd"] == before["authd"])
        #expect(try answers())
        // It goes on as soon as it can.
        try installation.renew("authd")
        #expect(system.wait { system.logged.contains("upgraded: every part runs the programs of today") })
        #expect(try #require(try processes()["authd"]).isDisjoint(with: try #require(before["authd"])))
        #expect(try answers())
    }

    /// What can't be started anew must not end what runs.
    @Test func aFolderThatIsGoneChangesNothing() throws {
        try FileManager.default.removeItem(atPath: system.state)
        system.signal(SIGUSR2)
        #expect(system.wait { system.logged.contains("no upgrade: the new zonecast exited with code 74") })
        #expect(try answers())
    }

    @Test func withoutASystemThereIsNothingToUpgrade() throws {
        let result = try run(installation.path("zonecast"), ["upgrade", "--dir", system.path("elsewhere")])
        #expect(result.status == 69)
        #expect(result.errors.hasPrefix("zonecast: no zonecast runs in \(system.path("elsewhere"))"), "\(result)")
    }
}
