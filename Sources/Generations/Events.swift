// What the manager's ledger is told and what it asks for. The daemon turns bus messages, child processes and files into
// events and carries out the effects in their order; the simulator does the same with its own.

extension Ledger {
    /// Something that happened.
    public enum Event: Hashable, Sendable {
        // From callers. Each request gets one answer (`answerCaller`), whatever happens.
        /// The zones that are large take long to build, as far as that is known.
        case loadRequested(RequestID, [ZoneSource], LoadOptions = [], large: Set<ZoneName> = [])
        /// A load whose generation is first tried on some consumers.
        case trialRequested(
            RequestID, [ZoneSource], LoadOptions, on: TrialConsumers, large: Set<ZoneName> = [])
        /// The one who asked for a trial has gone, or does not want it any more.
        case callerLeft(RequestID)
        /// With the identifier of a load that is open, the answer to that one is for both.
        case unloadRequested(RequestID, [ZoneName])
        /// Back to the content of a generation of the history; nil is the newest one that is not the current content.
        ///
        /// With `newSerials` the zones get serials above those that are served, so that secondaries follow; all of them or none.
        case rollbackRequested(RequestID, to: Generation?, newSerials: Bool = false)

        // From the work that the ledger had asked for. Each such effect gets one of these.
        case buildFinished(Generation, BuildResult)
        /// Nothing came of the build: it was killed, ran out of memory or of disk. Its partial files are gone.
        case buildFailed(Generation, reason: String)
        /// The directory file is complete, verified and durable.
        case directoryWritten(Generation, digest: Digest)
        case directoryFailed(Generation, reason: String)
        /// The record is durable: written, fsynced, renamed, the folder fsynced.
        case recordWritten(revision: UInt64)
        case recordFailed(revision: UInt64, reason: String)
        /// What came of `watchTrial`.
        case trialJudged(Generation, TrialJudgement)

        // From the bus.
        /// The answer to `members` for the consumers' group, asked after subscribing to the membership events.
        case membersListed([ConsumerID])
        case consumerSubscribed(ConsumerID)
        case consumerUnsubscribed(ConsumerID)
        case consumerDisconnected(ConsumerID)
        case switchAnswered(ConsumerID, Generation, SwitchAnswer)
        case released(ConsumerID, ReleasedMessage)
        case holdingAnswered(ConsumerID, HoldingMessage)
        /// An answer to `holding` that is an error or cannot be read. (A disconnect is not told this way.)
        case holdingRefused(ConsumerID, reason: String)

        case timerFired(Generation)
        /// These former generations are too old to be kept as history, or take too much room.
        case historyDropped(Set<Generation>)
        /// The supervisor's report of a child that died of a signal; before or after its `disconnected`.
        case childDied(ConsumerID, signal: Int32)
        /// These files of the image folder are gone, or not what they should be.
        case filesLost(Set<FileName>)
        /// What a consumer is called, as the supervisor says that has started it.
        case consumerNamed(ConsumerID, String)
        /// An operator wants this consumer to be cut off.
        case disconnectRequested(ConsumerID)
    }

    /// Something to be done, in the order given.
    public enum Effect: Hashable, Sendable {
        case startBuild(BuildJob)
        /// Write the directory file of a generation: complete, verified, durable.
        case writeDirectory(DirectoryJob)
        /// Make the record durable in place of the one before. Never two at a time.
        case writeRecord(Record)
        case sendSwitch(ConsumerID, SwitchMessage)
        case askHolding(ConsumerID)
        case unlink([FileName])
        /// See whether these files are there and whole. What is not is told by `filesLost`; if all is well, nothing is.
        case checkFiles(Set<FileName>)
        /// See whether the consumers do worse with a generation than the others do without, for as long as the callers want.
        case watchTrial(Generation, consumers: [ConsumerID])
        case armTimer(Generation)
        case cancelTimer(Generation)
        /// Have the bus cut it off, and the supervisor kill it if it is its own child.
        case disconnectAndKill(ConsumerID, name: String?, reason: String)
        case announceZoneUpdates([ZoneUpdate])
        case answerCaller(RequestID, Answer)
        /// A line for the log.
        case note(Note)
    }

