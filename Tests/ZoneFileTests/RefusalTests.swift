// docs/DECISIONS.md, 21, 24 and 25: what is refused, and the place and words that say so.

import DNSCore
import TestSupport
import Testing
import ZoneFile

@Suite struct RefusalTests {
    @Test(arguments: [
        // Escapes, quotes, parentheses.
        ("a\\256 60 A 192.0.2.1", "1:1: owner name: invalid escape"),
        ("a\\25 60 A 192.0.2.1", "1:1: owner name: invalid escape"),
        ("a 60 TXT a\\256", "1:11: TXT text: invalid escape"), ("a 60 TXT \"ab", "1:10: no closing quote on this line"),
        ("a 60 TXT \"ab\nb 60 TXT c", "1:10: no closing quote on this line"),
        ("a 60 TXT (a", "1:10: '(' without ')'"),
        ("a 60 TXT a)", "1:11: ')' without '('"),
        ("a 60 TXT a\\", "1:11: '\\' at the end of a line"),
        // Names.
        ("a..b 60 A 192.0.2.1", "1:1: owner name: empty label"), (".a 60 A 192.0.2.1", "1:1: owner name: empty label"),
        ("a 60 NS b..c", "1:9: NS name server: empty label"),
        ("\"a\" 60 A 192.0.2.1", "1:1: expected an owner name, found a quoted string"),
        ("a 60 NS \"b\"", "1:9: NS name server: expected a domain name, found a quoted string"),
        (String(repeating: "a", count: 64) + " 60 A 192.0.2.1", "1:1: owner name: a label is longer than 63"),
        ("a 60 NS " + String(repeating: "abcdefg.", count: 32), "1:9: NS name server: the name is longer than 255"),
        // Owner, class, type.
        ("a.test. 60 A 192.0.2.1", "1:1: a.test. is outside the zone example.; --skip-out-of-zone"),
        ("xexample. 60 A 192.0.2.1", "1:1: xexample. is outside the zone"),
        ("a 60 CH A 192.0.2.1", "1:6: expected class IN, found class CH"),
        ("a 60 CLASS3 A 192.0.2.1", "1:6: expected class IN, found class CH"),
        ("a 60 IN IN A 192.0.2.1", "1:9: expected an RR type, found a second class 'IN'"),
        ("a 60 60 A 192.0.2.1", "1:6: expected an RR type, found a second TTL '60'"),
        ("a 60 FOO x", "1:6: unknown RR type 'FOO' (use TYPEnnn for types without a mnemonic, RFC 3597)"),
        ("a 60 TYPE65536 \\# 0", "1:6: unknown RR type 'TYPE65536'"),
        ("a 60", "1:5: expected an RR type, found the end of the record"),
        ("a 60 ANY x", "1:6: type ANY is for messages only"), ("a 60 OPT \\# 0", "1:6: type OPT is for messages only"),
        ("a 60 TYPE41 \\# 0", "1:6: type OPT is for messages only"),
        ("a 60 AXFR x", "1:6: type AXFR is for messages only"),
        ("a 60 TYPE0 \\# 0", "1:6: type TYPE0 is reserved"),
        ("a 60 TSIG x", "1:6: type TSIG is for messages only"),
        ("a 60 NXNAME \\# 0", "1:6: type NXNAME is for messages only"),
        // Rdata.
        ("a 60 A", "1:7: A: expected an IPv4 address, found the end of the record"),
        ("a 60 A 192.0.2", "1:8: A: expected an IPv4 address, found '192.0.2' (it has four numbers"),
        ("a 60 A 192.0.2.256", "1:8: A: expected an IPv4 address, found '192.0.2.256' (its numbers are at most 255)"),
        ("a 60 A 192.0.02.1", "1:8: A: expected an IPv4 address, found '192.0.02.1' (leading zeros are not allowed)"),
        ("a 60 A 192.0.2.1 x", "1:18: unexpected 'x' after the end of the record"),
        ("a 60 A \"192.0.2.1\"", "1:8: A: expected an IPv4 address, found a quoted string"),
        ("a 60 AAAA 1::2::3", "1:11: "),
        (
            "a 60 AAAA 192.0.2.1",
            "1:11: AAAA: expected an IPv6 address, found '192.0.2.1' (an IPv4 address needs type A)"
        ), ("a 60 A ::1", "1:8: A: expected an IPv4 address, found '::1' (an IPv6 address needs type AAAA)"),
        ("a 60 MX 65536 b", "1:9: MX preference: expected a number from 0 to 65535, found '65536'"),
        ("a 60 MX -1 b", "1:9: "),
        ("a 60 MX 1", "1:10: MX mail exchange: expected a domain name, found the end of the record"),
        ("a 60 DS 1 8 2 ABC", "1:15: DS digest: odd number of hexadecimal digits"),
        ("a 60 DS 1 8 2 AB CX", "1:19: DS digest: expected a hexadecimal digit, found 'X'"),
        ("a 60 DS 1 8 2", "1:14: DS digest: expected hexadecimal digits, found the end of the record"),
        ("a 60 DS 1 8 2 AB CD", "1:15: DS digest: expected 32 octets for type 2, found 2"),
        ("a 60 CDS 1 8 1 AB", "1:16: CDS digest: expected 20 octets for type 1, found 1"),
        ("a 60 TYPE43 \\# 5 0001 08 02 AB", "1:13: DS digest: expected 32 octets"),
        ("a 60 SSHFP 1 1 AB", "1:16: SSHFP fingerprint: expected 20 octets for type 1, found 1"),
        ("@ 60 ZONEMD 1 1 240 AB", "1:21: ZONEMD digest: expected at least 12 octets, found 1"),
        (
            "@ 60 ZONEMD 1 1 1 000102030405060708090A0B0C",
            "1:19: ZONEMD digest: expected 48 octets for type 1, found 13"
        ),
        ("a 60 X25 311", "1:10: X25 address: expected at least four digits"),
        ("a 60 X25 3110x", "1:10: X25 address: expected at least four digits"),
        ("\u{FEFF}a 60 A 192.0.2.1", "1:1: the file begins with a byte order mark"),
        ("\u{FEFF}$TTL 1h", "1:1: the file begins with a byte order mark"),
        ("a 60 DS 1 FOO 2 AB", "1:11: DS algorithm: expected a number from 0 to 255 or a mnemonic, found 'FOO'"),
        ("a 60 DNSKEY 256 3 8 AwE", "1:21: DNSKEY key: the base64 is incomplete"),
        ("a 60 DNSKEY 256 3 8 Aw*A", "1:23: DNSKEY key: expected base64, found '*'"),
        ("a 60 DNSKEY 256 3 8 AB==", "1:22: "),
        ("a 60 TXT " + String(repeating: "a", count: 256), "1:10: TXT text: the string has 256 octets"),
        ("a 60 TXT", "1:9: TXT text: expected a string, found the end of the record"),
        ("a 60 NSEC b A FOO", "1:15: NSEC type list: unknown RR type 'FOO'"),
        ("a 60 NSEC3 1 0 1 ABC 00 A", "1:18: NSEC3 salt: expected '-' or an even number"),
        ("a 60 NSEC3 1 0 1 - W0 A", "1:20: NSEC3 next hash: expected base32hex, found 'W'"),
        (
            "a 60 RRSIG A 8 1 60 20261301000000 20260101000000 1 b AA==",
            "1:21: RRSIG expiration: expected a time as YYYYMMDDHHmmSS, in UTC, found '20261301000000'"
        ),
        ("a 60 CAA 0 is-sue x", "1:12: CAA tag: expected letters and digits, found 'is-sue'"),
        ("a 60 LOC x", "1:10: LOC latitude: expected degrees from 0 to 90, found 'x'"),
        ("a 60 \\# 1 00", "1:6: unknown RR type '\\#'"),
        ("a 60 TYPE1000 x", "1:15: expected \\# LENGTH HEX, as type TYPE1000 has no other text form"),
        ("a 60 NULL", "1:10: "),
        ("a 60 TYPE1000 \\# 2 00", "1:15: TYPE1000: \\# gives a length of 2, but the hexadecimal digits are 1 octets"),
        ("a 60 TYPE1000 \\# 1 0", "1:20: TYPE1000 rdata: odd number"),
        ("a 60 TYPE1000 \\# 65536 00", "1:18: "),
        ("a 60 \u{1B}[31mX 192.0.2.1", "1:6: unknown RR type '\\027[31mX'"),
        ("a 60 LOC 91 N 0 E 0", "1:10: LOC latitude: expected degrees from 0 to 90, found '91'"),
        ("a 60 LOC 90 0 0.001 N 0 E 0", "1:10: LOC latitude: more than 90 degrees"),
        ("a 60 LOC 42 60 N 0 E 0", "1:13: LOC latitude: expected minutes from 0 to 59, or N or S, found '60'"),
        ("a 60 LOC 42 1 60 N 0 E 0", "1:15: LOC latitude: expected seconds from 0 to 59.999, or N or S, found '60'"),
        ("a 60 LOC 42 1 1.0001 N 0 E 0", "1:15: LOC latitude: expected seconds"),
        ("a 60 LOC 42 1 1 1 N 0 E 0", "1:17: LOC latitude: expected N or S, found '1'"),
        ("a 60 LOC 42 N 0 N 0", "1:17: LOC longitude: expected minutes"),
        ("a 60 LOC 42 N 71 W", "1:19: LOC altitude: expected metres from -100000.00 to 42849672.95, found the end"),
        ("a 60 LOC 42 N 71 W 42849672.96", "1:20: LOC altitude: expected metres"),
        ("a 60 LOC 42 N 71 W -100000.01m", "1:20: "), ("a 60 LOC 42 N 71 W 44x", "1:20: "),
        ("a 60 LOC 42 N 71 W 1.555m", "1:20: "), ("a 60 LOC 42 N 71 W 0 90000001m", "1:22: LOC size: expected metres"),
        ("a 60 LOC 42 N 71 W 0 1 2 3 4", "1:28: "),
        ("a 60 APL 1:192.0.2.0/33", "1:10: APL: expected a prefix such as"), ("a 60 APL 2:::1/129", "1:10: "),
        ("a 60 APL 1:192.0.2.0/-1", "1:10: "), ("a 60 APL 1:192.0.2.0/", "1:10: "), ("a 60 APL 3:::/0", "1:10: "),
        ("a 60 APL 1:192.0.2/8", "1:10: "),
        ("a 60 DNSKEY 257 3 8", "1:20: DNSKEY key: expected base64, found the end of the record"),
        ("a 60 CDNSKEY 257 3 8", "1:21: "),
        ("a 60 SVCB 1 . ALPN=h2", "1:15: SVCB: unknown key 'ALPN'"), ("a 60 SVCB 1 . KEY667=a", "1:15: "),
        ("a 60 A \\# 3 C00002", "1:8: A: these octets are not valid rdata of this type"),
        ("a 60 NS \\# 2 0561", "1:9: NS: these octets"), ("a 60 MX \\# 4 00010100", "1:9: MX: these octets"),
    ])
    func withItsPlace(text: String, error: String) throws {
        let found = try errors(text)
        #expect(found.count == 1, "\(found)")
        #expect(found.first?.hasPrefix(error) == true, "\(found)")
    }

