// Deliberate faults, to prove that the checks bite. They are put into what the ledger and the consumers are told and into
// how their effects are carried out; the state machines themselves, which the daemons run, have no hook for them.

/// What the simulated world does wrong.
public enum Fault: String, Hashable, Sendable, CaseIterable {
    /// The directory of the generation before is unlinked as soon as the next is announced.
    case unlinkBeforeRelease = "unlink-before-release"
    /// A consumer answers `switch` before its threads have moved on.
    case acknowledgeBeforeSwap = "ack-before-swap"
    /// A consumer says that it has released what it still maps.
    case releaseBeforeUnmap = "release-before-unmap"
    /// The manager is not told that a consumer has gone.
    case loseDisconnect = "lost-disconnect"
    /// A new manager begins without the record and the names on disk.
    case reuseNumbers = "number-reused"
    /// The directory file is announced without having been flushed.
    case skipFileSync = "announce-before-fsync"
    /// The image folder is not flushed after a rename.
    case skipFolderSync = "announce-before-folder-fsync"
    /// The manager is told that the record is durable before it is written.
    case announceBeforeRecord = "announce-before-record"
    /// A new manager does not flush the folders before it believes what it finds there.
    case trustWhatIsFound = "found-not-flushed"
    /// A new manager takes it for granted that consumers hold nothing.
    case skipHoldingQuestion = "holds-not-asked"
    /// A new manager does not see to it that nothing more comes from the one before.
    case skipPredecessors = "predecessor-not-cut-off"
    /// A refusal is taken for a success.
    case hearRefusalAsSuccess = "refusal-heard-as-success"
    /// The manager takes a switch for answered when it has been sent.
    case assumeSwitched = "switch-not-awaited"
    /// The manager takes a generation for released when the next has been sent.
    case assumeReleased = "release-not-awaited"
    /// A caller is answered twice.
    case answerTwice = "answered-twice"
    /// A caller is not answered.
    case loseAnswer = "answer-lost"
    /// A load of all or nothing publishes what it can.
    case publishTheRest = "rest-published"
    /// What a failed build has written stays.
    case keepPartialFiles = "partial-file-kept"
    /// Files are not unlinked.
    case neverUnlink = "never-unlinked"
    /// The timer never fires.
    case stopTimer = "timer-stopped"
    /// The timer fires at once.
    case hurryTimer = "timer-hurried"
    /// Joiners are sent another directory under the same number.
    case mixUpGenerations = "number-means-two-things"
    /// The bus loses a frame now and then.
    case loseFrame = "frame-lost"
    /// A build writes into the image of the one before.
    case overwriteImage = "image-overwritten"
    /// A zone is listed as one that was good once when its first load has failed.
    case listFailedZones = "failed-zone-listed"
    /// Nobody looks for files that were deleted.
    case ignoreLostFiles = "lost-files-ignored"
    /// What came of a build is told under the number of another one that runs.
    case swapBuilds = "builds-mixed-up"
    /// A build tells of copies that it has not made.
    case loseCopies = "copies-lost"

    /// The invariants that it breaks; it is caught when one of them is reported broken.
    public var breaks: [Invariant] {
        switch self {
        case .unlinkBeforeRelease, .releaseBeforeUnmap, .skipHoldingQuestion, .assumeReleased, .overwriteImage,
            .skipPredecessors, .loseCopies:
            [.i2]
        case .acknowledgeBeforeSwap, .hearRefusalAsSuccess, .assumeSwitched: [.i7]
        case .loseDisconnect: [.i3, .i5]
        case .listFailedZones, .ignoreLostFiles: [.i5]
        case .reuseNumbers, .mixUpGenerations: [.i4]
        case .skipFileSync, .skipFolderSync, .announceBeforeRecord, .trustWhatIsFound: [.i1]
        case .answerTwice, .loseAnswer, .publishTheRest: [.i3]
        case .keepPartialFiles, .neverUnlink: [.disk]
        case .swapBuilds: [.disk, .i2, .i3]
        case .stopTimer, .hurryTimer: [.i6]
        case .loseFrame: [.i3, .i5, .i6]
        }
    }
}

/// What must always hold: docs/INVARIANTS.md, and that the disk holds no more than it must.
public enum Invariant: String, Hashable, Sendable, CaseIterable {
    case i1 = "I1"
    case i2 = "I2"
    case i3 = "I3"
    case i4 = "I4"
    case i5 = "I5"
    case i6 = "I6"
    case i7 = "I7"
    /// Nothing is left on the disk that nothing names.
    case disk = "no leak"
}

/// A broken invariant.
public struct Violation: Hashable, Sendable, CustomStringConvertible {
    public let invariant: Invariant
    public let text: String
    /// After how many steps.
    public let step: Int

    public var description: String { "\(invariant.rawValue): \(text)" }
}
