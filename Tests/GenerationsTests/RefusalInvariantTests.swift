import Testing

@testable import Generations

/// I5: who stays alive and refuses nothing ends up on the current generation; failures leave good content.
struct I5RefusalTests {
    private func rolledOut(_ configuration: Ledger.Configuration = .init()) -> Bench {
        var bench = Bench(configuration)
        bench.join("a")
        bench.join("b")
        bench.load("example.", "1")
        bench.follow("a", 2)
        bench.follow("b", 2)
        return bench
    }

    @Test func aRefusalReturnsEveryoneToTheFormerContent() throws {
        var bench = rolledOut()
        let load = bench.load("example.", "2")
        bench.follow("a", 3)
        bench.refuse("b", 3)
        #expect(bench.current == 4 && bench.serial("example.") == 1)
        #expect(bench.switches(to: "a") == [1, 2, 3, 4])
        let answer = try #require(bench.answers(to: load).first)
        #expect(
            answer.zones.map(\.result) == [
                .refused(Generation(3), by: .init(consumer: ConsumerID("b"), name: nil), reason: "bad digest")
            ])
        #expect(bench.record?.refused.map(\.generation) == [Generation(3)])
        #expect(bench.record?.current?.origin == Generation(2))
        #expect(bench.ledger.status.zones.first?.state == .stale)
        bench.follow("a", 4)
        bench.follow("b", 4)
        #expect(bench.unlinked.contains("g3.img"))
    }

    @Test func aReturnNeverWaitsForReleases() {
        var bench = Bench(.init(releaseLimit: 1))
        bench.join("a")
        bench.join("b")
        bench.load("example.", "1")
        bench.refuse("b", 2)
        #expect(bench.current == 3)
    }

    @Test func aReturnInterruptsACandidateAndKeepsItsChange() {
        var bench = rolledOut()
        bench.load("example.", "2")
        bench.follow("a", 3)
        bench.heldBack = [.record]
        let other = bench.load("other.", "9")
        guard case .writeRecord(let record)? = bench.latest.last else {
            Issue.record("no record")
            return
        }
        bench.refuse("b", 3)
        bench.heldBack = []
        bench.send(.recordWritten(revision: record.revision))
        // The candidate is not announced, the return is, and then the change again, on good content.
        #expect(bench.switches(to: "a") == [1, 2, 3, 5, 6])
        #expect(bench.serial("example.") == 1 && bench.serial("other.") == 9)
        for lname in ["a", "b"] { bench.follow(lname, 6) }
        #expect(bench.answers(to: other).map(\.succeeded) == [true])
    }

    @Test func anUnloadSurvivesAReturn() {
        var bench = rolledOut()
        bench.load("other.", "5")
        for lname in ["a", "b"] { bench.follow(lname, 3) }
        let unload = bench.unload("other.")
        bench.refuse("b", 4)
        #expect(bench.serial("other.") == nil)
        for lname in ["a", "b"] { bench.follow(lname, bench.current!) }
        #expect(bench.results(of: unload) == [.unloaded(Generation(5))])
    }

    @Test func aReturnThatCannotBeWrittenIsTriedAgain() {
        var bench = rolledOut()
        let load = bench.load("example.", "2")
        bench.failing = [.directory]
        bench.refuse("b", 3)
        #expect(bench.current == 3)
        #expect(bench.results(of: load).map(\.kind) == ["refused"])
        bench.failing = []
        bench.report("b", serving: 2, holds: [2])
        #expect(bench.serial("example.") == 1 && bench.current! > 3)
    }

    @Test func returnsGoToEverOlderContentAndComeToAnEnd() {
        var bench = rolledOut(.init(historyLength: 2))
        bench.load("example.", "2")
        for _ in 0..<5 {
            bench.refuse("b", bench.current!)
        }
        // Generation 3, back to the content of 2, back to that of 1; there is nothing older.
        #expect(bench.current == 5)
        #expect(bench.consumer("b")?.state == .refused)
        #expect(bench.effects.contains(.note(.nothingToReturnTo(Generation(5)))))
    }

    @Test func aJoinerThatRefusesIsListedAndReturnsNobody() {
        var bench = rolledOut()
        bench.join("c", answering: false)
        bench.refuse("c", 2, "no memory")
        #expect(bench.current == 2)
        #expect(bench.consumer("c")?.state == .refused && bench.consumer("c")?.serving == nil)
        bench.load("example.", "2")
        bench.refuse("c", 3, "no memory")
        #expect(bench.current == 3)
    }

    @Test(arguments: [4, 5, 6, 7, 11] as [Int32]) func aTrapBeforeTheAnswerIsARefusal(signal: Int32) {
        var bench = rolledOut()
        let load = bench.load("example.", "2")
        bench.send(.consumerDisconnected(ConsumerID("b")))
        bench.send(.childDied(ConsumerID("b"), signal: signal))
        #expect(bench.serial("example.") == 1 && bench.current == 4)
        #expect(bench.results(of: load).isEmpty || bench.results(of: load).map(\.kind) == ["refused"])
    }

    @Test func theReportOfATrapMayComeBeforeTheDisconnect() {
        var bench = rolledOut()
        let load = bench.load("example.", "2")
        bench.send(.childDied(ConsumerID("b"), signal: 11))
        #expect(bench.current == 4)
        #expect(bench.results(of: load).map(\.kind) == ["refused"])
        bench.send(.consumerDisconnected(ConsumerID("b")))
        bench.follow("a", 4)
    }

    @Test func beingKilledIsNoRefusal() {
        var bench = rolledOut()
        bench.load("example.", "2")
        bench.send(.consumerDisconnected(ConsumerID("b")))
        bench.send(.childDied(ConsumerID("b"), signal: 9))
        #expect(bench.current == 3)
    }

    @Test func threeThatDieWhileServingTakeTheGenerationBack() {
        var bench = rolledOut()
        bench.load("example.", "2")
        bench.follow("a", 3)
        bench.follow("b", 3)
        for lname in ["c", "d", "e"] {
            #expect(bench.current == 3)
            bench.join(lname)
            bench.send(.consumerDisconnected(ConsumerID(lname)))
            bench.send(.childDied(ConsumerID(lname), signal: 11))
        }
        #expect(bench.current == 4 && bench.serial("example.") == 1)
    }

    @Test func zoneUpdatesAreToldAfterTheLastConsumerHasSwitched() {
        var bench = rolledOut()
        bench.load("example.", "2")
        bench.follow("a", 3)
        #expect(!bench.latest.contains { $0.isZoneUpdate })
        bench.follow("b", 3)
        let update = ZoneUpdate.zone(ZoneName("example."), serial: 2, generation: Generation(3))
        #expect(bench.effects.contains(.announceZoneUpdates([update])))
    }

    @Test func manyZoneUpdatesAreOneNotification() {
        var bench = Bench()
        bench.load((1...101).map { ("z\($0).example.", "\($0)") })
        #expect(bench.effects.contains(.announceZoneUpdates([.many(count: 101, generation: Generation(2))])))
    }

    @Test func aJoinerGetsCurrentWhileTheNextIsBeingRecorded() {
        var bench = rolledOut()
        bench.heldBack = [.record]
        bench.load("example.", "2")
        bench.join("c", answering: false)
        #expect(bench.switches(to: "c") == [2])
    }
}

