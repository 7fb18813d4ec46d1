// The processes of the simulated world: what each has in memory, and what it is in the middle of. Each loses all of it
// when it dies; the disk and the bus keep theirs.

import Bus
import Generations

/// The manager: a ledger, and hands that work at their own pace.
struct ManagerProcess: Hashable {
    let client: Client
    let lname: String
    let startedAt: Int
    var ledger: Ledger
    /// What its disk thread has been given, done in this order.
    var disk: [DiskJob] = []
    /// Its build processes, the latest last.
    var builds: [BuildWork] = []
    /// The zones that the latest build refused.
    var failed: Set<ZoneName> = []
    /// What its threads have reported and it has not taken up.
    var mail: [Ledger.Event] = []
    /// When each timer fires.
    var timers: [Generation: Int] = [:]
    /// Where the answer to each request goes; nil for a load of its own.
    var callers: [RequestID: ReturnAddress?] = [:]
    var lastRequest: UInt64 = 0
    /// The open requests of each client for trials: who leaves gives them up.
    var trials: [String: Set<RequestID>] = [:]
    /// The generation that it was asked to watch.
    var watched: Generation?

    /// The steps of making a file durable. A crash can come between any two, and each can fail.
    enum WriteStage: Int, Hashable {
        case create, sync, rename, flush
        var next: WriteStage? { WriteStage(rawValue: rawValue + 1) }
    }

    enum DiskJob: Hashable {
        case directory(Ledger.DirectoryJob, Digest?, WriteStage)
        case record(Record, WriteStage)
        case unlink([FileName])
        case removeRemains(Generation, reason: String)
        case check(Set<FileName>)
    }

    /// A build process.
    struct BuildWork: Hashable {
        let job: Ledger.BuildJob
        var outcomes: [ZoneName: Ledger.BuildOutcome]?
        var copied: [ZoneName: ZoneVersion] = [:]
        var stage = WriteStage.create
    }
}

/// A process that maps generations.
struct ConsumerProcess: Hashable {
    /// How it takes content that some programs choke on.
    enum Nature: String, Hashable, Sendable, CaseIterable {
        /// Serves anything.
        case sound
        /// Says no.
        case refusing
        /// Dies of SIGTRAP, while it maps or later.
        case trapping
        /// Does not understand `holding`.
        case clumsy
    }

    let number: Int
    let client: Client
    let id: ConsumerID
    let nature: Nature
    /// Started by the supervisor, which kills it, tells of its death, and starts another.
    let isChild: Bool
    let startedAt: Int
    var machine: Consumer<ReturnAddress>
    var isSubscribed = true
    /// By SIGSTOP: it does nothing, and can be killed.
    var isStopped = false
    /// It said no to the newest generation.
    var refused: Generation?
    /// It could not map the newest generation, as somebody had deleted a file of it.
    var missesFiles = false
    /// It left the group before the manager of today began, which cannot know of it.
    var isForgotten = false
    var tasks: [Consumer<ReturnAddress>.Effect] = []
    /// What it maps, in truth.
    var mapped: Set<Generation> = []
    /// What its threads answer from, in truth.
    var answering: Generation?

    /// All that it maps, or will when it gets there. A switch that is still on its way is checked when it maps.
    var holds: Set<Generation> { mapped.union(machine.holds) }
}

/// A `memmgr load` or its like.
struct CallerProcess: Hashable {
    let number: Int
    let client: Client
}

/// The supervisor, and what it has yet to do about children that died.
struct SupervisorProcess: Hashable {
    let client: Client
    /// Deaths to be told to the manager.
    var deaths: [Death] = []
    /// Children to be started anew.
    var missing: [ConsumerProcess.Nature] = []

    struct Death: Hashable {
        let lname: String
        let signal: Int32
    }
}
