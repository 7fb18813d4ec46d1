// What operators and their monitoring see: states and counts of zones, one zone, one line, lines of JSON, counters.

import Bus
import BusClient
import Generations
import JSON
import Platform
import TestSupport
import Testing

@testable import memmgr

@Suite(.serialized) struct StatusCommandTests {
    /// A system with one zone that is served and one whose last load failed.
    private func systemWithAStaleZone() async throws -> (TestSystem, ScriptedConsumer) {
        let system = try await TestSystem()
        let consumer = try await ScriptedConsumer(system)
        for zone in ["good", "old"] { try system.writeZone(zone, serial: 1) }
        #expect(try await system.memmgr("load", "good.zone", "old.zone").status == 0)
        try system.writeZone("old", serial: 2, address: "nonsense")
        #expect(try await system.memmgr("load", "old.zone").status == 1)
        return (system, consumer)
    }

    @Test func zonesAreCountedByStateInEveryForm() async throws {
        let (system, consumer) = try await systemWithAStaleZone()
        for arguments in [["status"], ["status", "--summary"], ["status", "--failed"]] {
            let text = try await system.memmgr(arguments)
            #expect(text.status == 0 && text.errors == "", "\(text.errors)")
            #expect(text.output.contains("\nzones: 1 serving, 1 stale, 0 failed\n"), "\(text.output)")
            #expect(text.output.contains("  old.   stale") || text.output.contains("  old.  stale"), "\(text.output)")
            #expect(text.output.contains("good.") == (arguments == ["status"]))
            let json = try JSONValue(text: Array(try await system.memmgr(arguments + ["--json"]).output.utf8))
            #expect(json["counts"] == ["serving": 1, "stale": 1, "failed": 0])
            #expect(json["zone_count"] == 2 && json["served_count"] == 2)
            let stale = try #require(json["zones"]?.array?.first { $0["zone"] == "old." })
            #expect(stale["state"] == "stale" && stale["serial"] == 1 && stale["problem"]?.string != nil)
        }
        _ = consumer
    }

    @Test func aStatusOfSomeZones() async throws {
        let (system, consumer) = try await systemWithAStaleZone()
        let one = try await system.memmgr("status", "GOOD")
        #expect(one.status == 0)
        #expect(one.output == "good.  serving  serial 1  3 records  \(system.folder.path)/good.zone\n")
        let unknown = try await system.memmgr("status", "good", "nobody.test")
        #expect(unknown.status == 1 && unknown.output.hasPrefix("good.  serving"))
        #expect(unknown.errors == "memmgr: nobody.test.: no such zone\n")
        let json = try JSONValue(text: Array(try await system.memmgr("status", "--json", "nobody.test").output.utf8))
        #expect(json["zones"] == [] && json["unknown_zones"] == ["nobody.test."])
        for wrong in [["--failed", "a"], ["--summary", "--failed"], ["--json-lines", "--json"]] {
            #expect(try await system.memmgr(["status"] + wrong).status == 64, "\(wrong)")
        }
        _ = consumer
    }

    @Test func linesOfJSONForManyZones() async throws {
        let (system, consumer) = try await systemWithAStaleZone()
        let lines = try await system.memmgr("status", "--json-lines").output.split(separator: "\n")
            .map { try JSONValue(text: Array($0.utf8)) }
        #expect(lines.map { $0["record"] } == ["system", "zone", "zone"])
        #expect(lines[0]["zones"] == nil && lines[0]["counts"]?["stale"] == 1 && lines[0]["format"] == 1)
        #expect(lines.dropFirst().map { $0["zone"] } == ["good.", "old."])
        let list = try await system.memmgr("list", "--json-lines").output.split(separator: "\n")
        #expect(list.count == 2 && list[0].contains(#""record":"zone""#))
        _ = consumer
    }

    @Test func onlyWhatAConsumerAnswersCountsAsServed() async throws {
        let system = try await TestSystem()
        try system.writeZone(serial: 1)
        #expect(try await system.memmgr("load", "example.zone").status == 0)
        #expect(try await system.status()["served_count"] == 0)
        let consumer = try await ScriptedConsumer(system)
        try await eventually("it is served") { try await system.status()["served_count"] == 1 }
        await consumer.bus.close()
        try await eventually("it is not served any more") { try await system.status()["served_count"] == 0 }
    }

    @Test func theHeadTellsVersionAndStart() async throws {
        let system = try await TestSystem()
        let text = try await system.memmgr("status").output
        #expect(text.hasPrefix("Zonecast \(Version.text), started 20"), "\(text)")
        let status = try await system.status()
        #expect(status["version"]?.string == Version.text && status["started"]?.string?.hasSuffix("Z") == true)
        #expect(status["addresses"] == [])
    }

    @Test func everyProgramPrintsItsVersion() async throws {
        let folder = try TemporaryFolder()
        for program in ["zonecast", "memmgr", "authd", "msgq", "zonesim", "zonebench"] {
            let result = try await Program.run(program, ["--version"], in: folder)
            #expect(result.status == 0 && result.output == "\(program) \(Version.text)\n", "\(program)")
        }
    }

