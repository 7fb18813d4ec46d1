// What the manager does for whom: roles are the bus's word, and what a client says about itself gives it nothing.

import Bus
import BusClient
import Generations
import Glibc
import JSON
import Platform
import TestSupport
import Testing

@Suite struct RoleTests {
    private static let commands = [
        "load", "unload", "rollback", "released", "child_died", "status", "list", "history", "progress", "ping",
        "no_such",
    ]

    private func refusal(of command: String, by client: BusConnection) async -> String? {
        do throws(BusError) {
            _ = try await client.call(command, group: BusGroup.manager)
            return nil
        } catch {
            if case .remote(_, let text) = error { return text }
            return nil
        }
    }

    @Test func eachCommandIsForItsRolesOnly() async throws {
        let system = try await TestSystem(isSupervised: true)
        for role in BusRole.allCases where role != .memmgr {
            let client = role == .operator ? try await system.connect() : try await system.connect(as: role, "x.1")
            for command in Self.commands {
                let text = await refusal(of: command, by: client)
                let senders: [BusRole] =
                    switch command {
                    case "released": [.authd]
                    case "child_died": [.zonecast]
                    default: [.operator]
                    }
                #expect((text == "\(command) is not for \(role)") == !senders.contains(role), "\(role) \(command)")
            }
            await client.close()
        }
        // A client that is refused again and again does not fill the log.
        #expect(try system.log().split(separator: "\n").count { $0.contains("refused ") } == 3)
    }

    /// Three such reports expel a consumer.
    @Test func aForgedDeathIsNotBelieved() async throws {
        let system = try await TestSystem(isSupervised: true)
        let consumer = try await ScriptedConsumer(system)
        try system.writeZone(serial: 1)
        #expect(try await system.memmgr("load", "example.zone").status == 0)
        let death = try JSONValue(
            encoding: ChildDeath(name: "consumer.1", lname: "\(consumer.bus.lname)", signal: SIGSEGV))
        for forger in [try await system.connect(), try await system.connect(as: .authd, "authd.2")] {
            for group in [BusGroup.supervisor, BusGroup.manager] { try forger.subscribe(group: group) }
            for _ in 0..<3 {
                await #expect(throws: BusError.self) {
                    try await forger.call(ChildDeath.command, death, group: BusGroup.manager)
                }
            }
            await forger.close()
        }
        #expect(try system.log().contains("refused child_died from operator"))
        #expect(try system.log().contains("refused child_died from authd"))
        try system.writeZone(serial: 2)
        let result = try await system.memmgr("load", "example.zone")
        #expect(result.status == 0, "\(result.errors)")
        #expect(try await system.status()["consumers"]?[0]?["state"] == "serving")
    }

    /// A consumer that leaves its group is still one.
    @Test func aConsumerNeverChangesWhatIsServed() async throws {
        let system = try await TestSystem()
        try system.writeZone(serial: 1)
        #expect(try await system.memmgr("load", "example.zone").status == 0)
        let client = try await system.connect()
        try client.subscribe(group: BusGroup.consumers)
        try client.unsubscribe(group: BusGroup.consumers)
        for (command, params) in [
            ("unload", ["zone": "example."]), ("rollback", .null),
            ("load", ["zones": [["origin": "p.", "file": "/etc/passwd"]]]), ("status", JSONValue.null),
        ] {
            await #expect(throws: BusError.remote(code: 1, text: "\(command) is not for authd")) {
                try await client.call(command, params, group: BusGroup.manager)
            }
        }
        #expect(try await system.status()["zones"]?[0]?["state"] == "serving")
        await client.close()
    }

    @Test func nobodyReadsFilesThroughDiagnostics() async throws {
        let system = try await TestSystem(isSupervised: true)
        try system.folder.write(
            "$TTL 1\n@ SOA a b 1 1 1 1 1\n@ NS a\nsecret-owner BOGUS secret-text\n", to: "private.zone")
        try system.writeZone("private", serial: 1)
        #expect(try await system.memmgr("load", "private.zone").status == 0)
        try system.folder.write(
            "$TTL 1\n@ SOA a b 2 1 1 1 1\n@ NS a\nsecret-owner BOGUS secret-text\n", to: "private.zone")
        let request: JSONValue = [
            "zones": [["origin": "private.", "file": .string("\(system.folder.path)/private.zone")]]
        ]
        // As a member of the socket's group would be, which is an operator too.
        for (uid, mayRead) in [(geteuid(), true), (0, true), (UInt32(4_000_000), false)] {
            let client = try await system.connect(as: .operator, "x", uid: uid)
            let answers = [
                try await client.call("load", request, group: BusGroup.manager),
                try await client.call("status", group: BusGroup.manager),
                try await client.call("list", group: BusGroup.manager),
            ]
            for answer in answers {
                let zone = try #require(answer["zones"]?[0])
                #expect(zone.description.contains("BOGUS") == mayRead, "\(zone)")
                #expect(
                    zone["problem"]?.string?.contains("memmgr check \(system.folder.path)/private.zone") == !mayRead)
            }
            #expect(answers[0]["zones"]?[0]?["result"] == "failed")
            await client.close()
        }
    }
}
