import Testing

@testable import Simulator

/// I1 to I7 and liveness in random runs; CI's zonesim runs many more of them.
struct RandomRunTests {
    @Test(arguments: [1, 4]) func invariantsHold(releases: Int) {
        var options = RunOptions()
        options.releases = releases
        let simulation = Simulation(options)
        var crashes = 0
        for seed in UInt64(1)...100 {
            let report = simulation.run(seed: seed)
            crashes += report.crashes
            guard !report.violations.isEmpty else { continue }
            let short = simulation.shrink(report, attempts: 300)
            Issue.record("seed \(seed): \(short.violations)\n\(short.trace.joined(separator: "\n"))")
            return
        }
        #expect(crashes >= 100, "every run has a crash")
    }

    /// The same on nothing but the daemons' router and sessions.
    @Test func invariantsHoldOnRealFrames() {
        var options = RunOptions()
        options.routedEvery = 1
        for seed in UInt64(1000)...1040 {
            let report = Simulation(options).run(seed: seed)
            #expect(report.isRouted)
            #expect(report.violations == [], "seed \(seed)")
        }
    }

    @Test func aSeedIsOneRun() {
        for seed in UInt64(1)...8 {
            let (one, other) = (Simulation().run(seed: seed, traced: true), Simulation().run(seed: seed, traced: true))
            #expect(one.schedule == other.schedule, "seed \(seed)")
            #expect(one.trace.count == other.trace.count, "seed \(seed)")
            #expect(Simulation().replay(seed: seed, one.schedule).steps == one.steps, "seed \(seed)")
        }
    }
}

/// The checks bite: CI proves it of every fault with `zonesim --faults`.
struct FaultTests {
    @Test(arguments: [
        Fault.unlinkBeforeRelease, .acknowledgeBeforeSwap, .skipFileSync, .answerTwice, .listFailedZones,
        .ignoreLostFiles,
        .swapBuilds,
    ])
    func aFaultIsCaughtByWhatItBreaks(fault: Fault) throws {
        let proof = Simulation.prove(fault, RunOptions(), seeds: 2000)
        let caught = try #require(proof.caught, "\(fault) is not caught")
        let violation = try #require(caught.violations.first)
        #expect(fault.breaks.contains(violation.invariant))
        #expect(!caught.trace.isEmpty)
    }

    @Test func aFailureIsShrunk() throws {
        var options = RunOptions()
        options.fault = .acknowledgeBeforeSwap
        let simulation = Simulation(options)
        let failure = try #require((1...20).lazy.map { simulation.run(seed: $0) }.first { $0.schedule.count > 20 })
        let short = simulation.shrink(failure)
        #expect(short.schedule.count < failure.schedule.count)
        #expect(short.violations.first?.invariant == failure.violations.first?.invariant)
    }
}

/// Every state of a small world.
struct ExplorationTests {
    @Test func noStateNearTheStartBreaksAnInvariant() {
        let report = Exploration(bound: 1500).run()
        #expect(report.violations == [], "\(report.path)")
        #expect(report.states > 1000)
    }

    /// CI's zonesim does the same with a crash, for a longer time.
    @Test func allStatesOfTwoLoadsAreGood() {
        let report = Exploration(bound: 10_000, loads: 2, crashes: 0).run()
        #expect(report.violations == [], "\(report.path)")
        #expect(report.isComplete)
    }
}

/// What a loss of power leaves.
struct DiskTests {
    @Test func onlyWhatWasFlushedSurvivesALossOfPower() {
        var disk = Disk()
        disk.state.put(disk.newFile(.image([:])), as: .temporary)
        disk.state.rename(.temporary, to: .record)
        #expect(!disk.state.isDurable(.record))
        var unflushed = disk
        unflushed.losePower(reachedDisk: false)
        #expect(unflushed.state[.record] == nil)
        // The name reached the disk, the data did not.
        disk.losePower(reachedDisk: true)
        #expect(disk.state[.record]?.isTorn == true)
        #expect(!disk.state.isDurable(.record))
    }
}
