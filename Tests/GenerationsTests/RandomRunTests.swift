import Testing

@testable import Generations

/// Random interleavings of loads, deliveries, crashes, refusals and failing writes, checked after each step.
struct RandomRunTests {
    @Test func invariantsHoldInRandomRuns() {
        for seed in 1...UInt64(150) {
            var world = World(seed: seed)
            world.run(steps: 200)
            guard world.problems.isEmpty else {
                let trace = world.trace.suffix(60).joined(separator: "\n")
                Issue.record("seed \(seed): \(world.problems.joined(separator: "; "))\n\(trace)")
                return
            }
        }
    }
}
