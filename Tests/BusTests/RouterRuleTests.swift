// The rules of the bus, one test each.

import Bus
import Testing

@Suite struct LNameRules {
    @Test func `getlname tells the l-name, as often as it is asked`() throws {
        var bus = PaperBus()
        let client = bus.connect()
        for _ in 1...2 {
            try bus.send(client, #"{"type":"getlname"}"#)
            let frame = try #require(bus.read(client).first)
            #expect(frame.headerText == #"{"type":"getlname"}"#)
            #expect(frame.bodyText == #"{"lname":"\#(bus.lname(client))"}"#)
        }
    }

    @Test func `l-names are never reused, not even after a restart`() {
        var names: Set<String> = []
        for start in ["first", "second"] {
            var router = Router(start: start, access: BusAccess(owner: 1))
            for number in 1...100 {
                let client = ClientID(UInt64(number))
                _ = router.handle(.connected(client, Credentials(uid: 1, gid: 1, pid: 1)))
                if let lname = router.lname(of: client) { names.insert(lname.text) }
                _ = router.handle(.closed(client))
            }
        }
        #expect(names.count == 200)
    }
}

@Suite struct SendRules {
    @Test func `to an l-name: that client alone`() throws {
        var bus = PaperBus()
        let (a, b, c) = (bus.connect(), bus.connect(), bus.connect())
        try bus.subscribe(c, "g")
        try bus.message(a, to: bus.lname(b), group: "g")
        #expect(bus.read(b).count == 1)
        #expect(bus.read(c).isEmpty)
    }

    @Test func `to a group: members of the instance and of all instances, each once`() throws {
        var bus = PaperBus()
        let (sender, one, two, every, both) = (
            bus.connect(), bus.connect(), bus.connect(), bus.connect(), bus.connect()
        )
        try bus.subscribe(one, "g", "1")
        try bus.subscribe(two, "g", "2")
        try bus.subscribe(every, "g")
        try bus.subscribe(both, "g", "1")
        try bus.subscribe(both, "g")
        try bus.message(sender, group: "g", instance: "1")
        #expect([one, two, every, both].map { bus.read($0).count } == [1, 0, 1, 1])
        try bus.message(sender, group: "g")
        #expect([one, two, every, both].map { bus.read($0).count } == [0, 0, 1, 1])
    }

