// What keeps the daemon alive: bounds on backlogs and subscriptions.

import Bus
import TestSupport
import Testing

@Suite struct RouterLimits {
    private func limits(backlog: Int = 10_000, total: Int = 1 << 30, subscriptions: Int = 8192) -> BusLimits {
        var limits = BusLimits()
        limits.backlog = backlog
        limits.total = total
        limits.subscriptions = subscriptions
        return limits
    }

    private let kilobyte = String(repeating: "x", count: 1024)

    @Test func `a client that lets too much gather is ended, which others see`() throws {
        var bus = PaperBus(limits: limits())
        let (sender, sleeper) = (bus.connect(), bus.connect())
        let name = bus.lname(sleeper)
        try bus.subscribe(sleeper, "g")
        try bus.subscribe(sender, "Notifications/Subscriptions")
        _ = bus.read(sender)
        bus.writes = false
        while bus.ended[sleeper] == nil, bus.read(sleeper).count < 100 {
            try bus.message(sender, group: "g", kilobyte)
            bus.enforceLimits()
        }
        guard case .backlog(let bytes, 10_000) = bus.ended[sleeper] else {
            Issue.record("ended because of \(String(describing: bus.ended[sleeper]))")
            return
        }
        #expect(bytes <= 10_000 + 2048)
        #expect(bus.ended[sender] == nil)
        #expect(bus.bodies(sender).last == #"{"notification":["disconnected",{"client":"\#(name)"}]}"#)
    }

    @Test func `one who reads in time is not`() throws {
        var bus = PaperBus(limits: limits())
        let (sender, reader) = (bus.connect(), bus.connect())
        try bus.subscribe(reader, "g")
        for _ in 0..<100 {
            try bus.message(sender, group: "g", kilobyte)
            bus.enforceLimits()
        }
        #expect(bus.ended.isEmpty)
        #expect(bus.read(reader).count == 100)
    }

    @Test func `the frame under way does not count`() throws {
        var bus = PaperBus(limits: limits())
        let (sender, reader) = (bus.connect(), bus.connect())
        try bus.subscribe(reader, "g")
        bus.writes = false
        try bus.message(sender, group: "g", String(repeating: "x", count: 50_000))
        try bus.message(sender, group: "g", kilobyte)
        bus.enforceLimits()
        #expect(bus.ended.isEmpty)
        try bus.message(sender, group: "g", String(repeating: "x", count: 50_000))
        bus.enforceLimits()
        #expect(bus.ended[reader] != nil)
    }

    @Test func `past the total the largest backlog goes first, until it is kept`() throws {
        var bus = PaperBus(limits: limits(backlog: 1 << 20, total: 30_000))
        let sender = bus.connect()
        let sleepers = (0..<3).map { _ in bus.connect() }
        bus.writes = false
        for (frames, sleeper) in zip([5, 15, 7], sleepers) {
            for _ in 0..<frames { try bus.message(sender, to: bus.lname(sleeper), kilobyte) }
        }
        bus.enforceLimits()
        #expect(Array(bus.ended.keys) == [sleepers[1]])
    }

    @Test func `a frame for many counts once`() throws {
        var bus = PaperBus(limits: limits(backlog: 1 << 20, total: 200_000))
        let sender = bus.connect()
        let sleepers = (0..<100).map { _ in bus.connect() }
        for sleeper in sleepers { try bus.subscribe(sleeper, "g") }
        let before = bus.router.held
        bus.writes = false
        try bus.message(sender, group: "g", String(repeating: "x", count: 50_000))
        #expect((50_000...110_000).contains(bus.router.held - before))
        bus.enforceLimits()
        #expect(bus.ended.isEmpty)
        for sleeper in sleepers.dropLast() { bus.handle(.written(sleeper)) }
        #expect(bus.router.held - before > 50_000)
        bus.handle(.closed(sleepers[99]))
        #expect(bus.router.held < before)
    }

