// docs/DECISIONS.md, 21, 24 and 25: what is refused, and the place and words that say so.

import DNSCore
import TestSupport
import Testing
import ZoneFile

@Suite struct RefusalTests {
    @Test(arguments: [
        // Escapes, quotes, parentheses.
        ("a\\256 60 A 192.0.2.1", "1:1: a '\\' must be followed"), ("a\\25 60 A 192.0.2.1", "1:1: a '\\'"),
        ("a 60 TXT a\\256", "1:11: a '\\'"), ("a 60 TXT \"ab", "1:10: this quote is not closed"),
        ("a 60 TXT \"ab\nb 60 TXT c", "1:10: this quote is not closed"),
        ("a 60 TXT (a", "1:10: this parenthesis is never closed"),
        ("a 60 TXT a)", "1:11: this parenthesis was never opened"),
        ("a 60 TXT a\\", "1:11: a '\\' at the end of a line"),
        // Names.
        ("a..b 60 A 192.0.2.1", "1:1: a label is empty"), (".a 60 A 192.0.2.1", "1:1: a label is empty"),
        ("a 60 NS b..c", "1:9: a label is empty"), ("\"a\" 60 A 192.0.2.1", "1:1: an owner is expected"),
        ("a 60 NS \"b\"", "1:9: a domain name is expected"),
        (String(repeating: "a", count: 64) + " 60 A 192.0.2.1", "1:1: a label has more than 63"),
        ("a 60 NS " + String(repeating: "abcdefg.", count: 32), "1:9: the name has more than 255"),
        // Owner, class, type.
        ("a.test. 60 A 192.0.2.1", "1:1: a.test. is not in the zone example."),
        ("xexample. 60 A 192.0.2.1", "1:1: xexample. is not in the zone"),
        ("a 60 CH A 192.0.2.1", "1:6: the zone's class is IN"),
        ("a 60 CLASS3 A 192.0.2.1", "1:6: the zone's class is IN"),
        ("a 60 IN IN A 192.0.2.1", "1:9: 'IN' is no type"),
        ("a 60 60 A 192.0.2.1", "1:6: a type is expected, and not a second"),
        ("a 60 FOO x", "1:6: 'FOO' is no type"), ("a 60 TYPE65536 \\# 0", "1:6: 'TYPE65536' is no type"),
        ("a 60", "1:5: a type is expected"),
        ("a 60 ANY x", "1:6: ANY exists in messages only"), ("a 60 OPT \\# 0", "1:6: OPT exists"),
        ("a 60 TYPE41 \\# 0", "1:6: OPT exists"), ("a 60 AXFR x", "1:6: AXFR exists"),
        ("a 60 TYPE0 \\# 0", "1:6: TYPE0 exists"),
        ("a 60 TSIG x", "1:6: TSIG exists"), ("a 60 NXNAME \\# 0", "1:6: NXNAME exists"),
        // Rdata.
        ("a 60 A", "1:7: an IPv4 address is expected"), ("a 60 A 192.0.2", "1:8: '192.0.2' is no IPv4"),
        ("a 60 A 192.0.2.256", "1:8: "), ("a 60 A 192.0.02.1", "1:8: "),
        ("a 60 A 192.0.2.1 x", "1:18: 'x' is too much"),
        ("a 60 A \"192.0.2.1\"", "1:8: an IPv4 address is expected, which"), ("a 60 AAAA 1::2::3", "1:11: "),
        ("a 60 AAAA 192.0.2.1", "1:11: "),
        ("a 60 MX 65536 b", "1:9: '65536' is no number from 0 to 65535"), ("a 60 MX -1 b", "1:9: "),
        ("a 60 MX 1", "1:10: a domain name"),
        ("a 60 DS 1 8 2 ABC", "1:15: the number of hexadecimal digits is odd"),
        ("a 60 DS 1 8 2 AB CX", "1:19: 'X' is no hexadecimal digit"),
        ("a 60 DS 1 8 2", "1:14: hexadecimal digits is expected"),
        ("a 60 DS 1 8 2 AB CD", "1:15: the digest has 2 octets, but one of its type has 32"),
        ("a 60 CDS 1 8 1 AB", "1:16: the digest has 1 octets"), ("a 60 TYPE43 \\# 5 0001 08 02 AB", "1:13: the digest"),
        ("a 60 SSHFP 1 1 AB", "1:16: the digest has 1 octets, but one of its type has 20"),
        ("@ 60 ZONEMD 1 1 240 AB", "1:21: the digest has 1 octets, but none has less than 12"),
        ("@ 60 ZONEMD 1 1 1 000102030405060708090A0B0C", "1:19: the digest has 13 octets"),
        ("a 60 X25 311", "1:10: an X.25 address has at least four digits"), ("a 60 X25 3110x", "1:10: an X.25"),
        ("\u{FEFF}a 60 A 192.0.2.1", "1:1: the file begins with a byte order mark"),
        ("\u{FEFF}$TTL 1h", "1:1: the file begins with a byte order mark"),
        ("a 60 DS 1 FOO 2 AB", "1:11: 'FOO' is not an algorithm"),
        ("a 60 DNSKEY 256 3 8 AwE", "1:21: the base64 is cut short"),
        ("a 60 DNSKEY 256 3 8 Aw*A", "1:23: '*' can't stand here"), ("a 60 DNSKEY 256 3 8 AB==", "1:22: "),
        ("a 60 TXT " + String(repeating: "a", count: 256), "1:10: the string has 256 octets"),
        ("a 60 TXT", "1:9: a string is expected"),
        ("a 60 NSEC b A FOO", "1:15: 'FOO' is no type"), ("a 60 NSEC3 1 0 1 ABC 00 A", "1:18: a salt"),
        ("a 60 NSEC3 1 0 1 - W0 A", "1:20: 'W'"),
        ("a 60 RRSIG A 8 1 60 20261301000000 20260101000000 1 b AA==", "1:21: '20261301000000' is no time"),
        ("a 60 CAA 0 is-sue x", "1:12: 'is-sue' is no tag"), ("a 60 LOC x", "1:10: 'x' is no number of degrees"),
        ("a 60 \\# 1 00", "1:6: '\\#' is no type"), ("a 60 TYPE1000 x", "1:15: rdata of type TYPE1000 is written as"),
        ("a 60 NULL", "1:10: "),
        ("a 60 TYPE1000 \\# 2 00", "1:15: \\# announces 2 octets, but 1"),
        ("a 60 TYPE1000 \\# 1 0", "1:20: the number"),
        ("a 60 TYPE1000 \\# 65536 00", "1:18: "),
        ("a 60 \u{1B}[31mX 192.0.2.1", "1:6: '\\027[31mX' is no type"),
        ("a 60 LOC 91 N 0 E 0", "1:10: '91' is no number of degrees from 0 to 90"),
        ("a 60 LOC 90 0 0.001 N 0 E 0", "1:10: a latitude is at most 90 degrees"),
        ("a 60 LOC 42 60 N 0 E 0", "1:13: '60' is no number of minutes"),
        ("a 60 LOC 42 1 60 N 0 E 0", "1:15: '60' is no number of seconds"),
        ("a 60 LOC 42 1 1.0001 N 0 E 0", "1:15: '1.0001' is no number of seconds"),
        ("a 60 LOC 42 1 1 1 N 0 E 0", "1:17: N or S is expected"), ("a 60 LOC 42 N 0 N 0", "1:17: 'N' is no number"),
        ("a 60 LOC 42 N 71 W", "1:19: an altitude in metres is expected"),
        ("a 60 LOC 42 N 71 W 42849672.96", "1:20: '42849672.96' is not an altitude"),
        ("a 60 LOC 42 N 71 W -100000.01m", "1:20: "), ("a 60 LOC 42 N 71 W 44x", "1:20: "),
        ("a 60 LOC 42 N 71 W 1.555m", "1:20: "), ("a 60 LOC 42 N 71 W 0 90000001m", "1:22: "),
        ("a 60 LOC 42 N 71 W 0 1 2 3 4", "1:28: "),
        ("a 60 APL 1:192.0.2.0/33", "1:10: '1:192.0.2.0/33' is no address prefix"), ("a 60 APL 2:::1/129", "1:10: "),
        ("a 60 APL 1:192.0.2.0/-1", "1:10: "), ("a 60 APL 1:192.0.2.0/", "1:10: "), ("a 60 APL 3:::/0", "1:10: "),
        ("a 60 APL 1:192.0.2/8", "1:10: "), ("a 60 DNSKEY 257 3 8", "1:20: "), ("a 60 CDNSKEY 257 3 8", "1:21: "),
        ("a 60 SVCB 1 . ALPN=h2", "1:15: "), ("a 60 SVCB 1 . KEY667=a", "1:15: "),
        ("a 60 A \\# 3 C00002", "1:8: these octets are no valid rdata of type A"),
        ("a 60 NS \\# 2 0561", "1:9: these octets"), ("a 60 MX \\# 4 00010100", "1:9: these octets"),
    ])
    func withItsPlace(text: String, error: String) throws {
        let found = try errors(text)
        #expect(found.count == 1, "\(found)")
        #expect(found.first?.hasPrefix(error) == true, "\(found)")
    }

