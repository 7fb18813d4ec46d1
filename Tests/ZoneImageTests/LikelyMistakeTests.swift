// Warnings about what is well-formed and meant otherwise (Builder/LikelyMistakes.swift): each with a zone that has the
// mistake, and one that is near it and right.

import DNSCore
import Testing
import ZoneFile

@testable import ZoneImage

@Suite struct LikelyMistakeTests {
    /// The names of all warnings about a zone; the origin is that of the `$ORIGIN` line.
    private func warnings(_ lines: String, origin: String = "example.") throws -> [ZoneWarning] {
        let text =
            lines.contains(" SOA ")
            ? "$ORIGIN \(origin)\n@ 60 NS ns1.test.\n\(lines)\n"
            : "$ORIGIN \(origin)\n@ 60 SOA ns1.test. h.test. 1 2 3 4 5\n@ 60 NS ns1.test.\n\(lines)\n"
        let loaded = try ZoneLoader(origin: try Name(origin)).load(text: text, name: "test")
        let result = ZoneBuilder.build(loaded.records)
        #expect(result.zone != nil, "a warning refuses nothing: \(result.problems)")
        return loaded.warnings.compactMap(\.warning) + result.problems.compactMap(\.warning)
    }

    @Test(
        arguments: [
            (.hiddenServer, "@ 60 NS ns.u\nu 60 DNAME test."),
            (.hiddenServer, "@ 60 NS ns.u\nns.u 60 A 192.0.2.1\nu 60 DNAME test."),
            (.hiddenServer, "s 60 NS a.ns.u\nu 60 DNAME test."),
            (.missingSiblingGlue, "s 60 NS ns.t\nt 60 NS ns.s"),
            (.missingSiblingGlue, "s 60 NS ns.t\nt 60 NS ns.r\nr 60 NS ns.s"),
            (.notAtApex, "x 60 CDS 1 8 2 \(String(repeating: "00", count: 32))"),
            (.notAtApex, "x 60 CDNSKEY 257 3 15 AAAA"), (.notAtApex, "x 60 CSYNC 1 3 A"),
            (.notAtApex, "x 60 NSEC3PARAM 1 0 0 -"),
            (.atSignInMailbox, "@ 60 SOA ns1.test. host@example. 1 2 3 4 5"),
            (.atSignInMailbox, "@ 60 SOA ns1.test. john.doe@example. 1 2 3 4 5"),
            (.atSignInMailbox, "x 60 RP john@example. ."),
            (.addressAsTarget, "@ 60 MX 10 192.0.2.1"), (.addressAsTarget, "@ 60 MX 10 192.0.2.1."),
            (.addressAsTarget, "@ 60 NS 192.0.2.1"), (.addressAsTarget, "x 60 CNAME 192.0.2.1"),
            (.addressAsTarget, "_a._tcp 60 SRV 0 0 80 192.0.2.1"), (.addressAsTarget, "@ 60 MX 10 2001:db8::1"),
            (.addressAsTarget, "@ 60 MX 10 2001:db8::1."),
            (.urlAsTarget, "x 60 CNAME https://www.test/"), (.urlAsTarget, "x 60 CNAME https://www.test."),
            (.missingTarget, "@ 60 HTTPS 1 alpn=h2"), (.missingTarget, "_a 60 SVCB 1 ipv4hint=192.0.2.1"),
            (.nullMX, "@ 60 MX 0 .\n@ 60 MX 10 mail.test."),
            (.tlsaLength, "_443._tcp 60 TLSA 3 1 1 00ff"),
            (.tlsaLength, "_443._tcp 60 TLSA 3 1 2 \(String(repeating: "00", count: 32))"),
            (.tlsaLength, "x 60 SMIMEA 3 1 1 00ff"),
            (.cnameLoop, "x 60 CNAME x"), (.cnameLoop, "X 60 CNAME x.example."),
            (.cnameLoop, "x 60 CNAME y\ny 60 CNAME x"),
            (.doubledOrigin, "www.example 60 A 192.0.2.1"), (.doubledOrigin, "@ 60 MX 10 mail.example"),
            (.doubledOrigin, "x 60 CNAME www.EXAMPLE"), (.doubledOrigin, "_a._tcp 60 SRV 0 0 1 www.example"),
            (.nonASCIIOwner, "b\u{FC}cher 60 A 192.0.2.1"), (.nonASCIIOwner, "a.\\252 60 A 192.0.2.1"),
            (.cutAtSemicolon, "x 60 TXT v=DKIM1; k=rsa; p=abc"), (.cutAtSemicolon, "x 60 TXT v=DMARC1 ; p=none"),
            (.cutAtSemicolon, "@ 60 CAA 0 issue ca.test; validationmethods=dns-01"),
            (.cutAtSemicolon, "x 60 TXT ( a;b\n c )"),
            (.smartQuotes, "x 60 TXT \u{201C}v=spf1 -all\u{201D}"), (.smartQuotes, "x 60 TXT \u{2018}a\u{2019}"),
            (.smartQuotes, "@ 60 CAA 0 issue \u{201D}ca.test\u{201D}"),
        ] as [(ZoneWarning, String)])
    func isWarnedAbout(_ warning: ZoneWarning, _ lines: String) throws {
        #expect(try warnings(lines).contains(warning), "\(lines)")
    }

