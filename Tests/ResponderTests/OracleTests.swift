// The responder against the oracle, on a part of all small zones and on random ones; `zoneproof` takes all and many more.

import DNSCore
import ResponderModel
import Testing

@Suite struct OracleTests {
    @Test(arguments: ModelComparison.Chain.allCases)
    func someOfAllSmallZones(_ chain: ModelComparison.Chain) throws {
        for number in stride(from: 0, to: SmallZones.count, by: 211) {
            if let text = try ModelComparison.failure(SmallZones.zone(number), chain) {
                Issue.record("zone \(number), \(text)")
                return
            }
        }
    }

    @Test(arguments: ModelComparison.Chain.allCases)
    func randomZones(_ chain: ModelComparison.Chain) throws {
        for seed in UInt64(0)..<60 {
            if let text = try ModelComparison.failure(SmallZones.random(seed), chain) {
                Issue.record("seed \(seed), \(text)")
                return
            }
        }
    }
}
