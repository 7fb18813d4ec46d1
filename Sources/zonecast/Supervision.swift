// What the supervisor does when, as a state machine: no processes, no clock. Supervisor.swift carries it out, SupervisionUpgrades.swift
// has what an upgrade adds to it.
//
//     begin → msgq → bus joined → memmgr, authd.1 … → running → (stop) authd → memmgr → msgq → finish
//                ↑                                        |
//                +------ all ended ← the bus is gone ←----+
//
// A life without the bus makes no sense for any part, so msgq's end is the end of all, and everything starts anew.

import Platform

/// The supervisor's state machine. Times are counted from its beginning.
struct Supervision: Sendable {
    enum Event: Sendable {
        case begin
        /// This process has become the supervisor of a system that runs, whose parts are to be replaced.
        case takeOver(RunningSystem)
        /// A part's process has ended, or could not be started at all.
        case ended(Part, ProcessEnd)
        /// We are on the bus.
        case busJoined
        /// Our connection to the bus has ended.
        case busLost
        /// The bus works, but its socket can't be found any more: whoever is started now could not join.
        case busSocketGone
        /// A responder reads its sockets.
        case answering(Part)
        case upgradeRequested
        /// The new zonecast has ended, and this is what speaks against becoming it.
        case rehearsed(problem: String?)
        /// The process could not become the new zonecast.
        case upgradeFailed(String)
        case stopRequested
        /// The time has come that `nextDeadline` said.
        case time
    }

    /// The system that a supervisor takes over.
    struct RunningSystem: Sendable {
        var parts: Set<Part> = []
        var answering: Set<Part> = []
        /// Whether msgq is to be replaced, and with it the bus.
        var hasOldBus = false
        /// How often an upgrade has been asked for.
        var upgrades: Int
    }

    enum Action: Hashable, Sendable {
        case start(Part)
        case send(Signal, Part)
        /// The process of a responder becomes the outgoing one, and makes its name free for another.
        case setAside(Int)
        /// Connect to the bus, trying until it works or `leaveBus`.
        case joinBus
        case leaveBus
        /// Become the new zonecast, which goes on with `takeOver`.
        case becomeNew
        /// Tell the operator.
        case note(Note)
        case finish(ExitStatus)
    }

    enum Note: Hashable, Sendable {
        case ended(Part, ProcessEnd)
        case restarting(Part, ProcessEnd, in: Duration)
        case systemEnds(why: String)
        case busSocketGone
        case systemRestarts(in: Duration)
        case killing([Part])
        case neverAnswered
        case replacing(withBus: Bool)
        case retrying([Part])
        case upgraded
        case upgradeFailed(String)
    }

    enum Phase: Hashable {
        case begun
        case waitingForBus(until: Duration)
        case running
        case stopping(killAt: Duration?)
        case pausing(until: Duration)
        case finished
    }

    private enum Purpose: Hashable {
        case startAnew
        case end(ExitStatus)
    }

    /// How long msgq may take from its start to its first answer.
    static let busPatience = Duration.seconds(10)
    /// How long each stage of an orderly end may take before SIGKILL.
    static let stopPatience = Duration.seconds(5)
    /// A second request to stop within this time is the first one: `timeout`, terminals and service managers send the
    /// signal to a process and then to its group.
    static let insistence = Duration.seconds(2)
    /// The patience with each stage after the loss of the bus, of which all parts die by themselves.
    static let restartPatience = Duration.seconds(1)
    /// How long the new zonecast may take to find out whether it could be this process.
    static let rehearsalPatience = Duration.seconds(20)
    /// How long new responders may take to answer in an upgrade, before they and the new manager are started once more.
    static let answerPatience = Duration.seconds(30)
    /// How long an outgoing responder may take to end its connections; it gives itself less.
    static let outgoingPatience = Duration.seconds(35)

    let responders: [Part]
    var phase = Phase.begun
    private var purpose = Purpose.startAnew
    /// When the first request to stop came.
    private var stopAskedAt: Duration?
    /// What remains to be ended after the present stage.
    var laterStages: [[Part]] = []
    var alive: [Part: Duration] = [:]
    var due: [Part: Duration] = [:]
    private var delays: [Part: RestartDelay] = [:]
    var busHasWorked = false