    @Test(arguments: [
        // A server at the owner of a DNAME has its own records; below a delegation a DNAME is another's.
        "@ 60 NS u\nu 60 A 192.0.2.1\nu 60 DNAME test.", "s 60 NS ns.s\nns.s 60 A 192.0.2.1\nu 60 DNAME test.",
        // One of two can be reached.
        "s 60 NS ns.t\nt 60 NS ns.s\nt 60 NS ns.test.", "s 60 NS ns.t\nt 60 NS ns.s\nns.s 60 A 192.0.2.1",
        "s 60 NS ns.t\nt 60 NS a\na 60 A 192.0.2.1", "s 60 NS ns.t\nt 60 NS ns.r\nr 60 NS ns1.test.",
        // Signals for other zones (RFC 9615).
        "_dsboot.a.test._signal.ns 60 CDS 1 8 2 \(String(repeating: "00", count: 32))", "@ 60 CSYNC 1 3 A",
        "@ 60 SOA ns1.test. john\\.doe.example. 1 2 3 4 5", "x 60 RP john.example. .",
        // Hosts may have numbers for names, and lists of addresses have all of them.
        "@ 60 MX 10 192.0.2\n", "@ 60 MX 10 1.2.3.4.5", "@ 60 MX 10 300.0.2.1",
        "x 60 CNAME 2.0.0.127\n2.0.0.127 60 A 127.0.0.2",
        "x 60 CNAME 2.0.0.127.bl.test.", "@ 60 MX 10 192-0-2-1", "@ 60 MX 10 dead",
        "x 60 CNAME 1.0/25.2.0.192.in-addr.arpa.", "x 60 CNAME a:b", "x 60 CNAME a/b",
        "@ 60 HTTPS 1 . alpn=h2", "@ 60 HTTPS 0 www.test.", "@ 60 MX 0 .", "@ 60 MX 0 a.test.\n@ 60 MX 10 b.test.",
        "_443._tcp 60 TLSA 3 1 1 \(String(repeating: "00", count: 32))", "_443._tcp 60 TLSA 3 1 0 00ff",
        "_443._tcp 60 TLSA 3 1 2 \(String(repeating: "00", count: 64))", "_443._tcp 60 TLSA 3 1 255 00",
        "x 60 CNAME y\ny 60 CNAME z.test.", "x 60 CNAME y.x\n", "x 60 CNAME *.y",
        // A host with the zone's name, a delegation, and what is there.
        "example 60 A 192.0.2.1", "example 60 NS ns1.test.\n@ 60 MX 10 www.example", "wwwexample 60 A 192.0.2.1",
        "@ 60 MX 10 mail.myexample", "x 60 CNAME www.example.test.", "x 60 CNAME a.example\nexample 60 DNAME test.",
        "xn--bcher-kva 60 A 192.0.2.1", "B\u{FC}ro._ipp._tcp 60 SRV 0 0 631 p.test.",
        "x 60 TXT \"v=DKIM1; k=rsa\"", "x 60 TXT a ; a comment", "x 60 TXT v=spf1 -all ; nothing sends mail",
        "x 60 TXT a\\;b", "x 60 TXT \"a\";b", "x 60 A 192.0.2.1;b", "@ 60 CAA 0 issue \";\"", "x 60 HINFO a b;c",
        "x 60 TXT \"\u{201C}a\u{201D}\"", "x 60 TXT a\u{201C}b", "x 60 TXT \u{20AC}1",
    ])
    func isRight(_ lines: String) throws {
        #expect(try warnings(lines) == [], "\(lines)")
    }

