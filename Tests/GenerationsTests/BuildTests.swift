// Several builds at once.

import Testing

@testable import Generations

/// I3: a build that takes long holds up no other zones, and no load is lost by that.
struct ParallelBuildTests {
    private func load(_ bench: inout Bench, _ id: UInt64, _ zones: [String], serial: Int, isLarge: Bool = false) {
        let names = zones.map { ZoneName($0) }
        let sources = names.map { ZoneSource(zone: $0, file: "/zones/\(serial)") }
        bench.send(.loadRequested(RequestID(id), sources, large: isLarge ? Set(names) : []))
    }

    private func jobs(_ bench: Bench) -> [[String]] {
        bench.effects.compactMap { effect in
            guard case .startBuild(let job) = effect else { return nil }
            return job.zones.map(\.source.zone.presentation)
        }
    }

    private func finish(_ bench: inout Bench, _ zone: String) {
        let build = bench.ledger.builds.values.first { $0.job.zones.contains { $0.source.zone == ZoneName(zone) } }
        if let build { bench.send(bench.build(build.job)) }
    }

    @Test func oneThatTakesLongHoldsUpNoOther() {
        var bench = Bench(.init(buildLimit: 2))
        bench.heldBack = [.build]
        load(&bench, 101, ["big."], serial: 1, isLarge: true)
        load(&bench, 102, ["a."], serial: 2)
        finish(&bench, "a.")
        #expect(bench.results(of: RequestID(102)).map(\.kind) == ["published"])
        #expect(bench.serial("a.") == 2 && bench.serial("big.") == nil)
        finish(&bench, "big.")
        #expect(bench.results(of: RequestID(101)).map(\.kind) == ["published"])
        #expect(bench.serial("a.") == 2 && bench.serial("big.") == 1)
    }

    @Test func largeZonesLeaveASlotToSmallOnes() {
        var bench = Bench(.init(buildLimit: 2))
        bench.heldBack = [.build]
        load(&bench, 101, ["big."], serial: 1, isLarge: true)
        load(&bench, 102, ["huge."], serial: 1, isLarge: true)
        #expect(jobs(bench) == [["big."]])
        load(&bench, 103, ["a."], serial: 1)
        #expect(jobs(bench) == [["big."], ["a."]])
        finish(&bench, "big.")
        #expect(jobs(bench) == [["big."], ["a."], ["huge."]])
    }

    @Test func aZoneIsNeverInTwoBuilds() {
        var bench = Bench(.init(buildLimit: 3))
        bench.heldBack = [.build]
        load(&bench, 101, ["a."], serial: 1)
        load(&bench, 102, ["a.", "b."], serial: 2)
        #expect(jobs(bench) == [["a."]])
        finish(&bench, "a.")
        #expect(jobs(bench) == [["a."], ["a.", "b."]])
        bench.heldBack = []
        finish(&bench, "b.")
        #expect(bench.serial("a.") == 2)
    }

    @Test func whatIsAskedForTogetherIsBuiltTogether() {
        var bench = Bench(.init(buildLimit: 4))
        bench.heldBack = [.build]
        load(&bench, 101, ["x."], serial: 1)
        load(&bench, 102, ["x.", "a.", "big."], serial: 2, isLarge: true)
        load(&bench, 103, ["x.", "b."], serial: 2)
        finish(&bench, "x.")
        #expect(jobs(bench) == [["x."], ["a.", "b.", "big.", "x."]])
    }

    @Test func whatFailsTogetherIsTriedApart() {
        var bench = Bench(.init(buildLimit: 1))
        bench.heldBack = [.build]
        load(&bench, 101, ["x."], serial: 1)
        load(&bench, 102, ["a."], serial: 2)
        load(&bench, 103, ["b.", "c."], serial: 2)
        finish(&bench, "x.")
        let shared = bench.ledger.builds.keys.first!
        bench.send(.buildFailed(shared, reason: "killed"))
        #expect(jobs(bench) == [["x."], ["a.", "b.", "c."], ["a."]])
        bench.send(.buildFailed(bench.ledger.builds.keys.first!, reason: "killed"))
        #expect(bench.results(of: RequestID(102)).map(\.kind) == ["failed"])
        finish(&bench, "b.")
        #expect(bench.results(of: RequestID(103)).map(\.kind) == ["published", "published"])
    }

    @Test func theSlowerOfTwoDoesNotBringBackWhatWasUnloaded() {
        var bench = Bench(.init(buildLimit: 2))
        bench.heldBack = [.build]
        load(&bench, 101, ["a."], serial: 1)
        let old = bench.ledger.builds.values.first!.job
        bench.unload("a.")
        load(&bench, 102, ["a."], serial: 2)
        let new = bench.ledger.builds.values.first { $0.job.generation != old.generation }!.job
        bench.send(bench.build(new))
        bench.send(bench.build(old))
        #expect(bench.serial("a.") == 2)
        #expect(bench.results(of: RequestID(101)).map(\.kind) == ["superseded"])
    }
}
