// Zones that a build has copied into its image: the next generation takes the copies of those that have not changed.

import Testing

@testable import Generations

@Suite struct CompactionTests {
    /// Ends the build that is held back, with copies of some zones as they are served.
    private func finishBuild(_ bench: inout Bench, copying zones: [ZoneName: ZoneVersion]) throws {
        let jobs = bench.effects.compactMap { if case .startBuild(let job) = $0 { job } else { nil } }
        let job = try #require(jobs.last)
        guard case .buildFinished(let generation, let result) = bench.build(job) else { return }
        bench.send(.buildFinished(generation, Ledger.BuildResult(outcomes: result.outcomes, copied: zones)))
    }

    @Test func aCopyIsTakenWithTheNextGeneration() throws {
        var bench = Bench(.init(historyLength: 0))
        bench.load([("a.", "1"), ("b.", "1")])
        let former = try #require(bench.ledger.current?.content.zones[ZoneName("b.")])
        bench.heldBack = [.build]
        bench.load("a.", "2")
        let copies = bench.ledger.copyableZones(in: [former.image])
        #expect(copies == [ZoneName("b."): former])
        try finishBuild(&bench, copying: copies)
        let content = try #require(bench.ledger.current?.content)
        #expect(content.zones[ZoneName("b.")] == former.moved(to: try #require(content.zones[ZoneName("a.")]?.image)))
        #expect(content.imageUses.values.map(\.zones) == [2])
        #expect(!bench.disk.contains(former.image))
    }

    @Test func aCopyOfWhatHasChangedMeanwhileIsNotTaken() throws {
        var bench = Bench()
        bench.load("b.", "1")
        let former = try #require(bench.ledger.current?.content.zones[ZoneName("b.")])
        bench.load("b.", "2")
        let served = try #require(bench.ledger.current?.content.zones[ZoneName("b.")])
        bench.heldBack = [.build]
        bench.load("a.", "1")
        try finishBuild(&bench, copying: [ZoneName("b."): former, ZoneName("c."): former])
        #expect(bench.ledger.current?.content.zones[ZoneName("b.")] == served)
        #expect(bench.ledger.current?.content.zones[ZoneName("c.")] == nil)
        #expect(bench.ledger.copies.isEmpty)
    }

    @Test func whatIsAboutToChangeIsNotCopied() throws {
        var bench = Bench()
        bench.load([("a.", "1"), ("b.", "1"), ("c.", "1")])
        let image = try #require(bench.ledger.current?.content.zones[ZoneName("a.")]?.image)
        bench.heldBack = [.build]
        bench.load("a.", "2")
        bench.heldBack.insert(.directory)
        bench.unload("b.")
        #expect(bench.ledger.copyableZones(in: [image]).keys.map(\.presentation) == ["c."])
    }

    @Test func callersOfOtherZonesAreNotDisturbed() throws {
        var bench = Bench()
        bench.load([("a.", "1"), ("b.", "1")])
        let former = try #require(bench.ledger.current?.content.zones[ZoneName("b.")])
        bench.heldBack = [.build]
        let first = bench.load("a.", "2")
        let second = bench.load("b.", "2")
        try finishBuild(&bench, copying: [ZoneName("b."): former])
        try finishBuild(&bench, copying: [:])
        #expect(bench.results(of: first).map(\.kind) == ["published"])
        #expect(bench.results(of: second).map(\.kind) == ["published"])
        #expect(bench.ledger.current?.content.zones[ZoneName("b.")]?.serial == 2)
    }

    @Test func aRefusalIsNoTroubleOfZonesThatHaveOnlyMoved() throws {
        var bench = Bench()
        bench.load([("a.", "1"), ("b.", "1")])
        bench.join("consumer")
        let former = try #require(bench.ledger.current?.content.zones[ZoneName("b.")])
        bench.heldBack = [.build]
        bench.load("a.", "2")
        try finishBuild(&bench, copying: [ZoneName("b."): former])
        let generation = try #require(bench.ledger.current?.generation)
        bench.send(.switchAnswered(ConsumerID("consumer"), generation, .refused(reason: "no")))
        #expect(bench.ledger.troubles.keys.map(\.presentation) == ["a."])
        #expect(bench.ledger.current?.content.zones[ZoneName("b.")] == former)
    }
}
