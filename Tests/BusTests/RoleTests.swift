// "Roles are decided by the kernel's word and by connections that the supervisor makes, never by groups": who may do what,
// every pair of it tried. What is allowed is listed here once more; all else must be refused.

import Bus
import Testing

/// A bus under a supervisor, with one client of each role.
private struct System {
    var bus = PaperBus(isSupervised: true)
    private(set) var clients: [BusRole: ClientID] = [:]

    init() {
        for role in BusRole.allCases {
            clients[role] = role == .operator ? bus.connect(pid: 4) : bus.connect(as: role, name: "\(role).1", pid: 3)
        }
    }

    func client(_ role: BusRole) throws -> ClientID { try #require(clients[role]) }

    mutating func members(of group: String) throws -> String {
        try bus.ask(try client(.operator), #"{"command":["members",{"group":"\#(group)"}]}"#)
    }
}

private let groups = [
    "Msgq", "MemMgr", "Zonecast", "ShmemConsumers", "Notifications/ZoneChanges", "Notifications/Subscriptions",
    "notifications/cc_members", "Notifications", "memmgr", "", "any other",
]

private struct Pair<Thing: Hashable & Sendable>: Hashable, CustomTestStringConvertible {
    let role: BusRole
    let thing: Thing
    var testDescription: String { "\(role) and \(thing)" }
}

private func pairs<Thing: Hashable & Sendable>(_ things: [Thing]) -> [Pair<Thing>] {
    BusRole.allCases.flatMap { role in things.map { Pair(role: role, thing: $0) } }
}

@Suite struct RoleTests {
    private static func mayJoin(_ role: BusRole, _ group: String) -> Bool {
        switch (role, group) {
        case (_, "Msgq"): false
        case (let role, "MemMgr"): role == .memmgr
        case (let role, "Zonecast"): role == .zonecast
        case (let role, "ShmemConsumers"): role == .authd || role == .operator
        case (_, "Notifications/ZoneChanges"), (_, "Notifications/Subscriptions"), (_, "notifications/cc_members"): true
        case (let role, _): role != .authd
        }
    }

    private static func maySend(_ role: BusRole, _ group: String) -> Bool {
        switch (role, group) {
        case (_, "Msgq"): true
        case (let role, "MemMgr"): role != .memmgr
        case (let role, "Zonecast"): role != .zonecast
        case (let role, "ShmemConsumers"): role == .memmgr || role == .operator
        case (let role, "Notifications/ZoneChanges"): role == .memmgr
        case (_, "Notifications/Subscriptions"), (_, "notifications/cc_members"): false
        case (let role, _): role != .authd
        }
    }

    @Test(arguments: pairs(groups), ["*", "7"])
    private func `only its own joins a group`(pair: Pair<String>, instance: String) throws {
        var system = System()
        let client = try system.client(pair.role)
        try system.bus.subscribe(client, pair.thing, instance)
        let members = try system.members(of: pair.thing)
        let isMember = members.contains("\"\(system.bus.lname(client))\"")
        #expect(isMember == Self.mayJoin(pair.role, pair.thing), "\(members)")
        #expect(system.bus.ignored == (isMember ? [] : [client]))
        #expect(system.bus.ended.isEmpty)
    }

    @Test(arguments: pairs(groups))
    private func `only some send to a group`(pair: Pair<String>) throws {
        var system = System()
        let client = try system.client(pair.role)
        // Someone is in the group, unless nobody can be.
        let listener = BusRole.allCases.filter { $0 != pair.role }.first { Self.mayJoin($0, pair.thing) }
        if let listener { try system.bus.subscribe(try system.client(listener), pair.thing) }
        for client in system.clients.values { _ = system.bus.read(client) }
        try system.bus.message(client, group: pair.thing, wantAnswer: true, #"{"command":["members"]}"#)
        let isAllowed = Self.maySend(pair.role, pair.thing)
        if let listener {
            let heard = system.bus.read(try system.client(listener)).filter { $0["from"]?.string != "msgq" }
            #expect(heard.isEmpty != isAllowed)
        }
        let answers = system.bus.bodies(client)
        #expect(answers.contains(#"{"result":[-2,"not allowed for \#(pair.role)"]}"#) != isAllowed, "\(answers)")
        // Without a wish for an answer there is none.
        try system.bus.message(client, group: pair.thing, #"{"command":["x"]}"#)
        #expect(system.bus.read(client).isEmpty)
        #expect(system.bus.ended.isEmpty)
    }

    @Test(arguments: pairs(BusRole.allCases), [true, false])
    private func `a consumer only answers others, and asks nobody by name`(pair: Pair<BusRole>, isReply: Bool) throws {
        var system = System()
        let sender = try system.client(pair.role)
        let recipient = pair.role == pair.thing ? system.bus.connect() : try system.client(pair.thing)
        let reply = isReply ? #""reply":1,"# : ""
        try system.bus.send(
            sender, #"{"type":"send","to":"\#(system.bus.lname(recipient))",\#(reply)"seq":1,"want_answer":true}"#,
            #"{"command":["switch"]}"#)
        let isAllowed = isReply || pair.role != .authd
        #expect(system.bus.read(recipient).count == (isAllowed ? 1 : 0))
        #expect(system.bus.bodies(sender) == (isAllowed ? [] : [#"{"result":[-2,"not allowed for authd"]}"#]))
    }

    @Test(arguments: pairs(["members", "client", "pid", "disconnect", "no such"]))
    private func `disconnect and pid are for memmgr and zonecast`(pair: Pair<String>) throws {
        var system = System()
        let (asker, other) = (try system.client(pair.role), system.bus.connect(uid: 0, pid: 4711))
        let answer = try system.bus.ask(
            asker, #"{"command":["\#(pair.thing)",{"client":"\#(system.bus.lname(other))"}]}"#)
        let isAllowed =
            switch pair.thing {
            case "members", "client": true
            case "pid", "disconnect": pair.role == .memmgr || pair.role == .zonecast
            default: false
            }
        #expect(answer.hasPrefix(isAllowed ? #"{"result":[0"# : #"{"result":[1,"#), "\(answer)")
        #expect((system.bus.ended[other] != nil) == (isAllowed && pair.thing == "disconnect"))
    }

    @Test(arguments: BusRole.allCases, [PaperBus.owner, 0, 77])
    func `stop is for the owner, and not for a consumer or the manager`(role: BusRole, uid: UInt32) throws {
        var bus = PaperBus(group: 9, isSupervised: true)
        let client = role == .operator ? bus.connect(uid: uid, gid: 9) : bus.connect(as: role, name: "x", uid: uid)
        try bus.send(client, #"{"type":"stop"}"#)
        #expect(bus.stopped == (uid == PaperBus.owner && (role == .operator || role == .zonecast)))
    }

    @Test(
        arguments: pairs([
            "load", "released", "child_died", "hello", "answering", "kill", "await_end", "name", "switch", "holding",
            "stats",
            "no such",
        ]))
    private func `each command has its senders`(pair: Pair<String>) {
        let allowed: [Permissions.Receiver: [String: Set<BusRole>]] = [
            .msgq: [:],
            .memmgr: ["released": [.authd], "child_died": [.zonecast]],
            .zonecast: [
                "hello": [.memmgr, .authd], "answering": [.authd], "kill": [.memmgr], "await_end": [.memmgr],
                "name": [.memmgr],
            ],
            .consumer: ["switch": [.memmgr], "holding": [.memmgr, .operator], "stats": [.memmgr, .operator]],
        ]
        for receiver in Permissions.Receiver.allCases {
            let senders = allowed[receiver]?[pair.thing] ?? [.operator]
            #expect(
                Permissions.allows(pair.role, pair.thing, of: receiver) == senders.contains(pair.role), "\(receiver)")
        }
    }

    @Test(arguments: BusRole.allCases) func `a consumer sends nothing long`(role: BusRole) throws {
        var system = System()
        let (sender, recipient) = (try system.client(role), system.bus.connect(as: .memmgr, name: "other"))
        try system.bus.subscribe(recipient, "MemMgr")
        let body = String(repeating: " ", count: BusLimits().consumerFrame)
        try system.bus.send(sender, #"{"type":"send","group":"MemMgr","reply":1}"#, body)
        guard role == .authd else {
            #expect(system.bus.ended.isEmpty)
            return
        }
        guard case .malformed(.frameTooLong) = system.bus.ended[sender] else {
            Issue.record("still there, or ended because of \(String(describing: system.bus.ended[sender]))")
            return
        }
        #expect(system.bus.read(recipient).isEmpty)
    }

    @Test func `the daemon says who somebody is`() throws {
        var system = System()
        let asker = try system.client(.authd)
        let child = system.bus.connect(as: .authd, name: "authd.2", uid: 53)
        let stranger = system.bus.connect(uid: 0)
        func who(_ client: ClientID) throws -> String {
            try system.bus.ask(asker, #"{"command":["client",{"client":"\#(system.bus.lname(client))"}]}"#)
        }
        #expect(try who(child) == #"{"result":[0,{"name":"authd.2","role":"authd","uid":53}]}"#)
        #expect(try who(stranger) == #"{"result":[0,{"role":"operator","uid":0}]}"#)
        for params in [#"{"client":"nobody"}"#, #"{"client":"msgq"}"#, #"{"client":1}"#, "{}", "[]", "null"] {
            #expect(try system.bus.ask(asker, #"{"command":["client",\#(params)]}"#).hasPrefix(#"{"result":[1,"#))
        }
    }

    // MARK: Roles that change

    @Test(arguments: [true, false])
    func `who joins the consumers lays down its rights, and leaving gives none back`(isSupervised: Bool) throws {
        var bus = PaperBus(isSupervised: isSupervised)
        let (consumer, other) = (bus.connect(), bus.connect())
        try bus.subscribe(consumer, "ShmemConsumers", "7")
        try bus.unsubscribe(consumer, "ShmemConsumers", "7")
        let who = #"{"command":["client",{"client":"\#(bus.lname(consumer))"}]}"#
        #expect(try bus.ask(other, who).contains(#""role":"authd""#))
        for group in ["MemMgr", "Zonecast", "any other"] {
            try bus.subscribe(consumer, group)
            #expect(try bus.ask(other, #"{"command":["members",{"group":"\#(group)"}]}"#) == #"{"result":[0,[]]}"#)
        }
        try bus.subscribe(consumer, "ShmemConsumers")
        try bus.send(consumer, #"{"type":"stop"}"#)
        #expect(!bus.stopped)
        #expect(try bus.ask(consumer, #"{"command":["pid",{"client":"\#(bus.lname(other))"}]}"#).contains("[1,"))
    }

    @Test(arguments: [("MemMgr", BusRole.memmgr), ("Zonecast", .zonecast)])
    func `in a system started by hand the first of the owner's is the manager`(group: String, role: BusRole) throws {
        var bus = PaperBus(group: 9)
        let (first, second) = (bus.connect(), bus.connect(uid: 0))
        let stranger = bus.connect(uid: 77, gid: 9)
        let ask = #"{"command":["members",{"group":"\#(group)"}]}"#
        try bus.subscribe(stranger, group)
        #expect(try bus.ask(first, ask) == #"{"result":[0,[]]}"#)
        try bus.subscribe(first, group)
        try bus.subscribe(second, group)
        #expect(try bus.ask(second, ask) == #"{"result":[0,["\#(bus.lname(first))"]]}"#)
        #expect(try bus.ask(second, #"{"command":["pid",{"client":"\#(bus.lname(first))"}]}"#).contains("[1,"))
        #expect(try bus.ask(first, #"{"command":["pid",{"client":"\#(bus.lname(second))"}]}"#) == #"{"result":[0,7]}"#)
        // Leaving the group is not leaving the office; the end of the connection is.
        try bus.unsubscribe(first, group)
        try bus.subscribe(second, group)
        #expect(try bus.ask(second, ask) == #"{"result":[0,[]]}"#)
        bus.handle(.closed(first))
        try bus.subscribe(second, group)
        #expect(try bus.ask(stranger, ask) == #"{"result":[0,["\#(bus.lname(second))"]]}"#)
        let who = #"{"command":["client",{"client":"\#(bus.lname(second))"}]}"#
        #expect(try bus.ask(stranger, who) == #"{"result":[0,{"role":"\#(role)","uid":0}]}"#)
    }

    @Test func `the supervisor's word counts whatever the user is`() throws {
        var bus = PaperBus(isSupervised: true)
        let child = bus.connect(as: .memmgr, name: "memmgr", uid: 4242)
        #expect(bus.ended.isEmpty)
        try bus.subscribe(child, "MemMgr")
        #expect(bus.router.members(of: "MemMgr") == [child])
    }

    @Test func `what goes with a connection is read as it was written`() throws {
        for role in BusRole.allCases {
            let handed = HandedConnection(
                Appointment(role, name: "authd.1 \"ü\""), Credentials(uid: .max, gid: 7, pid: .max))
            #expect(HandedConnection(text: handed.text) == handed)
        }
        for text in [
            "", "{}", #"{"role":"root","name":"x","uid":0,"gid":0,"pid":1}"#,
            #"{"role":"memmgr","name":"x","uid":-1,"gid":0,"pid":1}"#,
        ] {
            #expect(HandedConnection(text: Array(text.utf8)) == nil)
        }
    }
}
