import DNSCore
import TestSupport
import Testing

@testable import ZoneImage

/// A zone that gets another serial has the bytes of one that is compiled with it.
struct NewSerialTests {
    @Test(arguments: UInt64(0)..<40) func theSerialIsAllThatChanges(seed: UInt64) throws {
        let made = RandomZone(seed: seed)
        guard let zone = ZoneBuilder.build(try table(made.records, origin: made.origin)).zone else { return }
        let serial = UInt32(truncatingIfNeeded: seed &* 0x9E37_79B9)
        let records = made.records.map { record -> ResourceRecord in
            guard record.type == .soa, record.owner == made.origin else { return record }
            let octets = withUnsafeBytes(of: serial.bigEndian) { Array($0) }
            return ResourceRecord(
                owner: record.owner, type: record.type, ttl: record.ttl,
                rdata: record.rdata.dropLast(20) + octets + record.rdata.suffix(16))
        }
        let expected = try #require(ZoneBuilder.build(try table(records, origin: made.origin)).zone)
        do {
            let changed = try zone.with(serial: Serial(rawValue: serial))
            #expect(changed.content.array == expected.content.array, "seed \(seed)")
            #expect(changed.digest == expected.digest && changed.serial == expected.serial)
        } catch {
            // Signed, or with a ZONEMD record.
            #expect(made.records.contains { $0.type == .zonemd || $0.type == .rrsig }, "seed \(seed): \(error)")
        }
    }

    @Test(arguments: [
        ("@ 60 ZONEMD 3 1 1 " + String(repeating: "ab", count: 48), "ZONEMD"),
        ("@ 60 RRSIG SOA 13 1 60 20300101000000 20260101000000 1 example. AAAA", "is signed"),
    ])
    func whatDependsOnTheSerialRefusesIt(_ line: String, _ reason: String) throws {
        let text = "$ORIGIN example.\n@ 60 SOA a b 3 2 3 4 5\n@ 60 NS ns.test.\n\(line)\n"
        let zone = try #require(ZoneBuilder.build(try table(text)).zone)
        #expect {
            try zone.with(serial: Serial(rawValue: 4))
        } throws: { "\($0)".contains(reason) }
    }
}
