// `memmgr load --canary`: a generation is first tried on some consumers.

import Bus
import BusClient
import Generations
import JSON
import Platform
import TestSupport
import Testing

@testable import memmgr

struct TrialTests {
    /// A system with a zone of serial 1, and two consumers that serve it.
    private func system() async throws -> (TestSystem, ScriptedConsumer, ScriptedConsumer) {
        let system = try await TestSystem()
        let first = try await ScriptedConsumer(system)
        let second = try await ScriptedConsumer(system, name: "consumer.2")
        try await load(system, 1)
        try system.writeZone(serial: 2)
        return (system, first, second)
    }

    private func load(_ system: TestSystem, _ serial: Int) async throws {
        try system.writeZone(serial: serial)
        let result = try await system.memmgr("load", "example.zone")
        #expect(result.status == 0, "\(result)")
    }

    private func isOnTrial(_ system: TestSystem) async throws -> Bool {
        try await system.status()["trial"]?["generation"]?.integer != .none
    }

    @Test func theOthersFollowWhenItWentWell() async throws {
        let (system, first, second) = try await system()
        let before = try #require(first.serving)
        let load = system.memmgrInBackground("load", "--canary", "consumer.2", "--hold", "4", "example.zone")
        // What is seen in one look, as the trial ends by itself.
        var seen: (trial: JSONValue?, first: Generation?, second: Generation?)
        try await eventually("the second serves it") {
            seen = (try await system.status()["trial"], first.serving, second.serving)
            return seen.second != before && seen.trial?["generation"]?.integer != .none
        }
        #expect(seen.trial?["consumers"] == ["consumer.2"] && seen.first == before)
        let result = try await load.value
        #expect(result.status == 0 && result.output.contains("served by consumer.1, consumer.2"), "\(result)")
        #expect(first.serving == second.serving && first.serving != before)
        #expect(try await system.memmgr("log").output.contains("canary on consumer.2"))
    }

    @Test func aCanarySaysHowManyQuestionsItSaw() async throws {
        let (system, first, second) = try await system()
        let load = system.memmgrInBackground("load", "--json", "--canary", "consumer.2", "--hold", "2", "example.zone")
        try await eventually("it is on trial") { try await isOnTrial(system) }
        second.count(["udp_queries": 40, "udp_answers": 30, "rcode_servfail": 1])
        first.count(["udp_queries": 50, "udp_answers": 50])
        let answer = try await JSONValue(text: Array(load.value.output.utf8))
        #expect(answer["canary"]?["tried"]?["consumers"] == 1 && answer["canary"]?["others"]?["consumers"] == 1)
        #expect(answer["canary"]?["seconds"]?.double ?? 0 >= 2)
        let log = try await system.memmgr("log").output
        #expect(log.contains("canary: ") && log.contains("the others: "), "\(log)")
    }

    @Test func aCanaryWithoutQuestionsHasFailedIfSomeWereWanted() async throws {
        let (system, first, second) = try await system()
        let before = try #require(first.serving)
        let load = try await system.memmgr(
            "load", "--canary", "consumer.2", "--least", "5", "--hold", "0.2", "example.zone")
        #expect(load.status == 1 && load.errors.contains("0 questions came in"), "\(load)")
        #expect(load.errors.contains("5 at least were wanted"))
        #expect(load.output.contains("canary: 0 questions (0.0/s)"), "\(load)")
        try await eventually("the former content is served") { first.serving.map { $0 > before } ?? false }
        let plain = try await system.memmgr("load", "--canary", "consumer.2", "example.zone")
        #expect(plain.status == 0 && plain.output.contains("without questions it says nothing"), "\(plain)")
        #expect(try await system.memmgr("load", "--least", "5", "example.zone").status == 64)
        withExtendedLifetime(second) {}
    }

    @Test func aRefusalGivesItUp() async throws {
        let (system, first, second) = try await system()
        let before = try #require(first.serving)
        first.react(.refuseOnce("no room"))
        let result = try await system.memmgr("load", "--canary", "1", "example.zone")
        #expect(result.status == 1 && result.output.contains("example.  rolled back"), "\(result)")
        #expect(result.errors.contains("the canary failed: consumer.1 refused it: no room"))
        try await eventually("both serve the same above it") {
            first.serving == second.serving && first.serving.map { $0 > before } ?? false
        }
        // The other one never had it, and the number goes on above it.
        let tried = try #require(Set(first.switches).subtracting(second.switches).max())
        #expect(tried > before)
        #expect(try #require(second.serving) > tried)
        let status = try await system.status()
        #expect(status["zones"]?[0]?["serial"] == 1 && status["trial"] == .null)
        #expect(status["zones"]?[0]?["problem"]?.string?.contains("the trial of generation") == true)
    }

    @Test func answersThatGetWorseGiveItUp() async throws {
        let (system, first, second) = try await system()
        let load = system.memmgrInBackground("load", "--canary", "consumer.1", "--hold", "4", "--json", "example.zone")
        try await eventually("the trial") { try await self.isOnTrial(system) }
        let traffic = Task {
            for step in 1... where !Task.isCancelled {
                first.count([
                    "udp_answers": .integer(Int64(step * 1000)), "rcode_servfail": .integer(Int64(step * 510)),
                ])
                second.count([
                    "udp_answers": .integer(Int64(step * 5000)), "rcode_servfail": .integer(Int64(step * 50)),
                ])
                try await Task.sleep(for: .milliseconds(5))
            }
        }
        let result = try await load.value
        traffic.cancel()
        #expect(result.status == 1, "\(result)")
        #expect(result.output.contains(#""result":"rolled_back""#))
        #expect(result.output.contains("51 % of the answers are SERVFAIL, and 1 % of the others'"))
    }

