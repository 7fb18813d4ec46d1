// Loads that are forced, and loads of all or nothing.

import Generations
import Testing

@Suite struct LoadOptionTests {
    @Test func aForcedLoadPublishesTheSameContentAgain() {
        var bench = Bench()
        let first = bench.load("a.", "1")
        let second = bench.load("a.", "1")
        let forced = bench.load("a.", "1", .forced)
        #expect(
            [first, second, forced].map { bench.results(of: $0).map(\.kind) } == [
                ["published"], ["unchanged"], ["published"],
            ])
        #expect(bench.answers(to: forced)[0].generation! > bench.answers(to: second)[0].generation!)
    }

    @Test func ofAllOrNothingNothingIsPublishedIfOneFails() {
        var bench = Bench()
        _ = bench.load([("a.", "1"), ("b.", "1")])
        let id = bench.load([("a.", "2"), ("b.", "broken"), ("c.", "2")], .allOrNothing)
        #expect(bench.results(of: id).map(\.kind) == ["withheld", "failed", "withheld"])
        #expect(bench.answers(to: id)[0].generation == nil)
        #expect(bench.ledger.status.zones.map { "\($0.zone)\($0.serial ?? 0)" } == ["a.1", "b.1"])
    }

    @Test func whatOthersAskForIsPublishedAllTheSame() {
        var bench = Bench()
        bench.heldBack = [.build]
        let running = bench.load("z.", "1")
        let strict = bench.load([("a.", "2"), ("b.", "broken")], .allOrNothing)
        let other = bench.load([("a.", "2"), ("c.", "2")])
        bench.heldBack = []
        for job in bench.effects.compactMap({ if case .startBuild(let job) = $0 { job } else { nil } }) {
            bench.send(bench.build(job))
        }
        #expect(bench.results(of: running).map(\.kind) == ["published"])
        #expect(bench.results(of: strict).map(\.kind) == ["withheld", "failed"])
        #expect(bench.results(of: other).map(\.kind) == ["published", "published"])
    }

    @Test func allIsPublishedIfNoneFails() {
        var bench = Bench()
        let id = bench.load([("a.", "2"), ("b.", "3")], .allOrNothing)
        #expect(bench.results(of: id).map(\.kind) == ["published", "published"])
    }
}
