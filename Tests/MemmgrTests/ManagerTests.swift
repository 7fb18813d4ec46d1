// The manager as a process, with a real bus and consumers whose behavior the tests choose (docs/PROTOCOL.md).

import Bus
import BusClient
import FoundationEssentials
import Generations
import Glibc
import JSON
import Platform
import TestSupport
import Testing

@Suite(.serialized) struct ManagerTests {
    // MARK: Loading

    @Test func loadEndsWhenTheConsumerHasSwitched() async throws {
        let system = try await TestSystem()
        let consumer = try await ScriptedConsumer(system)
        try system.writeZone(serial: 1)
        let result = try await system.memmgr("load", "example.zone")
        #expect(result.status == 0, "\(result.errors)")
        #expect(result.output.contains("example.  loaded  serial 1  3 records  image "))
        #expect(result.output.contains("served by consumer.1; image file "))
        let status = try await system.status()
        let zone = try #require(status["zones"]?[0])
        #expect(zone["zone"] == "example." && zone["serial"] == 1 && zone["state"] == "serving")
        #expect(status["consumers"]?[0]?["serving"] == status["generation"])
        #expect(status["consumers"]?[0]?["state"] == "serving")
        #expect(consumer.serving.map { Int64($0.number) } == status["generation"]?.integer)
    }

