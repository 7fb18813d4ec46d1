// What the supervisor decides in an upgrade, event by event, without a process.

import Platform
import Testing

@testable import zonecast

@Suite struct UpgradeSupervisionTests {
    private typealias Action = Supervision.Action

    private var supervision = Supervision(processes: 2)

    /// Actions without the notes to the operator.
    private mutating func tell(_ event: Supervision.Event, _ milliseconds: Int) -> [Action] {
        supervision.handle(event, at: .milliseconds(milliseconds)).filter {
            if case .note = $0 { false } else { true }
        }
    }

    private mutating func bringUp() {
        _ = tell(.begin, 0)
        _ = tell(.busJoined, 10)
        _ = tell(.answering(.authd(1)), 20)
        _ = tell(.answering(.authd(2)), 20)
    }

    /// A supervisor that has just taken over a system, and is on its bus; what it did since it took over.
    private mutating func takeOver(
        answering: Set<Part> = [.authd(1), .authd(2)], parts: Set<Part> = [.msgq, .memmgr, .authd(1), .authd(2)],
        hasOldBus: Bool = false
    ) -> [Action] {
        let system = Supervision.RunningSystem(
            parts: parts, answering: answering, hasOldBus: hasOldBus, upgrades: 1)
        var actions = tell(.takeOver(system), 0)
        #expect(actions.popLast() == .joinBus)
        actions += tell(.busJoined, 10)
        return actions
    }

    private static let settingAside: [Action] = [
        .setAside(1), .send(ChildSignal.expectSuccessor, .outgoing(1)),
        .setAside(2), .send(ChildSignal.expectSuccessor, .outgoing(2)),
    ]

    // MARK: The rehearsal

    @Test mutating func theNewZonecastRehearsesAndThenTakesThePlace() {
        bringUp()
        #expect(tell(.upgradeRequested, 5_000) == [.start(.rehearsal)])
        #expect(tell(.rehearsed(problem: nil), 5_100) == [.becomeNew])
        #expect(supervision.upgrade.number == 1)
    }

    /// What is installed now is not what is being tried.
    @Test mutating func aSecondRequestHasItRehearsedAnew() {
        bringUp()
        _ = tell(.upgradeRequested, 5_000)
        #expect(tell(.upgradeRequested, 5_001) == [.send(.kill, .rehearsal)])
        #expect(tell(.rehearsed(problem: "it died of SIGKILL"), 5_002) == [.start(.rehearsal)])
        #expect(tell(.rehearsed(problem: nil), 5_100) == [.becomeNew])
        #expect(supervision.upgrade.number == 2)
    }

    @Test mutating func afterABadRehearsalNothingHasChanged() {
        bringUp()
        _ = tell(.upgradeRequested, 5_000)
        #expect(tell(.rehearsed(problem: "broken"), 5_100) == [])
        #expect(supervision.upgrade.failure == "broken")
        #expect(supervision.nextDeadline == nil)
        #expect(tell(.upgradeRequested, 6_000) == [.start(.rehearsal)])
    }

    @Test mutating func aRehearsalThatTakesTooLongIsKilled() {
        bringUp()
        _ = tell(.upgradeRequested, 5_000)
        #expect(tell(.time, 24_999) == [])
        #expect(tell(.time, 25_000) == [.send(.kill, .rehearsal)])
        #expect(tell(.rehearsed(problem: "it died of SIGKILL"), 25_001) == [])
        #expect(supervision.upgrade.failure == "it died of SIGKILL")
    }

