// What is kept of the past, and what is told of it.

import Bus
import BusClient
import Generations
import Glibc
import JSON
import Platform
import TestSupport
import Testing

@testable import memmgr

struct HistoryTests {
    @Test func limitsEndTheHistoryAtTheFirstBeyondThem() throws {
        func files(_ numbers: Int...) -> Set<FileName> { Set(numbers.map { .image(of: Generation(UInt64($0))) }) }
        let history: [(generation: Generation, files: Set<FileName>)] = [
            (Generation(8), files(8, 2)), (Generation(7), files(7, 2)), (Generation(5), files(5)),
        ]
        func exceeded(_ limits: HistoryLimits, inUse: Set<FileName>) -> [UInt64] {
            limits.exceeded(history, inUse: inUse) { name in
                HistoryLimits.FileState(bytes: 100, age: 1000 - Int(name.generation?.number ?? 0) * 100)
            }.map(\.number).sorted()
        }
        #expect(exceeded(HistoryLimits(), inUse: []) == [])
        // Files that are in use, or in a newer generation too, cost nothing more.
        #expect(exceeded(HistoryLimits(bytes: 200), inUse: []) == [5, 7])
        #expect(exceeded(HistoryLimits(bytes: 200), inUse: files(2)) == [5])
        #expect(exceeded(HistoryLimits(bytes: 99), inUse: files(2)) == [5, 7, 8])
        #expect(exceeded(HistoryLimits(bytes: 400), inUse: []) == [])
        #expect(exceeded(HistoryLimits(age: 300), inUse: []) == [5])
        #expect(exceeded(HistoryLimits(age: 100), inUse: []) == [5, 7, 8])
    }

    @Test func generationsBeyondTheLimitsAreNoHistory() async throws {
        let system = try await TestSystem(manager: ["--history", "5", "--history-age", "1h", "--history-bytes", "1M"])
        let consumer = try await ScriptedConsumer(system)
        for serial in 1...3 {
            try system.writeZone(serial: serial)
            #expect(try await system.memmgr("load", "example.zone").status == 0)
        }
        func generations() async throws -> [JSONValue] {
            let history = try await system.memmgr("history", "--json").output
            return try JSONValue(text: Array(history.utf8))["generations"]?.array ?? []
        }
        let all = try await generations()
        #expect(all.count == 4)
        // The second to last is an hour old now.
        let old = try #require(all[2]["generation"]?.integer)
        let past = timespec(tv_sec: time(nil) - 3700, tv_nsec: 0)
        let path = "\(system.folder.path)/images/g\(old).dir"
        #expect(unsafe utimensat(AT_FDCWD, path, [past, past], 0) == 0)
        let left = try await generations()
        #expect(left.map { $0["generation"] } == all.prefix(2).map { $0["generation"] })
        #expect(try await system.memmgr("rollback", "--to", "\(old)").errors.contains("is not in the history"))
        try await eventually("its files are gone") { try !system.folder.names(in: "images").contains("g\(old).dir") }
        #expect(try await system.memmgr("rollback").status == 0)
        withExtendedLifetime(consumer) {}
    }

