// What the supervisor decides, without processes, sockets or clock: events go in, actions come out.
//
//                start                       msgq answers
//      (begin) --------> waiting for the bus ------------> running ---- a part ends: start it again, with back-off
//                            ^      |                       |   |
//                            |      | msgq ends,            |   | msgq ends, or we lose the bus
//                            |      | or stays silent       |   v
//                            |      +----------------> stopping: all at once
//                            |                                  | all have ended
//                            +-------- pausing <----------------+
//
//      asked to stop, in any state: stopping in order (authd, memmgr, msgq), each stage with a limit, then finished
//
// A life without the bus makes no sense for any part, so msgq's end is the end of all, and everything starts anew.

import Platform

/// The supervisor's state machine. Times are counted from its beginning.
struct Supervision: Sendable {
    enum Event: Sendable {
        case begin
        /// A part's process has ended, or could not be started at all.
        case ended(Part, ProcessEnd)
        /// We are on the bus.
        case busJoined
        /// Our connection to the bus has ended.
        case busLost
        case stopRequested
        /// The time has come that `nextDeadline` said.
        case time
    }

    enum Action: Hashable, Sendable {
        case start(Part)
        case send(Signal, Part)
        /// Connect to the bus, trying until it works or `leaveBus`.
        case joinBus
        case leaveBus
        /// Tell the operator.
        case note(Note)
        case finish(ExitStatus)
    }

    enum Note: Hashable, Sendable {
        case ended(Part, ProcessEnd)
        case restarting(Part, ProcessEnd, in: Duration)
        case systemEnds(why: String)
        case systemRestarts(in: Duration)
        case killing([Part])
        case neverAnswered
    }

    private enum Phase: Hashable {
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
    /// The same after the loss of the bus, of which all parts die by themselves.
    static let restartPatience = Duration.seconds(1)

    private let responders: [Part]
    private var phase = Phase.begun
    private var purpose = Purpose.startAnew
    /// What remains to be ended after the present stage.
    private var laterStages: [[Part]] = []
    private var alive: [Part: Duration] = [:]
    private var due: [Part: Duration] = [:]
    private var delays: [Part: RestartDelay] = [:]
    private var busHasWorked = false

    init(processes: Int) {
        responders = (1...processes).map(Part.authd)
    }

    /// When `time` is to be told next.
    var nextDeadline: Duration? {
        switch phase {
        case .waitingForBus(let until), .pausing(let until): until
        case .stopping(let killAt): killAt
        case .running: due.values.min()
        case .begun, .finished: nil
        }
    }

    mutating func handle(_ event: Event, at now: Duration) -> [Action] {
        switch event {
        case .begin: return begin(at: now)
        case .ended(let part, let end): return ended(part, end, at: now)
        case .busJoined: return busJoined(at: now)
        case .busLost:
            guard phase == .running else { return [] }
            return stopAll(because: "the connection to the bus was lost", at: now)
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

    private mutating func start(_ part: Part, at now: Duration) -> [Action] {
        alive[part] = now
        due[part] = nil
        return [.start(part)]
    }

    private mutating func busJoined(at now: Duration) -> [Action] {
        guard case .waitingForBus = phase else { return [] }
        phase = .running
        busHasWorked = true
        return start(.memmgr, at: now) + responders.flatMap { start($0, at: now) }
    }

    // MARK: Ends that nobody asked for

    private mutating func ended(_ part: Part, _ end: ProcessEnd, at now: Duration) -> [Action] {
        guard let started = alive.removeValue(forKey: part) else { return [] }
        switch phase {
        case .waitingForBus, .running:
            let delay = delays[part, default: RestartDelay()].next(after: now - started)
            if part == .msgq {
                due[.msgq] = now + delay
                return stopAll(because: "msgq \(end)", at: now)
            }
            due[part] = now + delay
            return [.note(.restarting(part, end, in: delay))] + (delay == .zero ? timePassed(at: now) : [])
        case .stopping:
            return [.note(.ended(part, end))] + nextStage(at: now)
        case .begun, .pausing, .finished:
            return []
        }
    }

    /// Ends what still runs, all at once, to start anew; or for good when the bus has never worked.
    private mutating func stopAll(because why: String, at now: Duration) -> [Action] {
        purpose = busHasWorked ? .startAnew : .end(.failed)
        laterStages = []
        due = due.filter { $0.key == .msgq }
        phase = .stopping(killAt: now + Self.restartPatience)
        let note = busHasWorked ? Note.systemEnds(why: why) : .neverAnswered
        let rest = inOrder(Array(alive.keys))
        return [.note(note), .leaveBus] + rest.map { .send(.terminate, $0) } + nextStage(at: now)
    }

    // MARK: Stopping

    private mutating func stopRequested(at now: Duration) -> [Action] {
        switch phase {
        case .begun, .pausing:
            phase = .finished
            return [.finish(.done)]
        case .waitingForBus, .running:
            purpose = .end(.done)
            due = [:]
            laterStages = [responders, [.memmgr], [.msgq]]
            phase = .stopping(killAt: nil)
            return nextStage(at: now)
        case .stopping:
            // Asked twice, and so meant seriously; or the system was about to be started anew.
            let insists = purpose != .startAnew
            purpose = .end(.done)
            return insists ? kill(Array(alive.keys)) : []
        case .finished:
            return []
        }
    }

    /// Once all of a stage have ended, begins the next one that has anyone to end.
    private mutating func nextStage(at now: Duration) -> [Action] {
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
        return inOrder(alive.keys.filter { !later.contains($0) })
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
        switch phase {
        case .waitingForBus:
            return stopAll(because: "msgq did not answer", at: now)
        case .running:
            let parts = inOrder(due.filter { $0.value <= now }.map(\.key))
            return parts.flatMap { start($0, at: now) }
        case .stopping:
            // Nothing survives SIGKILL, so there is no further deadline for this stage.
            phase = .stopping(killAt: nil)
            return kill(present)
        case .pausing:
            return begin(at: now)
        case .begun, .finished:
            return []
        }
    }

    /// The order of an orderly end.
    private func inOrder(_ parts: [Part]) -> [Part] {
        func rank(_ part: Part) -> Int {
            switch part {
            case .authd(let number): number
            case .memmgr: Int.max - 1
            case .msgq: Int.max
            }
        }
        return parts.sorted { rank($0) < rank($1) }
    }
}
