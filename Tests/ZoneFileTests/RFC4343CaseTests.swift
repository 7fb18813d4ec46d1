// RFC 4343, decision 24d: only ASCII letters have case. Other characters that Unicode folds to them are none of them.

import DNSCore
import Testing
import ZoneFile

@Suite struct RFC4343CaseTests {
    /// Long s, dotless i, sharp s, Kelvin sign, full-width letters, a ligature.
    static let lookalikes = [
        "\u{17F}rv", "\u{131}pseckey", "\u{DF}hfp", "\u{212A}EY", "\u{FF34}XT", "type\u{FF11}", "TYPE\u{661}",
        "\u{17F}oa", "dn\u{17F}key", "n\u{17F}ec3param", "A\u{301}", "ca\u{FB00}",
    ]

    @Test(arguments: lookalikes)
    func typesInEveryPlace(word: String) throws {
        #expect(RRType(word) == nil)
        #expect(try errors("a 60 \(word) x").first?.hasPrefix("1:6: unknown RR type") == true)
        #expect(try errors("a 60 NSEC b A \(word)").first?.hasPrefix("1:15: NSEC type list: unknown RR type") == true)
        #expect(try errors("a 60 NSEC3 1 0 1 - 00 \(word)").count == 1)
        #expect(try errors("a 60 CSYNC 1 0 \(word)").count == 1)
        #expect(try errors("a 60 NXT b \(word)").count == 1)
        #expect(try errors("a 60 DSYNC \(word) 1 1 b").count == 1)
        #expect(
            try errors("a 60 RRSIG \(word) 8 1 60 20260101000000 20260101000000 1 b AA==").first?
                .hasPrefix("1:12: RRSIG type covered: unknown RR type") == true)
    }

    @Test(arguments: ["\u{131}n", "CLA\u{17F}S1", "h\u{17F}", "\u{FF29}N"])
    func classes(word: String) throws {
        #expect(RRClass(word) == nil)
        #expect(try errors("a 60 \(word) A 192.0.2.1").count == 1)
    }

    @Test func otherMnemonicsUnitsAndDirectives() throws {
        #expect(try rdata("DS", "1 R\u{17F}ASHA256 9 AB") == nil)
        #expect(try rdata("CERT", "P\u{212A}IX 1 8 AA==") == nil)
        #expect(try rdata("WKS", "192.0.2.1 TCP \u{17F}mtp") == nil)
        #expect(try rdata("SVCB", "1 . \u{212A}ey1=a") == nil)
        #expect(try errors("a 1\u{17F} A 192.0.2.1").count == 1)
        #expect(try errors("$\u{131}nclude x").count == 1)
        #expect(try errors("$OR\u{130}GIN x.example.").count == 1)
    }

    @Test func asciiLettersHaveBothCases() throws {
        #expect(try records("a 60 iN nsEC b tXt TyPe65280") == ["a.example. 60 NSEC b.example. TXT TYPE65280"])
        #expect(RRType("type257") == .caa && RRClass("class3") == .ch && RRClass("iN") == .in)
        #expect(RRType("TYPE") == nil && RRType("TYPE+1") == nil && RRType("") == nil && RRClass("CLASS65536") == nil)
    }
}