    @Test mutating func anUpgradeWaitsForTheBus() {
        _ = tell(.begin, 0)
        #expect(tell(.upgradeRequested, 5) == [])
        #expect(
            tell(.busJoined, 10) == [.start(.memmgr), .start(.authd(1)), .start(.authd(2)), .start(.rehearsal)])
    }

    @Test mutating func aBusThatIsLostDuringTheRehearsalPutsItOff() {
        bringUp()
        _ = tell(.upgradeRequested, 5_000)
        #expect(tell(.ended(.msgq, .died(.kill)), 5_001).contains(.send(.terminate, .rehearsal)))
        for part in [Part.authd(1), .authd(2), .memmgr] { _ = tell(.ended(part, .exited(1)), 5_002) }
        #expect(tell(.rehearsed(problem: nil), 5_003) == [.start(.msgq), .joinBus])
        #expect(tell(.busJoined, 5_010).contains(.start(.rehearsal)))
    }

    @Test mutating func aProcessThatCouldNotBecomeTheNewOneGoesOn() {
        bringUp()
        _ = tell(.upgradeRequested, 5_000)
        _ = tell(.rehearsed(problem: nil), 5_100)
        #expect(tell(.upgradeFailed("no memory"), 5_101) == [])
        #expect(supervision.upgrade.failure == "no memory")
        #expect(tell(.ended(.authd(1), .died(.kill)), 6_000) == [.start(.authd(1))])
    }

    // MARK: The parts

    @Test mutating func newRespondersAnswerBeforeOldOnesMakeRoom() {
        #expect(takeOver() == Self.settingAside + [.send(.terminate, .memmgr)])
        // They are not to meet the old manager.
        #expect(tell(.ended(.memmgr, .exited(0)), 20) == [.start(.memmgr), .start(.authd(1)), .start(.authd(2))])
        #expect(supervision.missing == [.outgoing(1), .authd(1), .outgoing(2), .authd(2)])
        #expect(tell(.answering(.authd(2)), 30) == [.send(ChildSignal.makeRoom, .outgoing(2))])
        #expect(tell(.answering(.authd(1)), 40) == [.send(ChildSignal.makeRoom, .outgoing(1))])
        #expect(tell(.ended(.outgoing(1), .exited(0)), 50) == [])
        #expect(supervision.upgrade.isReplacing)
        #expect(tell(.ended(.outgoing(2), .exited(0)), 60) == [])
        #expect(!supervision.upgrade.isReplacing)
    }

    @Test mutating func withAnotherMsgqTheBusIsStartedAnewWhileOldRespondersGoOn() {
        #expect(takeOver(hasOldBus: true) == Self.settingAside + [.leaveBus, .send(.terminate, .memmgr)])
        #expect(tell(.ended(.memmgr, .exited(0)), 20) == [.send(.terminate, .msgq)])
        #expect(tell(.ended(.msgq, .exited(0)), 30) == [.start(.msgq), .joinBus])
        #expect(tell(.busJoined, 40) == [.start(.memmgr), .start(.authd(1)), .start(.authd(2))])
        #expect(tell(.answering(.authd(1)), 50) == [.send(ChildSignal.makeRoom, .outgoing(1))])
        #expect(tell(.answering(.authd(2)), 50) == [.send(ChildSignal.makeRoom, .outgoing(2))])
        _ = tell(.ended(.outgoing(1), .exited(0)), 60)
        _ = tell(.ended(.outgoing(2), .exited(0)), 60)
        #expect(!supervision.upgrade.isReplacing)
        #expect(supervision.upgrade.includesBus)
    }

    @Test mutating func newRespondersThatFailLeaveTheOldOnesAnswering() {
        _ = takeOver()
        _ = tell(.ended(.memmgr, .exited(0)), 20)
        _ = tell(.answering(.authd(2)), 30)
        for time in [40, 50] { _ = tell(.ended(.authd(1), .died(.abort)), time) }
        #expect(tell(.time, 2_000) == [.start(.authd(1))])
        #expect(supervision.missing.contains(.outgoing(1)))
        // A better one is installed.
        #expect(tell(.answering(.authd(1)), 3_000) == [.send(ChildSignal.makeRoom, .outgoing(1))])
    }

    /// Neither the loss of the bus nor one that does not answer may end them before others are there.
    @Test mutating func oldRespondersAreSafeFromTheFirstMomentOn() {
        let parts: Set<Part> = [.msgq, .memmgr, .authd(1), .authd(2)]
        let system = Supervision.RunningSystem(parts: parts, answering: [.authd(1), .authd(2)], upgrades: 1)
        #expect(tell(.takeOver(system), 0) == Self.settingAside + [.joinBus])
        #expect(tell(.time, 10_000) == [.leaveBus, .send(.terminate, .memmgr), .send(.terminate, .msgq)])
        _ = tell(.ended(.memmgr, .exited(0)), 10_001)
        _ = tell(.ended(.msgq, .exited(0)), 10_002)
        #expect(tell(.busJoined, 10_010) == [.start(.memmgr), .start(.authd(1)), .start(.authd(2))])
        #expect(tell(.answering(.authd(1)), 10_020) == [.send(ChildSignal.makeRoom, .outgoing(1))])
    }

    @Test mutating func newPartsThatNeitherAnswerNorEndAreReplacedOnceMore() {
        _ = takeOver()
        _ = tell(.ended(.memmgr, .exited(0)), 20)
        _ = tell(.answering(.authd(2)), 30)
        _ = tell(.ended(.outgoing(2), .exited(0)), 40)
        #expect(supervision.nextDeadline == .milliseconds(30_020))
        #expect(tell(.time, 30_020) == [.send(.terminate, .authd(1)), .send(.terminate, .memmgr)])
        #expect(tell(.time, 35_020) == [.send(.kill, .authd(1)), .send(.kill, .memmgr)])
        _ = tell(.ended(.authd(1), .died(.kill)), 35_021)
        #expect(tell(.ended(.memmgr, .died(.kill)), 35_022) == [.start(.memmgr), .start(.authd(1))])
        #expect(tell(.answering(.authd(1)), 35_100) == [.send(ChildSignal.makeRoom, .outgoing(1))])
        _ = tell(.ended(.outgoing(1), .exited(0)), 35_200)
        #expect(!supervision.upgrade.isReplacing && supervision.nextDeadline == nil)
    }

    @Test mutating func whoDoesNotAnswerYetIsReplacedLikeTheManager() {
        let actions = takeOver(answering: [.authd(2)])
        #expect(
            actions == [
                .setAside(2), .send(ChildSignal.expectSuccessor, .outgoing(2)), .send(.terminate, .authd(1)),
                .send(.terminate, .memmgr),
            ])
        #expect(tell(.ended(.authd(1), .exited(0)), 20) == [])
        // What it said before its end does not count.
        #expect(tell(.answering(.authd(1)), 21) == [])
        #expect(tell(.ended(.memmgr, .exited(0)), 22) == [.start(.memmgr), .start(.authd(1)), .start(.authd(2))])
    }

    @Test mutating func theStubbornAreKilledWhileTheRestGoesOn() {
        _ = takeOver()
        #expect(tell(.time, 5_009) == [])
        #expect(tell(.time, 5_010) == [.send(.kill, .memmgr)])
        _ = tell(.ended(.memmgr, .died(.kill)), 5_011)
        _ = tell(.answering(.authd(1)), 6_000)
        _ = tell(.answering(.authd(2)), 6_000)
        _ = tell(.ended(.outgoing(2), .exited(0)), 6_001)
        #expect(tell(.time, 40_999) == [])
        #expect(tell(.time, 41_000) == [.send(.kill, .outgoing(1))])
    }

    @Test mutating func aSecondUpgradeTakesOverWhoIsStillSetAside() {
        let parts: Set<Part> = [.msgq, .memmgr, .authd(1), .authd(2), .outgoing(1)]
        #expect(
            takeOver(answering: [.authd(2)], parts: parts) == [
                .setAside(2), .send(ChildSignal.expectSuccessor, .outgoing(2)), .send(.terminate, .authd(1)),
                .send(.terminate, .memmgr),
            ])
        _ = tell(.ended(.authd(1), .exited(0)), 20)
        _ = tell(.ended(.memmgr, .exited(0)), 20)
        #expect(tell(.answering(.authd(1)), 30) == [.send(ChildSignal.makeRoom, .outgoing(1))])
    }

    @Test mutating func aSecondUpgradeWaitsForThoseThatMakeRoom() {
        _ = takeOver()
        _ = tell(.ended(.memmgr, .exited(0)), 20)
        _ = tell(.answering(.authd(1)), 30)
        #expect(tell(.upgradeRequested, 40) == [])
        #expect(tell(.ended(.outgoing(1), .exited(0)), 50) == [.start(.rehearsal)])
        // One makes room meanwhile: the same again when it has ended.
        _ = tell(.answering(.authd(2)), 60)
        #expect(tell(.rehearsed(problem: nil), 70) == [])
        #expect(tell(.ended(.outgoing(2), .exited(0)), 80) == [.start(.rehearsal)])
    }

    /// Its failure is told to who asked, and the one before goes on.
    @Test mutating func aSecondUpgradeThatIsRefusedDoesNotEndTheFirst() {
        _ = takeOver()
        _ = tell(.ended(.memmgr, .exited(0)), 20)
        #expect(tell(.upgradeRequested, 30) == [.start(.rehearsal)])
        #expect(tell(.rehearsed(problem: "broken"), 40) == [])
        #expect(UpgradeReport(supervision.upgrade, missing: supervision.missing).state == "failed")
        #expect(supervision.missing.count == 4)
        for number in 1...2 {
            _ = tell(.answering(.authd(number)), 50)
            _ = tell(.ended(.outgoing(number), .exited(0)), 60)
        }
        #expect(!supervision.upgrade.isReplacing)
    }

    /// One that had to be killed is there until it has ended.
    @Test mutating func anUpgradeWaitsForTheEndOfWhoWasKilled() {
        _ = takeOver()
        _ = tell(.ended(.memmgr, .exited(0)), 20)
        _ = tell(.answering(.authd(1)), 30)
        _ = tell(.answering(.authd(2)), 30)
        _ = tell(.ended(.outgoing(2), .exited(0)), 40)
        #expect(tell(.time, 35_030) == [.send(.kill, .outgoing(1))])
        #expect(tell(.upgradeRequested, 35_031) == [])
        #expect(tell(.ended(.outgoing(1), .died(.kill)), 35_040) == [.start(.rehearsal)])
    }

    // MARK: Ends

    @Test mutating func whoIsSetAsideSurvivesTheBusAndEndsWithTheSystem() {
        _ = takeOver()
        _ = tell(.ended(.memmgr, .exited(0)), 20)
        let actions = tell(.ended(.msgq, .died(.kill)), 30)
        #expect(!actions.contains { if case .send(_, .outgoing) = $0 { true } else { false } })
        for part in [Part.authd(1), .authd(2)] { _ = tell(.ended(part, .exited(1)), 31) }
        #expect(
            tell(.stopRequested, 32) == [.send(.terminate, .outgoing(1)), .send(.terminate, .outgoing(2))])
        _ = tell(.ended(.memmgr, .exited(1)), 33)
        _ = tell(.ended(.outgoing(1), .exited(0)), 34)
        #expect(tell(.ended(.outgoing(2), .exited(0)), 35) == [.leaveBus, .finish(.done)])
    }

    @Test mutating func aStopDuringAnUpgradeEndsOldAndNew() {
        _ = takeOver()
        _ = tell(.ended(.memmgr, .exited(0)), 20)
        #expect(
            tell(.stopRequested, 30) == [
                .send(.terminate, .outgoing(1)), .send(.terminate, .authd(1)), .send(.terminate, .outgoing(2)),
                .send(.terminate, .authd(2)),
            ])
    }
}
