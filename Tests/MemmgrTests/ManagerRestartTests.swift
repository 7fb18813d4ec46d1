// The manager's ends and beginnings: what survives, what is tidied up, what happens without a bus.

import Bus
import BusClient
import FoundationEssentials
import Generations
import Glibc
import Platform
import TestSupport
import Testing

@Suite(.serialized) struct ManagerRestartTests {
    @Test(arguments: [Signal.terminate, .kill])
    func theLastGenerationIsPublishedAgainUnderItsNumber(signal: Signal) async throws {
        let system = try await TestSystem()
        let consumer = try await ScriptedConsumer(system)
        try system.writeZone(serial: 1)
        #expect(try await system.memmgr("load", "example.zone").status == 0)
        let before = try await system.status()
        let told = consumer.switches.count
        let end = try await system.end("memmgr", signal)
        #expect(end == (signal == .kill ? .died(.kill) : .exited(0)))
        try await system.startManager()
        let after = try await system.status()
        #expect(after["generation"] == before["generation"])
        #expect(after["digest"] == before["digest"])
        #expect(after["zones"]?[0]?["serial"] == 1)
        try await eventually("the consumer is known again") {
            try await system.status()["consumers"]?[0]?["state"] == "serving"
        }
        #expect(consumer.switches.dropFirst(told).allSatisfy { Int64($0.number) == before["generation"]?.integer })
    }

    @Test func numbersGoOnGrowing() async throws {
        let system = try await TestSystem()
        try system.writeZone(serial: 1)
        #expect(try await system.memmgr("load", "example.zone").status == 0)
        let before = try await #require(system.status()["generation"]?.integer)
        try await system.end("memmgr", .kill)
        try await system.startManager()
        try system.writeZone(serial: 2)
        #expect(try await system.memmgr("load", "example.zone").status == 0)
        #expect(try await #require(system.status()["generation"]?.integer) > before)
    }

    @Test func filesThatChangedMeanwhileAreLoaded() async throws {
        let system = try await TestSystem()
        try system.writeZone(serial: 1)
        #expect(try await system.memmgr("load", "example.zone").status == 0)
        try await system.end("memmgr", .kill)
        try system.writeZone(serial: 2)
        try await system.startManager()
        try await eventually("the new content is served") { try await system.status()["zones"]?[0]?["serial"] == 2 }
    }

    @Test func hangUpReloadsWhatChanged() async throws {
        let system = try await TestSystem()
        try system.writeZone("a", serial: 1)
        try system.writeZone("b", serial: 1)
        #expect(try await system.memmgr("load", "a.zone", "b.zone").status == 0)
        let summary = try await system.memmgr("status", "--summary").output
        #expect(summary.contains(" 2 zones, ") && !summary.contains("serial"))
        try system.writeZone("b", serial: 2)
        system.signal("memmgr", .hangUp)
        try await eventually("b is loaded again") { try await system.status()["zones"]?[1]?["serial"] == 2 }
        #expect(try await system.status()["zones"]?[0]?["serial"] == 1)
        #expect(try system.log().contains("loading changed files zones=1"))
    }

    @Test func aSecondManagerIsRefused() async throws {
        let system = try await TestSystem()
        let result = try await Program.memmgr("run", "--dir", system.folder.path, in: system.folder)
        #expect(result.status == 1)
        #expect(result.errors.contains("another manager (process "))
        #expect(try await system.memmgr("status").status == 0)
    }

    /// What an ended manager had sent, and the bus has not read, comes no more once the next one has begun.
    @Test func theManagerBeforeIsCutOff() async throws {
        let system = try await TestSystem(isSupervised: true)
        try await system.end("memmgr", .kill)
        let former = try await system.connect(as: .memmgr, "memmgr")
        try former.subscribe(group: BusGroup.manager)
        // The answer comes after the subscription has been taken in.
        _ = try await former.call("members", group: BusGroup.daemon)
        try await system.startManager()
        _ = await former.lost()
        #expect(try system.log().contains("cutting off what the manager before had sent lname=\(former.lname)"))
    }

    @Test func aManagerThatTheBusDoesNotKnowEnds() async throws {
        let system = try await TestSystem()
        try await system.end("memmgr", .kill)
        let other = try await system.connect()
        try other.subscribe(group: BusGroup.manager)
        _ = try await other.members()
        let result = try await Program.memmgr("run", "--dir", system.folder.path, in: system.folder)
        #expect(result.status == 1)
        let reason = "the bus did not let this process join the group MemMgr: \(other.lname) is in it"
        #expect(result.errors.contains(reason), "\(result.errors)")
    }

    @Test func losingTheBusEndsTheManager() async throws {
        let system = try await TestSystem()
        try await system.end("msgq", .kill)
        #expect(try await system.awaitEnd("memmgr") == .exited(1))
        #expect(try system.log().contains("critical memmgr: the bus is lost"))
    }

    @Test func withoutABusThereIsNoManager() async throws {
        let folder = try TemporaryFolder()
        let result = try await Program.memmgr("run", "--dir", folder.path, in: folder)
        #expect(result.status == 69)
    }

    @Test func withoutASystemCommandsSayHowToStartOne() async throws {
        let folder = try TemporaryFolder()
        for command in [["load", "x.zone"], ["unload", "x"], ["status"], ["list"], ["stats"]] {
            let result = try await Program.run("memmgr", ["--dir", folder.path] + command, in: folder)
            #expect(result.status == 69, "\(command)")
            #expect(result.errors.contains("start one with: zonecast --dir \(folder.path)"))
        }
    }