    @Test func placesAreThoseOfTheTokenAlsoOnLaterLines() throws {
        #expect(
            try errors("\n\n@ 60 SOA a b ( 1\n  2 3\n\t4 x )\n").first?.hasPrefix(
                "5:4: SOA minimum: expected seconds up to 4294967295") == true)
    }

    @Test func allErrorsOfAFileUpToALimit() throws {
        let text = String(repeating: "a 60 A x\nb 60 A 192.0.2.1\n", count: 100)
        let found = try errors(text)
        #expect(found.count == 51)
        #expect(found[49].hasPrefix("99:8: "))
        #expect(found[50] == "101:8: stopped after 50 errors; the rest of the file was not checked")
    }

    @Test func asManyErrorsAsTheLimitAreAll() throws {
        #expect(try errors(String(repeating: "a 60 A x\n", count: 50)).count == 50)
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
        #expect(try errors(text, limits: limits).first?.hasPrefix("1:1: the record is longer than 4096") == true)
    }

    @Test func rdataOfMoreThan65535OctetsIsRefused() throws {
        let string = " " + String(repeating: "a", count: 255)
        #expect(
            try errors("a 60 TXT" + String(repeating: string, count: 255) + " " + String(repeating: "a", count: 254))
                == [])
        #expect(
            try errors("a 60 TXT" + String(repeating: string, count: 256)).first?.contains("longer than 65535") == true)
        #expect(
            try errors("a 60 TXT" + String(repeating: string, count: 2560)).first?.contains("longer than 65535") == true
        )
    }

    @Test func theSourceLineComesAlong() throws {
        do {
            _ = try ZoneLoader(origin: Name("example.")).load(text: "\n  a\nb 60 A x ; y\n", name: "f")
        } catch let error as LoadFailure {
            #expect(error.diagnostics.map(\.excerpt?.text) == ["  a", "b 60 A x ; y"])
            #expect(error.diagnostics[1].description.hasPrefix("f:3:8: error: A: expected an IPv4 address, found 'x'"))
        }
    }
}

@Suite struct FileTests {
    @Test func whatIsNoRegularFileIsRefusedWithTheReason() throws {
        let folder = try TemporaryFolder()
        folder.makePipe("pipe")
        #expect(try folder.errors("pipe").first?.contains("is not a regular file") == true)
        #expect(try folder.errors(".").first?.contains("is not a regular file") == true)
        #expect(try folder.errors("none").first?.hasSuffix("none cannot be read: No such file or directory") == true)
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
