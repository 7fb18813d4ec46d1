// Asks questions over some connected sockets, from one thread, a train of datagrams at a time, and matches the answers.

import CLinux
import CTraffic
import Glibc
import Platform
import Synchronization

/// How to ask.
struct LoadPlan {
    var server: Endpoint
    var pace: Pace
    var sockets = 4
    var seconds = 5.0
    /// How long an answer is waited for.
    var timeout = 1.0
    /// Whether answers are compared with what is expected; a reflector's can't be.
    var checkingCodes = true
    var intervalSeconds = 0.1
}

/// What tells a running generator which phase it is in and when to stop.
final class LoadControl: Sendable {
    private let phaseNumber = Atomic<Int>(0)
    private let stopped = Atomic<Bool>(false)

    /// The phase that questions asked from now on are counted in.
    var phase: Int {
        get { phaseNumber.load(ordering: .relaxed) }
        set { phaseNumber.store(newValue, ordering: .relaxed) }
    }

    var isStopped: Bool { stopped.load(ordering: .relaxed) }
    func stop() { stopped.store(true, ordering: .relaxed) }
}

/// What came of a run.
struct LoadOutcome {
    /// One for each phase.
    var tallies: [Tally]
    /// Answers to no question that waits: late or doubled.
    var strays = 0
    var seconds = 0.0
    var intervals: [Interval] = []
    /// When the first question was due, on `Clock`.
    var began: UInt64 = 0

    var total: Tally {
        var sum = Tally()
        for tally in tallies { sum += tally }
        return sum
    }
}

/// The generator; `run` takes the calling thread until the end.
struct LoadGenerator: ~Copyable {
    private let plan: LoadPlan
    private let corpus: QuestionCorpus
    private let control: LoadControl
    private let owner: TrafficSockets
    private let train: UnsafeMutablePointer<traffic_train>
    private let descriptors: [Int32]
    private var rings: [Outstanding] = []
    private var outcome: LoadOutcome
    private var asked = 0
    private var started: UInt64 = 0

    init(_ plan: LoadPlan, corpus: QuestionCorpus, phases: Int = 1, control: LoadControl = LoadControl()) throws {
        self.plan = plan
        self.corpus = corpus
        self.control = control
        owner = try TrafficSockets(plan.sockets, to: plan.server)
        train = owner.train
        descriptors = owner.descriptors
        outcome = LoadOutcome(tallies: [Tally](repeating: Tally(), count: phases))
        let capacity =
            switch plan.pace {
            case .closed(let window): 4 * window
            // What can be under way when the server stalls until the timeout.
            case .open(let perSecond): Int(perSecond * (plan.timeout + 1)) / plan.sockets + 64
            }
        var random = Randomness(seed: Clock.now())
        for _ in 0..<plan.sockets {
            rings.append(Outstanding(capacity: capacity, firstID: UInt16(truncatingIfNeeded: random.next())))
        }
    }

    /// Asks until the time is over or the control says stop, then waits for what is still under way.
    consuming func run() -> LoadOutcome {
        traffic_precise_waits()
        started = Clock.now()
        outcome.began = started
        let end = started + UInt64(plan.seconds * 1e9)
        var now = started
        while now < end, !control.isStopped {
            let sent = ask(at: now)
            now = Clock.now()
            let received = collect(at: now)
            giveUp(at: now)
            if !sent, !received { wait(at: now, until: end) }
            now = Clock.now()
        }
        outcome.seconds = Double(now - started) / 1e9
        let last = now + UInt64(plan.timeout * 1e9)
        while rings.contains(where: { $0.waiting > 0 }), now < last {
            if !collect(at: now) { _ = traffic_wait(descriptors, UInt32(descriptors.count), 10_000_000) }
            now = Clock.now()
        }
        giveUp(at: UInt64.max)
        return outcome
    }

    // MARK: Asking

    private mutating func ask(at now: UInt64) -> Bool {
        switch plan.pace {
        case .closed(let window):
            var any = false
            for index in rings.indices {
                let room = window - rings[index].waiting
                // A half-empty window is worth a system call; a single answer's room is not.
                guard room > 0, room >= window / 2 || room >= TrafficSockets.trainLength / 2 else { continue }
                send(min(room, TrafficSockets.trainLength), over: index) { _ in now }
                any = true
            }
            return any
        case .open(let perSecond):
            let behind = Pace.due(after: now - started, perSecond: perSecond) - asked
            guard behind > 0 else { return false }
            let first = asked
            let portion = min(behind, TrafficSockets.trainLength)
            let began = started
            send(portion, over: (first / 16) % rings.count) { began + Pace.time(of: $0, perSecond: perSecond) }
            return true
        }
    }