    /// Responders that read their sockets.
    var answering: Set<Part> = []
    /// Parts that were told to end so that others can take their places.
    var replaced: Set<Part> = []
    /// Outgoing responders that were told that others answer.
    var makingRoom: Set<Part> = []
    /// When those that were told to end while the rest goes on are killed.
    var limits: [Part: Duration] = [:]
    /// When the new responders of an upgrade should answer.
    var answersDue: Duration?
    /// An upgrade was asked for again, so that what rehearses is not what is installed.
    var rehearsesAgain = false
    /// What was taken over and not yet replaced.
    var inherited: RunningSystem?
    var upgrade = UpgradeState()

    init(processes: Int) {
        responders = (1...processes).map(Part.authd)
    }

    /// When `time` is to be told next.
    var nextDeadline: Duration? {
        let ofPhase: Duration? =
            switch phase {
            case .waitingForBus(let until), .pausing(let until): until
            case .stopping(let killAt): killAt
            case .running: (Array(due.values) + [answersDue].compactMap { $0 }).min()
            case .begun, .finished: nil
            }
        return [ofPhase, limits.values.min()].compactMap { $0 }.min()
    }

    mutating func handle(_ event: Event, at now: Duration) -> [Action] {
        switch event {
        case .begin: return begin(at: now)
        case .takeOver(let system): return takeOver(system, at: now)
        case .ended(let part, let end): return ended(part, end, at: now)
        case .busJoined: return busJoined(at: now)
        case .busLost:
            guard phase == .running else { return [] }
            return stopAll(because: "the connection to the bus was lost", at: now)
        case .busSocketGone: return replaceBus(at: now)
        case .answering(let part): return answers(part, at: now)
        case .upgradeRequested: return requestUpgrade(at: now)
        case .rehearsed(let problem): return rehearsed(problem, at: now)
        case .upgradeFailed(let reason): return fail(reason)
        case .stopRequested: return stopRequested(at: now)
        case .time: return timePassed(at: now)
        }
    }

    // MARK: Starting

    private mutating func begin(at now: Duration) -> [Action] {
        phase = .waitingForBus(until: now + Self.busPatience)
        purpose = .startAnew
        return start(.msgq, at: now) + [.joinBus]
    }

    mutating func start(_ part: Part, at now: Duration) -> [Action] {
        alive[part] = now
        due[part] = nil
        return [.start(part)]
    }

    private mutating func busJoined(at now: Duration) -> [Action] {
        guard case .waitingForBus = phase else { return [] }
        phase = .running
        busHasWorked = true
        let actions = inherited.map { replaceParts(of: $0, at: now) } ?? startMissing(at: now)
        return actions + rehearse(at: now)
    }

    /// Starts what is neither there nor to be started later. New responders wait for the end of an old manager.
    mutating func startMissing(at now: Duration) -> [Action] {
        if replaced.contains(.memmgr) { return [] }
        if upgrade.isReplacing { answersDue = now + Self.answerPatience }
        return ([.memmgr] + responders).filter { alive[$0] == nil && due[$0] == nil }.flatMap { start($0, at: now) }
    }

    // MARK: Ends that nobody asked for

    private mutating func ended(_ part: Part, _ end: ProcessEnd, at now: Duration) -> [Action] {
        guard let started = alive.removeValue(forKey: part) else { return [] }
        limits[part] = nil
        answering.remove(part)
        makingRoom.remove(part)
        if case .stopping = phase { return [.note(.ended(part, end))] + nextStage(at: now) }
        if part.isOutgoing { return [.note(.ended(part, end))] + concludeUpgrade() + rehearse(at: now) }
        guard phase != .begun, phase != .finished else { return [] }
        if replaced.remove(part) != nil { return [.note(.ended(part, end))] + startMissing(at: now) }
        let delay = delays[part, default: RestartDelay()].next(after: now - started)
        if part == .msgq {
            due[.msgq] = now + delay
            return stopAll(because: "msgq \(end)", at: now)
        }
        due[part] = now + delay
        return [.note(.restarting(part, end, in: delay))] + (delay == .zero ? timePassed(at: now) : [])
    }

    /// Ends what still runs, all at once, to start anew; or for good when the bus has never worked. Those that were set aside
    /// go on.
    private mutating func stopAll(because why: String, at now: Duration) -> [Action] {
        purpose = busHasWorked ? .startAnew : .end(.failed)
        laterStages = []
        due = due.filter { $0.key == .msgq }
        limits = limits.filter { $0.key.isOutgoing }
        replaced = []
        inherited = nil
        phase = .stopping(killAt: now + Self.restartPatience)
        let note = busHasWorked ? Note.systemEnds(why: why) : .neverAnswered
        return [.note(note), .leaveBus] + present.map { .send(.terminate, $0) } + nextStage(at: now)
    }

