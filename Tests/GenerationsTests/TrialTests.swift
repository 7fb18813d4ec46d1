import Testing

@testable import Generations

/// A generation is first tried on some consumers, and becomes the current one or is given up.
struct TrialTests {
    /// Two consumers, `a` and `b`, that serve a zone with serial 1 as generation 2.
    private func bench(_ configuration: Ledger.Configuration = .init()) -> Bench {
        var bench = Bench(configuration)
        for name in ["a", "b"] { bench.join(name) }
        for name in ["a", "b"] {
            let report = HoldingMessage(name: name, serving: Generation(1), holds: [Generation(1)])
            bench.send(.holdingAnswered(ConsumerID(name), report))
        }
        bench.load("a.", "1")
        for name in ["a", "b"] { bench.follow(name, 2) }
        return bench
    }

    private func watches(_ bench: Bench) -> [[ConsumerID]] {
        bench.effects.compactMap { if case .watchTrial(_, let consumers) = $0 { consumers } else { nil } }
    }

    @Test func onlyTheChosenGetItUntilItIsFoundGood() {
        var bench = bench()
        let request = bench.tryOut("a.", "2", on: .count(1))
        #expect(bench.switches(to: "a") == [1, 2, 3] && bench.switches(to: "b") == [1, 2])
        #expect(bench.current == 2 && bench.ledger.trial?.consumers == [ConsumerID("a")])
        // A joiner gets what is current, and other loads wait.
        bench.join("c")
        #expect(bench.switches(to: "c") == [2])
        let plain = bench.load("b.", "7")
        #expect(watches(bench).isEmpty)
        bench.follow("a", 3)
        #expect(watches(bench) == [[ConsumerID("a")]] && bench.current == 2)
        bench.send(.trialJudged(Generation(3), .good))
        #expect(bench.current == 4 && bench.switches(to: "b") == [1, 2, 3, 4])
        for name in ["b", "c"] { bench.follow(name, 3) }
        #expect(bench.results(of: request).map(\.kind) == ["published"])
        for name in ["a", "b", "c"] { bench.follow(name, 4) }
        #expect(bench.results(of: plain).map(\.kind) == ["published"])
    }

    @Test(arguments: ["refused", "died", "gone", "left", "late", "bad"])
    func whatGoesWrongGivesItUp(_ what: String) {
        var bench = bench()
        let request = bench.tryOut("a.", "2", on: .named("b"))
        #expect(bench.switches(to: "b") == [1, 2, 3] && bench.switches(to: "a") == [1, 2])
        switch what {
        case "refused": bench.refuse("b", 3)
        case "died": bench.send(.childDied(ConsumerID("b"), signal: 11))
        case "gone": bench.send(.consumerDisconnected(ConsumerID("b")))
        case "left": bench.send(.consumerUnsubscribed(ConsumerID("b")))
        case "late": bench.send(.timerFired(Generation(3)))
        default:
            bench.follow("b", 3)
            bench.send(.trialJudged(Generation(3), .bad(reason: "SERVFAIL")))
        }
        // The former content, above it.
        #expect(bench.current == 4 && bench.serial("a.") == 1 && bench.ledger.trial == nil)
        #expect(bench.switches(to: "a") == [1, 2, 4])
        #expect(bench.results(of: request).map(\.kind) == ["trial failed"])
        #expect(bench.ledger.status.zones.first?.problem?.contains("trial of generation 3") == true)
        bench.send(.switchAnswered(ConsumerID("b"), Generation(3), .superseded))
        for name in ["a", "b"] { bench.follow(name, 4) }
        bench.send(.consumerDisconnected(ConsumerID("b")))
        #expect(!bench.disk.contains(.image(of: Generation(3))), "nobody needs it any more")
        // And what comes next is published as ever.
        bench.load("a.", "5")
        #expect(bench.serial("a.") == 5)
    }

