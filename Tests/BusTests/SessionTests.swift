// The client's side: answers find their calls, and no call waits for someone who has left.

import Bus
import JSON
import Testing

/// A router with sessions on it. Frames travel when they are told to, so that their order can be chosen.
private struct SessionBus {
    var router = Router(start: "start", access: BusAccess(owner: 1))
    var sessions: [ClientID: Session] = [:]
    var delivered: [ClientID: [IncomingMessage]] = [:]
    var finished: [ClientID: [CallID: Result<JSONValue, BusError>]] = [:]
    private var downstream: [ClientID: [Frame]] = [:]
    private var lastClient: UInt64 = 0

    mutating func join(introducingSenders: Bool = false) throws -> ClientID {
        lastClient += 1
        let client = ClientID(lastClient)
        sessions[client] = Session(introducesSenders: introducingSenders)
        carryOut(router.handle(.connected(client, Credentials(uid: 1, gid: 1, pid: 1))))
        try transmit(client, [Session.hello])
        try settle()
        return client
    }

    func lname(_ client: ClientID) throws -> LName { try #require(sessions[client]?.lname) }

    mutating func subscribe(_ client: ClientID, _ group: String) throws {
        var session = try #require(sessions[client])
        let frames = try session.subscribe(group: group, instance: "*")
        sessions[client] = session
        try transmit(client, frames)
    }

    mutating func call(_ client: ClientID, _ recipient: Recipient, _ command: String = "x") throws -> CallID {
        var session = try #require(sessions[client])
        let (call, frames) = try session.call(command, .null, to: recipient)
        sessions[client] = session
        try transmit(client, frames)
        return call
    }

    mutating func reply(_ client: ClientID, _ result: Result<JSONValue, BusError>) throws {
        var session = try #require(sessions[client])
        let waiting = delivered[client]?.popLast()
        let message = try #require(waiting)
        let frames = try session.reply(to: message, result)
        sessions[client] = session
        try transmit(client, frames)
    }

    mutating func leave(_ client: ClientID) {
        sessions[client] = nil
        carryOut(router.handle(.closed(client)))
    }

    mutating func transmit(_ client: ClientID, _ frames: [Frame]) throws {
        for frame in frames { carryOut(router.handle(.received(client, frame))) }
    }

    private mutating func carryOut(_ effects: [Router.Effect]) {
        for case .deliver(let frame, let recipients) in effects {
            for recipient in recipients { downstream[recipient, default: []].append(frame) }
        }
    }

    /// Lets everything that was sent arrive.
    mutating func settle() throws {
        while let client = downstream.keys.min(), let frames = downstream.removeValue(forKey: client) {
            for frame in frames {
                guard var session = sessions[client] else { continue }
                let outputs = try session.receive(frame)
                sessions[client] = session
                for output in outputs {
                    switch output {
                    case .joined: break
                    case .deliver(let message): delivered[client, default: []].append(message)
                    case .finish(let call, let result): finished[client, default: [:]][call] = result
                    case .send(let frame): try transmit(client, [frame])
                    }
                }
            }
        }
    }
}

@Suite struct SessionTests {
    @Test func `an answer finishes its call`() throws {
        var bus = SessionBus()
        let (asker, server) = (try bus.join(), try bus.join())
        try bus.subscribe(server, "g")
        let call = try bus.call(asker, .group("g"))
        try bus.settle()
        #expect(bus.delivered[server]?.first?.wantsAnswer == true)
        #expect(bus.delivered[server]?.first?.name == "x")
        #expect(bus.finished[asker] == nil)
        try bus.reply(server, .success(["a": 1]))
        try bus.settle()
        #expect(bus.finished[asker] == [call: .success(["a": 1])])
    }

    @Test func `an error arrives with its code`() throws {
        var bus = SessionBus()
        let (asker, server) = (try bus.join(), try bus.join())
        let call = try bus.call(asker, .client(bus.lname(server)))
        try bus.settle()
        try bus.reply(server, .failure(.remote(code: 3, text: "refused")))
        try bus.settle()
        #expect(bus.finished[asker] == [call: .failure(.remote(code: 3, text: "refused"))])
    }

