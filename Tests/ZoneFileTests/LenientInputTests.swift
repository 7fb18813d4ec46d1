// Decisions 24 to 24b: what other servers take, and what is said of it.

import DNSCore
import TestSupport
import Testing
import ZoneFile

@Suite struct OutOfZoneTests {
    private static let text = """
        $TTL 60
        a A 192.0.2.1
        b.test. A 192.0.2.2
          TXT x
        c A 192.0.2.3
          TXT y
        $ORIGIN test.
        @ SOA a b 77 2 3 4 5
        d A 192.0.2.4
        d.example. A 192.0.2.5
        """

    @Test func recordsOutsideAreErrorsWithTheirLines() throws {
        #expect(
            try errors(Self.text) == [
                "3:1: b.test. is outside the zone example.; --skip-out-of-zone skips such records",
                "8:1: test. is outside the zone example.; --skip-out-of-zone skips such records",
                "9:1: d.test. is outside the zone example. (a name without a dot at its end is relative to the origin test.)"
                    + "; --skip-out-of-zone skips such records",
            ])
    }

    @Test func skippedRecordsAreCountedInOneWarning() throws {
        let zone = try ZoneLoader(origin: Name("example."), skipsOutOfZone: true).load(text: Self.text, name: "zone")
        let found = (0..<zone.records.count).map { "\(zone.records[$0].owner) \(zone.records[$0].type)" }
        #expect(found == ["a.example. A", "c.example. A", "c.example. TXT", "d.example. A"])
        #expect(zone.serial == nil)
        #expect(zone.warnings.count == 1)
        #expect(
            zone.warnings.first?.description
                == "zone:3:1: warning: skipped 4 records outside the zone example., the first of them b.test. "
                + "[out-of-zone]")
        #expect(zone.warnings.first?.excerpt?.text == "b.test. A 192.0.2.2")
        #expect(
            try warnings("a 60 A 192.0.2.1\nx. A 192.0.2.1", skipsOutOfZone: true) == [
                "2:1: skipped x., which is outside the zone example."
            ])
        #expect(
            try warnings("$GENERATE 1-500 a$.test. 60 A 192.0.2.1\na 60 A 192.0.2.1", skipsOutOfZone: true).count == 1)
    }

    @Test func theWarningIsWhereTheFirstOfThemIs() throws {
        #expect(
            try warnings("a 2147483648 A 192.0.2.1\nx. A 192.0.2.1\nb 3000000000 A 192.0.2.1", skipsOutOfZone: true)
                .map { $0.prefix(4) } == ["1:3:", "2:1:", "3:3:"])
    }

    @Test func whatIsWrongInThemIsStillWrong() throws {
        #expect(throws: LoadFailure.self) { try warnings("x. 60 A b", skipsOutOfZone: true) }
    }
}

@Suite struct RFC2181LargeTTLTests {
    @Test(arguments: ["2147483648", "4294967295", "3551w"])
    func areZeroWithAWarning(ttl: String) throws {
        let note = "is above 2147483647 and is served as 0 (RFC 2181, section 8)"
        for text in ["a \(ttl) A 192.0.2.1", "$TTL \(ttl)\na A 192.0.2.1", "a IN \(ttl) A 192.0.2.1\nb A 192.0.2.1"] {
            #expect(try records(text).allSatisfy { $0.contains(" 0 A ") }, "\(text)")
            let found = try warnings(text)
            #expect(found.count == 1 && found[0].hasSuffix(note), "\(text): \(found)")
        }
        #expect(try warnings("$GENERATE 1-300 a$ \(ttl) A 192.0.2.1").count == 1)
    }

    @Test func aboveThirtyTwoBitsTheyAreErrors() throws {
        #expect(
            try errors("a 4294967296 A 192.0.2.1").first?.hasPrefix("1:3: expected a TTL: seconds up to 4294967295")
                == true)
        #expect(try warnings("a 2147483647 A 192.0.2.1") == [])
        #expect(try records("@ SOA a b 1 2 3 4 4294967295\n@ NS a")[1] == "example. 0 NS a.example.")
    }
}