    @Test func aRollbackServesFormerContentUnderANewNumber() async throws {
        let system = try await TestSystem(manager: ["--history", "3"])
        let consumer = try await ScriptedConsumer(system)
        let nothing = try await system.memmgr("rollback")
        #expect(nothing.status == 1 && nothing.errors.contains("the history has no other content"))
        for serial in 1...3 {
            try system.writeZone(serial: serial)
            #expect(try await system.memmgr("load", "example.zone").status == 0)
        }
        let history = try await system.memmgr("history").output.split(separator: "\n")
        #expect(history.count == 4 && history[0].contains("current") && history[1].contains("example. serial 2"))
        #expect(history[2].contains("example. serial 1") && history[3].contains("example. no such zone"))
        let loaded = try #require(consumer.serving)
        let back = try await system.memmgr("rollback")
        #expect(back.status == 0 && back.output.contains("example.  loaded  serial 2"), "\(back)")
        #expect(back.errors.contains("example.: the serial goes back from 3 to 2"))
        #expect(try #require(consumer.serving) > loaded)
        let entries = try JSONValue(text: Array(try await system.memmgr("history", "--json").output.utf8))[
            "generations"]?.array
        let oldest = entries?.first {
            $0["differing"]?[0]?["serial"] == 1 && $0["differing"]?[0]?["current_serial"] == 2
        }
        let first = try #require(oldest?["generation"]?.integer)
        #expect(try await system.memmgr("rollback", "--to", "\(first)").status == 0)
        #expect(try await system.status()["zones"]?[0]?["serial"] == 1)
        let current = try #require(try await system.status()["generation"]?.integer)
        let again = try await system.memmgr("rollback", "--to", "\(current)")
        #expect(again.status == 1 && again.errors.contains("is served already"))
        let unknown = try await system.memmgr("rollback", "--to", "999")
        #expect(unknown.status == 1 && unknown.errors.contains("generation 999 is not in the history"))
        // A zone that came later stays, and contents that are the same count once.
        try system.writeZone("other", serial: 1)
        #expect(try await system.memmgr("load", "other.zone").status == 0)
        #expect(try await system.memmgr("rollback").output.contains("example.  loaded  serial 2"))
        #expect(try await system.status()["zones"]?[1]?["zone"] == "other.")
        #expect(try await system.memmgr("history").output.split(separator: "\n").count == 4)
        // The file has not changed since, and is loaded again when asked for.
        let forward = try await system.memmgr("load", "example.zone")
        #expect(forward.status == 0 && forward.output.contains("example.  loaded  serial 3"))
    }