    @Test func `no such recipient`() throws {
        var bus = SessionBus()
        let asker = try bus.join()
        let calls = [try bus.call(asker, .group("empty")), try bus.call(asker, .client(LName("nobody")))]
        try bus.settle()
        for call in calls { #expect(bus.finished[asker]?[call] == .failure(.noSuchRecipient)) }
    }

    @Test func `a call to a client that leaves fails at once`() throws {
        var bus = SessionBus()
        let (asker, server) = (try bus.join(), try bus.join())
        let call = try bus.call(asker, .client(bus.lname(server)))
        try bus.settle()
        #expect(bus.finished[asker] == nil)
        bus.leave(server)
        try bus.settle()
        #expect(bus.finished[asker] == [call: .failure(.recipientGone)])
    }

    @Test func `a call to a group fails when the last who received it leaves`() throws {
        var bus = SessionBus()
        let (asker, one, two) = (try bus.join(), try bus.join(), try bus.join())
        try bus.subscribe(asker, "g")
        try bus.subscribe(one, "g")
        try bus.subscribe(two, "g")
        let call = try bus.call(asker, .group("g"))
        let later = try bus.join()
        try bus.subscribe(later, "g")
        try bus.settle()
        bus.leave(one)
        try bus.settle()
        #expect(bus.finished[asker] == nil)
        bus.leave(two)
        try bus.settle()
        #expect(bus.finished[asker] == [call: .failure(.recipientGone)])
    }

    /// A manager dies and the next one joins the group, at any moment of a call: the caller must not wait for one who
    /// never received the question.
    @Test(arguments: 0...3) func `a call ends though another joins in the recipient's place`(sent: Int) throws {
        var bus = SessionBus()
        let (asker, server, successor) = (try bus.join(), try bus.join(), try bus.join())
        try bus.subscribe(server, "g")
        var session = try #require(bus.sessions[asker])
        let (call, frames) = try session.call("x", .null, to: .group("g"))
        bus.sessions[asker] = session
        #expect(frames.count == 3, "membership, the group's members, the question")
        try bus.transmit(asker, Array(frames[..<sent]))
        bus.leave(server)
        try bus.subscribe(successor, "g")
        try bus.transmit(asker, Array(frames[sent...]))
        try bus.settle()
        if sent < 2 {
            // The successor was there in time.
            try bus.reply(successor, .success(7))
            try bus.settle()
            #expect(bus.finished[asker] == [call: .success(7)])
        } else {
            #expect(bus.finished[asker] == [call: .failure(.recipientGone)])
        }
    }

    @Test func `one who joins an empty group just before the question is waited for`() throws {
        var bus = SessionBus()
        let (asker, server) = (try bus.join(), try bus.join())
        var session = try #require(bus.sessions[asker])
        let (call, frames) = try session.call("x", .null, to: .group("g"))
        bus.sessions[asker] = session
        try bus.transmit(asker, Array(frames[..<2]))
        try bus.subscribe(server, "g")
        try bus.transmit(asker, Array(frames[2...]))
        try bus.settle()
        #expect(bus.finished[asker] == nil)
        bus.leave(server)
        try bus.settle()
        #expect(bus.finished[asker] == [call: .failure(.recipientGone)])
    }

    @Test func `an answer sent before leaving still counts`() throws {
        var bus = SessionBus()
        let (asker, server) = (try bus.join(), try bus.join())
        try bus.subscribe(server, "g")
        let call = try bus.call(asker, .group("g"))
        try bus.settle()
        try bus.reply(server, .success(7))
        bus.leave(server)
        try bus.settle()
        #expect(bus.finished[asker] == [call: .success(7)])
    }

    @Test func `an answer from one who was not asked is none`() throws {
        var bus = SessionBus()
        let (asker, server, forger) = (try bus.join(), try bus.join(), try bus.join())
        try bus.subscribe(server, "g")
        let calls = [
            try bus.call(asker, .group("g")), try bus.call(asker, .client(bus.lname(server))),
            try bus.call(asker, .group("Msgq"), "no such"),
        ]
        // Before the true answers are read, the forger answers everything that the asker may ever have asked.
        for seq in 1...9 {
            var header = BusHeader(.send)
            header.to = try bus.lname(asker).text
            header.reply = .integer(Int64(seq))
            try bus.transmit(forger, [header.frame(Body.result("forged").text)])
        }
        try bus.settle()
        #expect(bus.finished[asker] == [calls[2]: .failure(.remote(code: 1, text: "unknown command no such"))])
        try bus.reply(server, .success(2))
        try bus.reply(server, .success(1))
        try bus.settle()
        #expect(bus.finished[asker]?[calls[0]] == .success(1))
        #expect(bus.finished[asker]?[calls[1]] == .success(2))
    }

    @Test func `commands come with their senders, and everything in the order of the bus`() throws {
        var bus = SessionBus()
        let server = try bus.join(introducingSenders: true)
        let consumer = try bus.join()
        try bus.subscribe(server, "MemMgr")
        try bus.subscribe(server, BusGroup.membership)
        try bus.subscribe(consumer, "ShmemConsumers")
        let stranger = try bus.join()
        try bus.settle()
        bus.delivered[server] = []
        _ = try bus.call(consumer, .group("MemMgr"), "first")
        _ = try bus.call(stranger, .group("MemMgr"), "second")
        try bus.subscribe(stranger, "g")
        _ = try bus.call(consumer, .group("MemMgr"), "third")
        try bus.settle()
        let heard = try #require(bus.delivered[server]).filter { $0.params["group"]?.string != BusGroup.membership }
        #expect(heard.map(\.name) == ["first", "second", "subscribed", "third"])
        let (authd, person) = (Sender(.authd, uid: 1), Sender(.operator, uid: 1))
        #expect(heard.map(\.sender) == [authd, person, nil, authd])
    }

    @Test func `one who has gone before it was asked for has no role`() throws {
        var bus = SessionBus()
        let server = try bus.join(introducingSenders: true)
        let stranger = try bus.join()
        try bus.subscribe(server, "MemMgr")
        _ = try bus.call(stranger, .group("MemMgr"), "load")
        bus.leave(stranger)
        try bus.settle()
        let message = try #require(bus.delivered[server]?.first { $0.kind == .command })
        #expect(message.name == "load" && message.sender == nil)
    }

    /// Rights that were laid down between two commands count at once.
    @Test func `a sender is asked for each time`() throws {
        var bus = SessionBus()
        let server = try bus.join(introducingSenders: true)
        let client = try bus.join()
        try bus.subscribe(server, "MemMgr")
        for role in [BusRole.operator, .authd] {
            _ = try bus.call(client, .group("MemMgr"), "load")
            try bus.settle()
            #expect(bus.delivered[server]?.last { $0.kind == .command }?.sender?.role == role)
            try bus.subscribe(client, "ShmemConsumers")
        }
    }

    @Test func `membership events reach only a module that asked for them`() throws {
        var bus = SessionBus()
        let (asker, listener) = (try bus.join(), try bus.join())
        try bus.subscribe(listener, BusGroup.membership)
        _ = try bus.call(asker, .client(bus.lname(listener)))
        let newcomer = try bus.join()
        #expect(bus.delivered[asker] == nil)
        let events = try #require(bus.delivered[listener]).compactMap(MembershipEvent.init)
        #expect(try events.last == .connected(bus.lname(newcomer)))
        try bus.subscribe(asker, BusGroup.membership)
        bus.leave(newcomer)
        try bus.settle()
        #expect(bus.delivered[asker]?.isEmpty == false)
    }

    @Test func `an abandoned call is forgotten`() throws {
        var bus = SessionBus()
        let (asker, server) = (try bus.join(), try bus.join())
        let call = try bus.call(asker, .client(bus.lname(server)))
        try bus.settle()
        bus.sessions[asker]?.abandon(call)
        try bus.reply(server, .success(1))
        bus.leave(server)
        try bus.settle()
        #expect(bus.finished[asker] == nil)
    }

    @Test(arguments: ["", "no JSON", "[]", #"{"result":[]}"#, #"{"command":[]}"#, #"{"command":[7]}"#, "{}"])
    func `a message that is none is answered with an error`(body: String) throws {
        var bus = SessionBus()
        let server = try bus.join()
        var header = BusHeader(.send)
        header.to = try bus.lname(server).text
        header.seq = 5
        header.wantAnswer = true
        var session = try #require(bus.sessions[server])
        let outputs = try session.receive(header.frame(body.utf8))
        guard case .send(let answer)? = outputs.first, outputs.count == 1 else {
            Issue.record("\(outputs)")
            return
        }
        #expect(answer["reply"] == 5)
        #expect(answer.bodyText.hasPrefix(#"{"result":[1,""#))
    }

    @Test(arguments: ["", "no JSON", "[]", "{}", #"{"result":7}"#, #"{"result":["0"]}"#])
    func `an answer that is none fails its call`(body: String) throws {
        var bus = SessionBus()
        let (asker, server) = (try bus.join(), try bus.join())
        let call = try bus.call(asker, .client(bus.lname(server)))
        var header = BusHeader(.send)
        header.to = try bus.lname(asker).text
        header.reply = .integer(call.seq)
        try bus.transmit(server, [header.frame(body.utf8)])
        try bus.settle()
        guard case .failure(.malformedAnswer) = bus.finished[asker]?[call] else {
            Issue.record("\(String(describing: bus.finished[asker]))")
            return
        }
    }
}
