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
    /// A bus daemon in a folder of its own.
    private final class TestBus {
        let folder: TemporaryFolder
        let daemon: ChildProcess
        var path: String { folder.path + "/msgq.sock" }

        init() throws {
            folder = try TemporaryFolder()
            var command = ChildCommand(try SiblingBinary.path(of: "msgq"), ["--socket", folder.path + "/msgq.sock"])
            command.output = STDERR_FILENO
            daemon = try ChildProcess(command)
        }

        deinit {
            daemon.send(.terminate)
            try? daemon.awaitEnd()
            _ = try? daemon.end()
        }
    }

    /// Waits for the next letters.
    private func letters(_ mailbox: Mailbox) async throws -> [Mailbox.Letter] {
        var letters: [Mailbox.Letter] = []
        try await eventually("a letter comes") {
            letters = mailbox.empty()
            return !letters.isEmpty
        }
        return letters
    }

    /// A supervisor on a bus, and another client of the bus.
    private func join(
        _ bus: TestBus
    ) async throws -> (supervisor: SupervisorBus, mailbox: Mailbox, client: BusConnection) {
        let mailbox = try Mailbox()
        let supervisor = SupervisorBus(path: bus.path, mailbox: mailbox, logger: Logger(label: "test"))
        guard case .busJoined(let joined)? = try await letters(mailbox).first else {
            throw BusError.noBus(path: bus.path, reason: "the supervisor did not join")
        }
        #expect(joined === supervisor)
        return (supervisor, mailbox, try await BusConnection.connect(path: bus.path))
    }

    @Test func joinsABusThatComesUpLaterAndHearsTheChildren() async throws {
        let bus = try TestBus()
        let (supervisor, mailbox, client) = try await join(bus)
        let hello = ChildHello(name: "authd.1", lname: "\(client.lname)")
        try client.send(
            command: ChildHello.command, JSONValue(encoding: hello), group: ChildHello.group)
        guard case .hello(let heard)? = try await letters(mailbox).first else {
            Issue.record("no hello")
            return
        }
        #expect(heard == hello)
        supervisor.leave()
        await client.close()
    }

    @Test func aHelloInAnothersNameIsRefused() async throws {
        let bus = try TestBus()
        let (supervisor, mailbox, client) = try await join(bus)
        await #expect(throws: BusError.remote(code: 1, text: "hello needs a name and the sender's own lname")) {
            try await client.call("hello", ["name": "memmgr", "lname": "other"], group: ChildHello.group)
        }
        #expect(mailbox.empty().isEmpty)
        supervisor.leave()
        await client.close()
    }

    @Test func killsOnTheManagersWordOnly() async throws {
        let bus = try TestBus()
        let (supervisor, mailbox, client) = try await join(bus)
        let params: JSONValue = ["lname": .string("\(client.lname)")]
        supervisor.setManager(getpid() + 1)
        await #expect(throws: BusError.remote(code: 1, text: "only the manager may ask for that")) {
            try await client.call("kill", params, group: ChildHello.group)
        }
        supervisor.setManager(nil)
        await #expect(throws: BusError.self) { try await client.call("kill", params, group: ChildHello.group) }
        #expect(mailbox.empty().isEmpty)

        supervisor.setManager(getpid())
        await #expect(throws: BusError.remote(code: 1, text: "nobody is not on the bus")) {
            try await client.call("kill", ["lname": "nobody"], group: ChildHello.group)
        }
        _ = try await client.call("kill", params, group: ChildHello.group)
        guard case .kill(let process, let lname)? = try await letters(mailbox).first else {
            Issue.record("no kill")
            return
        }
        #expect(process == getpid())
        #expect(lname == client.lname)
        supervisor.leave()
        await client.close()
    }

    @Test func theManagerMayWaitForAnEnd() async throws {
        let bus = try TestBus()
        let (supervisor, mailbox, client) = try await join(bus)
        let (command, group) = (ChildDeath.awaitCommand, ChildHello.group)
        supervisor.setManager(getpid() + 1)
        await #expect(throws: BusError.remote(code: 1, text: "only the manager may ask for that")) {
            try await client.call(command, ["lname": "gone_1"], group: group)
        }
        supervisor.setManager(getpid())
        await #expect(throws: BusError.remote(code: 1, text: "\(client.lname) is on the bus")) {
            try await client.call(command, ["lname": .string("\(client.lname)")], group: group)
        }
        let question = try client.ask(command, ["lname": "gone_1"], group: group)
        guard case .endAwaited(let lname, let message)? = try await letters(mailbox).first else {
            Issue.record("no word of the question")
            return
        }
        #expect(lname.text == "gone_1")
        supervisor.confirmEnd(to: [message])
        let answer = await client.incoming.first { _ in true }
        #expect(answer?.kind == .answer(question, .success(.null)))
        supervisor.leave()
        await client.close()
    }

    @Test func theManagerIsToldOfDeaths() async throws {
        let bus = try TestBus()
        let (supervisor, _, client) = try await join(bus)
        try client.subscribe(group: ChildDeath.group)
        _ = try await client.members(of: ChildDeath.group)
        supervisor.report(ChildDeath(name: "authd.1", lname: "x_1", signal: SIGSEGV))
        let message = await client.incoming.first { _ in true }
        #expect(message?.kind == .command)
        #expect(message?.name == ChildDeath.command)
        #expect(message?.params == ["name": "authd.1", "lname": "x_1", "signal": 11])
        supervisor.leave()
        await client.close()
    }

    @Test func theEndOfTheBusIsTold() async throws {
        let bus = try TestBus()
        let (supervisor, mailbox, client) = try await join(bus)
        bus.daemon.send(.kill)
        guard case .busLost(let sender, _)? = try await letters(mailbox).first else {
            Issue.record("no word of the loss")
            return
        }
        #expect(sender === supervisor)
        _ = await client.lost()
    }
}
