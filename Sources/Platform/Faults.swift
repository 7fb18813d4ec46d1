// Failures on demand: a test states which calls fail, with what error, after how many successes. Without a plan in the
// task nothing here costs more than one look at a task-local value.

import Synchronization

/// A plan for the system calls of one task, for tests.
///
/// ```swift
/// try Faults.planning([.sync: [nil, ENOSPC]]) { … }   // the first fsync works, the second one fails
/// ```
package final class Faults: Sendable {
    @TaskLocal private static var current: Faults?

    private let outcomes: Mutex<[SystemCall: [Int32?]]>
    private let portion: Int

    private init(_ outcomes: [SystemCall: [Int32?]], portion: Int) {
        self.outcomes = Mutex(outcomes)
        self.portion = portion
    }

    /// Runs `body` with planned outcomes: for each call a list of errors, nil being "let it happen".
    ///
    /// Calls beyond the end of a list happen. A `portion` limits how much one `write` takes.
    package static func planning<Result>(
        _ outcomes: [SystemCall: [Int32?]], portion: Int = 1 << 30, _ body: () throws -> Result
    ) rethrows -> Result {
        try $current.withValue(Faults(outcomes, portion: portion), operation: body)
    }

    /// The planned error of the next call of this kind, which is then used up.
    static func next(for call: SystemCall) -> Int32? {
        guard let current else { return nil }
        return current.outcomes.withLock { outcomes in
            guard let list = outcomes[call], !list.isEmpty else { return nil }
            return outcomes[call]?.removeFirst()
        }
    }

    static var writeLimit: Int { current?.portion ?? 1 << 30 }
}