    /// The one who asked has gone: by Ctrl-C, for example.
    @Test func whoLeavesGivesItUp() async throws {
        let (system, first, second) = try await system()
        let before = try #require(first.serving)
        let caller = try await system.connect()
        let request: JSONValue = [
            "zones": [["origin": "example.", "file": .string("\(system.folder.path)/example.zone")]],
            "canary": ["count": 1], "hold": 3600,
        ]
        _ = try caller.ask("load", request, group: BusGroup.manager)
        try await eventually("the trial") { try await self.isOnTrial(system) && first.serving != second.serving }
        await caller.close()
        try await eventually("the end of the trial") { try await !self.isOnTrial(system) }
        try await eventually("both serve the same above it") {
            first.serving == second.serving && first.serving.map { $0 > before } ?? false
        }
        #expect(try await system.status()["zones"]?[0]?["serial"] == 1)
        #expect(
            try await system.memmgr("log").output.contains("canary aborted: the command that asked for it has ended"))
        try await load(system, 3)
    }

    @Test func aRestartedManagerGivesItUp() async throws {
        let (system, first, second) = try await system()
        let load = system.memmgrInBackground("load", "--canary", "1", "--hold", "3600", "example.zone")
        try await eventually("the trial") { try await self.isOnTrial(system) && first.serving != second.serving }
        let tried = try #require(first.serving)
        #expect(try await system.memmgr("status").output.contains("on consumer.1"))
        try await system.end("memmgr", .kill)
        #expect(try await load.value.status == 69)
        try system.writeZone(serial: 1)
        try await system.startManager()
        try await eventually("both serve the same above it") {
            first.serving == second.serving && first.serving.map { $0 > tried } ?? false
        }
        #expect(try await system.status()["zones"]?[0]?["serial"] == 1)
    }

    @Test func wrongUses() async throws {
        let (system, _, _) = try await system()
        for arguments in [
            ["--hold", "3"], ["--canary", "1", "--hold", "nan"], ["--canary", "0"], ["--canary", "1", "--hold", "-1"],
        ] {
            let result = try await Program.run(
                "memmgr", ["load", "--dir", system.folder.path] + arguments + ["example.zone"], in: system.folder)
            #expect(result.status == 64, "\(arguments)")
        }
        let before = try #require(try await system.status()["generation"])
        let nobody = try await system.memmgr("load", "--canary", "authd.7", "example.zone")
        #expect(
            nobody.status == 1
                && nobody.errors.contains("no consumer is called authd.7: there are consumer.1, consumer.2"),
            "\(nobody)")
        #expect(try await system.status()["generation"] == before, "nothing was built for it")
    }

    @Test(arguments: [
        (1000, 60, 0, 1000, 0, 0, true), (1000, 49, 0, 1000, 0, 0, false), (1000, 0, 300, 1000, 0, 200, false),
        (1000, 0, 450, 1000, 0, 200, true), (99, 99, 0, 1000, 0, 0, false), (1000, 999, 0, 99, 0, 0, false),
    ])
    func theRule(
        _ answers: Int, _ failures: Int, _ nameErrors: Int, _ others: Int, _ theirFailures: Int, _ theirErrors: Int,
        _ isBad: Bool
    ) {
        var (tried, usual) = (AnswerCounts(), AnswerCounts())
        (tried.answers, tried.serverFailures, tried.nameErrors) = (answers, failures, nameErrors)
        (usual.answers, usual.serverFailures, usual.nameErrors) = (others, theirFailures, theirErrors)
        #expect((TrialRule.judge(tried, against: usual) != .good) == isBad)
    }

    @Test func whoSaysNothingDoesWorse() {
        func counts(_ answers: Int, _ failures: Int = 0) -> AnswerCounts {
            var counts = AnswerCounts()
            (counts.answers, counts.serverFailures) = (answers, failures)
            return counts
        }
        let before = ["a": counts(500), "b": counts(100), "c": counts(100)]
        func isGood(_ after: [String: AnswerCounts], _ tried: Set<String> = ["a"]) -> Bool {
            TrialWatch.judgement(on: tried, before, after) == .good
        }
        #expect(isGood(["a": counts(20_500), "b": counts(20_100), "c": counts(20_100)]))
        // It answers nothing, or does not even tell.
        #expect(!isGood(["a": counts(501), "b": counts(20_100), "c": counts(20_100)]))
        #expect(!isGood(["b": counts(20_100)]) && !isGood([:]))
        // Little traffic says nothing; one that was started anew counts from zero.
        #expect(isGood(["a": counts(501), "b": counts(300), "c": counts(300)]))
        #expect(isGood(["a": counts(20_500), "b": counts(50), "c": counts(20_100)]))
        // All are on trial: they are compared with themselves.
        #expect(!isGood(["a": counts(5_500, 3_000), "b": counts(5_100), "c": counts(5_100)], ["a", "b", "c"]))
        // Whatever is told, nothing overflows.
        let nonsense = AnswerCounts([
            "udp_answers": .integer(.max), "tcp_answers": .integer(.max), "rcode_servfail": .integer(.min),
        ])
        #expect(isGood(["a": nonsense, "b": nonsense, "c": nonsense]))
    }
}
