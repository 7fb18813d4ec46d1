// The same set of records gives the same bytes: in any order, with owners in any spelling, duplicates or not.

import DNSCore
import TestSupport
import Testing

@testable import ZoneImage

@Suite struct DeterminismTests {
    @Test(arguments: UInt64(0)..<40)
    func orderSpellingAndDuplicatesDoNotMatter(_ seed: UInt64) throws {
        let made = RandomZone(seed: seed)
        let first = ZoneBuilder.build(try table(made.records, origin: made.origin))
        var random = SplitMix64(seed: seed)
        var records = made.records + made.records.filter { _ in Bool.random(using: &random) }
        records.shuffle(using: &random)
        records = records.map { record in
            let upper = record.owner.wire.map { octet in
                octet >= 0x61 && octet <= 0x7A && Bool.random(using: &random) ? octet - 32 : octet
            }
            // Octets of a label's length are below 64 and so never letters.
            return ResourceRecord(
                owner: Name(wire: upper) ?? record.owner, type: record.type, ttl: record.ttl, rdata: record.rdata)
        }
        let second = ZoneBuilder.build(try table(records, origin: made.origin))
        #expect(first.zone != nil, "seed \(seed): \(first.problems.filter { $0.severity == .error })")
        #expect(first.zone?.content.array == second.zone?.content.array, "seed \(seed)")
        #expect(first.zone?.recordCount == second.zone?.recordCount)
    }

    @Test func theLeastTTLCountsWhereverItStands() throws {
        let head = "$ORIGIN example.\n@ 60 SOA a b 1 2 3 4 5\n@ 60 NS ns.test.\n"
        let one = ZoneBuilder.build(try table(head + "www 100 A 192.0.2.1\nwww 50 A 192.0.2.1\n"))
        let other = ZoneBuilder.build(try table(head + "www 50 A 192.0.2.1\nwww 100 A 192.0.2.1\n"))
        #expect(one.zone?.content.array == other.zone?.content.array)
        #expect(one.zone.map { TestZone($0).records.contains { $0.type == .a && $0.ttl == 50 } } == true)
        #expect(
            one.problems.contains { $0.message.contains("TTL") }
                && other.problems.contains { $0.message.contains("TTL") })
    }

    @Test func twoBuildsGiveTheSameBytes() throws {
        let made = RandomZone(seed: 7)
        let records = try table(made.records, origin: made.origin)
        #expect(ZoneBuilder.build(records).zone?.digest == ZoneBuilder.build(records).zone?.digest)
    }
}
