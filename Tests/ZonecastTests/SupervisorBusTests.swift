// The supervisor's side of the bus: names, kills on the manager's word alone, news of deaths.

import Bus
import BusClient
import Glibc
import JSON
import Logging
import Platform
import TestSupport
import Testing

@testable import zonecast

@Suite struct SupervisorBusTests {
    /// A bus daemon in a folder of its own, as the supervisor starts it.
    private final class TestBus {
        let folder: TemporaryFolder
        let daemon: ChildProcess
        private let control: BusControl
        var path: String { folder.path + "/msgq.sock" }

        init() throws {
            folder = try TemporaryFolder()
            var command = ChildCommand(try SiblingBinary.path(of: "msgq"), ["--socket", folder.path + "/msgq.sock"])
            command.output = STDERR_FILENO
            control = try BusControl()
            daemon = try control.startDaemon(command)
        }

        deinit {
            daemon.send(.terminate)
            try? daemon.awaitEnd()
            _ = try? daemon.end()
        }

        /// A supervisor on the bus.
        func join(_ mailbox: Mailbox) async throws -> SupervisorBus {
            let socket = try control.connect().release()
            let supervisor = SupervisorBus(
                path: path, connection: socket, mailbox: mailbox, logger: Logger(label: "test"))
            guard case .busJoined(let joined)? = try await SupervisorBusTests.letters(mailbox).first else {
                throw BusError.noBus(path: path, reason: "the supervisor did not join")
            }
            #expect(joined === supervisor)
            return supervisor
        }

        /// What a child of the supervisor has.
        func connect(as role: BusRole, _ name: String) async throws -> BusConnection {
            try await BusConnection.connect(socket: try handedSocket(role, name), path: path)
        }

        private func handedSocket(_ role: BusRole, _ name: String) throws -> Int32 {
            let pair = try SocketPair(.stream)
            let own = Credentials(uid: geteuid(), gid: getegid(), pid: getpid())
            let handed = HandedConnection(Appointment(role, name: name), own)
            try System.pass(pair.theirs.number, with: handed.text, over: control.descriptors[0])
            return pair.closeTheirs().release()
        }

        /// A client that comes by the path, of the same user.
        func connectAsOperator() async throws -> BusConnection { try await BusConnection.connect(path: path) }
    }

    /// Waits for the next letters.
    private static func letters(_ mailbox: Mailbox) async throws -> [Mailbox.Letter] {
        var letters: [Mailbox.Letter] = []
        try await eventually("a letter comes") {
            letters = mailbox.empty()
            return !letters.isEmpty
        }
        return letters
    }

    @Test func aChildIsKnownByItsConnection() async throws {
        let (bus, mailbox) = (try TestBus(), try Mailbox())
        let supervisor = try await bus.join(mailbox)
        let child = try await bus.connect(as: .authd, "authd.1")
        // Whatever it calls itself.
        let claimed = ChildHello(name: "memmgr", lname: "other_1")
        for command in [ChildHello.command, ChildHello.answering] {
            try child.send(command: command, JSONValue(encoding: claimed), group: ChildHello.group)
        }
        let known = ChildHello(name: "authd.1", lname: "\(child.lname)")
        var heard: [Mailbox.Letter] = []
        while heard.count < 2 { heard += try await Self.letters(mailbox) }
        guard case .hello(known) = heard[0], case .answering(known) = heard[1] else {
            Issue.record("\(heard)")
            return
        }
        supervisor.leave()
        await child.close()
    }

    @Test(arguments: BusRole.allCases, ["hello", "answering", "kill", "await_end", "no_such"])
    func eachCommandIsForItsRolesOnly(role: BusRole, command: String) async throws {
        let (bus, mailbox) = (try TestBus(), try Mailbox())
        let supervisor = try await bus.join(mailbox)
        let client =
            role == .operator ? try await bus.connectAsOperator() : try await bus.connect(as: role, "\(role).1")
        let answer: Result<JSONValue, BusError>
        do {
            answer = .success(
                try await client.call(command, ["lname": "nobody_1"], group: ChildHello.group, deadline: .seconds(10)))
        } catch {
            answer = .failure(error)
        }
        let isAllowed: Bool
        switch (command, role) {
        case ("hello", .memmgr), ("hello", .authd), ("answering", .authd):
            #expect(answer == .success(.null))
            isAllowed = true
        case ("kill", .memmgr):
            #expect(answer == .failure(.remote(code: 1, text: "nobody_1 is not on the bus")))
            isAllowed = false
        case ("await_end", .memmgr):
            // The answer is left to the main thread.
            #expect(answer == .failure(.deadline))
            isAllowed = true
        case ("no_such", .operator):
            #expect(answer == .failure(.remote(code: 1, text: "unknown command 'no_such'")))
            isAllowed = false
        case (_, .zonecast):
            // A supervisor does not send to its own group.
            #expect(answer == .failure(.remote(code: -2, text: "not allowed for zonecast")))
            isAllowed = false
        default:
            #expect(answer == .failure(.remote(code: 1, text: "\(command) is not for \(role)")))
            isAllowed = false
        }
        #expect(mailbox.empty().isEmpty != isAllowed)
        supervisor.leave()
        await client.close()
    }