    @Test func aRollbackMayGiveNewSerials() async throws {
        let system = try await TestSystem(manager: ["--history", "3"])
        for (serial, address) in [(1, "192.0.2.1"), (8, "192.0.2.8")] {
            try system.writeZone(serial: serial, address: address)
            #expect(try await system.memmgr("load", "example.zone").status == 0)
        }
        let back = try await system.memmgr("rollback", "--serial", "bump")
        #expect(
            back.status == 0 && back.output.contains("example.  loaded  serial 9") && back.errors.isEmpty, "\(back)")
        func address() async throws -> String {
            try await system.memmgr("query", "ns1.example.", "A").output
        }
        #expect(try await address().contains("192.0.2.1"))
        #expect(try await system.memmgr("query", "example.", "SOA").output.contains(" 9 "))
        #expect(try await system.memmgr("query", "none.example.", "A").output.contains(" 9 "))
        // The file has not changed since, and a restart knows that.
        try await system.end("memmgr", .kill)
        try await system.startManager()
        try await eventually("quiet") { try await system.status()["queued"]?.array?.isEmpty == true }
        #expect(try await system.status()["zones"]?[0]?["serial"] == 9)
        // A zone with a ZONEMD record can't be had so, and with it the others can't.
        let digest = "@ ZONEMD 3 1 1 \(String(repeating: "ab", count: 48))\n"
        try system.writeZone("other", serial: 1)
        let zone = try system.folder.text(of: "other.zone")
        try system.folder.write(zone + digest, to: "other.zone")
        try system.writeZone(serial: 20)
        #expect(try await system.memmgr("load", "example.zone", "other.zone").status == 0)
        let generation = try #require(try await system.status()["generation"]?.integer)
        try system.writeZone("other", serial: 2)
        try system.writeZone(serial: 21)
        #expect(try await system.memmgr("load", "example.zone", "other.zone").status == 0)
        let refused = try await system.memmgr("rollback", "--to", "\(generation)", "--serial", "bump")
        #expect(refused.status == 1 && refused.errors.contains("ZONEMD record, which holds its serial"), "\(refused)")
        #expect(refused.output.contains("skipped"))
        #expect(try await system.status()["zones"]?[0]?["serial"] == 21)
        #expect(try await system.memmgr("rollback", "--serial", "up").status == 64)
    }

    @Test func theLogTellsWhatWasPublishedAndWhatCameOfIt() async throws {
        let system = try await TestSystem()
        #expect(try await system.memmgr("log").output.contains(": start; 0 zones"))
        let consumer = try await ScriptedConsumer(system)
        try system.writeZone(serial: 1)
        #expect(try await system.memmgr("load", "example.zone").status == 0)
        try system.folder.write("nonsense\n", to: "example.zone")
        #expect(try await system.memmgr("load", "example.zone").status == 1)
        try system.writeZone("other", serial: 7)
        #expect(try await system.memmgr("load", "other.zone").status == 0)
        #expect(try await system.memmgr("unload", "other").status == 0)
        try await system.end("memmgr", .terminate)
        // It is read without a manager, too.
        let text = try await system.memmgr("log").output
        let lines = text.split(separator: "\n").map(String.init)
        let load = try #require(lines.firstIndex { $0.contains("generation 2: load by ") })
        #expect(lines[load].hasSuffix("; 1 zone"))
        #expect(lines[load + 1] == "  example. serial 1 from \(system.folder.path)/example.zone")
        #expect(
            lines[load + 2].hasPrefix("  consumer.1 switched after ")
                && lines[load + 3].hasPrefix("  served everywhere"))
        let failure = try #require(lines.firstIndex { $0.contains("example. failed by ") })
        #expect(failure > load && lines[failure + 1].hasPrefix("  \(system.folder.path)/example.zone:1:"))
        #expect(text.contains(": unload by ") && text.contains("  other. removed\n"))
        #expect(try await system.memmgr("log", "--zone", "other", "--last", "1").output.contains(": unload by "))
        let json = try await system.memmgr("log", "--json", "--last", "0").output
        let events = try #require(try JSONValue(text: Array(json.utf8))["events"]?.array)
        #expect(
            events.contains { $0["event"] == "switched" && $0["consumer"] == "consumer.1" && $0["ms"]?.double != nil })
        withExtendedLifetime(consumer) {}
    }

    @Test func theLogTellsWhoJoinedAndWhy() async throws {
        let system = try await TestSystem()
        let first = try await ScriptedConsumer(system)
        try await eventually("it serves") { first.serving != nil }
        await first.bus.close()
        try await eventually("it is gone") { try await system.status()["consumers"]?.array?.isEmpty == true }
        let second = try await ScriptedConsumer(system)
        try await eventually("it serves") { second.serving != nil }
        try await system.end("memmgr", .kill)
        try await system.startManager()
        try await eventually("all of it is told") {
            let text = try await system.memmgr("log").output
            return text.contains("consumer.1 joined: it was started")
                && text.contains("consumer.1 is gone: ended, or left the bus")
                && text.contains("consumer.1 joined: the one before ended, or left the bus")
                && text.contains("the manager began; generation 1 is published again")
                && text.contains("consumer.1 joined: it was there before the manager")
        }
    }

    @Test func oneThatIsSilentIsCalledByItsName() async throws {
        let system = try await TestSystem()
        let supervisor = try await system.connect()
        try supervisor.subscribe(group: BusGroup.supervisor)
        _ = try await supervisor.members(of: BusGroup.supervisor)
        let silent = try await system.connect()
        let lname = silent.lname.text
        Task {
            for await message in supervisor.incoming where message.name == ChildHello.nameCommand {
                guard message.params["lname"]?.string == lname else { continue }
                try? supervisor.reply(to: message, with: ["name": "authd.7"])
            }
        }
        try silent.subscribe(group: BusGroup.consumers)
        try await eventually("it has a name") {
            try await system.status()["consumers"]?.array?.first?["name"] == "authd.7"
        }
        try system.writeZone(serial: 1)
        let load = try await system.memmgr("load", "--timeout", "5", "example.zone")
        #expect(load.status == 3 && load.errors.contains("authd.7"), "\(load)")
    }

    @Test func aTornLineSwallowsNothing() throws {
        let folder = try TemporaryFolder()
        let state = try StateFolder(option: folder.path)
        try folder.write("{\"event\":\"announced\",\"gener", to: "publish.jsonl")
        try PublishLog(path: state.publishLog).append(["event": "announced", "generation": 7])
        #expect(try PublishLog.events(in: state).map { $0["generation"] } == [7])
    }

    @Test func theLogIsBounded() throws {
        let folder = try TemporaryFolder()
        let state = try StateFolder(option: folder.path)
        let log = PublishLog(path: state.publishLog, limit: 1000)
        for number in 1...200 { try log.append(["event": "announced", "generation": .integer(Int64(number))]) }
        #expect(try folder.names() == ["publish.jsonl", "publish.jsonl.1"])
        #expect(try folder.names().map { try folder.read($0).count }.allSatisfy { $0 <= 1100 })
        let numbers = try PublishLog.events(in: state).compactMap { $0["generation"]?.integer }
        #expect(numbers.last == 200 && numbers == Array((200 - Int64(numbers.count) + 1)...200))
    }
}