/// I6: the one timer.
struct I6TimerTests {
    @Test func theTimerStartsWithTheSuccessorAndEndsWithTheRelease() {
        var bench = Bench()
        bench.join("a")
        #expect(!bench.effects.contains(.armTimer(Generation(1))))
        bench.load("example.", "1")
        #expect(bench.latest.contains(.armTimer(Generation(1))))
        bench.follow("a", 2)
        #expect(bench.latest.contains(.cancelTimer(Generation(1))))
    }

    @Test func whoStillHoldsOrNeverAnsweredIsCutOffAndNamed() {
        var bench = Bench()
        bench.join("a")
        bench.join("b")
        bench.join("c")
        bench.load("example.", "1")
        bench.follow("a", 2)
        bench.send(.switchAnswered(ConsumerID("c"), Generation(2), .switched))
        bench.join("late", answering: false)
        bench.send(.timerFired(Generation(1)))
        let expelled = bench.latest.compactMap { effect -> String? in
            guard case .disconnectAndKill(let consumer, _, let reason) = effect else { return nil }
            return "\(consumer): \(reason)"
        }
        #expect(expelled == ["b: has not answered the switch to generation 2", "c: still holds generation 1"])
        // Its hold lasts until the bus says that it is gone.
        #expect(bench.disk.contains(FileName("g1.dir")!))
    }

