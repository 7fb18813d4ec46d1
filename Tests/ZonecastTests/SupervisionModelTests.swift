// The supervisor's state machine in a world of simulated processes: seeded random runs of deaths, slow and failing starts,
// lost buses and sockets, upgrades and changes of the program in the midst of them. A failure names its seed.

import Platform
import TestSupport
import Testing

@testable import zonecast

@Suite struct SupervisionModelTests {
    @Test(arguments: 0..<20) func anUpgradeLeavesEveryAddressWithAReader(block: UInt64) throws {
        for seed in (block * 100)..<(block * 100 + 100) {
            var world = World(seed: seed, isCalm: true)
            try world.run(steps: 300)
            try world.settle()
        }
    }

    @Test(arguments: 0..<20) func whateverHappensAllComesUpAndEnds(block: UInt64) throws {
        for seed in (block * 100)..<(block * 100 + 100) {
            var world = World(seed: seed, isCalm: false)
            try world.run(steps: 300)
            try world.settle()
            try world.end()
        }
    }
}

/// Simulated processes, and the supervisor that is under test.
private struct World {
    private struct Process {
        var answers = false
        /// A responder that was told that another one answers, or a process that was told to end.
        var isLeaving = false
    }

    private let seed: UInt64
    /// Nothing dies but new responders, which the supervisor must expect in an upgrade, and who is told to.
    private let isCalm: Bool
    private var random: SplitMix64
    private var supervision = Supervision(processes: 2)
    private var now = Duration.zero
    private var processes: [Part: Process] = [:]
    private var busIsWanted = false
    private var busIsJoined = false
    /// Whether msgq's program was replaced since it was started.
    private var busIsOld = false
    private var hasOpened = false
    private var outcome: Platform.ExitStatus?

    init(seed: UInt64, isCalm: Bool) {
        self.seed = seed
        self.isCalm = isCalm
        random = SplitMix64(seed: seed)
    }

    private func fail(_ what: String) -> TestFailure { TestFailure("seed \(seed), calm \(isCalm), at \(now): \(what)") }

    // MARK: Runs

    mutating func run(steps: Int) throws {
        try tell(.begin)
        for _ in 0..<steps where outcome == nil { try step(isPeaceful: false) }
    }

    /// Lets everything work from now on: all must come up, and an upgrade to its end.
    mutating func settle() throws {
        for _ in 0..<2_000 {
            guard outcome == nil else { break }
            let isUp = Set(processes.keys) == [.msgq, .memmgr, .authd(1), .authd(2)]
            let isIdle = !supervision.upgrade.isWanted && !supervision.upgrade.isReplacing
            if isUp, isIdle, busIsJoined, processes[.authd(1)]?.answers == true, processes[.authd(2)]?.answers == true {
                return
            }
            try step(isPeaceful: true)
        }
        // A bus that never worked is the end, by design.
        guard outcome == nil else { return }
        throw fail("not everything came up: \(processes.keys), \(supervision.upgrade)")
    }

    mutating func end() throws {
        guard outcome == nil else { return }
        try tell(.stopRequested)
        try tell(.stopRequested)
        for _ in 0..<200 where outcome == nil { try step(isPeaceful: true) }
        guard outcome == .done, processes.isEmpty else { throw fail("no end: \(processes.keys)") }
    }