    @Test func loadAsJSON() async throws {
        let system = try await TestSystem()
        let consumer = try await ScriptedConsumer(system)
        try system.writeZone(serial: 7)
        let result = try await system.memmgr("load", "--json", "example.zone")
        #expect(result.status == 0)
        let value = try JSONValue(text: Array(result.output.utf8))
        #expect(
            Set(try #require(value.object).keys) == [
                "format", "ok", "generation", "problem", "zones", "consumers", "image_size", "write_ms", "publish_ms",
            ])
        let zone = try #require(value["zones"]?[0])
        #expect(zone["result"] == "published" && zone["serial"] == 7 && zone["records"] == 3)
        #expect(value["consumers"]?[0]?["outcome"] == "switched")
        #expect(value["consumers"]?[0]?["lname"]?.string == consumer.bus.lname.text)
    }

    @Test func anUnchangedZoneIsPublishedAgainByForce() async throws {
        let system = try await TestSystem()
        let consumer = try await ScriptedConsumer(system)
        try system.writeZone(serial: 1)
        _ = try await system.memmgr("load", "example.zone")
        let before = consumer.serving
        let unforced = try await system.memmgr("load", "example.zone")
        #expect(unforced.output.contains("example.  unchanged") && consumer.serving == before)
        let forced = try await system.memmgr("load", "--force", "example.zone")
        #expect(forced.output.contains("example.  loaded"), "\(forced.output)")
        #expect(forced.errors == "")
        #expect(try #require(consumer.serving) > #require(before))
    }

    @Test func allOrNothingPublishesNothingWhenAZoneIsRefused() async throws {
        let system = try await TestSystem()
        let consumer = try await ScriptedConsumer(system)
        for zone in ["a", "b"] { try system.writeZone(zone, serial: 1) }
        #expect(try await system.memmgr("load", "--all-or-nothing", "a.zone", "b.zone").status == 0)
        let before = consumer.serving
        try system.writeZone("a", serial: 2)
        try system.folder.write("@ SOA nonsense\n", to: "b.zone")
        try system.writeZone("new", serial: 1)
        let result = try await system.memmgr("load", "--all-or-nothing", "a.zone", "b.zone", "new.zone")
        #expect(result.status == 1)
        #expect(result.output.contains("a.    skipped"), "\(result.output)")
        #expect(result.output.contains("2 zones skipped, as others failed"))
        #expect(consumer.serving == before)
        let zones = try await system.status()["zones"]?.array ?? []
        #expect(zones.map { $0["zone"] } == ["a.", "b."] && zones[0]["serial"] == 1)
        // What was skipped counts as changed.
        system.signal("memmgr", .hangUp)
        try await eventually("the file that was skipped is loaded") {
            try await system.status()["zones"]?[0]?["serial"] == 2
        }
        // Without it the good ones are published.
        #expect(try await system.memmgr("load", "a.zone", "b.zone", "new.zone").status == 1)
        #expect(try #require(consumer.serving) > #require(before))
    }

    @Test func withoutConsumersItSaysSo() async throws {
        let system = try await TestSystem()
        try system.writeZone(serial: 1)
        let result = try await system.memmgr("load", "example.zone")
        #expect(result.status == 0)
        #expect(result.output.contains("no consumer is there"))
    }

    @Test func aSerialThatDoesNotGrowIsWarnedAbout() async throws {
        let system = try await TestSystem()
        for (serial, address, isWarned) in [
            (5, "192.0.2.1", false), (5, "192.0.2.2", true), (4, "192.0.2.3", true), (6, "192.0.2.4", false),
            (6, "192.0.2.4", false),
        ] {
            try system.writeZone(serial: serial, address: address)
            let result = try await system.memmgr("load", "example.zone")
            #expect(result.status == 0)
            #expect(result.errors.contains("example.: the serial \(serial) is not above ") == isWarned, "\(result)")
        }
    }

    @Test func aFolderIsAllItsMasterFiles() async throws {
        let system = try await TestSystem()
        try FileManager.default.createDirectory(
            atPath: system.folder.path + "/zones", withIntermediateDirectories: true)
        let zone = "$TTL 60\n@ SOA ns h 1 2 3 4 5\n@ NS ns\nns A 192.0.2.1\n"
        for name in ["a.zone", "b.test.db", ".hidden.zone", "notes.md"] {
            try system.folder.write(zone, to: "zones/\(name)")
        }
        #expect(try await system.memmgr("load", "zones").status == 0)
        #expect(try await system.status()["zones"]?.array?.compactMap { $0["zone"]?.string } == ["a.", "b.test."])
        #expect(try await system.memmgr("load", "zones", "--origin", "a").status == 64)
        let empty = try await system.memmgr("load", "images")
        #expect(empty.status == 1 && empty.errors.contains("folder without master files"), "\(empty)")
    }

    @Test func anUnchangedZoneIsNotPublishedAgain() async throws {
        let system = try await TestSystem()
        try system.writeZone(serial: 1)
        #expect(try await system.memmgr("load", "example.zone").status == 0)
        let before = try await system.status()["generation"]
        let result = try await system.memmgr("load", "example.zone")
        #expect(result.status == 0)
        #expect(result.output.contains("example.  unchanged"))
        #expect(try await system.status()["generation"] == before)
    }

    /// Files that are written again with the same content are not compiled again, whatever their times and inodes are.
    @Test func sameFilesAreNotCompiledAgain() async throws {
        let system = try await TestSystem()
        let zone = "$TTL 60\n@ SOA ns h 1 2 3 4 5\n@ NS ns\n$INCLUDE more\n"
        func load(_ include: String) async throws -> JSONValue {
            try system.folder.write(zone, to: "example.zone")
            try system.folder.write(include, to: "more")
            let result = try await system.memmgr("load", "--json", "example.zone")
            #expect(result.status == 0, "\(result)")
            return try #require(try JSONValue(text: Array(result.output.utf8))["zones"]?[0])
        }
        #expect(try await load("ns A 192.0.2.1\n")["result"] == "published")
        let size = try await system.status()["zones"]?[0]?["size"]
        let same = try await load("ns A 192.0.2.1\n")
        #expect(same["result"] == "unchanged" && same["parse_ms"]?.double == 0 && same["records"] == 3, "\(same)")
        #expect(try await system.status()["zones"]?[0]?["size"] == size)
        let respelled = try await load("ns  A  192.0.2.1\n")
        #expect(respelled["result"] == "unchanged" && respelled["parse_ms"]?.double != 0, "\(respelled)")
        #expect(try await load("ns A 192.0.2.2\n")["result"] == "published")
        #expect(try await load("ns A 192.0.2.1\n")["result"] == "published")
    }

    @Test func aBrokenFileKeepsTheLastGoodVersion() async throws {
        let system = try await TestSystem()
        let consumer = try await ScriptedConsumer(system)
        try system.writeZone(serial: 1)
        #expect(try await system.memmgr("load", "example.zone").status == 0)
        let before = try await system.status()["generation"]
        try system.writeZone(serial: 2, address: "192.0.2")
        let result = try await system.memmgr("load", "example.zone")
        #expect(result.status == 1)
        #expect(result.errors.contains("example.zone:4:7: error: "))
        #expect(result.errors.contains("\nns1 A 192.0.2\n      ^\n"))
        let status = try await system.status()
        #expect(status["generation"] == before)
        #expect(status["zones"]?[0]?["serial"] == 1 && status["zones"]?[0]?["state"] == "stale")
        #expect(status["zones"]?[0]?["problem"]?.string?.contains("example.zone:4:7") == true)
        #expect(consumer.serving.map { Int64($0.number) } == before?.integer)
    }

    @Test func aBadZoneFailsOnlyItself() async throws {
        let system = try await TestSystem()
        try system.writeZone("good", serial: 1)
        try system.writeZone("bad", serial: 1, address: "x")
        let result = try await system.memmgr("load", "good.zone", "bad.zone")
        #expect(result.status == 1)
        #expect(result.output.contains("good.  loaded"))
        #expect(result.output.contains("bad.   failed"))
        let zones = try await #require(system.status()["zones"]?.array)
        #expect(zones.map { $0["zone"] } == ["good."], "a zone whose first load fails is not added")
    }

    @Test func aFailedFirstLoadLeavesNoZoneBehind() async throws {
        let system = try await TestSystem()
        let consumer = try await ScriptedConsumer(system)
        try system.writeZone("good.test", serial: 1)
        try system.writeZone("www.good.test", serial: 1, address: "x")
        #expect(try await system.memmgr("load", "good.test.zone").status == 0)
        try await eventually("the zone is served") { consumer.serving == Generation(2) }
        for arguments in [["www.good.test.zone"], ["missing.zone"], ["--all-or-nothing", "www.good.test.zone"]] {
            #expect(
                try await Program.run("memmgr", ["--dir", system.folder.path, "load"] + arguments, in: system.folder)
                    .status == 1)
        }
        #expect(try await system.status()["zones"]?.array?.map { $0["zone"] } == ["good.test."])
        try await system.end("memmgr", .terminate)
        try await system.startManager()
        let status = try await system.status()
        #expect(status["zones"]?.array?.map { $0["zone"] } == ["good.test."])
        #expect(status["generation"] == 2, "nothing was published for what failed")
    }

    @Test func aFileThatCannotBeOpenedNamesTheUser() async throws {
        let system = try await TestSystem()
        let result = try await system.memmgr("load", "missing.zone")
        #expect(result.status == 1)
        #expect(result.errors.contains("\(system.folder.path)/missing.zone: No such file or directory"))
        #expect(result.errors.contains("memmgr runs as user "))
    }

    @Test func listsNameOriginsAndFiles() async throws {
        let system = try await TestSystem()
        try system.writeZone("a", serial: 1)
        try system.writeZone("b", serial: 2)
        try system.folder.write("# zones\none.test a.zone\n\ntwo.test. b.zone\n", to: "list")
        #expect(try await system.memmgr("load", "--list", "list").status == 0)
        let result = try await system.memmgr("list")
        #expect(
            result.output == """
                one.test.  \(system.folder.path)/a.zone
                two.test.  \(system.folder.path)/b.zone

                """)
        try system.folder.write("one.test\n", to: "broken")
        #expect(try await system.memmgr("load", "--list", "broken").status == 1)
    }

    @Test func unloadRemoves() async throws {
        let system = try await TestSystem()
        let consumer = try await ScriptedConsumer(system)
        try system.writeZone(serial: 1)
        #expect(try await system.memmgr("load", "example.zone").status == 0)
        #expect(try await system.memmgr("unload", "EXAMPLE").status == 0)
        #expect(try await system.status()["zones"] == [])
        #expect(try await system.memmgr("unload", "example").status == 1)
        #expect(consumer.serving.map { Int64($0.number) } == (try await system.status()["generation"]?.integer))
    }

    // MARK: Consumers

    @Test func aRefusalTakesTheGenerationBack() async throws {
        let system = try await TestSystem()
        let consumer = try await ScriptedConsumer(system)
        try system.writeZone(serial: 1)
        #expect(try await system.memmgr("load", "example.zone").status == 0)
        consumer.react(.refuseOnce("bad digest"))
        try system.writeZone(serial: 2)
        let result = try await system.memmgr("load", "example.zone")
        #expect(result.status == 1)
        #expect(result.errors.contains("memmgr: example.: consumer.1 refused it: bad digest"), "\(result.errors)")
        #expect(result.output.contains("example.  refused"), "\(result.output)")
        let status = try await system.status()
        #expect(status["zones"]?[0]?["serial"] == 1)
        #expect(status["zones"]?[0]?["problem"]?.string?.contains("refused by consumer.1: bad digest") == true)
        try await eventually("the former content is served again") {
            try await system.status()["consumers"]?[0]?["state"] == "serving"
        }
        #expect(consumer.switches == consumer.switches.sorted())
    }

    @Test func aDeathBeforeTheAnswerIsARefusal() async throws {
        let system = try await TestSystem()
        let consumer = try await ScriptedConsumer(system)
        try system.writeZone(serial: 1)
        #expect(try await system.memmgr("load", "example.zone").status == 0)
        consumer.react(.ignore)
        try system.writeZone(serial: 2)
        let load = system.memmgrInBackground("load", "example.zone")
        try await eventually("it was told") { consumer.switches.count == 3 }
        // As the supervisor would, if the consumer were its child and had trapped on the new image.
        let supervisor = try await system.connect()
        try supervisor.subscribe(group: BusGroup.supervisor)
        _ = try await supervisor.members(of: BusGroup.supervisor)
        await consumer.bus.close()
        let question = try #require(await supervisor.incoming.first { $0.kind == .command })
        #expect(question.name == ChildDeath.awaitCommand)
        #expect(question.params["lname"]?.string == consumer.bus.lname.text)
        let death = ChildDeath(name: "consumer.1", lname: consumer.bus.lname.text, signal: SIGSEGV)
        _ = try await supervisor.call(ChildDeath.command, JSONValue(encoding: death), group: ChildDeath.group)
        try supervisor.reply(to: question)
        let result = try await load.value
        #expect(result.status == 1)
        #expect(result.errors.contains("consumer.1 refused it: died of SIGSEGV before it had answered"))
        #expect(try await system.status()["zones"]?[0]?["serial"] == 1)
    }

    @Test func aJoinerThatRefusesTakesNothingBack() async throws {
        let system = try await TestSystem()
        try system.writeZone(serial: 1)
        #expect(try await system.memmgr("load", "example.zone").status == 0)
        let consumer = try await ScriptedConsumer(system, .refuse("no memory"))
        try await eventually("it was asked") { !consumer.switches.isEmpty }
        try await eventually("it is listed") { try await system.status()["consumers"]?[0]?["state"] == "refused" }
        #expect(try await system.status()["zones"]?[0]?["serial"] == 1)
    }

    @Test func aLaggardIsNamedWhenTheTimeIsUp() async throws {
        let system = try await TestSystem()
        let consumer = try await ScriptedConsumer(system)
        try await eventually("it serves") { consumer.serving != nil }
        consumer.react(.ignore)
        try system.writeZone(serial: 1)
        let result = try await system.memmgr("load", "--timeout", "5", "example.zone")
        #expect(result.status == 3)
        #expect(
            result.errors
                == "memmgr: timed out after 5 s waiting for consumer.1; the load continues (see memmgr status)\n")
        consumer.react(.follow)
        try consumer.catchUp()
        try await eventually("the load has gone on") {
            try await system.status()["consumers"]?[0]?["state"] == "serving"
        }
        #expect(try await system.status()["zones"]?[0]?["serial"] == 1)
    }

    @Test func aConsumerThatLeavesIsNotWaitedFor() async throws {
        let system = try await TestSystem()
        let consumer = try await ScriptedConsumer(system)
        try await eventually("it serves") { consumer.serving != nil }
        consumer.react(.ignore)
        try system.writeZone(serial: 1)
        let load = system.memmgrInBackground("load", "example.zone")
        try await eventually("it was told") { consumer.switches.count == 2 }
        await consumer.bus.close()
        #expect(try await load.value.status == 0)
    }

    @Test func whoTakesTooLongIsCutOff() async throws {
        let system = try await TestSystem(manager: ["--release-timeout", "0.3"])
        let consumer = try await ScriptedConsumer(system, .followAndHold)
        try await eventually("it serves") { consumer.serving != nil }
        try system.writeZone(serial: 1)
        #expect(try await system.memmgr("load", "example.zone").status == 0)
        // It has switched and goes on holding the generation before.
        guard case .lost = await consumer.bus.lost() else {
            Issue.record("it was not cut off")
            return
        }
        try await eventually("it is gone") { try await system.status()["consumers"] == [] }
        #expect(try system.log().contains("cutting off consumer.1: it still holds generation "))
    }

    @Test func switchesArriveInOrder() async throws {
        let system = try await TestSystem(manager: ["--in-release", "100"])
        let consumer = try await ScriptedConsumer(system, .ignore)
        for serial in 1...10 {
            try system.writeZone(serial: serial)
            #expect(try await system.memmgr("load", "--timeout", "0.001", "example.zone").status == 3)
        }
        try await eventually("all is published") { try await system.status()["queued"] == [] }
        try await eventually("the newest was announced") {
            try await consumer.switches.last.map { Int64($0.number) } == system.status()["generation"]?.integer
        }
        #expect(consumer.switches == consumer.switches.sorted())
        consumer.react(.follow)
        try consumer.catchUp()
        try await eventually("it has followed") { try await system.status()["consumers"]?[0]?["state"] == "serving" }
    }

    @Test func filesAreKeptAsLongAsTheyAreHeld() async throws {
        let system = try await TestSystem(manager: ["--history", "0"])
        let consumer = try await ScriptedConsumer(system, .followAndHold)
        for serial in 1...3 {
            try system.writeZone(serial: serial)
            #expect(try await system.memmgr("load", "example.zone").status == 0)
        }
        #expect(try system.folder.names(in: "images").filter { $0.hasSuffix(".img") }.count == 3)
        consumer.react(.follow)
        try system.writeZone(serial: 4)
        #expect(try await system.memmgr("load", "example.zone").status == 0)
        try await eventually("only what is served is left") {
            try system.folder.names(in: "images").filter { $0.hasPrefix("g") }.count == 2
        }
    }

    @Test func zoneChangesAreAnnounced() async throws {
        let system = try await TestSystem()
        let listener = try await system.connect()
        try listener.subscribe(group: BusGroup.zoneChanges)
        _ = try await listener.members()
        try system.writeZone(serial: 11)
        #expect(try await system.memmgr("load", "example.zone").status == 0)
        for await message in listener.incoming where message.name == ZoneUpdate.name {
            #expect(message.params["zone"] == "example." && message.params["serial"] == 11)
            #expect(message.params["class"] == "IN")
            break
        }
    }

    @Test func countersAreSummedUp() async throws {
        let system = try await TestSystem()
        let first = try await ScriptedConsumer(system, name: "consumer.1")
        let second = try await ScriptedConsumer(system, name: "consumer.2")
        try await eventually("both serve") { first.serving != nil && second.serving != nil }
        let result = try await system.memmgr("stats", "--json")
        #expect(result.status == 0)
        #expect(
            result.output == """
                {"consumers":[{"counters":{"dropped":1,"queries":3},"name":"consumer.1"},\
                {"counters":{"dropped":1,"queries":3},"name":"consumer.2"}],"format":1,"totals":{"dropped":2,"queries":6}}

                """)
        #expect(try await system.memmgr("stats").output.contains("queries      6           3           3"))
    }

    @Test func unknownCommandsAreRefused() async throws {
        let system = try await TestSystem()
        let bus = try await system.connect()
        for (command, params) in [
            ("no_such", JSONValue.null), ("load", .null), ("load", ["zones": []]), ("unload", []),
        ] {
            await #expect(throws: BusError.self, "\(command)") {
                do {
                    _ = try await bus.call(command, params, group: BusGroup.manager)
                } catch BusError.remote(let code, let text) {
                    #expect(code > 0 && !text.isEmpty)
                    throw BusError.remote(code: code, text: text)
                }
            }
        }
    }
}
