// How long to wait before a part that has ended is started again: not at all if it had lived, since queries wait; and
// longer and longer if it ends as soon as it has begun, since then little is gained by trying. Never so long that a
// receive buffer would be full: what killed it may have been somebody in a hurry.

/// The waiting times of one part.
struct RestartDelay: Sendable {
    /// A part that has lived this long did not fail because it was started.
    static let aLife = Duration.seconds(1)

    private static let steps: [Duration] = [.zero, .milliseconds(100), .milliseconds(500), .seconds(1), .seconds(2)]

    private var failures = 0

    /// The wait after an end; `lived` is the time since the part was started.
    mutating func next(after lived: Duration) -> Duration {
        if lived >= Self.aLife { failures = 0 }
        defer { failures = min(failures + 1, Self.steps.count - 1) }
        return Self.steps[failures]
    }
}