    @Test func whatACrashLeavesIsRemoved() async throws {
        let system = try await TestSystem(manager: ["--history", "0"])
        try system.writeZone(serial: 1)
        #expect(try await system.memmgr("load", "example.zone").status == 0)
        try await system.end("memmgr", .kill)
        for name in [".g90.img.123", "g80.img", "g80.dir", "notes.txt"] {
            try system.folder.write("left", to: "images/\(name)")
        }
        try system.folder.write("left", to: ".record.json.123")
        // What a record that was never finished has left behind the zones.
        let zones = try #require(system.folder.names().first { $0.hasPrefix("record.zones.") })
        let length = try system.folder.read(zones).count
        try system.folder.write(bytes: system.folder.read(zones) + Array("half a li".utf8), to: zones)
        try await system.startManager()
        try await eventually("the remains are gone") {
            let names = try system.folder.names(in: "images")
            return names.filter { $0.contains("g80") || $0.contains("g90") }.isEmpty
        }
        #expect(try !system.folder.names(in: ".").contains(".record.json.123"))
        #expect(try await system.status()["zones"]?[0]?["serial"] == 1)
        // What is not ours is none of our business, and a number that was seen is never used again.
        #expect(try system.folder.names(in: "images").contains("notes.txt"))
        try system.writeZone(serial: 2)
        #expect(try await system.memmgr("load", "example.zone").status == 0)
        #expect(try await #require(system.status()["generation"]?.integer) > 80)
        let text = String(decoding: try system.folder.read(zones)[length...], as: UTF8.self)
        #expect(text.hasPrefix("example. g") && text.hasSuffix(" \(system.folder.path)/example.zone\n"))
    }

    @Test func aFolderInPlaceOfTheRecordIsSetAside() async throws {
        let system = try await TestSystem()
        try system.writeZone(serial: 1)
        #expect(try await system.memmgr("load", "example.zone").status == 0)
        try await system.end("memmgr", .kill)
        #expect(unlink(system.folder.path + "/record.json") == 0)
        try System.makeFolder(system.folder.path + "/record.json")
        try await system.startManager()
        #expect(try await system.status()["zones"]?[0]?["serial"] == 1)
        #expect(try system.folder.names().contains("record.json.bad"))
    }

    @Test func zonesOfTheRecordThatCannotBeReadAreSetAside() async throws {
        let system = try await TestSystem()
        try system.writeZone(serial: 1)
        #expect(try await system.memmgr("load", "example.zone").status == 0)
        try await system.end("memmgr", .kill)
        let zones = try #require(system.folder.names().first { $0.hasPrefix("record.zones.") })
        try system.folder.write(bytes: system.folder.read(zones).dropLast(20), to: zones)
        try await system.startManager()
        #expect(try await system.status()["zones"]?[0]?["serial"] == 1)
        #expect(try system.folder.names().contains("record.json.bad"))
        // The next record has a file of its own.
        try system.writeZone(serial: 2)
        #expect(try await system.memmgr("load", "example.zone").status == 0)
        let names = try system.folder.names().filter { $0.hasPrefix("record.zones.") }
        #expect(names.count == 2 && names.contains(zones + ".bad"))
    }

    @Test func aDamagedImageIsBuiltAgain() async throws {
        let system = try await TestSystem()
        try system.writeZone(serial: 1)
        #expect(try await system.memmgr("load", "example.zone").status == 0)
        try await system.end("memmgr", .kill)
        let image = try #require(system.folder.names(in: "images").first { $0.hasSuffix(".img") })
        try system.folder.write("damaged", to: "images/\(image)")
        try await system.startManager()
        try await eventually("the zone is served from a new image") {
            let zone = try await system.status()["zones"]?[0]
            return zone?["state"] == "serving" && zone?["serial"] == 1 && zone?["image"]?.string != image
        }
    }

    @Test(arguments: ["{", #"{"format":99}"#])
    func aRecordThatCannotBeReadIsSetAside(text: String) async throws {
        let system = try await TestSystem()
        try system.writeZone(serial: 1)
        #expect(try await system.memmgr("load", "example.zone").status == 0)
        let before = try await #require(system.status()["generation"]?.integer)
        try await system.end("memmgr", .kill)
        try system.folder.write(text, to: "record.json")
        try await system.startManager()
        let status = try await system.status()
        #expect(status["zones"]?[0]?["serial"] == 1)
        #expect(status["zones"]?[0]?["file"]?.string == "\(system.folder.path)/example.zone")
        #expect(try #require(status["generation"]?.integer) > before)
        #expect(try system.folder.names().contains("record.json.bad"))
    }

    @Test func aKilledBuildIsAFailedLoad() async throws {
        let system = try await TestSystem()
        // Long enough to be caught at: the build of this zone takes a second and more.
        var text = "$TTL 1\n@ SOA a b 1 2 3 4 5\n@ NS a\na A 192.0.2.1\n"
        for index in 0..<60_000 { text += "host\(index) A 192.0.2.1\n" }
        try system.folder.write(text, to: "big.zone")
        let load = system.memmgrInBackground("load", "big.zone")
        try await eventually("the build runs") { try system.signalBuilds(SIGKILL) }
        let result = try await load.value
        #expect(result.status == 1)
        #expect(result.errors.contains("the build was killed"))
        #expect(try system.folder.names(in: "images").filter { $0.contains("img") }.isEmpty)
        #expect(try await system.memmgr("status").status == 0)
    }
}