    @Test func ownersOfLongerZonesAreFoundToo() throws {
        let double: [ZoneWarning] = [.doubledOrigin]
        #expect(try warnings("example.com 60 A 192.0.2.1", origin: "example.com.") == double)
        #expect(try warnings("a.b.example.com 60 A 192.0.2.1", origin: "example.com.") == double)
        #expect(try warnings("@ 60 MX 1 example.com", origin: "example.com.") == double)
        #expect(try warnings("1.2.0.192.in-addr.arpa 60 PTR a.test.", origin: "2.0.192.in-addr.arpa.") == double)
        #expect(try warnings("example.com 60 NS ns.test.", origin: "example.com.") == double)
        #expect(try warnings("example.com._report._dmarc 60 TXT \"v=DMARC1\"", origin: "example.com.") == [])
        #expect(try warnings("com 60 NS a.com\na.com 60 A 192.0.2.1\nx 60 NS ns.com", origin: "com.") == [])
        #expect(try !warnings("com 60 NS com.test.", origin: ".").contains(.doubledOrigin))
    }

    @Test func theNameOfTheZoneIsWarnedAboutOnce() throws {
        #expect(try warnings("a 60 A 192.0.2.1\nb 60 A 192.0.2.1", origin: "b\\195\\188cher.test.") == [.nonASCIIOwner])
    }

    @Test func reverseZonesPointToNamesOfNumbers() throws {
        let lines = "1 60 CNAME 1.0/25\n0/25 60 NS ns1.test.\n2 60 PTR 1.2.3.4.test.\n3 60 CNAME 1.2.3.4"
        #expect(try warnings(lines, origin: "2.0.192.in-addr.arpa.") == [])
    }

    @Test func aLongRowOfDelegationsIsBounded() throws {
        let lines = (0..<20_000).map { "s\($0) 60 NS ns.s\(($0 + 1) % 20_000)" }
        #expect(try warnings(lines.joined(separator: "\n")) == [])
    }

    @Test(arguments: [
        ("b\u{FC}cher", "xn--bcher-kva"), ("\u{4F8B}\u{3048}", "xn--r8jz45g"), ("M\u{DC}NCHEN", "xn--mnchen-3ya"),
        ("\u{440}\u{444}", "xn--p1ai"), ("stra\u{DF}e", "xn--strae-oqa"),
    ])
    func theASCIIFormIsShown(_ label: String, _ expected: String) throws {
        let name = try #require(Name(wire: [UInt8(label.utf8.count)] + Array(label.utf8) + [0]))
        #expect(name.asciiForm?.description == expected + ".")
    }

    @Test func whatNeedsMorePreparationHasNoASCIIForm() throws {
        for label in [[0xFC], Array("u\u{308}".utf8), Array("\u{2603}".utf8), [0xC3]] as [[UInt8]] {
            #expect(try #require(Name(wire: [UInt8(label.count)] + label + [0])).asciiForm == nil)
        }
    }

    @Test func aMailboxIsShownAsItShouldBe() throws {
        let records = try table("$ORIGIN example.\n@ 60 SOA ns1.test. john.doe@example. 1 2 3 4 5\n@ 60 NS ns1.test.\n")
        let message = try #require(ZoneBuilder.build(records).problems.first).message
        #expect(message.contains("write john\\.doe.example."), "\(message)")
    }

    @Test func namesOfWarningsAreWords() {
        for warning in ZoneWarning.allCases {
            #expect(warning.rawValue.allSatisfy { $0.isASCII && ($0.isLowercase || $0.isNumber || $0 == "-") })
            #expect(!warning.explanation.isEmpty && !warning.explanation.hasSuffix("."))
        }
    }
}
