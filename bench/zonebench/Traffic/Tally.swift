// What a run has counted.

import Histogram

/// Counts and latencies of one phase of a run.
struct Tally {
    var sent = 0
    var answered = 0
    var lost = 0
    /// Not the question's, or not a response.
    var wrong = 0
    /// The question's, but with a code that the question file does not expect.
    var unexpectedCode = 0
    /// In nanoseconds; anything over ten seconds is clipped.
    var latency = Histogram<UInt64>(highestTrackableValue: Tally.longest, numberOfSignificantValueDigits: .three)

    static let longest: UInt64 = 10_000_000_000

    @inline(__always)
    mutating func record(_ nanoseconds: UInt64) {
        latency.record(min(nanoseconds, Self.longest))
    }

    static func += (left: inout Tally, right: Tally) {
        left.sent += right.sent
        left.answered += right.answered
        left.lost += right.lost
        left.wrong += right.wrong
        left.unexpectedCode += right.unexpectedCode
        left.latency.add(right.latency)
    }
}

/// One slice of a run's time line.
struct Interval: Encodable {
    var answered = 0
    var lost = 0
    var worstMicroseconds = 0.0
}