    private mutating func step(isPeaceful: Bool) throws {
        now += .milliseconds(Int64.random(in: 1...(isPeaceful ? 400 : 60), using: &random))
        try tell(.time)
        let part = processes.keys.sorted { "\($0)" < "\($1)" }.randomElement(using: &random)
        switch Int.random(in: 0..<(isPeaceful ? 5 : 10), using: &random) {
        case 0, 1:
            if busIsWanted, !busIsJoined, processes[.msgq]?.isLeaving == false {
                busIsJoined = true
                try tell(.busJoined)
            }
        case 2:
            // Those that leave do; the others begin to answer.
            guard let part, let process = processes[part] else { return }
            if process.isLeaving { return try die(part, .exited(0)) }
            if part == .rehearsal {
                processes[part] = nil
                return try tell(.rehearsed(problem: isPeaceful || chance(2) ? nil : "by chance"))
            }
            if case .authd = part, busIsJoined, !process.answers {
                processes[part]?.answers = true
                try tell(.answering(part))
            }
        case 3, 4:
            guard let part, processes[part]?.isLeaving == true else { return }
            try die(part, .exited(0))
        case 5:
            try tell(.upgradeRequested)
            if chance(2) { busIsOld = true }
        case 6:
            // A new responder that does not work.
            guard let part, case .authd = part, processes[part]?.answers == false else { return }
            try die(part, .died(.abort))
        case 7:
            guard busIsJoined, chance(4) else { return }
            try tell(.busSocketGone)
        case 8:
            guard !isCalm, let part else { return }
            try die(part, .died(.kill))
        default:
            guard !isCalm, busIsJoined, chance(4) else { return }
            busIsJoined = false
            try tell(.busLost)
        }
    }

    private mutating func chance(_ of: Int) -> Bool { Int.random(in: 0..<of, using: &random) == 0 }

    private mutating func die(_ part: Part, _ end: ProcessEnd) throws {
        processes[part] = nil
        if part == .msgq {
            busIsJoined = false
            // Whoever was not told of a successor dies with the bus.
            for (other, process) in processes where !process.isLeaving && other.isResponder && !other.isOutgoing {
                processes[other]?.isLeaving = true
            }
            processes[.memmgr]?.isLeaving = true
        }
        try tell(part == .rehearsal ? .rehearsed(problem: "\(end)") : .ended(part, end))
    }

    // MARK: The supervisor

    private mutating func tell(_ event: Supervision.Event) throws {
        for action in supervision.handle(event, at: now) { try perform(action) }
        if isCalm { try checkReaders() }
    }

    private mutating func perform(_ action: Supervision.Action) throws {
        switch action {
        case .start(let part):
            guard processes[part] == nil else { throw fail("a second \(part)") }
            if case .authd = part, processes[.msgq] == nil { throw fail("\(part) is started without a bus") }
            processes[part] = Process()
            if part == .msgq { busIsOld = false }
        case .send(let signal, let part):
            guard processes[part] != nil else { throw fail("\(signal) for \(part), which is not there") }
            if signal == ChildSignal.expectSuccessor { break }
            if part.isOutgoing, signal == ChildSignal.makeRoom, case .outgoing(let number) = part,
                processes[.authd(number)]?.answers != true
            {
                throw fail("\(part) makes room for nobody")
            }
            processes[part]?.isLeaving = true
        case .setAside(let number):
            guard processes[.outgoing(number)] == nil, let process = processes.removeValue(forKey: .authd(number))
            else { throw fail("authd.\(number) can't be set aside") }
            processes[.outgoing(number)] = process
        case .joinBus: (busIsWanted, busIsJoined) = (true, false)
        case .leaveBus: (busIsWanted, busIsJoined) = (false, false)
        case .becomeNew: try becomeNew()
        case .note: break
        case .finish(let status): outcome = status
        }
    }

    private mutating func becomeNew() throws {
        if chance(8) { return try tell(.upgradeFailed("by chance")) }
        let upgrade = supervision.upgrade
        let answering = supervision.answering
        supervision = Supervision(processes: 2)
        (busIsWanted, busIsJoined) = (false, false)
        try tell(
            .takeOver(
                Supervision.RunningSystem(
                    parts: Set(processes.keys), answering: answering, hasOldBus: busIsOld, upgrades: upgrade.number)))
    }

    /// In a calm world an address that had a reader always has one that is not about to go.
    private mutating func checkReaders() throws {
        let read = [1, 2].map { number in
            [Part.authd(number), .outgoing(number)].contains { part in
                processes[part].map { $0.answers && !$0.isLeaving } ?? false
            }
        }
        if read == [true, true] { hasOpened = true }
        if hasOpened, outcome == nil, read != [true, true] { throw fail("nobody reads: \(processes)") }
    }
}