    @Test func theOneWhoAskedMayGo() {
        var bench = bench()
        let request = bench.tryOut("a.", "2", on: .count(1))
        bench.send(.callerLeft(request))
        #expect(bench.current == 4 && bench.serial("a.") == 1 && bench.ledger.trial == nil)
        // While it is still on its way.
        bench.send(.switchAnswered(ConsumerID("a"), Generation(3), .superseded))
        for name in ["a", "b"] { bench.follow(name, 4) }
        bench.heldBack = [.record]
        let second = bench.tryOut("a.", "3", on: .count(1))
        bench.send(.callerLeft(second))
        #expect(bench.results(of: second).isEmpty)
        guard
            case .writeRecord(let record)? = bench.effects.last(where: {
                if case .writeRecord = $0 { true } else { false }
            })
        else { return #expect(Bool(false), "a record is written") }
        bench.heldBack = []
        bench.send(.recordWritten(revision: record.revision))
        #expect(bench.results(of: second).map(\.kind) == ["trial failed"] && bench.switches(to: "a").last == 4)
        // A build that nobody wants any more.
        bench.heldBack = [.build]
        let third = bench.tryOut("a.", "4", on: .count(1))
        bench.send(.callerLeft(third))
        #expect(bench.results(of: third).map(\.kind) == ["failed"] && bench.ledger.builds.values.first?.requests == [:])
    }

    @Test func callersShareATrialAndLeaveItOneByOne() {
        var bench = bench()
        bench.heldBack = [.build]
        bench.load("z.", "1")
        // While a build runs, three callers meet: two want the same zone, each to be tried elsewhere.
        let first = bench.tryOut("a.", "2", on: .named("b"))
        let second = bench.tryOut("a.", "2", on: .count(1))
        let third = bench.tryOut("c.", "3", on: .named("b"))
        bench.heldBack = []
        guard let job = bench.ledger.builds.values.first?.job else { return #expect(Bool(false), "a build runs") }
        bench.send(bench.build(job))
        for name in ["a", "b"] { bench.follow(name, 3) }
        #expect(bench.switches(to: "b").last == 4 && bench.switches(to: "a").last == 3)
        // One of two who want the same may go.
        bench.send(.callerLeft(first))
        #expect(bench.ledger.trial?.generation == Generation(4))
        // When both have gone, what the third one wants is tried anew.
        bench.send(.callerLeft(second))
        #expect(bench.results(of: third).isEmpty && bench.current == 5)
        bench.send(.switchAnswered(ConsumerID("b"), Generation(4), .superseded))
        for name in ["a", "b"] { bench.follow(name, 5) }
        #expect(bench.ledger.trial?.generation == Generation(6) && bench.switches(to: "b").last == 6)
        bench.follow("b", 6)
        bench.send(.trialJudged(Generation(6), .good))
        bench.follow("a", 6)
        #expect(bench.results(of: third).map(\.kind) == ["published"] && bench.serial("a.") == 1)
    }

    @Test func aNewZoneThatWasTriedInVainIsNotThere() {
        var bench = bench()
        let request = bench.tryOut("new.", "2", on: .count(1))
        bench.refuse("a", 3)
        for name in ["a", "b"] { bench.follow(name, 4) }
        #expect(bench.results(of: request).map(\.kind) == ["trial failed"])
        #expect(bench.ledger.status.zones.map(\.zone.presentation) == ["a."])
    }

    @Test func aRollbackGivesItUp() {
        var bench = bench(.init(historyLength: 3))
        bench.load("a.", "3")
        for name in ["a", "b"] { bench.follow(name, 3) }
        let trial = bench.tryOut("a.", "5", on: .count(1))
        let rollback = bench.rollBack()
        #expect(bench.serial("a.") == 1 && bench.ledger.trial == nil)
        for name in ["a", "b"] { bench.follow(name, bench.current ?? 0) }
        #expect(bench.results(of: trial).map(\.kind) == ["trial failed"])
        #expect(bench.results(of: rollback).map(\.kind) == ["published"])
        #expect(bench.switches(to: "b").max() == bench.current)
    }

    @Test func withoutTheConsumerThereIsNoTrial() {
        var bench = bench()
        let request = bench.tryOut("a.", "2", on: .named("nobody"))
        #expect(bench.results(of: request).map(\.kind) == ["trial failed"])
        #expect(bench.current == 2 && bench.switches(to: "a") == [1, 2])
        #expect(!bench.disk.contains(.directory(of: Generation(3))))
    }

    @Test func aRefusalOfTheCurrentGenerationComesFirst() {
        var bench = bench(.init(deathLimit: 1))
        bench.load("a.", "2")
        bench.tryOut("a.", "4", on: .named("a"))
        // It begins when all serve what is current.
        bench.follow("a", 3)
        #expect(bench.switches(to: "a").last == 3)
        bench.follow("b", 3)
        #expect(bench.switches(to: "a").last == 4)
        bench.send(.childDied(ConsumerID("b"), signal: 11))
        bench.send(.consumerDisconnected(ConsumerID("b")))
        #expect(bench.current == 5 && bench.serial("a.") == 1)
        // The trial begins anew above it.
        bench.send(.switchAnswered(ConsumerID("a"), Generation(4), .superseded))
        bench.follow("a", 5)
        #expect(bench.switches(to: "a").last == 6)
    }

    @Test func aRestartGivesItUp() {
        var bench = bench()
        bench.tryOut("a.", "2", on: .count(1))
        bench.follow("a", 3)
        var next = bench.restarted(members: ["a", "b"])
        #expect(next.serial("a.") == 1 && next.current == 4)
        next.send(
            .holdingAnswered(
                ConsumerID("a"), HoldingMessage(name: "a", serving: Generation(3), holds: [Generation(3)])))
        #expect(next.switches(to: "a") == [4])
    }
}
