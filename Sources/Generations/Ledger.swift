// The manager's side of the publish protocol as a pure state machine: events in, effects out, no clock, no sockets, no
// files. The daemon and the simulator run this very type.
//
//      load ──▶ queue ──▶ builds, some at once ──▶ pending changes ◀── unload, rollback
//                                                      │
//                        no more than R in release, or no image is added
//                                                      ▼
//      role   building    candidate: directory file written ──▶ record durable
//                                                      │ announced: `switch` to every consumer
//      role   current     the newest announced ◀───────┘ ────── a consumer refuses ──▶ candidate with former content
//                                                      │ the next is announced: its timer starts
//      role   releasing   held by a consumer, at most R of them when an image is added
//                                                      │ the last hold ends
//      role   history     the last K good ones ──▶ files that nothing names any more are unlinked
//
// This file has the state and the dispatch; each rule has a file of its own: Coalescing (loads and what comes of them), Builds,
// Compaction (zones that move between images), Publishing (candidate, record, announcement), Trials, Joining (consumers and what they say), Refusal (returns),
// ReleaseTimer, FileReferences, LostFiles, History, Restart, Callers (answers), Status, Invariants.

/// The manager's ledger of zones, generations, consumers and callers.
public struct Ledger: Hashable, Sendable {
    /// The limits of the protocol.
    public struct Configuration: Hashable, Sendable {
        /// R: how many generations may be in release when one that adds an image is announced. 1 gives the three
        /// versions of the original discussion.
        public var releaseLimit: Int
        /// K: how many good former contents stay on disk. One is what consumers that die while serving are returned
        /// to; 0 saves its disk and leaves them nothing.
        public var historyLength: Int
        /// Above this many changed zones, one notification tells their count.
        public var zoneUpdateLimit: Int
        /// How many consumers may die of the current generation before it is taken back.
        public var deathLimit: Int
        /// After so many refusals in a row of what others accept, a consumer is set aside.
        public var refusalLimit: Int
        /// How many builds run at once. From two on, one of them is left to zones that are built quickly.
        public var buildLimit: Int

        public init(
            releaseLimit: Int = 4, historyLength: Int = 1, zoneUpdateLimit: Int = 100, deathLimit: Int = 3,
            refusalLimit: Int = 3, buildLimit: Int = 1
        ) {
            precondition(releaseLimit >= 1 && historyLength >= 0 && zoneUpdateLimit >= 0 && deathLimit >= 1)
            precondition(refusalLimit >= 1 && buildLimit >= 1)
            self.releaseLimit = releaseLimit
            self.historyLength = historyLength
            self.zoneUpdateLimit = zoneUpdateLimit
            self.deathLimit = deathLimit
            self.refusalLimit = refusalLimit
            self.buildLimit = buildLimit
        }
    }

    let configuration: Configuration

    // Generations.
    /// The largest number ever used, for a build or a directory.
    var last: Generation
    /// The largest number that a consumer told of; what is current must be above it.
    var claimed = Generation.none
    /// The largest number of a directory file that was asked for.
    var lastDirectory: Generation
    var current: Published?
    /// Announced before and not forgotten: held, or history. Ascending.
    var former: [Published] = []
    /// Tried and given up, above the current generation until the next is announced. Ascending.
    var tried: [Published] = []
    var publication = Publication.idle
    /// What the first generation will serve, while there is no current one.
    var firstContent = Content()
    var returning: Return?
    var refused: [Record.Refused] = []
    /// Roll-outs that have not come to an end, ascending.
    var rollouts: [Rollout] = []
    /// What the zone updates told so far amount to.
    var notified = Content()

    // Zones.
    var troubles: [ZoneName: Trouble] = [:]
    /// Zones that were good once and have no version to be served: their questions get SERVFAIL. A zone whose first load
    /// fails is not among them, and is not ours.
    var lost: Set<ZoneName> = []
    /// The zones without a version that the current generation's directory lists.
    var listedLost: Set<ZoneName> = []
    /// The generation in which a zone was unloaded, so that a return does not bring it back.
    var unloads: [ZoneName: Generation] = [:]
    var queue: [ZoneName: QueuedLoad] = [:]
    /// The builds that are running, by their numbers.
    var builds: [Generation: Build] = [:]
    var pending: [ZoneName: PendingChange] = [:]
    /// Copies of zones in newer images, which the next generation takes.
    var copies: [ZoneName: Copy] = [:]
    var saidThatItWaits = false

    // Record.
    var revision: UInt64 = 0
    /// Something that should survive a restart is not in the record.
    var recordIsStale = false
    /// A write failed in this event; what must be written is tried again with the next one.
    var writeFailed = false