@Suite struct RFC8078DeletionTests {
    @Test(arguments: [
        (
            "CDS 0 0 0 0", "CDS 0 0 0 00",
            "1:16: CDS: '0' was read as one octet, as RFC 8078 had it at first; write '00'"
        ),
        (
            "CDNSKEY 0 3 0 0", "CDNSKEY 0 3 0 AA==",
            "1:20: CDNSKEY: '0' was read as one octet, as RFC 8078 had it at first; write 'AA=='"
        ),
    ])
    func theFirstFormIsAcceptedWithAWarning(old: String, new: String, warning: String) throws {
        #expect(try records("@ 60 \(old)") == records("@ 60 \(new)"))
        #expect(try warnings("@ 60 \(old)") == [warning])
        #expect(try warnings("@ 60 \(new)") == [])
    }

    @Test(arguments: [
        "CDS 1 0 0 0", "CDS 0 8 0 0", "DS 0 0 0 0", "CDNSKEY 256 3 0 0", "CDNSKEY 0 3 8 0", "DNSKEY 0 3 0 0",
        "CDS 0 0 0 0 0 0",
    ])
    func nothingElseIs(text: String) throws {
        #expect(try errors("@ 60 \(text)").count == 1)
    }
}

@Suite struct UnknownDigestTests {
    /// RFC 8976, appendix A.3, with its schemes and algorithms for private use.
    @Test func rfc8976ExampleA3Loads() throws {
        let text = """
            example.      86400  IN  SOA     ns1 admin 2018031900 (
                                             1800 900 604800 86400 )
                          86400  IN  NS      ns1
                          86400  IN  NS      ns2
                          86400  IN  ZONEMD  2018031900 1 1 (
                                             62e6cf51b02e54b9
                                             b5f967d547ce4313
                                             6792901f9f88e637
                                             493daaf401c92c27
                                             9dd10f0edb1c56f8
                                             080211f8480ee306 )
                          86400  IN  ZONEMD  2018031900 1 2 (
                                             08cfa1115c7b948c
                                             4163a901270395ea
                                             226a930cd2cbcf2f
                                             a9a5e6eb85f37c8a
                                             4e114d884e66f176
                                             eab121cb02db7d65
                                             2e0cc4827e7a3204
                                             f166b47e5613fd27 )
                          86400  IN  ZONEMD  2018031900 1 240 (
                                             e2d523f654b9422a
                                             96c5a8f44607bbee )
                          86400  IN  ZONEMD  2018031900 241 1 (
                                             e1846540e33a9e41
                                             89792d18d5d131f6
                                             05fc283e )
            ns1           3600   IN  A       203.0.113.63
            ns2           86400  IN  TXT     "This example has multiple digests"
            NS2           3600   IN  AAAA    2001:db8::63
            """
        #expect(try records(text).count == 10)
    }

    @Test(arguments: [
        ("ZONEMD", "1 2 1 000102030405060708090A0B", true), ("ZONEMD", "1 2 1 000102030405060708090A", false),
        ("ZONEMD", "1 1 3 000102030405060708090A0B", true), ("ZONEMD", "1 1 254 000102030405060708090A", false),
        ("ZONEMD", "1 240 1 00", true), ("ZONEMD", "1 254 200 00", true), ("ZONEMD", "1 255 1 00", false),
        ("ZONEMD", "1 239 1 00", false), ("ZONEMD", "1 1 2 000102030405060708090A0B", false),
        ("DS", "1 8 7 00", true), ("DS", "1 8 0 00", true), ("SSHFP", "1 3 00", true), ("SSHFP", "9 1 00", false),
        ("TLSA", "3 1 9 00", true), ("TLSA", "9 9 1 00", true),
    ])
    func lengths(type: String, text: String, isAccepted: Bool) throws {
        #expect((try rdata(type, text) != nil) == isAccepted)
    }
}
