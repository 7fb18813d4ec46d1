// What goes into an image comes out of it: each record once, names in full, in canonical order.

import DNSCore
import Testing

@testable import ZoneImage

@Suite struct RoundTripTests {
    @Test(arguments: UInt64(0)..<50)
    func everyRecordComesBack(_ seed: UInt64) throws {
        let made = RandomZone(seed: seed)
        let result = ZoneBuilder.build(try table(made.records, origin: made.origin))
        let compiled = try #require(result.zone, "seed \(seed): \(result.problems.filter { $0.severity == .error })")
        let zone = TestZone(compiled)
        let expected = canonical(made.records)
        let found = zone.records
        let foundSet = canonical(found)
        #expect(foundSet.count == found.count, "seed \(seed): a record comes twice")
        #expect(
            expected == foundSet,
            "seed \(seed): missing \(expected.subtracting(foundSet).prefix(3)), surplus \(foundSet.subtracting(expected).prefix(3))"
        )
        #expect(compiled.recordCount == expected.count, "seed \(seed)")
    }

    @Test(arguments: UInt64(0)..<40)
    func anImageOfTheRecordsOfAnImageIsTheSame(_ seed: UInt64) throws {
        let made = RandomZone(seed: seed)
        let first = try #require(ZoneBuilder.build(try table(made.records, origin: made.origin)).zone)
        let second = ZoneBuilder.build(try table(TestZone(first).records, origin: made.origin)).zone
        #expect(first.content.array == second?.content.array, "seed \(seed)")
    }

    @Test(arguments: UInt64(0)..<40)
    func ownersAreInCanonicalOrder(_ seed: UInt64) throws {
        // RFC 4034, section 6.1, by `Name`'s own comparison, which knows nothing of sort keys.
        let made = RandomZone(seed: seed)
        let zone = TestZone(try #require(ZoneBuilder.build(try table(made.records, origin: made.origin)).zone))
        let owners = zone.records.map(\.owner)
        for (one, next) in zip(owners, owners.dropFirst()) {
            #expect(one == next || one < next, "seed \(seed): \(one) stands before \(next)")
        }
    }

    @Test func rdataIsInCanonicalOrder() throws {
        let zone = TestZone(
            try #require(
                ZoneBuilder.build(
                    try table(
                        """
                        $ORIGIN example.
                        @ 60 SOA a b 1 2 3 4 5
                        @ 60 NS Zz.test.
                        @ 60 NS a.test.
                        @ 60 NS B.test.
                        www 60 A 192.0.2.200
                        www 60 A 192.0.2.3
                        """)
                ).zone))
        #expect(zone.records.filter { $0.type == .a }.map { $0.rdata[3] } == [3, 200])
        #expect(zone.records.filter { $0.type == .ns }.map { $0.rdata[1] } == [0x61, 0x42, 0x5A])
    }

    @Test func theLargestRRsetsFit() throws {
        let head = try table("$ORIGIN example.\n@ 60 SOA a b 1 2 3 4 5\n@ 60 NS ns.test.\n")
        let owner = try Name("big.example.")
        for (length, fits) in [(65_241, true), (65_242, false), (65_535, false)] {
            var records = head
            try records.append(
                owner: owner, type: RRType(rawValue: 65_400), ttl: 1, rdata: [UInt8](repeating: 7, count: length))
            let result = ZoneBuilder.build(records)
            #expect((result.zone != nil) == fits, "\(length) octets")
            if let zone = result.zone { #expect(TestZone(zone).records.contains { $0.rdata.count == length }) }
        }
    }
}