    // Consumers and callers.
    var consumers: [ConsumerID: ConsumerState] = [:]
    /// The latest consumers that went, for reports of signals that come later; the newest last.
    var departed: [ConsumerState] = []
    var membersAreListed = false
    /// Every consumer that was alive at the start has told what it holds, or is gone.
    var isRecovered = false
    var requests: [RequestID: Request] = [:]
    /// A step of a request may have come to its end in this event. Requests for many zones are long to look through.
    var answersMayBeDue = false
    var timers: [Generation: ReleaseTimer] = [:]

    // Files.
    /// The files in the image folder that are ours.
    var files: Set<FileName> = []
    /// Those of them that are gone or not what they should be.
    var damaged: Set<FileName> = []
    /// Files of a candidate that may be named by the record on disk after a failed or abandoned write.
    var doubtful: Set<FileName> = []

    var effects: [Effect] = []

    init(configuration: Configuration, last: Generation) {
        self.configuration = configuration
        self.last = last
        self.lastDirectory = last
    }

    /// Takes an event in and returns what is to be done, in order.
    public mutating func handle(_ event: Event) -> [Effect] { handle([event]) }

    /// Takes in events that belong together: what they change is announced as one generation.
    public mutating func handle(_ events: [Event]) -> [Effect] {
        writeFailed = false
        for event in events { apply(event) }
        return settle()
    }

    private mutating func apply(_ event: Event) {
        switch event {
        case .loadRequested(let id, let sources, let options, let large): load(id, sources, options, large)
        case .trialRequested(let id, let sources, let options, let consumers, let large):
            load(id, sources, options, large, trial: consumers)
        case .callerLeft(let id): callerLeft(id)
        case .unloadRequested(let id, let zones): unload(id, zones)
        case .rollbackRequested(let id, let generation, let newSerials):
            rollBack(id, to: generation, newSerials: newSerials)

        case .buildFinished(let generation, let result): buildFinished(generation, result)
        case .buildFailed(let generation, let reason): buildFailed(generation, reason)
        case .directoryWritten(let generation, let digest): directoryWritten(generation, digest)
        case .directoryFailed(let generation, let reason): directoryFailed(generation, reason)
        case .recordWritten(let revision): recordWritten(revision)
        case .recordFailed(let revision, let reason): recordFailed(revision, reason)
        case .trialJudged(let generation, let judgement): trialJudged(generation, judgement)

        case .membersListed(let members): membersListed(members)
        case .consumerSubscribed(let consumer): subscribed(consumer)
        case .consumerUnsubscribed(let consumer): unsubscribed(consumer)
        case .consumerDisconnected(let consumer): disconnected(consumer)
        case .switchAnswered(let consumer, let generation, let answer): switchAnswered(consumer, generation, answer)
        case .released(let consumer, let report):
            believe(consumer, serving: report.serving, holds: report.holds)
        case .holdingAnswered(let consumer, let report): holdingAnswered(consumer, report)
        case .holdingRefused(let consumer, let reason): holdingRefused(consumer, reason)

        case .timerFired(let generation): timerFired(generation)
        case .historyDropped(let generations): drop(generations)
        case .childDied(let consumer, let signal): childDied(consumer, signal)
        case .filesLost(let names): filesLost(names)
        case .consumerNamed(let consumer, let name): named(consumer, name)
        case .disconnectRequested(let consumer): disconnectRequested(consumer)
        }
    }

    /// Draws the consequences of an event, in the order in which they depend on each other.
    mutating func settle() -> [Effect] {
        noteRecovery()
        finishRollouts()
        startBuilds()
        publish()
        watchReleases()
        answerCallers()
        sweep()
        defer { effects = [] }
        return effects
    }

    /// The number for something new.
    mutating func takeNumber() -> Generation {
        last = last.next
        return last
    }
}

extension Ledger {
    /// A generation that was announced.
    struct Published: Hashable, Sendable {
        let generation: Generation
        let digest: Digest
        var content: Content
        /// The generation that had this content first.
        let origin: Generation
        let addsImage: Bool
        var verdict: Verdict
        /// Announced by an earlier manager: a consumer that has not told what it holds may hold it.
        var mayBeHeld = false
        /// How many consumers died while serving it or while joining.
        var deaths = 0
        /// The operator's limits have no room for it: it is no history any more.
        var isDropped = false

        var directory: FileName { .directory(of: generation) }
        var files: Set<FileName> { content.images.union([directory]) }
        var message: SwitchMessage {
            SwitchMessage(generation: generation, directory: directory, digest: digest)
        }
    }

    /// A roll-out: from the announcement until every consumer has switched, or one has refused.
    struct Rollout: Hashable, Sendable {
        let generation: Generation
        var changed: Set<ZoneName>
    }
}