    @Test func placesAreThoseOfTheTokenAlsoOnLaterLines() throws {
        #expect(try errors("\n\n@ 60 SOA a b ( 1\n  2 3\n\t4 x )\n").first?.hasPrefix("5:4: 'x' is no period") == true)
    }

    @Test func allErrorsOfAFileUpToALimit() throws {
        let text = String(repeating: "a 60 A x\nb 60 A 192.0.2.1\n", count: 100)
        let found = try errors(text)
        #expect(found.count == 50)
        #expect(found.last?.hasPrefix("99:8: ") == true)
    }

    @Test func aBadOwnerIsComplainedAboutOnce() throws {
        #expect(
            try errors("a..b 60 A 192.0.2.1\n A 192.0.2.2\n A 192.0.2.3\nc A x\n").map { $0.prefix(4) } == [
                "1:1:", "4:5:",
            ])
    }

    @Test func entriesBeyondTheLimitEndTheLoad() throws {
        var limits = LoadLimits()
        limits.recordText = 4096
        let text = "a 60 TXT (" + String(repeating: "\nabc", count: 5000) + ")"
        #expect(try errors(text, limits: limits).first?.hasPrefix("1:1: the record has more than 4096") == true)
    }

    @Test func rdataOfMoreThan65535OctetsIsRefused() throws {
        let string = " " + String(repeating: "a", count: 255)
        #expect(
            try errors("a 60 TXT" + String(repeating: string, count: 255) + " " + String(repeating: "a", count: 254))
                == [])
        #expect(
            try errors("a 60 TXT" + String(repeating: string, count: 256)).first?.contains("more than 65535") == true)
        #expect(
            try errors("a 60 TXT" + String(repeating: string, count: 2560)).first?.contains("more than 65535") == true)
    }

    @Test func theSourceLineComesAlong() throws {
        do {
            _ = try ZoneLoader(origin: Name("example.")).load(text: "\n  a\nb 60 A x ; y\n", name: "f")
        } catch let error as LoadFailure {
            #expect(error.diagnostics.map(\.sourceLine) == ["  a", "b 60 A x ; y"])
            #expect(error.diagnostics[1].description.hasPrefix("f:3:8: error: 'x' is no IPv4 address"))
        }
    }
}

@Suite struct FileTests {
    @Test func whatIsNoRegularFileIsRefusedWithTheReason() throws {
        let folder = try TemporaryFolder()
        folder.makePipe("pipe")
        #expect(try folder.errors("pipe").first?.contains("is no regular file") == true)
        #expect(try folder.errors(".").first?.contains("is no regular file") == true)
        #expect(try folder.errors("none").first?.hasSuffix("none can't be read: No such file or directory") == true)
    }

    @Test func progressIsReported() throws {
        let folder = try TemporaryFolder()
        try folder.write(String(repeating: "a 60 A 192.0.2.1\n", count: 40_000), to: "a")
        var seen: [ReadProgress] = []
        let zone = try ZoneLoader(origin: Name("example.")).load(path: folder.path + "/a") { seen.append($0) }
        #expect(zone.records.count == 40_000)
        #expect(seen.count > 2)
        #expect(seen.last?.bytesRead == seen.last?.bytesTotal)
    }
}
