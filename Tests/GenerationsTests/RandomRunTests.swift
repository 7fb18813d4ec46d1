import FoundationEssentials
import Testing

@testable import Generations

/// Random interleavings of loads, deliveries, crashes, refusals and failing writes, checked after each step.
struct RandomRunTests {
    /// `ZONECAST_SEEDS=5000` runs more, `ZONECAST_SEED=17` one.
    static var seeds: ClosedRange<UInt64> {
        let environment = ProcessInfo.processInfo.environment
        if let one = environment["ZONECAST_SEED"].flatMap(UInt64.init) { return one...one }
        return 1...(environment["ZONECAST_SEEDS"].flatMap(UInt64.init) ?? 30)
    }

    @Test func invariantsHoldInRandomRuns() {
        for seed in RandomRunTests.seeds {
            var world = World(seed: seed)
            world.run(steps: 200)
            guard !world.problems.isEmpty else { continue }
            var again = World(seed: seed, traced: true)
            again.run(steps: 200)
            let trace = again.trace.suffix(200).joined(separator: "\n")
            Issue.record("seed \(seed): \(world.problems.joined(separator: "; "))\n\(trace)")
            return
        }
    }
}
