// The client against a real daemon.

import Bus
import BusClient
import Glibc
import JSON
import Platform
import TestSupport
import Testing

@Suite struct BusConnectionTests {
    /// Answers commands with what they say, until the bus is lost.
    private func echo(_ connection: BusConnection) -> Task<Void, Never> {
        Task {
            for await message in connection.incoming {
                switch message.name {
                case "echo": try? connection.reply(to: message, with: message.params)
                case "refuse": try? connection.reply(to: message, errorCode: 7, "refused")
                default: break
                }
            }
        }
    }

    @Test func `connects, and is a member of the bus`() async throws {
        let msgq = try MsgqProcess()
        let (one, two) = (try await msgq.connect(), try await msgq.connect())
        #expect(one.lname != two.lname)
        let members = try await one.members()
        #expect(members.contains(one.lname) && members.contains(two.lname) && members.contains(.daemon))
        #expect(try await one.members(of: "nobody").isEmpty)
    }

    @Test func `no bus is an error that names the path`() async throws {
        await #expect(throws: BusError.noBus(path: "/nonexistent/msgq.sock", reason: "")) {
            do {
                _ = try await BusConnection.connect(path: "/nonexistent/msgq.sock")
            } catch let BusError.noBus(path, reason) {
                #expect(reason.contains("No such file"), "\(reason)")
                throw BusError.noBus(path: path, reason: "")
            }
        }
        let long = "/tmp/" + String(repeating: "x", count: 200)
        await #expect(
            throws: BusError.noBus(path: long, reason: "the path has 205 octets, more than a socket's may have")
        ) {
            try await BusConnection.connect(path: long)
        }
    }

    @Test func `a bus that says nothing is no bus, to those who set a deadline`() async throws {
        let msgq = try MsgqProcess()
        _ = try await msgq.open()
        msgq.process.send(Signal(rawValue: SIGSTOP))
        try await eventually("msgq is stopped") { ProcessState.letter(of: msgq.process.id) == "T" }
        defer { msgq.process.send(Signal(rawValue: SIGCONT)) }
        await #expect(throws: BusError.self) {
            try await BusConnection.connect(path: msgq.path, deadline: .milliseconds(20))
        }
    }

    @Test func `calls are answered, with a value or an error`() async throws {
        let msgq = try MsgqProcess()
        let (client, server) = (try await msgq.connect(), try await msgq.connect())
        try server.subscribe(group: "echo")
        _ = try await server.members()
        let answering = echo(server)
        let value: JSONValue = ["text": "ß/\n", "list": [1, 2.5, nil, true]]
        #expect(try await client.call("echo", value, group: "echo") == value)
        #expect(try await client.call("echo", value, to: server.lname) == value)
        await #expect(throws: BusError.remote(code: 7, text: "refused")) {
            try await client.call("refuse", group: "echo")
        }
        await #expect(throws: BusError.noSuchRecipient) { try await client.call("echo", group: "nobody") }
        await #expect(throws: BusError.noSuchRecipient) { try await client.call("echo", to: LName("nobody")) }
        await #expect(throws: BusError.remote(code: 1, text: "unknown command x")) {
            try await client.call("x", group: "Msgq")
        }
        await server.close()
        await answering.value
    }

    @Test func `a thousand calls at once find their answers`() async throws {
        let msgq = try MsgqProcess()
        let (client, server) = (try await msgq.connect(), try await msgq.connect())
        let answering = echo(server)
        let answers = try await withThrowingTaskGroup(of: (Int64, JSONValue).self) { group in
            for number in 0..<Int64(1000) {
                group.addTask { (number, try await client.call("echo", .integer(number), to: server.lname)) }
            }
            return try await group.reduce(into: [:]) { $0[$1.0] = $1.1 }
        }
        #expect(answers == Dictionary(uniqueKeysWithValues: (0..<1000).map { ($0, .integer($0)) }))
        await server.close()
        await answering.value
    }

    @Test func `what one task sends arrives in order, also when it closes right after`() async throws {
        let msgq = try MsgqProcess()
        let (sender, recipient) = (try await msgq.connect(), try await msgq.connect())
        try recipient.subscribe(group: "Notifications/Subscriptions")
        _ = try await recipient.members()
        for number in 0..<Int64(5000) { try sender.send(notification: "n", .integer(number), to: recipient.lname) }
        let name = sender.lname
        await sender.close()
        var numbers: [JSONValue] = []
        for await message in recipient.incoming {
            if MembershipEvent(message) == .disconnected(name) { break }
            if message.name == "n" { numbers.append(message.params) }
        }
        #expect(numbers == (0..<5000).map { .integer($0) })
    }

    @Test func `a call fails at once when its recipient leaves`() async throws {
        let msgq = try MsgqProcess()
        let client = try await msgq.connect()
        for byGroup in [true, false] {
            let server = try await msgq.connect()
            try server.subscribe(group: "g")
            _ = try await server.members()
            let answer = Task {
                byGroup
                    ? try await client.call("never", group: "g") : try await client.call("never", to: server.lname)
            }
            for await message in server.incoming where message.name == "never" { break }
            await server.close()
            await #expect(throws: BusError.recipientGone) { try await answer.value }
        }
    }

    @Test func `losing the bus ends everything, once`() async throws {
        let msgq = try MsgqProcess()
        let (client, server) = (try await msgq.connect(), try await msgq.connect())
        let answer = Task { try await client.call("never", to: server.lname) }
        for await message in server.incoming where message.name == "never" { break }
        msgq.process.send(.kill)
        let lost = BusError.lost(reason: "the bus closed the connection")
        #expect(await client.lost() == lost)
        #expect(await client.lost() == lost)
        await #expect(throws: lost) { try await answer.value }
        await #expect(throws: lost) { try await client.call("x", group: "g") }
        #expect(throws: lost) { try client.send(notification: "x", group: "g") }
        for await message in client.incoming { Issue.record("\(message)") }
    }

    @Test func `a deadline and a cancellation end a call, not the connection`() async throws {
        let msgq = try MsgqProcess()
        let (client, server) = (try await msgq.connect(), try await msgq.connect())
        await #expect(throws: BusError.deadline) {
            try await client.call("never", to: server.lname, deadline: .milliseconds(1))
        }
        let calling = Task { try await client.call("never", to: server.lname) }
        calling.cancel()
        await #expect(throws: BusError.cancelled) { try await calling.value }
        #expect(try await client.members().contains(server.lname))
    }

    @Test func `the last reference closes the connection`() async throws {
        let msgq = try MsgqProcess()
        let watcher = try await msgq.connect()
        try watcher.subscribe(group: "Notifications/Subscriptions")
        let name = try await msgq.connect().lname
        for await message in watcher.incoming where MembershipEvent(message) == .disconnected(name) { break }
    }

    @Test func `a message of a megabyte goes there and back`() async throws {
        let msgq = try MsgqProcess()
        let (client, server) = (try await msgq.connect(), try await msgq.connect())
        let answering = echo(server)
        let value = JSONValue.string(String(repeating: "x", count: 1 << 20))
        #expect(try await client.call("echo", value, to: server.lname) == value)
        await server.close()
        await answering.value
    }

    @Test func `a message that does not fit a frame is refused here`() async throws {
        let msgq = try MsgqProcess()
        let client = try await msgq.connect()
        let group = String(repeating: "g", count: 70_000)
        #expect(throws: BusError.self) { try client.subscribe(group: group) }
        await #expect(throws: BusError.self) { try await client.call("x", group: group) }
        #expect(try await client.members().contains(client.lname))
    }
}
