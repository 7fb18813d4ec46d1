// Files that somebody has deleted, and consumers that refuse everything.

import Testing

@testable import Generations

/// I5: what is lost is built again from the master files, without being asked for.
struct LostFileTests {
    private func image(_ number: UInt64) -> FileName { .image(of: Generation(number)) }

    @Test func aJoinerThatRefusesHasTheFilesLookedAt() {
        var bench = Bench()
        bench.load("a.", "1")
        bench.join("a", answering: false)
        bench.refuse("a", bench.current!, "g2.img: No such file or directory")
        #expect(bench.latest.contains(.checkFiles([image(2), .directory(of: Generation(2))])))
        bench.send(.filesLost([image(2)]))
        #expect(bench.current == 3 && bench.switches(to: "a") == [2, 3])
        #expect(bench.ledger.current?.content.zones[ZoneName("a.")]?.image == image(3))
        #expect(bench.ledger.status.zones.map(\.state) == [.unserved], "until it answers")
        bench.follow("a", 3)
        #expect(bench.ledger.status.zones.map(\.state) == [.good])
        #expect(bench.ledger.status.servedCount == 1)
    }

    @Test func whoeverAnswersGoesOnUntilAllIsBuilt() {
        var bench = Bench()
        bench.load([("a.", "1"), ("b.", "1")])
        bench.join("a")
        bench.heldBack = [.build]
        bench.send(.filesLost([image(2)]))
        let other = bench.unload("b.")
        #expect(bench.current == 2, "nothing is published without what is being built")
        bench.heldBack = []
        bench.send(bench.build(bench.ledger.builds.values.first!.job))
        bench.follow("a", bench.current!)
        #expect(bench.results(of: other).map(\.kind) == ["unloaded"])
        #expect(bench.ledger.status.zones.map { "\($0.zone) \($0.state)" } == ["a. good"])
    }

    @Test func whatCannotBeBuiltIsServedInAnOlderVersionOrIsLost() {
        var bench = Bench()
        bench.load("a.", "1")
        bench.load([("a.", "2"), ("b.", "2")])
        bench.join("a")
        bench.failing = [.build]
        bench.send(.filesLost([image(3)]))
        bench.follow("a", bench.current!)
        #expect(
            bench.ledger.status.zones.map { "\($0.zone) \($0.state) \($0.serial ?? 0)" } == [
                "a. stale 1", "b. missing 0",
            ])
        #expect(bench.lost == [ZoneName("b.")] && bench.ledger.lostZones == [ZoneName("b.")])
        bench.failing = []
        bench.load([("a.", "2"), ("b.", "2")])
        #expect(bench.lost.isEmpty)
    }

    @Test func aLoadOfTheSameContentBuildsWhatIsLost() {
        var bench = Bench()
        bench.load("a.", "1")
        bench.join("a")
        bench.heldBack = [.build]
        let early = bench.load("a.", "1")
        bench.send(.filesLost([image(2)]))
        let late = bench.load("a.", "1")
        bench.heldBack = []
        for job in bench.effects.compactMap({ if case .startBuild(let job) = $0 { job } else { nil } }).dropFirst() {
            bench.send(bench.build(job))
        }
        bench.follow("a", bench.current!)
        #expect(bench.results(of: early).map(\.kind) == ["published"])
        #expect(bench.results(of: late).map(\.kind) == ["published"])
        #expect(bench.ledger.current?.content.images.contains(image(2)) == false)
    }

    @Test func aLostDirectoryIsWrittenAgain() {
        var bench = Bench()
        bench.load("a.", "1")
        bench.join("a", answering: false)
        bench.refuse("a", 2, "g2.dir: No such file or directory")
        bench.send(.filesLost([.directory(of: Generation(2))]))
        #expect(bench.switches(to: "a").last == bench.current && bench.current! > 2)
        #expect(bench.ledger.current?.content.images == [image(2)])
    }

    @Test func nothingReturnsToWhatIsLost() {
        var bench = Bench(.init(historyLength: 2))
        for serial in ["1", "2", "3"] { bench.load("a.", serial) }
        bench.join("a")
        bench.send(.filesLost([image(3)]))
        bench.load("a.", "4")
        bench.refuse("a", bench.current!)
        bench.follow("a", bench.current!)
        #expect(bench.serial("a.") == 3, "g4, as g3 is gone")
    }
}

