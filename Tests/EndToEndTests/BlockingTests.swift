// Tests that sit in system calls, waiting for processes, on threads of their own. On those that tasks share, of which there are as many
// as processors, they would keep all other tests of the process from going on.

import Foundation
import Testing

extension Trait where Self == BlockingTests {
    /// For suites whose tests block their threads.
    static var blocking: Self { BlockingTests() }
}

struct BlockingTests: SuiteTrait, TestTrait, TestScoping {
    var isRecursive: Bool { true }

    func provideScope(
        for test: Test, testCase: Test.Case?, performing function: @Sendable () async throws -> Void
    ) async throws {
        try await withTaskExecutorPreference(ThreadForEachJob()) { try await function() }
    }
}

private final class ThreadForEachJob: TaskExecutor {
    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        Thread.detachNewThread { job.runSynchronously(on: self.asUnownedTaskExecutor()) }
    }
}
