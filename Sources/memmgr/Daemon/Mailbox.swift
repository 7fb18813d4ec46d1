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
    case buildProgress(Generation, BuildProgress)
    case buildFinished(BuildResult)
    /// A generation on trial has been watched.
    case trialWatched(Generation, TrialFigures, Ledger.TrialJudgement)
    /// A timer of a generation; the number tells it from an earlier one of the same generation.
    case timer(Generation, number: Int)
    /// Some time ago there was much to do.
    case workDone
    /// SIGHUP.
    case reload
    /// The zones whose files have changed, and those of them that are large.
    case changedSources([ZoneSource], large: Set<ZoneName>)
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