    @Test func `half a frame counts, and is forgotten when it is whole`() {
        var bus = PaperBus(limits: limits(total: 100_000))
        let (one, two) = (bus.connect(), bus.connect())
        bus.handle(.incoming(one, bytes: 60_000))
        bus.handle(.incoming(one, bytes: 0))
        bus.handle(.incoming(two, bytes: 60_000))
        bus.enforceLimits()
        #expect(bus.ended.isEmpty)
        bus.handle(.incoming(one, bytes: 61_000))
        bus.enforceLimits()
        #expect(Array(bus.ended.keys) == [one])
    }

    @Test func `8,192 subscriptions are allowed, one more ends the client`() throws {
        var bus = PaperBus()
        let client = bus.connect()
        for number in 1...8192 { try bus.subscribe(client, "g\(number)") }
        try bus.subscribe(client, "g1")
        #expect(bus.ended.isEmpty)
        try bus.unsubscribe(client, "g1")
        try bus.subscribe(client, "g1", "2")
        #expect(bus.ended.isEmpty)
        try bus.subscribe(client, "one more")
        #expect(bus.ended[client] == .tooManySubscriptions(limit: 8192))
        #expect(bus.router.members(of: "g1").isEmpty)
    }

    @Test func `subscriptions to names of 60 kB count too`() throws {
        var bus = PaperBus(limits: limits(total: 1 << 20))
        let client = bus.connect()
        for number in 0..<20 {
            try bus.subscribe(client, String(repeating: "x", count: 60_000) + "\(number)")
            bus.enforceLimits()
        }
        #expect(bus.ended[client] != nil)
    }

    @Test(arguments: UInt64(1)...50)
    func `the same events have the same effects, which simulation relies on`(seed: UInt64) throws {
        func run() throws -> [Router.Effect] {
            var random = SplitMix64(seed: seed)
            var router = Router(
                start: "start", access: BusAccess(owner: 1), limits: limits(backlog: 3000, total: 20_000))
            var effects: [Router.Effect] = []
            for number in 1...300 {
                let client = ClientID(UInt64(Int.random(in: 1...20, using: &random)))
                let group = "g\(Int.random(in: 0...4, using: &random))"
                let type = ["send", "subscribe", "unsubscribe"].randomElement(using: &random) ?? ""
                let header = #"{"type":"\#(type)","group":"\#(group)","instance":"\#(number % 3)"}"#
                switch Int.random(in: 0...9, using: &random) {
                case 0: effects += router.handle(.closed(client))
                case 1, 2:
                    if router.lname(of: client) == nil {
                        effects += router.handle(.connected(client, Credentials(uid: 1, gid: 1, pid: 1)))
                    }
                default:
                    effects += router.handle(.received(client, try Frame(header: header.utf8, body: kilobyte.utf8)))
                }
                effects += router.enforceLimits()
            }
            return effects
        }
        #expect(try run() == run(), "seed \(seed)")
    }

    @Test(arguments: UInt64(1)...100)
    func `what is held is never negative, and nothing when all are gone`(seed: UInt64) throws {
        var random = SplitMix64(seed: seed)
        var bus = PaperBus(limits: limits(backlog: 5000, total: 12_000, subscriptions: 6))
        var clients = (0..<5).map { _ in bus.connect() }
        bus.writes = false
        for step in 0..<300 {
            let client = clients.randomElement(using: &random) ?? clients[0]
            switch Int.random(in: 0...8, using: &random) {
            case 0: try bus.subscribe(client, "g\(step % 10)")
            case 1: try bus.unsubscribe(client, "g\(step % 10)")
            case 2: try bus.subscribe(client, "Notifications/Subscriptions")
            case 3: bus.handle(.incoming(client, bytes: Int.random(in: 0...3000, using: &random)))
            case 4: bus.handle(.closed(client))
            case 5, 6: try bus.message(client, group: "g\(step % 10)", wantAnswer: true, kilobyte)
            case 7: bus.handle(.written(client))
            default: clients.append(bus.connect())
            }
            bus.enforceLimits()
            #expect((0...12_000).contains(bus.router.held), "seed \(seed), step \(step)")
        }
        for client in clients { bus.handle(.closed(client)) }
        #expect(bus.router.held == 0, "seed \(seed)")
    }
}