    @inline(__always)
    private mutating func send(_ count: Int, over index: Int, due: (Int) -> UInt64) {
        let phase = control.phase
        for place in 0..<count {
            if rings[index].isFull { giveUp(over: index, before: 0) }
            let question = asked % corpus.count
            let id = rings[index].add(question: question, due: due(asked), phase: UInt8(truncatingIfNeeded: phase))
            // Safe: the train has `trainLength` places, longer than any question.
            let target = train.pointee.bytes + place * Int(train.pointee.stride)
            train.pointee.lengths[place] = corpus.copy(question, id: id, to: target)
            asked += 1
        }
        outcome.tallies[phase].sent += count
        _ = traffic_send(train, descriptors[index], UInt32(count))
    }

    // MARK: Answers

    private mutating func collect(at now: UInt64) -> Bool {
        var any = false
        for index in rings.indices where rings[index].waiting > 0 {
            while true {
                let count = traffic_receive(train, descriptors[index])
                guard count > 0 else { break }
                any = true
                let arrived = Clock.now()
                for place in 0..<Int(count) {
                    let bytes = UnsafeBufferPointer(
                        start: train.pointee.bytes + place * Int(train.pointee.stride),
                        count: Int(train.pointee.lengths[place]))
                    take(bytes, over: index, at: arrived)
                }
                if count < TrafficSockets.trainLength { break }
            }
        }
        return any
    }

    @inline(__always)
    private mutating func take(_ answer: UnsafeBufferPointer<UInt8>, over index: Int, at now: UInt64) {
        guard answer.count >= 12, let slot = rings[index].find(id: UInt16(answer[0]) << 8 | UInt16(answer[1])) else {
            outcome.strays += 1
            return
        }
        let phase = Int(slot.phase)
        switch corpus.judge(answer, to: Int(slot.question), checkingCode: plan.checkingCodes) {
        case .wrong:
            // The question goes on waiting: what came was not its answer.
            outcome.tallies[phase].wrong += 1
            return
        case .unexpectedCode: outcome.tallies[phase].unexpectedCode += 1
        case .right: break
        }
        rings[index].settle(id: slot.id)
        let latency = now > slot.due ? now - slot.due : 0
        outcome.tallies[phase].answered += 1
        outcome.tallies[phase].record(latency)
        note(at: slot.due) {
            $0.answered += 1
            $0.worstMicroseconds = max($0.worstMicroseconds, Double(latency) / 1000)
        }
    }

    private mutating func giveUp(at now: UInt64) {
        let timeout = UInt64(plan.timeout * 1e9)
        let limit = now == .max ? now : now - min(now, timeout)
        for index in rings.indices { giveUp(over: index, before: limit) }
    }

    private mutating func giveUp(over index: Int, before limit: UInt64) {
        var lost: [UInt8] = []
        rings[index].giveUp(dueBefore: limit) { lost.append($0) }
        for phase in lost { outcome.tallies[Int(phase)].lost += 1 }
        if !lost.isEmpty { note(at: min(limit, Clock.now())) { $0.lost += lost.count } }
    }

    /// Counts on the time line, in the slice in which a question was due.
    @inline(__always)
    private mutating func note(at time: UInt64, _ change: (inout Interval) -> Void) {
        let slice = Int(Double(time - min(time, started)) / (plan.intervalSeconds * 1e9))
        while outcome.intervals.count <= slice { outcome.intervals.append(Interval()) }
        change(&outcome.intervals[slice])
    }

    // MARK: Waiting

    private func wait(at now: UInt64, until end: UInt64) {
        var limit = min(end, now + 10_000_000)
        if case .open(let perSecond) = plan.pace {
            limit = min(limit, started + Pace.time(of: asked, perSecond: perSecond))
        }
        guard limit > now else { return }
        _ = traffic_wait(descriptors, UInt32(descriptors.count), Int64(limit - now))
    }
}
