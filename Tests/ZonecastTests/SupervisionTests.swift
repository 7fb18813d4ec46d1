// What the supervisor decides, event by event, without a process.

import Platform
import Testing

@testable import zonecast

@Suite struct SupervisionTests {
    private typealias Action = Supervision.Action

    private var supervision = Supervision(processes: 2)

    /// Actions without the notes to the operator.
    private mutating func tell(_ event: Supervision.Event, _ milliseconds: Int) -> [Action] {
        supervision.handle(event, at: .milliseconds(milliseconds)).filter {
            if case .note = $0 { false } else { true }
        }
    }

    private mutating func bringUp() {
        #expect(tell(.begin, 0) == [.start(.msgq), .joinBus])
        #expect(tell(.busJoined, 10) == [.start(.memmgr), .start(.authd(1)), .start(.authd(2))])
        #expect(supervision.nextDeadline == nil)
    }

    // MARK: Starting

    @Test mutating func nothingIsStartedBeforeTheBusAnswers() {
        #expect(tell(.begin, 0) == [.start(.msgq), .joinBus])
        #expect(tell(.time, 9_999) == [])
        #expect(tell(.busJoined, 9_999) == [.start(.memmgr), .start(.authd(1)), .start(.authd(2))])
        #expect(tell(.busJoined, 10_000) == [])
    }

    @Test mutating func aBusThatNeverAnswersIsTheEnd() {
        _ = tell(.begin, 0)
        #expect(tell(.time, 10_000) == [.leaveBus, .send(.terminate, .msgq)])
        #expect(tell(.ended(.msgq, .exited(0)), 10_005) == [.leaveBus, .finish(.failed)])
    }

    @Test mutating func aBusDaemonThatEndsBeforeItsFirstAnswerIsTheEnd() {
        _ = tell(.begin, 0)
        #expect(tell(.ended(.msgq, .exited(1)), 5) == [.leaveBus, .leaveBus, .finish(.failed)])
    }

    // MARK: Restarts

    @Test(arguments: [Part.memmgr, .authd(1), .authd(2)])
    mutating func aPartThatHasLivedIsStartedAgainAtOnce(part: Part) {
        bringUp()
        #expect(tell(.ended(part, .died(.kill)), 5_000) == [.start(part)])
    }

    @Test mutating func aPartThatDiesAtOnceIsStartedAgainLater() {
        bringUp()
        #expect(tell(.ended(.authd(1), .exited(1)), 20) == [.start(.authd(1))])
        #expect(tell(.ended(.authd(1), .exited(1)), 40) == [])
        #expect(supervision.nextDeadline == .milliseconds(140))
        #expect(tell(.ended(.memmgr, .exited(1)), 50) == [.start(.memmgr)])
        #expect(tell(.time, 139) == [])
        #expect(tell(.time, 140) == [.start(.authd(1))])
        #expect(supervision.nextDeadline == nil)
    }

    // MARK: The bus is gone