    @Test func `instance and recipient may be left out`() throws {
        var bus = PaperBus()
        let (sender, member) = (bus.connect(), bus.connect())
        try bus.send(member, #"{"type":"subscribe","group":"g"}"#)
        try bus.send(sender, #"{"type":"send","group":"g"}"#)
        #expect(bus.read(member).count == 1)
    }

    @Test func `never back to the sender`() throws {
        var bus = PaperBus()
        let client = bus.connect()
        try bus.subscribe(client, "g")
        try bus.message(client, group: "g")
        try bus.message(client, to: bus.lname(client))
        #expect(bus.read(client).isEmpty)
    }

    @Test func `a question that nobody receives comes back`() throws {
        var bus = PaperBus()
        let client = bus.connect()
        try bus.subscribe(client, "g")
        for (to, group) in [("*", "g"), ("*", "empty"), ("nobody", ""), (bus.lname(client), "")] {
            try bus.message(client, to: to, group: group, seq: 17, wantAnswer: true)
            let bounce = try #require(bus.read(client).first)
            #expect(bounce.bodyText == #"{"result":[-1,"No such recipient"]}"#)
            #expect(bounce["type"] == "send")
            #expect(bounce["from"] == "msgq")
            #expect(bounce["to"] == .string(bus.lname(client)))
            #expect(bounce["reply"] == 17)
            #expect(bounce["seq"] == 17)
            #expect(bounce["group"] == .string(group))
        }
    }

    @Test func `a bounce keeps the question's other members byte for byte`() throws {
        var bus = PaperBus()
        let client = bus.connect()
        try bus.send(client, #"{ "seq" : 1.0e0, "type":"send" , "x":"\/", "group":"g", "want_answer": true }"#)
        #expect(
            bus.read(client).first?.headerText
                == #"{ "seq" : 1.0e0, "type":"send" , "x":"\/", "group":"g", "want_answer": true "#
                + #","from":"msgq","to":"\#(bus.lname(client))","reply":1.0e0}"#)
    }

    @Test func `nothing comes back where no answer is wanted`() throws {
        var bus = PaperBus()
        let client = bus.connect()
        try bus.message(client, group: "empty")
        try bus.send(client, #"{"type":"send","group":"empty","seq":1}"#)
        try bus.send(client, #"{"type":"send","group":"empty","seq":1,"want_answer":null}"#)
        #expect(bus.read(client).isEmpty)
    }

    @Test(arguments: ["1", "null"])
    func `replies never bounce`(reply: String) throws {
        var bus = PaperBus()
        let client = bus.connect()
        try bus.send(client, #"{"type":"send","to":"gone","group":"","seq":1,"want_answer":true,"reply":\#(reply)}"#)
        #expect(bus.read(client).isEmpty)
    }

    @Test func `frames reach a recipient in the order in which they were sent`() throws {
        var bus = PaperBus()
        let (a, b, recipient) = (bus.connect(), bus.connect(), bus.connect())
        try bus.subscribe(recipient, "g")
        for seq in 1...100 { try bus.message(seq % 3 == 0 ? a : b, group: "g", "\(seq)") }
        #expect(bus.bodies(recipient) == (1...100).map { "\($0)" })
    }

    @Test func `a frame for many is one frame`() throws {
        var bus = PaperBus()
        let sender = bus.connect()
        let members = (0..<50).map { _ in bus.connect() }
        for member in members { try bus.subscribe(member, "g") }
        let frame = try Frame(
            header: #"{"type":"send","from":"\#(bus.lname(sender))","group":"g"}"#.utf8, body: [1, 2])
        #expect(bus.router.handle(.received(sender, frame)) == [.deliver(frame, to: members)])
    }
}

@Suite struct IgnoredFrameRules {
    @Test(arguments: [
        #"{"type":"nonsense"}"#, #"{"type":null}"#, #"{"type":7}"#, #"{}"#, #"{"type":"pong"}"#,
        #"{"type":"subscribe","group":null}"#, #"{"type":"subscribe","group":"g","instance":null}"#,
        #"{"type":"subscribe"}"#, #"{"type":"unsubscribe","group":null,"instance":"*"}"#,
        #"{"type":"send","group":null,"seq":1,"want_answer":true}"#,
        #"{"type":"send","group":"g","instance":null,"seq":1,"want_answer":true}"#,
        #"{"type":"send","to":"start_2","group":null,"seq":1,"want_answer":true}"#,
        #"{"type":"send","to":"*","seq":1,"want_answer":true}"#, #"{"type":"send","to":7,"group":"g"}"#,
    ])
    func `an unknown type, or a null group or instance, is ignored`(header: String) throws {
        var bus = PaperBus()
        let (client, other) = (bus.connect(), bus.connect())
        try bus.subscribe(other, "g")
        try bus.subscribe(other, "Notifications/Subscriptions")
        _ = bus.read(other)
        try bus.send(client, header)
        #expect(bus.ignored == [client])
        #expect(bus.ended.isEmpty)
        #expect(bus.read(client).isEmpty)
        #expect(bus.read(other).isEmpty)
    }
}

@Suite struct PingAndStopRules {
    @Test func `ping is answered by pong with the same body`() throws {
        var bus = PaperBus()
        let client = bus.connect()
        try bus.send(client, #"{"type":"ping"}"#, "any body")
        let pong = try #require(bus.read(client).first)
        #expect(pong.headerText == #"{"type":"pong"}"#)
        #expect(pong.bodyText == "any body")
    }

    @Test func `stop is obeyed only for the user that runs the daemon`() throws {
        var bus = PaperBus(group: 50)
        let (stranger, root, owner) = (bus.connect(uid: 7, gid: 50), bus.connect(uid: 0), bus.connect())
        try bus.send(stranger, #"{"type":"stop"}"#)
        try bus.send(root, #"{"type":"stop"}"#)
        #expect(!bus.stopped)
        #expect(bus.ignored == [stranger, root])
        try bus.send(owner, #"{"type":"stop"}"#)
        #expect(bus.stopped)
    }
}

@Suite struct AccessRules {
    @Test func `only the same user or an allowed group may connect`() throws {
        var bus = PaperBus(group: 50)
        let listener = bus.connect()
        try bus.subscribe(listener, "Notifications/Subscriptions")
        _ = bus.read(listener)
        let stranger = bus.connect(uid: 7, gid: 7, groups: [8, 9])
        #expect(bus.ended[stranger] != nil)
        #expect(bus.read(listener).isEmpty, "nobody hears of a client that was turned away")
        for client in [
            bus.connect(uid: 7, gid: 50), bus.connect(uid: 7, gid: 7, groups: [8, 50]), bus.connect(uid: 0),
        ] {
            #expect(bus.ended[client] == nil)
        }
    }

    @Test func `without an allowed group only the user may`() {
        var bus = PaperBus()
        let stranger = bus.connect(uid: 7, gid: 1)
        #expect(bus.ended[stranger] != nil)
    }
}

@Suite struct DaemonCommandRules {
    @Test func `members of a group, and of the whole bus`() throws {
        var bus = PaperBus()
        let (a, b) = (bus.connect(), bus.connect())
        let (nameA, nameB) = (bus.lname(a), bus.lname(b))
        try bus.subscribe(b, "g", "7")
        #expect(try bus.ask(a, #"{"command":["members",{"group":"g"}]}"#) == #"{"result":[0,["\#(nameB)"]]}"#)
        #expect(try bus.ask(a, #"{"command":["members",{"group":"none"}]}"#) == #"{"result":[0,[]]}"#)
        #expect(try bus.ask(a, #"{"command":["members",{"group":"Msgq"}]}"#) == #"{"result":[0,["msgq"]]}"#)
        let all = #"{"result":[0,["msgq","\#(nameA)","\#(nameB)"]]}"#
        for params in ["", ",null", ",{}"] {
            #expect(try bus.ask(a, #"{"command":["members"\#(params)]}"#) == all)
        }
    }

    @Test func `the daemon can be asked by its l-name too`() throws {
        var bus = PaperBus()
        let client = bus.connect()
        try bus.message(client, to: "msgq", seq: 3, wantAnswer: true, #"{"command":["members"]}"#)
        let answer = try #require(bus.read(client).first)
        #expect(answer["from"] == "msgq")
        #expect(answer["to"] == .string(bus.lname(client)))
        #expect(answer["reply"] == 3)
    }

    @Test(arguments: [
        #"{"command":["nonsense"]}"#, #"{"command":["members",7]}"#, #"{"command":["members",{"group":7}]}"#,
        "not JSON", "",
    ])
    func `what the daemon does not understand gets a positive code`(body: String) throws {
        var bus = PaperBus()
        let client = bus.connect()
        let answer = try bus.ask(client, body)
        #expect(answer.hasPrefix(#"{"result":[1,""#), "\(answer)")
    }

    @Test func `a command too large to be one is not parsed`() throws {
        var bus = PaperBus()
        let client = bus.connect()
        let answer = try bus.ask(client, #"{"command":["members",""# + String(repeating: "x", count: 70_000) + #""]}"#)
        #expect(answer.hasPrefix(#"{"result":[1,""#))
    }

    @Test func `no answer where none is wanted, but one where nothing is said about it`() throws {
        var bus = PaperBus()
        let client = bus.connect()
        try bus.message(client, group: "Msgq", #"{"command":["members"]}"#)
        #expect(bus.read(client).isEmpty)
        try bus.send(client, #"{"type":"send","group":"Msgq","seq":1}"#, #"{"command":["members"]}"#)
        #expect(bus.read(client).count == 1)
    }

    @Test func `answers and notifications to the daemon are taken without a word`() throws {
        var bus = PaperBus()
        let client = bus.connect()
        try bus.send(
            client, #"{"type":"send","group":"Msgq","seq":1,"reply":1,"want_answer":true}"#, #"{"command":["members"]}"#
        )
        try bus.message(client, group: "Msgq", wantAnswer: true, #"{"notification":["x"]}"#)
        #expect(bus.read(client).isEmpty)
    }

    @Test(arguments: [BusRole.memmgr, .zonecast])
    func `disconnect and pid are for the manager and the supervisor`(role: BusRole) throws {
        var bus = PaperBus(isSupervised: true)
        let (asker, other) = (bus.connect(as: role, name: "x"), bus.connect(pid: 4711))
        let name = bus.lname(other)
        #expect(try bus.ask(asker, #"{"command":["pid",{"client":"\#(name)"}]}"#) == #"{"result":[0,4711]}"#)
        #expect(try bus.ask(asker, #"{"command":["disconnect",{"client":"\#(name)"}]}"#) == #"{"result":[0]}"#)
        #expect(bus.ended[other] == .requested(by: LName(bus.lname(asker))))
        for command in ["pid", "disconnect"] {
            let unknown = try bus.ask(asker, #"{"command":["\#(command)",{"client":"\#(name)"}]}"#)
            #expect(unknown == #"{"result":[1,"no client \#(name)"]}"#)
        }
    }

    @Test func `whoever disconnects itself is gone without an answer`() throws {
        var bus = PaperBus()
        let client = bus.connect(as: .memmgr, name: "memmgr")
        try bus.message(
            client, group: "Msgq", wantAnswer: true, #"{"command":["disconnect",{"client":"\#(bus.lname(client))"}]}"#)
        #expect(bus.ended[client] != nil)
        #expect(bus.read(client).isEmpty)
    }
}