    /// Has the bus and the manager started again, while the responders that answer go on until others do in their places.
    private mutating func replaceBus(at now: Duration) -> [Action] {
        // Told again in a while: a name can be set aside once only.
        guard phase == .running, makingRoom.isEmpty else { return [] }
        purpose = .startAnew
        inherited = nil
        (due, limits, replaced, answersDue) = ([:], limits.filter { $0.key.isOutgoing }, [], nil)
        laterStages = [[.rehearsal] + responders, [.memmgr], [.msgq]]
        phase = .stopping(killAt: nil)
        return [.note(.busSocketGone)] + setAside() + [.leaveBus] + nextStage(at: now)
    }

    // MARK: Stopping

    private mutating func stopRequested(at now: Duration) -> [Action] {
        let isAskedAgain = stopAskedAt != nil
        let insists = stopAskedAt.map { now - $0 >= Self.insistence } ?? false
        stopAskedAt = stopAskedAt ?? now
        switch phase {
        case .begun, .pausing, .waitingForBus, .running:
            purpose = .end(.done)
            (due, limits, replaced, answersDue) = ([:], [:], [], nil)
            laterStages = [[.rehearsal] + alive.keys.filter(\.isOutgoing) + responders, [.memmgr], [.msgq]]
                .map(inOrder)
            phase = .stopping(killAt: nil)
            return nextStage(at: now)
        case .stopping:
            if insists { return kill(Array(alive.keys)) }
            if isAskedAgain { return [] }
            // The system was about to be started anew.
            purpose = .end(.done)
            return inOrder(alive.keys.filter(\.isOutgoing)).map { .send(.terminate, $0) }
        case .finished:
            return []
        }
    }

    /// Once all of a stage have ended, begins the next one that has anyone to end.
    mutating func nextStage(at now: Duration) -> [Action] {
        if !present.isEmpty { return [] }
        while !laterStages.isEmpty {
            let stage = laterStages.removeFirst().filter { alive[$0] != nil }
            if stage.isEmpty { continue }
            phase = .stopping(killAt: now + Self.stopPatience)
            return stage.map { .send(.terminate, $0) }
        }
        return allDown(at: now)
    }

    /// Those of the present stage that are still there.
    private var present: [Part] {
        let later = Set(laterStages.joined())
        return inOrder(alive.keys.filter { !later.contains($0) && !(purpose == .startAnew && $0.isOutgoing) })
    }

    private mutating func allDown(at now: Duration) -> [Action] {
        switch purpose {
        case .end(let status):
            phase = .finished
            return [.leaveBus, .finish(status)]
        case .startAnew:
            let until = max(now, due.removeValue(forKey: .msgq) ?? now)
            if until == now { return [.note(.systemRestarts(in: .zero))] + begin(at: now) }
            phase = .pausing(until: until)
            return [.note(.systemRestarts(in: until - now))]
        }
    }

    private func kill(_ parts: [Part]) -> [Action] {
        parts.isEmpty ? [] : [.note(.killing(inOrder(parts)))] + inOrder(parts).map { .send(.kill, $0) }
    }

    // MARK: Time

    private mutating func timePassed(at now: Duration) -> [Action] {
        guard let deadline = nextDeadline, deadline <= now else { return [] }
        let late = limits.filter { $0.value <= now }.map(\.key)
        // Nothing survives SIGKILL, so there is no further deadline for these.
        for part in late { limits[part] = nil }
        return kill(late) + phasePassed(at: now)
    }

    private mutating func phasePassed(at now: Duration) -> [Action] {
        switch phase {
        case .waitingForBus(let until):
            return until <= now ? stopAll(because: "msgq did not answer", at: now) : []
        case .running:
            let parts = inOrder(due.filter { $0.value <= now }.map(\.key))
            return parts.flatMap { start($0, at: now) } + retryUpgrade(at: now)
        case .stopping(let killAt):
            guard let killAt, killAt <= now else { return [] }
            phase = .stopping(killAt: nil)
            return kill(present)
        case .pausing(let until):
            return until <= now ? begin(at: now) : []
        case .begun, .finished:
            return []
        }
    }

    /// The order of an orderly end.
    func inOrder(_ parts: [Part]) -> [Part] {
        func rank(_ part: Part) -> Int {
            switch part {
            case .rehearsal: 0
            case .outgoing(let number): 2 * number
            case .authd(let number): 2 * number + 1
            case .memmgr: Int.max - 1
            case .msgq: Int.max
            }
        }
        return parts.sorted { rank($0) < rank($1) }
    }
}
