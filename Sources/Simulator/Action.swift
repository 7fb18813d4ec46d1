// One step of the world. An action says everything that is to be chosen, so that a list of actions is a schedule: it runs
// the same way again, and when some are taken out, those that make no sense any more are skipped.

import Generations

/// What the scheduler can let happen.
public enum Action: Hashable, Sendable {
    // Work that goes on by itself. `all` is what a process that gets its turn would do; one at a time is what can happen.
    case busReads(client: Int, all: Bool)
    case processReads(client: Int, all: Bool)
    case managerTakesMail
    case managerWrites(all: Bool)
    case managerBuilds(Int, all: Bool)
    case consumerWorks(Int, task: Int)
    case supervisorReports
    case supervisorStartsConsumer
    case startManager

    // What people do.
    case request(Request)
    case reload([ZoneSource])
    case interrupt(caller: Int)
    case join(nature: Int, isChild: Bool)
    case leave(consumer: Int)

    // What goes wrong.
    case diskFails
    case buildDies
    case buildFindsDiskFull
    case consumerRefuses(Int, task: Int)
    case consumerTraps(Int)
    case crash(consumer: Int, signal: Int32, losing: Int)
    case stop(consumer: Int)
    case resume(consumer: Int)
    case crashManager(losing: Int)
    case crashBus
    case losePower(reachedDisk: Bool)
    case loseRecord
    /// Somebody deletes a file of the current generation, and the manager is told to look, or not.
    case loseFile(directory: Bool, isNoticed: Bool)
    /// The manager is told to look for lost files.
    case findLostFiles
    /// The supervisor tells a consumer's name.
    case name(consumer: Int)
    /// An operator has a consumer cut off.
    case disconnect(consumer: Int)
    /// The history is too old, or takes too much room.
    case limitHistory
    /// The generation on trial has been watched for long enough.
    case judgeTrial(good: Bool)
    /// Nothing happens until the next timer fires.
    case wait

    /// What a caller asks for.
    public enum Request: Hashable, Sendable {
        case load([ZoneSource], Ledger.LoadOptions = [])
        case tryOut([ZoneSource], Ledger.LoadOptions = [], on: Ledger.TrialConsumers)
        case unload([ZoneName])
        case rollBack(Generation?, newSerials: Bool = false)
    }

    /// Whether it ends a process without asking it.
    public var isCrash: Bool {
        switch self {
        case .crash, .crashManager, .crashBus, .losePower, .consumerTraps: true
        default: false
        }
    }
}

extension Action: CustomStringConvertible {
    public var description: String {
        switch self {
        case .busReads(let client, let all): "the bus reads \(all ? "all" : "a frame") from client \(client)"
        case .processReads(let client, let all): "client \(client) reads \(all ? "all" : "a frame")"
        case .managerTakesMail: "the manager hears from its threads"
        case .managerWrites(let all): all ? "the disk thread ends a job" : "the disk thread goes a step"
        case .managerBuilds(let number, let all): all ? "build \(number) ends" : "build \(number) goes a step"
        case .consumerWorks(let number, let task): "consumer \(number) does task \(task)"
        case .supervisorReports: "the supervisor tells of a death"
        case .supervisorStartsConsumer: "the supervisor starts a consumer"
        case .startManager: "a manager starts"
        case .request(.load(let sources, let options)):
            "someone asks: load\(options.contains(.forced) ? " again" : "")\(options.contains(.allOrNothing) ? " all or nothing" : "") \(sources.map { "\($0.zone)\($0.file)" }.joined(separator: " "))"
        case .request(.tryOut(let sources, let options, let consumers)):
            "someone asks: try\(options.contains(.allOrNothing) ? " all or nothing" : "") on \(consumers) \(sources.map { "\($0.zone)\($0.file)" }.joined(separator: " "))"
        case .judgeTrial(let good): "the trial is found \(good ? "good" : "bad")"
        case .request(.unload(let zones)): "someone asks: unload \(zones.map(\.presentation).joined(separator: " "))"
        case .request(.rollBack(let generation, let newSerials)):
            "someone asks: rollback \(generation?.description ?? "")\(newSerials ? " with new serials" : "")"
        case .reload(let sources):
            "files have changed: \(sources.map { "\($0.zone)\($0.file)" }.joined(separator: " "))"
        case .interrupt(let caller): "caller \(caller) is interrupted"
        case .join(let nature, let isChild):
            "a \(ConsumerProcess.Nature.allCases[nature].rawValue) consumer starts\(isChild ? " as a child" : "")"
        case .leave(let consumer): "consumer \(consumer) leaves the group"
        case .diskFails: "a write of the manager fails"
        case .buildDies: "the build dies"
        case .buildFindsDiskFull: "the build finds the disk full"
        case .consumerRefuses(let number, let task): "consumer \(number) has no memory for task \(task)"
        case .consumerTraps(let number): "consumer \(number) traps on what it serves"
        case .crash(let number, let signal, let losing):
            "consumer \(number) dies of signal \(signal), losing \(losing) frames"
        case .stop(let number): "consumer \(number) is stopped"
        case .resume(let number): "consumer \(number) goes on"
        case .crashManager(let losing): "the manager is killed, losing \(losing) frames"
        case .crashBus: "the bus is killed, and everything with it"
        case .losePower(let reached): "the power fails; what was not flushed is \(reached ? "there" : "gone")"
        case .loseRecord: "the record is deleted"
        case .loseFile(let directory, let isNoticed):
            "\(directory ? "the directory" : "an image") of the current generation is deleted\(isNoticed ? ", which is noticed" : "")"
        case .findLostFiles: "the manager looks for lost files"
        case .name(let number): "the name of consumer \(number) is told"
        case .disconnect(let number): "consumer \(number) is to be cut off"
        case .limitHistory: "the limits have no room for the history"
        case .wait: "time passes"
        }
    }
}