    @Test func theHelpHasALineForEachSubcommand() async throws {
        let folder = try TemporaryFolder()
        let help = try await Program.memmgr("--help", in: folder).output
        for group in ["ZONE", "STATUS", "QUERY", "FILE", "DAEMON"] {
            #expect(help.contains("\n\(group) SUBCOMMANDS:\n"), "\(help)")
        }
        let list = try #require(help.split(separator: "ZONE SUBCOMMANDS:").last)
        let continuation = String(repeating: " ", count: 20)
        #expect(!list.split(separator: "\n").contains { $0.hasPrefix(continuation) }, "\(list)")
    }

    // MARK: Monitoring

    @Test func aCheckEndsAsMonitoringExpects() async throws {
        let (system, consumer) = try await systemWithAStaleZone()
        let warning = try await system.memmgr("status", "--check")
        #expect(warning.status == 1)
        #expect(
            warning.output
                == "WARNING: 1 zone stale: old. | serving=1 stale=1 failed=0 consumers=1\n")
        let one = try await system.memmgr("status", "--check", "good")
        #expect(one.status == 0 && one.output.hasPrefix("OK: 1 zone served by 1 consumer (generation "), "\(one)")
        let unknown = try await system.memmgr("status", "--check", "nobody.test")
        #expect(unknown.status == 2 && unknown.output.hasPrefix("CRITICAL: no such zone: nobody.test."))
        let json = try await system.memmgr("status", "--check", "--json")
        #expect(try JSONValue(text: Array(json.output.utf8))["check"] == "warning" && json.status == 1)
        await consumer.bus.close()
        try await eventually("nobody serves") { try await system.memmgr("status", "--check").status == 2 }
    }

    @Test func aCheckWithoutASystemIsCritical() async throws {
        let folder = try TemporaryFolder()
        let result = try await Program.memmgr("status", "--check", "--dir", folder.path, in: folder)
        #expect(result.status == 2)
        #expect(result.output.hasPrefix("CRITICAL: no Zonecast system is running in \(folder.path)"), "\(result)")
    }

    @Test func theWorstProblemDecides() throws {
        func check(_ zones: String, _ counts: String, _ consumers: String) throws -> StatusCheck {
            StatusCheck(
                try JSONValue(
                    text: Array(
                        #"{"generation":7,"counts":{\#(counts)},"zones":[\#(zones)],"consumers":[\#(consumers)]}"#.utf8)
                ),
                names: [])
        }
        let serving = #"{"name":"authd.1","state":"serving","serving":7,"responding":true}"#
        let silent = #"{"name":"authd.2","state":"serving","serving":7,"responding":false}"#
        let refusing = #"{"name":"authd.3","state":"refused","serving":6,"responding":true}"#
        let good = #""serving":2,"stale":0,"failed":0"#
        #expect(try check("", good, serving).line.hasPrefix("OK: 2 zones served by 1 consumer (generation 7) | "))
        #expect(try check("", good, "\(serving),\(silent)").problems == ["authd.2 does not respond"])
        #expect(try check("", good, "\(serving),\(refusing)").problems == ["authd.3 refused generation 7"])
        #expect(try check("", good, "\(serving),\(refusing)").level == .warning)
        #expect(try check("", good, silent).level == .critical)
        #expect(try check("", good, "").problems == ["no consumer serves anything"])
        let many = (1...7).map { #"{"zone":"z\#($0).","state":"failed"}"# }.joined(separator: ",")
        let failing = try check(many, #""serving":2,"stale":0,"failed":200"#, serving)
        #expect(failing.level == .critical)
        #expect(failing.problems == ["200 zones failed: z1., z2., z3., z4., z5., and 195 more"])
    }

    // MARK: Counters

    @Test func countersThatAreZeroAreLeftOut() async throws {
        let system = try await TestSystem()
        let first = try await ScriptedConsumer(system, name: "consumer.1")
        first.count(["queries": 12345, "dropped": 0])
        let text = try await system.memmgr("stats").output
        #expect(text.contains("queries      12,345\n") && !text.contains("dropped"), "\(text)")
        #expect(try await system.memmgr("stats", "--all").output.contains("dropped           0\n"))
        #expect(try await system.memmgr("stats", "--json").output.contains(#""dropped":0"#))
        first.count(["queries": 0])
        #expect(try await system.memmgr("stats").output == "all counters are 0\n")
    }

    @Test func countersTellSinceWhen() throws {
        let counters = ConsumerCounters(consumers: [
            .init(name: "authd.1", counters: ["q": 1], start: "2026-01-02T00:00:00.000Z"),
            .init(name: "authd.2", counters: ["q": 2], start: "2026-01-01T00:00:00.000Z"),
        ])
        let text = String(decoding: counters.text(all: false), as: UTF8.self)
        #expect(
            text.hasPrefix("since 2026-01-02T00:00:00.000Z (authd.1), 2026-01-01T00:00:00.000Z (authd.2)\n"), "\(text)")
        #expect(counters.json["since"] == "2026-01-01T00:00:00.000Z")
    }
}