/// I7: exit 0 means that somebody answers from it, and nobody who lives from what was before.
struct ServedAnswerTests {
    @Test func aLoadThatNobodyServesHasNotSucceeded() {
        var bench = Bench()
        bench.load("a.", "1")
        bench.join("a", answering: false)
        bench.refuse("a", 2)
        let again = bench.load("a.", "1")
        #expect(bench.results(of: again).map(\.kind) == ["unchanged"])
        #expect(bench.answers(to: again).map(\.succeeded) == [false])
        bench.join("b")
        let served = bench.load("a.", "1")
        #expect(bench.answers(to: served).map(\.succeeded) == [true], "a joiner that answers nothing is not behind")
    }

    @Test func whoeverIsReportedDeadAndLivesIsCutOff() {
        var bench = Bench()
        bench.load("a.", "1")
        bench.join("a")
        bench.join("b")
        bench.send(.childDied(ConsumerID("a"), signal: 11))
        let id = ConsumerID("a")
        #expect(
            bench.latest.contains(
                .disconnectAndKill(id, name: nil, reason: "was reported to have died of SIGSEGV")))
        let load = bench.load("a.", "2")
        bench.follow("b", bench.current!)
        #expect(bench.answers(to: load).isEmpty, "it may still answer")
        bench.send(.consumerDisconnected(id))
        #expect(bench.answers(to: load).map(\.succeeded) == [true])
    }
}

/// One that refuses what others accept does not stand in their way for long.
struct SetAsideTests {
    private func refuseEverything(_ bench: inout Bench, _ loads: ClosedRange<Int>) -> [RequestID] {
        loads.map { number in
            let id = bench.load("a.", "\(number)")
            // Both are sent each generation; the good one is the quicker.
            while let current = bench.current, bench.consumer("bad")?.holds.contains(Generation(current)) == true {
                bench.follow("good", current)
                bench.refuse("bad", current, "broken")
            }
            return id
        }
    }

    @Test func afterThreeRefusalsInARowItIsNotWaitedFor() {
        var bench = Bench(.init(historyLength: 3))
        bench.join("good")
        bench.join("bad")
        bench.load("a.", "1")
        bench.follow("good", bench.current!)
        bench.follow("bad", bench.current!)
        _ = refuseEverything(&bench, 2...4)
        #expect(bench.consumer("bad")?.state == .setAside)
        #expect(bench.consumer("bad")?.problem == "broken")
        let last = bench.load("a.", "9")
        bench.follow("good", bench.current!)
        #expect(bench.answers(to: last).map(\.succeeded) == [true])
        #expect(
            bench.answers(to: last)[0].consumers.map(\.outcome) == [.setAside(reason: "broken"), .switched])
        bench.refuse("bad", bench.current!)
        #expect(bench.serial("a.") == 9, "its refusal takes nothing back")
        bench.load("a.", "10")
        bench.follow("good", bench.current!)
        bench.follow("bad", bench.current!)
        #expect(bench.consumer("bad")?.state == .serving, "it is back")
    }

    @Test func refusalsOfWhatNobodyAcceptsDoNotCount() {
        var bench = Bench(.init(historyLength: 3))
        bench.join("bad")
        bench.load("a.", "1")
        bench.follow("bad", bench.current!)
        for number in 2...6 {
            bench.load("a.", "\(number)")
            bench.refuse("bad", bench.current!)
        }
        #expect(bench.consumer("bad")?.state != .setAside)
    }

    @Test func anOperatorHasItCutOff() {
        var bench = Bench()
        bench.join("a")
        bench.send(.disconnectRequested(ConsumerID("a")))
        #expect(
            bench.latest.contains { if case .disconnectAndKill(ConsumerID("a"), _, _) = $0 { true } else { false } })
        #expect(bench.consumer("a")?.state == .expelled)
        bench.send(.disconnectRequested(ConsumerID("a")))
        #expect(bench.latest.isEmpty)
    }
}
