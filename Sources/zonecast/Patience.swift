// After a `kill -9` of a supervisor its children see the end of their lifeline, and are gone within milliseconds. Who
// starts a new one at once should not be told that ports and locks are taken.

import Glibc
import Platform

enum Patience {
    /// How long what an earlier system has left behind may take to end.
    private static let limit = Duration.seconds(1)

    /// Repeats `body` while it fails in this way, for a second at most.
    static func whileLeftoversEnd<Result: ~Copyable>(
        if leftover: (PlatformError) -> Bool, _ body: () throws(PlatformError) -> Result
    ) throws(PlatformError) -> Result {
        let end = ContinuousClock.now + limit
        while true {
            do throws(PlatformError) {
                return try body()
            } catch {
                guard leftover(error), ContinuousClock.now < end else { throw error }
                usleep(10_000)
            }
        }
    }
}

extension PlatformError {
    var isLocked: Bool {
        if case .locked = self { true } else { false }
    }

    var isAddressInUse: Bool {
        if case .system(let error) = self { error.code == EADDRINUSE } else { false }
    }
}
