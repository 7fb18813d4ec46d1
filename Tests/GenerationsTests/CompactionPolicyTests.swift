// Which images a build merges into its own.

import Testing

@testable import Generations

@Suite struct CompactionPolicyTests {
    private func uses(_ images: [(UInt64, zones: Int, records: Int)]) -> [FileName: Content.ImageUse] {
        Dictionary(
            uniqueKeysWithValues: images.map {
                (FileName.image(of: Generation($0.0)), Content.ImageUse(zones: $0.zones, records: $0.records))
            })
    }

    private func numbers(_ images: Set<FileName>) -> [UInt64] { images.compactMap(\.generation?.number).sorted() }

    @Test func smallImagesAreMerged() {
        let uses = uses([
            (1, zones: 10_000, records: 100_000), (2, zones: 1, records: 10), (3, zones: 40, records: 900),
        ])
        #expect(numbers(CompactionPolicy.choose(among: uses, records: 10) { uses[$0]?.zones ?? 0 }) == [2, 3])
    }

    @Test func eachMergedImageMakesRoomForTheNext() {
        let uses = uses([(1, zones: 1, records: 1000), (2, zones: 1, records: 2000), (3, zones: 1, records: 4001)])
        #expect(numbers(CompactionPolicy.choose(among: uses, records: 1) { _ in 1 }) == [1, 2])
    }

    @Test func largeImagesStandAlone() {
        let uses = uses([(1, zones: 1, records: 300_000)])
        #expect(CompactionPolicy.choose(among: uses, records: 1_000_000) { _ in 1 }.isEmpty)
    }

    @Test func imagesThatAreHardlyUsedAreGivenUp() {
        let uses = uses([(1, zones: 49, records: 500_000), (2, zones: 50, records: 500_000)])
        #expect(numbers(CompactionPolicy.choose(among: uses, records: 1) { _ in 100 }) == [1])
    }
}