    @Test func whoHoldsNothingAndDoesNotAnswerIsCutOffToo() {
        var bench = Bench()
        bench.join("a")
        bench.join("b", answering: false)
        bench.refuse("b", 1)
        let load = bench.load("example.", "1")
        bench.follow("a", 2)
        #expect(bench.answers(to: load).isEmpty)
        bench.send(.timerFired(Generation(1)))
        #expect(bench.consumer("b")?.state == .expelled)
        #expect(bench.answers(to: load).isEmpty, "it may still answer what was before")
        bench.send(.consumerDisconnected(ConsumerID("b")))
        #expect(bench.answers(to: load).count == 1)
    }

    @Test func withoutARecordOneThatDoesNotTellWhatItHoldsIsCutOffToo() {
        var bench = Bench().restarted(keepingRecord: false, members: ["mute"])
        bench.send(.timerFired(Generation(0)))
        #expect(bench.consumer("mute")?.state == .expelled)
    }

    @Test func whoJoinsWhileATimerRunsGetsAWholeTimeOfItsOwn() {
        var bench = Bench()
        bench.load("example.", "1")
        var next = bench.restarted(members: ["mute"])
        next.send(.consumerSubscribed(ConsumerID("late")))
        next.send(.timerFired(Generation(1)))
        #expect(next.consumer("mute")?.state == .expelled)
        #expect(next.consumer("late")?.state == .unknown)
        #expect(next.latest.contains(.armTimer(Generation(1))))
        next.send(.timerFired(Generation(1)))
        #expect(next.consumer("late")?.state == .expelled)
    }

    @Test func aConsumerThatNeverTellsWhatItHoldsIsCutOff() {
        var bench = Bench()
        bench.load("example.", "1")
        var next = bench.restarted(members: ["mute"])
        #expect(next.effects.contains(.armTimer(Generation(1))))
        next.send(.timerFired(Generation(1)))
        #expect(
            next.effects.contains {
                if case .disconnectAndKill(ConsumerID("mute"), _, "has not told what it holds") = $0 {
                    true
                } else {
                    false
                }
            })
        next.send(.consumerDisconnected(ConsumerID("mute")))
        #expect(next.ledger.status.recovered)
    }
}

/// I7: when a load ends.
struct I7LoadTests {
    @Test func aLoadEndsWhenAllConsumersHaveSwitched() throws {
        var bench = Bench()
        bench.join("a")
        bench.join("b")
        let load = bench.load("example.", "1")
        bench.follow("a", 2)
        #expect(bench.answers(to: load).isEmpty)
        let outcomes = bench.ledger.progress(of: load)?.consumers.map(\.outcome)
        #expect(outcomes == [.switched, .laggard])
        bench.follow("b", 2)
        let answer = try #require(bench.answers(to: load).first)
        #expect(answer.succeeded && answer.generation == Generation(2))
        #expect(answer.consumers.map(\.outcome) == [.switched, .switched])
        #expect(bench.ledger.progress(of: load) == nil)
    }

    @Test func withNoConsumerItEndsAtOnce() throws {
        var bench = Bench()
        let load = bench.load("example.", "1")
        let answer = try #require(bench.answers(to: load).first)
        #expect(answer.succeeded && answer.consumers.isEmpty)
    }

    @Test func aConsumerThatGoesIsNotWaitedFor() {
        var bench = Bench()
        bench.join("a")
        let load = bench.load("example.", "1")
        bench.send(.consumerDisconnected(ConsumerID("a")))
        #expect(bench.answers(to: load).first?.succeeded == true)
    }

    @Test func untilTheMembersAreListedNobodyIsDeclaredAbsent() {
        var bench = Bench(members: nil)
        let load = bench.load("example.", "1")
        #expect(bench.answers(to: load).isEmpty)
        bench.send(.membersListed([]))
        #expect(bench.answers(to: load).count == 1)
    }
}

extension Ledger.Effect {
    var isBuild: Bool { if case .startBuild = self { true } else { false } }
    var isZoneUpdate: Bool { if case .announceZoneUpdates = self { true } else { false } }
}

extension Ledger.ZoneResult {
    var kind: String {
        switch self {
        case .published: "published"
        case .unchanged: "unchanged"
        case .unloaded: "unloaded"
        case .superseded: "superseded"
        case .failed: "failed"
        case .refused: "refused"
        case .withheld: "withheld"
        case .trialFailed: "trial failed"
        case .noSuchZone: "no such zone"
        }
    }
}
