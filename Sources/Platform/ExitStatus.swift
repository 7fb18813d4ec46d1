// The exit codes of every command and daemon, in one place because scripts rely on them.

import Glibc

/// How a Zonecast process tells its caller what became of it.
package enum ExitStatus: Int32, Sendable {
    /// All was done.
    case done = 0

    /// Refused or failed; standard error says why.
    case failed = 1

    /// Monitoring should raise an alarm (`memmgr status --check`).
    case critical = 2

    /// The time given has passed; the work goes on.
    case timedOut = 3

    /// The command line is wrong.
    case usage = 64

    /// No Zonecast system runs here.
    case noSystem = 69

    /// The process was given less memory, or fewer descriptors, than the work takes.
    case noMemory = 71

    /// A file or a socket could not be read, written or opened.
    case ioError = 74

    /// The account has no right to what was asked for.
    case noPermission = 77

    /// Ends the process with this status.
    package func exit() -> Never { Glibc.exit(rawValue) }
}
