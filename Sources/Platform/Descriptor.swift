// A file descriptor with one owner.

import Glibc

/// A descriptor that is closed when its owner lets go of it.
package struct Descriptor: ~Copyable, Sendable {
    package let number: Int32

    package init(owning number: Int32) {
        self.number = number
    }

    deinit {
        // No loop: Linux has released the number even when close says EINTR.
        _ = Glibc.close(number)
    }

    /// Gives the number to someone who closes it, or who keeps it for the process's life.
    package consuming func release() -> Int32 {
        let number = number
        discard self
        return number
    }
}