    /// How a consumer answered a `switch`.
    public enum SwitchAnswer: Hashable, Sendable {
        case switched
        case superseded
        case refused(reason: String)
    }

    /// How a load is to be carried out.
    public struct LoadOptions: OptionSet, Hashable, Sendable {
        public let rawValue: UInt8
        public init(rawValue: UInt8) { self.rawValue = rawValue }

        /// Zones are published again even if their content is what is served.
        public static let forced = LoadOptions(rawValue: 1)
        /// If one of the zones is refused by the build, none of them is published.
        public static let allOrNothing = LoadOptions(rawValue: 2)
    }

    /// A version that there was, with another serial.
    public struct Renewal: Hashable, Sendable {
        public let version: ZoneVersion
        public let serial: UInt32
    }

    /// One build: master files into one image file.
    public struct BuildJob: Hashable, Sendable {
        /// The number that was taken for it; the image file carries it.
        public let generation: Generation
        public let image: FileName
        public let zones: [Zone]

        /// A zone to be compiled; with the content before, against which an unchanged zone is found out.
        public struct Zone: Hashable, Sendable {
            public let source: ZoneSource
            public let former: ZoneVersion?
            /// Whether it is built even if nothing has changed.
            public let isForced: Bool
            /// Not its master file is wanted, but this.
            public let renewal: Renewal?
        }
    }

    /// What came of a build.
    public struct BuildResult: Hashable, Sendable {
        /// One outcome for each zone of the job. The job's image file exists, complete and durable, if one is `built`.
        public let outcomes: [ZoneName: BuildOutcome]
        /// The zones that the image has beside those that were built, each with the version that it has a copy of.
        public let copied: [ZoneName: ZoneVersion]

        public init(outcomes: [ZoneName: BuildOutcome], copied: [ZoneName: ZoneVersion] = [:]) {
            self.outcomes = outcomes
            self.copied = copied
        }
    }

    /// What came of one zone of a build.
    public enum BuildOutcome: Hashable, Sendable {
        case built(digest: Digest, serial: UInt32, records: Int)
        /// The content is that of the `former` version; nothing was written for it.
        case unchanged
        /// The diagnostics, one a line, `file:line:column: what is wrong`.
        case failed([String])
    }

    /// One directory file to be written.
    public struct DirectoryJob: Hashable, Sendable {
        public let generation: Generation
        public let directory: FileName
        public let content: Content
        /// Zones that were good once and have no version: they are answered with SERVFAIL.
        public let lost: Set<ZoneName>

        public var zones: [ZoneName: ZoneVersion] { content.zones }
    }

    /// A generation that has become the current one, and why.
    public struct Announcement: Hashable, Sendable {
        public enum Cause: String, Hashable, Sendable {
            /// There was none before.
            case first
            /// Loads, unloads, rollbacks.
            case changes
            /// The one before was refused.
            case refusal
            /// A consumer knew a larger number.
            case renumbering
            /// A trial was given up.
            case trial
            /// Zones without a version have come or gone.
            case listing
            /// Files of the one before were lost.
            case repair
        }

        public let generation: Generation
        public let digest: Digest
        public let cause: Cause
        /// All zones of it.
        public let zones: Int
        /// Consumers that were told.
        public let consumers: Int
        public let changes: [ZoneName: Change]
        /// Who had asked for the changes.
        public let requests: Set<RequestID>
    }

    /// What the operator should find in the log.
    public enum Note: Hashable, Sendable {
        case announced(Announcement)
        case switchedEverywhere(Generation)
        case tried(Generation, on: [String])
        case trialEnded(Generation, reason: String)
        case refused(Refuser, Generation, reason: String)
        case returning(from: Generation, to: Generation)
        /// A consumer is there whose name is known now; it joined, or was there before the manager.
        case joined(Refuser, wasThere: Bool)
        /// It is gone; why, if it was cut off.
        case left(Refuser, reason: String?)
        /// A consumer that refuses what others accept is not waited for any more.
        case setAside(Refuser)
        /// A generation was refused and no other content is left to go back to.
        case nothingToReturnTo(Generation)
        case announcementWaits(inRelease: [Generation])
        case writeFailed(reason: String)
        case filesLost([ZoneName])
        case renumbered(after: Generation, saidBy: ConsumerID)
    }
}
