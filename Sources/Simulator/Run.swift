// One run: a seed makes a setup and draws a schedule as it goes; then nothing goes wrong any more, everything comes to
// rest, and what must be true in the end is checked. A schedule that was drawn runs again without its seed.

import Bus
import Generations

/// What every run of a series has in common.
public struct RunOptions: Sendable {
    /// Actions before the calm.
    public var steps = 105
    /// How many consumers at the start, nil for two or three by the seed.
    public var consumers: Int?
    /// R; nil for 1 or 4 by the seed.
    public var releases: Int?
    public var fault: Fault?
    /// Every so many seeds run on the daemons' own router and sessions, the others on the plain bus; 1 is all of them.
    public var routedEvery = 10

    public init() {}
}

/// What came of a run.
public struct RunReport: Sendable {
    public let seed: UInt64
    public let violations: [Violation]
    public let schedule: [Action]
    public let steps: Int
    public let crashes: Int
    public let coverage: Coverage
    public let trace: [String]
    public let isRouted: Bool
}

/// A small, fast and good enough generator (Vigna's SplitMix64).
struct SplitMix64: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var word = state
        word = (word ^ (word >> 30)) &* 0xBF58_476D_1CE4_E5B9
        word = (word ^ (word >> 27)) &* 0x94D0_49BB_1331_11EB
        return word ^ (word >> 31)
    }

    mutating func below(_ bound: Int) -> Int { Int(next() % UInt64(bound)) }
    mutating func oneIn(_ number: Int) -> Bool { below(number) == 0 }
}

/// The runs of a seed.
public struct Simulation: Sendable {
    public let options: RunOptions

    public init(_ options: RunOptions = RunOptions()) { self.options = options }

    /// Runs a seed.
    public func run(seed: UInt64, traced: Bool = false) -> RunReport {
        isRouted(seed)
            ? run(RoutedBus.self, seed, nil, traced: traced) : run(PlainBus.self, seed, nil, traced: traced)
    }

    /// Runs a schedule in the setup of a seed.
    public func replay(seed: UInt64, _ schedule: [Action], traced: Bool = false) -> RunReport {
        isRouted(seed)
            ? run(RoutedBus.self, seed, schedule, traced: traced) : run(PlainBus.self, seed, schedule, traced: traced)
    }

    private func isRouted(_ seed: UInt64) -> Bool { seed.isMultiple(of: UInt64(max(1, options.routedEvery))) }

    func setup(_ random: inout SplitMix64) -> Setup {
        var setup = Setup()
        setup.releaseLimit = options.releases ?? (random.oneIn(2) ? 1 : 4)
        setup.historyLength = random.below(3)
        setup.buildLimit = 1 + random.below(3)
        let count = options.consumers ?? 2 + random.below(2)
        setup.consumers = (0..<count).map { _ in
            // Most are sound, or nothing would ever be served.
            random.oneIn(2) ? .sound : ConsumerProcess.Nature.allCases[random.below(4)]
        }
        setup.backlog = random.oneIn(3) ? 4_000 : nil
        setup.fault = options.fault
        return setup
    }

    private func run<Bus: SimulatedBus>(
        _: Bus.Type, _ seed: UInt64, _ schedule: [Action]?, traced: Bool
    ) -> RunReport {
        var random = SplitMix64(state: seed &* 0x9E37_79B9)
        var world = World<Bus>(setup(&random), traced: traced)
        var done: [Action] = []
        var crashes = 0
        if let schedule {
            for action in schedule where world.violations.isEmpty {
                if world.perform(action) { done.append(action) }
            }
        } else {
            var scheduler = Scheduler(random: random, steps: options.steps)
            while world.violations.isEmpty, let action = scheduler.next(world) {
                guard world.perform(action) else { continue }
                done.append(action)
                if action.isCrash { crashes += 1 }
            }
        }
        if world.violations.isEmpty { world.comeToRest() }
        return RunReport(
            seed: seed, violations: world.violations, schedule: done, steps: world.steps, crashes: crashes,
            coverage: world.coverage, trace: world.trace?.lines ?? [], isRouted: Bus.self == RoutedBus.self)
    }
}

extension World {
    /// Lets everything come to its end and checks that it is the right one.
    mutating func comeToRest() {
        isCalm = true
        note("calm")
        if index(lastConsumer) == nil, consumers.isEmpty { startConsumer(.sound, isChild: true) }
        settle()
        if !diskHasFailed { checkNobodyMissesFiles() }
        // What could not be written is tried again with the next event, and takes one more to be tidied up.
        if diskHasFailed { load(7_000_003) }
        let content = load(7_000_010)
        if violations.isEmpty { checkEnd(content) }
    }

    @discardableResult
    private mutating func load(_ serial: UInt32) -> [ZoneSource] {
        let content = ["a.", "b.", "c."].map { ZoneSource(zone: ZoneName($0), file: "/\(serial)") }
        if violations.isEmpty {
            perform(.request(.load(content)))
            settle()
        }
        return content
    }

    /// Does all that can be done, then lets time pass, until nothing is left.
    mutating func settle(untilTime passes: Bool = true) {
        var random = SplitMix64(state: UInt64(steps))
        let limit = steps + 4000
        while violations.isEmpty {
            guard steps < limit else { return violate(.i5, "it never comes to rest") }
            let actions = work(all: true)
            if !actions.isEmpty {
                perform(actions[random.below(actions.count)])
            } else if !passes || !perform(.wait) {
                return
            }
        }
    }
}
