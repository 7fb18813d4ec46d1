// When questions are asked.

import Glibc

/// Closed loop: a window of questions is always under way, and an answer makes room for the next one. Open loop: questions
/// are due at a steady rate whether answers come or not, and latency counts from when a question was due, so that a
/// server (or a generator) that stalls is not spared the questions it would have met.
enum Pace: Equatable {
    case closed(window: Int)
    case open(perSecond: Double)

    /// How many questions are due `elapsed` nanoseconds after the start.
    static func due(after elapsed: UInt64, perSecond: Double) -> Int {
        Int(Double(elapsed) * perSecond / 1e9) + 1
    }

    /// When a question is due, counted from the start.
    static func time(of number: Int, perSecond: Double) -> UInt64 {
        UInt64(Double(number) * 1e9 / perSecond)
    }
}

/// Moments on the clock that no one sets.
enum Clock {
    static func now() -> UInt64 {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
    }
}
