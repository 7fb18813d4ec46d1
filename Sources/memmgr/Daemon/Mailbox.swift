// Everything that the manager hears of comes through one mailbox, and is handled one thing at a time.

import Bus
import Generations
import JSON
import Platform

/// Something for the manager to handle.
enum Mail: Sendable {
    case message(IncomingMessage)
    case busLost(reason: String)
    /// What a disk operation or a timer has to tell.
    case event(Ledger.Event)
    case buildProgress(BuildProgress)
    case buildFinished(BuildResult)
    /// A timer of a generation; the number tells it from an earlier one of the same generation.
    case timer(Generation, number: Int)
    /// SIGHUP.
    case reload
    /// The zones whose files have changed.
    case changedSources([ZoneSource])
    /// A load whose texts are files now; or why not.
    case streamed(IncomingMessage, Result<JSONValue, PlatformError>)
    /// SIGTERM.
    case stop
}

/// The manager's queue, filled by any thread.
struct Mailbox: Sendable {
    let mail: AsyncStream<Mail>
    private let continuation: AsyncStream<Mail>.Continuation

    init() {
        (mail, continuation) = AsyncStream.makeStream()
    }

    func put(_ mail: Mail) { continuation.yield(mail) }
}