    @Test mutating func withTheBusEverythingEndsAndStartsAnew() {
        bringUp()
        #expect(
            tell(.ended(.msgq, .died(.kill)), 5_000) == [
                .leaveBus, .send(.terminate, .authd(1)), .send(.terminate, .authd(2)), .send(.terminate, .memmgr),
            ])
        #expect(tell(.ended(.authd(1), .exited(1)), 5_001) == [])
        #expect(tell(.ended(.memmgr, .exited(1)), 5_002) == [])
        #expect(tell(.ended(.authd(2), .exited(1)), 5_003) == [.start(.msgq), .joinBus])
        #expect(tell(.busJoined, 5_010) == [.start(.memmgr), .start(.authd(1)), .start(.authd(2))])
    }

    @Test mutating func whoSurvivesTheBusIsKilled() {
        bringUp()
        _ = tell(.ended(.msgq, .died(.kill)), 5_000)
        _ = tell(.ended(.authd(1), .exited(1)), 5_001)
        _ = tell(.ended(.authd(2), .exited(1)), 5_001)
        #expect(supervision.nextDeadline == .milliseconds(6_000))
        #expect(tell(.time, 6_000) == [.send(.kill, .memmgr)])
        #expect(tell(.time, 6_001) == [])
        #expect(tell(.ended(.memmgr, .died(.kill)), 6_002) == [.start(.msgq), .joinBus])
    }

    @Test mutating func aLostConnectionWithALivingBusEndsEverythingToo() {
        bringUp()
        #expect(tell(.busLost, 5_000).contains(.send(.terminate, .msgq)))
        for part in [Part.authd(1), .authd(2), .memmgr] { _ = tell(.ended(part, .exited(1)), 5_001) }
        #expect(tell(.ended(.msgq, .exited(0)), 5_002) == [.start(.msgq), .joinBus])
        #expect(tell(.busLost, 5_003) == [])
    }

    @Test mutating func aBusThatKeepsDyingIsStartedLater() {
        bringUp()
        var now = 20
        var pauses: [Int] = []
        for _ in 0..<4 {
            _ = tell(.ended(.msgq, .exited(1)), now)
            for part in [Part.authd(1), .authd(2)] { _ = tell(.ended(part, .exited(1)), now) }
            var actions = tell(.ended(.memmgr, .exited(1)), now)
            let deadline = supervision.nextDeadline.map(\.wholeMilliseconds) ?? now
            if actions.isEmpty {
                pauses.append(deadline - now)
                now = deadline
                actions = tell(.time, now)
            }
            #expect(actions == [.start(.msgq), .joinBus])
            _ = tell(.busJoined, now + 1)
            now += 2
        }
        #expect(pauses == [100, 500, 1000])
    }

    // MARK: The socket of the bus is gone

    @Test mutating func whoAnswersGoesOnWhileABusThatCannotBeFoundIsReplaced() {
        bringUp()
        _ = tell(.answering(.authd(1)), 20)
        // The second responder does not answer yet, and so has nothing to go on with.
        #expect(
            tell(.busSocketGone, 5_000) == [
                .setAside(1), .send(ChildSignal.expectSuccessor, .outgoing(1)), .leaveBus, .send(.terminate, .authd(2)),
            ])
        #expect(tell(.busSocketGone, 5_001) == [])
        #expect(tell(.ended(.authd(2), .exited(0)), 5_002) == [.send(.terminate, .memmgr)])
        #expect(tell(.ended(.memmgr, .exited(0)), 5_003) == [.send(.terminate, .msgq)])
        #expect(tell(.ended(.msgq, .exited(0)), 5_004) == [.start(.msgq), .joinBus])
        #expect(tell(.busJoined, 5_010) == [.start(.memmgr), .start(.authd(1)), .start(.authd(2))])
        #expect(tell(.answering(.authd(1)), 5_020) == [.send(ChildSignal.makeRoom, .outgoing(1))])
        // A name can be set aside once only.
        #expect(tell(.busSocketGone, 6_000) == [])
        #expect(tell(.ended(.outgoing(1), .exited(0)), 6_001) == [])
        #expect(tell(.busSocketGone, 7_000).contains(.setAside(1)))
    }

    // MARK: Stopping

    @Test mutating func stopsInOrder() {
        bringUp()
        #expect(tell(.stopRequested, 100) == [.send(.terminate, .authd(1)), .send(.terminate, .authd(2))])
        #expect(tell(.ended(.authd(2), .exited(0)), 101) == [])
        #expect(tell(.ended(.authd(1), .exited(0)), 102) == [.send(.terminate, .memmgr)])
        #expect(tell(.ended(.memmgr, .exited(0)), 103) == [.send(.terminate, .msgq)])
        #expect(tell(.ended(.msgq, .exited(0)), 104) == [.leaveBus, .finish(.done)])
    }

    @Test mutating func whoDoesNotEndIsKilledAndTheNextStageComesAfterIt() {
        bringUp()
        _ = tell(.stopRequested, 100)
        _ = tell(.ended(.authd(1), .exited(0)), 101)
        #expect(tell(.time, 5_099) == [])
        #expect(tell(.time, 5_100) == [.send(.kill, .authd(2))])
        #expect(tell(.ended(.authd(2), .died(.kill)), 5_101) == [.send(.terminate, .memmgr)])
        #expect(supervision.nextDeadline == .milliseconds(10_101))
    }

    /// `timeout` and others send the signal to the process and then to its group.
    @Test mutating func askedTwiceAtOnceItEndsInOrder() {
        bringUp()
        _ = tell(.stopRequested, 100)
        for milliseconds in [100, 101, 1_100, 2_099] { #expect(tell(.stopRequested, milliseconds) == []) }
        #expect(supervision.nextDeadline == .milliseconds(5_100))
        _ = tell(.ended(.authd(2), .exited(0)), 2_099)
        #expect(tell(.ended(.authd(1), .exited(0)), 2_099) == [.send(.terminate, .memmgr)])
    }

    @Test mutating func askedAgainLaterItKillsAll() {
        bringUp()
        _ = tell(.stopRequested, 100)
        #expect(
            tell(.stopRequested, 2_100) == [
                .send(.kill, .authd(1)), .send(.kill, .authd(2)), .send(.kill, .memmgr), .send(.kill, .msgq),
            ])
        _ = tell(.ended(.msgq, .died(.kill)), 2_101)
        _ = tell(.ended(.authd(1), .died(.kill)), 2_101)
        _ = tell(.ended(.memmgr, .died(.kill)), 2_101)
        #expect(tell(.ended(.authd(2), .died(.kill)), 2_101) == [.leaveBus, .finish(.done)])
    }

    @Test mutating func nothingIsRestartedOnceAskedToStop() {
        bringUp()
        _ = tell(.ended(.authd(1), .exited(1)), 20)
        _ = tell(.ended(.authd(1), .exited(1)), 21)
        #expect(tell(.stopRequested, 30) == [.send(.terminate, .authd(2))])
        #expect(tell(.ended(.memmgr, .died(.kill)), 31) == [])
        #expect(tell(.ended(.authd(2), .exited(0)), 32) == [.send(.terminate, .msgq)])
        #expect(tell(.ended(.msgq, .exited(0)), 33) == [.leaveBus, .finish(.done)])
    }

    @Test mutating func aStopDuringARestartOfAllIsTheEnd() {
        bringUp()
        _ = tell(.ended(.msgq, .died(.kill)), 5_000)
        for milliseconds in [5_001, 5_002] { #expect(tell(.stopRequested, milliseconds) == []) }
        for part in [Part.authd(1), .authd(2)] { _ = tell(.ended(part, .exited(0)), 5_002) }
        #expect(tell(.ended(.memmgr, .exited(0)), 5_003) == [.leaveBus, .finish(.done)])
    }

    @Test mutating func aStopBeforeTheBusAnswers() {
        _ = tell(.begin, 0)
        #expect(tell(.stopRequested, 1) == [.send(.terminate, .msgq)])
        #expect(tell(.busJoined, 2) == [])
        #expect(tell(.ended(.msgq, .exited(0)), 3) == [.leaveBus, .finish(.done)])
    }
}