    @Test func killsOnTheManagersWord() async throws {
        let (bus, mailbox) = (try TestBus(), try Mailbox())
        let supervisor = try await bus.join(mailbox)
        let manager = try await bus.connect(as: .memmgr, "memmgr")
        _ = try await manager.call("kill", ["lname": .string("\(manager.lname)")], group: ChildHello.group)
        guard case .kill(let process, let lname)? = try await Self.letters(mailbox).first else {
            Issue.record("no kill")
            return
        }
        #expect(process == getpid())
        #expect(lname == manager.lname)
        supervisor.leave()
        await manager.close()
    }

    @Test func theManagerMayWaitForAnEnd() async throws {
        let (bus, mailbox) = (try TestBus(), try Mailbox())
        let supervisor = try await bus.join(mailbox)
        let manager = try await bus.connect(as: .memmgr, "memmgr")
        let (command, group) = (ChildDeath.awaitCommand, ChildHello.group)
        await #expect(throws: BusError.remote(code: 1, text: "\(manager.lname) is on the bus")) {
            try await manager.call(command, ["lname": .string("\(manager.lname)")], group: group)
        }
        let question = try manager.ask(command, ["lname": "gone_1"], group: group)
        guard case .endAwaited(let lname, let message)? = try await Self.letters(mailbox).first else {
            Issue.record("no word of the question")
            return
        }
        #expect(lname.text == "gone_1")
        supervisor.confirmEnd(to: [message])
        let answer = await manager.incoming.first { _ in true }
        #expect(answer?.kind == .answer(question, .success(.null)))
        supervisor.leave()
        await manager.close()
    }

    @Test func theManagerIsToldOfDeaths() async throws {
        let (bus, mailbox) = (try TestBus(), try Mailbox())
        let supervisor = try await bus.join(mailbox)
        let manager = try await bus.connect(as: .memmgr, "memmgr")
        try manager.subscribe(group: ChildDeath.group)
        _ = try await manager.members(of: ChildDeath.group)
        supervisor.report(ChildDeath(name: "authd.1", lname: "x_1", signal: SIGSEGV))
        let message = await manager.incoming.first { _ in true }
        #expect(message?.kind == .command)
        #expect(message?.name == ChildDeath.command)
        #expect(message?.params == ["name": "authd.1", "lname": "x_1", "signal": 11])
        supervisor.leave()
        await manager.close()
    }

    /// By the path nobody becomes a part of a system that has a supervisor, whichever user it is.
    @Test func noGroupGivesRights() async throws {
        let (bus, mailbox) = (try TestBus(), try Mailbox())
        let supervisor = try await bus.join(mailbox)
        let (client, other) = (try await bus.connectAsOperator(), try await bus.connectAsOperator())
        for group in [BusGroup.manager, BusGroup.supervisor] { try client.subscribe(group: group) }
        #expect(try await other.members(of: BusGroup.manager).isEmpty)
        #expect(try await !other.members(of: BusGroup.supervisor).contains(client.lname))
        for command in ["pid", "disconnect"] {
            await #expect(throws: BusError.remote(code: 1, text: "\(command) is for memmgr and zonecast")) {
                try await client.call(command, ["client": .string("\(other.lname)")], group: BusGroup.daemon)
            }
        }
        supervisor.leave()
        await client.close()
        await other.close()
    }

    @Test func theEndOfTheBusIsTold() async throws {
        let (bus, mailbox) = (try TestBus(), try Mailbox())
        let supervisor = try await bus.join(mailbox)
        bus.daemon.send(.kill)
        guard case .busLost(let sender, _)? = try await Self.letters(mailbox).first else {
            Issue.record("no word of the loss")
            return
        }
        #expect(sender === supervisor)
    }
}
