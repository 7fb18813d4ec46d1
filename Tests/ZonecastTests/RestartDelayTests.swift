// How long a part stays down.

import Testing

@testable import zonecast

@Suite struct RestartDelayTests {
    @Test func whatHasLivedIsStartedAtOnce() {
        var delay = RestartDelay()
        for _ in 0..<100 { #expect(delay.next(after: .seconds(1)) == .zero) }
    }

    @Test func whatDiesAtOnceWaitsLongerAndLongerWithABound() {
        var delay = RestartDelay()
        let waits = (0..<10).map { _ in delay.next(after: .milliseconds(20)) }
        #expect(waits[0] == .zero)
        #expect(waits == waits.sorted())
        #expect(waits[9] == .seconds(2))
        #expect(delay.next(after: .seconds(5)) == .zero)
        #expect(delay.next(after: .milliseconds(20)) == .milliseconds(100))
    }
}
