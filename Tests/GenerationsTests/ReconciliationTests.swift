// From one set of zones to another: properties that hold for any two sets.

import Generations
import Testing

@Suite struct ReconciliationTests {
    /// A small world, in which all kinds of overlap come.
    private struct Sets: CustomTestStringConvertible {
        let seed: UInt64
        var wanted: [ZoneName: String] = [:]
        var have: [ZoneName: String?] = [:]

        init(seed: UInt64) {
            self.seed = seed
            var state = seed &* 0x9E37_79B9_7F4A_7C15 | 1
            func next(_ limit: UInt64) -> UInt64 {
                state ^= state << 13
                state ^= state >> 7
                state ^= state << 17
                return state % limit
            }
            for number in 0..<next(9) {
                if next(2) == 0 { wanted[ZoneName("z\(number).")] = "/f\(next(2))" }
                if next(2) == 0 { have[ZoneName("z\(number).")] = .some(next(4) == 0 ? nil : "/f\(next(2))") }
            }
        }

        var testDescription: String { "seed \(seed)" }
    }

    private static let seeds = 1...2000

    @Test func whatIsDoneMakesTheSetsEqual() {
        for seed in Self.seeds {
            let sets = Sets(seed: UInt64(seed))
            let steps = reconcile(wanted: sets.wanted, have: sets.have)
            var result = sets.have
            for zone in steps.removed { result[zone] = nil }
            for source in steps.loads { result[source.zone] = .some(source.file) }
            #expect(result == sets.wanted.mapValues { .some($0) }, "seed \(seed)")
        }
    }

    @Test func eachZoneIsInOnePlace() {
        for seed in Self.seeds {
            let sets = Sets(seed: UInt64(seed))
            let steps = reconcile(wanted: sets.wanted, have: sets.have)
            let all = [steps.added, steps.moved, steps.kept].map { $0.map(\.zone) } + [steps.removed]
            #expect(all.allSatisfy { $0 == $0.sorted() }, "seed \(seed)")
            let zones = all.flatMap { $0 }
            #expect(zones.count == Set(zones).count, "seed \(seed)")
            #expect(Set(zones) == Set(sets.wanted.keys).union(sets.have.keys), "seed \(seed)")
            #expect(steps.kept.allSatisfy { sets.have[$0.zone] == .some($0.file) }, "seed \(seed)")
            #expect(steps.added.allSatisfy { sets.have[$0.zone] == nil }, "seed \(seed)")
        }
    }

    @Test func onceIsEnough() {
        for seed in Self.seeds {
            let sets = Sets(seed: UInt64(seed))
            let again = reconcile(wanted: sets.wanted, have: sets.wanted.mapValues { .some($0) })
            #expect(again.added.isEmpty && again.moved.isEmpty && again.removed.isEmpty, "seed \(seed)")
            #expect(again.kept.count == sets.wanted.count, "seed \(seed)")
        }
    }

    @Test func nothingWantedRemovesAll() {
        let steps = reconcile(wanted: [:], have: [ZoneName("a."): "/a", ZoneName("b."): nil])
        #expect(steps.removed == [ZoneName("a."), ZoneName("b.")] && steps.loads.isEmpty)
    }
}
