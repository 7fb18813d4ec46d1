// "Membership events and the answers to `members` come in one total order."

import Bus
import JSON
import TestSupport
import Testing

@Suite struct MembershipRules {
    private static let groups = ["Notifications/Subscriptions", "notifications/cc_members"]

    private func event(_ name: String, _ client: String, _ group: String? = nil) -> String {
        let place = group.map { #","group":"\#($0)""# } ?? ""
        return #"{"notification":["\#(name)",{"client":"\#(client)"\#(place)}]}"#
    }

    @Test(arguments: groups)
    func `both groups hear of comings and goings`(group: String) throws {
        var bus = PaperBus()
        let listener = bus.connect()
        try bus.subscribe(listener, group)
        #expect(bus.bodies(listener) == [event("subscribed", bus.lname(listener), group)])
        let client = bus.connect()
        let lname = bus.lname(client)
        try bus.subscribe(client, "g")
        try bus.unsubscribe(client, "g")
        bus.handle(.closed(client))
        let frames = bus.read(listener)
        #expect(
            frames.map(\.bodyText) == [
                event("connected", lname), event("subscribed", lname, "g"), event("unsubscribed", lname, "g"),
                event("disconnected", lname),
            ])
        #expect(frames.allSatisfy { $0["from"] == "msgq" && $0["group"] == .string(group) && $0["type"] == "send" })
    }

    @Test func `a group is joined with its first instance and left with its last`() throws {
        var bus = PaperBus()
        let (listener, client) = (bus.connect(), bus.connect())
        let lname = bus.lname(client)
        try bus.subscribe(listener, "Notifications/Subscriptions")
        _ = bus.read(listener)
        for instance in ["1", "2", "2", "*"] { try bus.subscribe(client, "g", instance) }
        #expect(bus.bodies(listener) == [event("subscribed", lname, "g")])
        for instance in ["3", "2", "2", "1"] { try bus.unsubscribe(client, "g", instance) }
        try bus.unsubscribe(client, "never joined")
        #expect(bus.bodies(listener).isEmpty)
        try bus.unsubscribe(client, "g")
        #expect(bus.bodies(listener) == [event("unsubscribed", lname, "g")])
    }

    @Test func `on close one unsubscribed per group, then disconnected, after all that was sent`() throws {
        var bus = PaperBus()
        let (listener, client) = (bus.connect(), bus.connect())
        let lname = bus.lname(client)
        try bus.subscribe(listener, "Notifications/Subscriptions")
        try bus.subscribe(listener, "inbox")
        for (group, instance) in [("b", "1"), ("a", "*"), ("b", "2"), ("c", "*")] {
            try bus.subscribe(client, group, instance)
        }
        _ = bus.read(listener)
        try bus.message(client, group: "inbox", "last words")
        bus.handle(.closed(client))
        #expect(
            bus.bodies(listener) == [
                "last words", event("unsubscribed", lname, "b"), event("unsubscribed", lname, "a"),
                event("unsubscribed", lname, "c"), event("disconnected", lname),
            ])
    }

    @Test func `what a disconnected client had sent no longer counts`() throws {
        var bus = PaperBus()
        let (listener, client) = (bus.connect(), bus.connect())
        try bus.subscribe(listener, "g")
        bus.handle(.malformed(client, .emptyHeader))
        try bus.send(client, #"{"type":"send","group":"g"}"#)
        bus.handle(.closed(client))
        #expect(bus.bodies(listener).isEmpty)
    }

    @Test(arguments: UInt64(1)...100)
    func `every listener sees one order, and it agrees with members`(seed: UInt64) throws {
        var random = SplitMix64(seed: seed)
        var bus = PaperBus()
        let listeners = [bus.connect(), bus.connect()]
        for listener in listeners { try bus.subscribe(listener, "Notifications/Subscriptions") }
        for listener in listeners { _ = bus.read(listener) }
        var clients: [ClientID] = []
        for _ in 0..<200 {
            let client = clients.randomElement(using: &random)
            let group = ["g", "h"].randomElement(using: &random) ?? "g"
            let instance = ["*", "1"].randomElement(using: &random) ?? "*"
            switch (Int.random(in: 0...9, using: &random), client) {
            case (0, _), (_, nil): clients.append(bus.connect())
            case (1, let client?):
                bus.handle(.closed(client))
                clients.removeAll { $0 == client }
            case (2...5, let client?): try bus.subscribe(client, group, instance)
            case (_, let client?): try bus.unsubscribe(client, group, instance)
            }
        }
        // The first listener asks at the end, so its mail ends with the answer.
        let asker = listeners[0]
        try bus.message(asker, group: "Msgq", wantAnswer: true, #"{"command":["members",{"group":"g"}]}"#)
        let (first, second) = (bus.bodies(asker), bus.bodies(listeners[1]))
        #expect(Array(first.dropLast()) == second, "seed \(seed)")
        var members: Set<String> = []
        for body in second {
            let event = try JSONValue(text: body)["notification"]
            guard event?[1]?["group"] == "g", let client = event?[1]?["client"]?.string else { continue }
            if event?[0] == "subscribed" {
                #expect(members.insert(client).inserted, "seed \(seed)")
            } else {
                #expect(members.remove(client) != nil, "seed \(seed)")
            }
        }
        let answer = try JSONValue(text: first.last ?? "")["result"]?[1]?.array ?? []
        #expect(Set(answer.compactMap(\.string)) == members, "seed \(seed)")
    }
}
