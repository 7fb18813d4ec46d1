// RFC 1035, section 5.1: the form of entries. Decisions 20 and 25 settle what it leaves open.

import DNSCore
import Testing
import ZoneFile

@Suite struct RFC1035EntryTests {
    @Test func relativeAndAbsoluteNamesAndTheOrigin() throws {
        #expect(
            try records("@ 60 NS ns\nWWW 60 IN A 192.0.2.1\nftp.example. 60 CNAME WWW\n") == [
                "example. 60 NS ns.example.", "WWW.example. 60 A 192.0.2.1", "ftp.example. 60 CNAME WWW.example.",
            ])
    }

    @Test func aLineThatBeginsWithABlankHasTheOwnerBefore() throws {
        #expect(
            try records("a 60 A 192.0.2.1\n  A 192.0.2.2\n\tIN A 192.0.2.3\n") == [
                "a.example. 60 A 192.0.2.1", "a.example. 60 A 192.0.2.2", "a.example. 60 A 192.0.2.3",
            ])
        #expect(try errors(" 60 A 192.0.2.1\n").first?.hasPrefix("1:1: expected an owner name") == true)
    }

    @Test(arguments: [
        "a 60 IN A 192.0.2.1", "a IN 60 A 192.0.2.1", "a in 60 a 192.0.2.1", "a CLASS1 1m TYPE1 192.0.2.1",
        "a 60 A 192.0.2.1 ; comment", "a (60 IN\n A\n 192.0.2.1)", "a 60 IN A ( ; comment )\n\n192.0.2.1 ; )\n )",
        "a((60)IN)A(192.0.2.1)", "a\t60\tIN\tA\t192.0.2.1\r", "\\097 60 A 192.0.2.1", "\\a 60 A 192.0.2.1",
    ])
    func spellingsOfTheSameRecord(line: String) throws {
        #expect(try records(line) == ["a.example. 60 A 192.0.2.1"])
        #expect(try records(line + "\n").count == 1)
        #expect(try records("\n;\n \n" + line + "\r\n\r\n").count == 1)
    }

    @Test func escapesInNamesStandForOctets() throws {
        #expect(
            try records("a\\.b\\046c.d 60 NS \\@.\\\"x\\\".\\255.\n") == [
                "a\\.b\\.c.d.example. 60 NS \\@.\\\"x\\\".\\255."
            ])
        #expect(try records("\\$ORIGIN 60 A 192.0.2.1\n") == ["\\$ORIGIN.example. 60 A 192.0.2.1"])
    }

    @Test func quotedStringsKeepWhatWouldEndAWord() throws {
        #expect(
            try records("a 60 TXT \"a b;(c\\\"d\" e\\ f \"\" \"\\065\" \"x\"\"y\"\n") == [
                "a.example. 60 TXT \"a b;(c\\\"d\" \"e f\" \"\" \"A\" \"x\" \"y\""
            ])
    }

    @Test func octetsAbove127AreAcceptedInQuotes() throws {
        let text = Array("a 60 TXT \"".utf8) + [0xE4, 0xFF] + Array("\"\n".utf8)
        let zone = try ZoneLoader(origin: Name("example.")).load(text: text, name: "zone")
        #expect(zone.records[0].rdata == [2, 0xE4, 0xFF])
    }

    @Test func recordsOnManyLinesHaveTheLineOnWhichTheyBegin() throws {
        let text = "$TTL 60\n@ SOA ns hostmaster ( 1 ; serial\n 2\n 3 4 5 )\n\n@ NS ns\nns A 192.0.2.1\n A 192.0.2.2\n"
        let zone = try ZoneLoader(origin: Name("example.")).load(text: text, name: "zone")
        #expect((0..<zone.records.count).map { zone.place(ofRecord: $0).line } == [2, 6, 7, 8])
        #expect(zone.serial == Serial(rawValue: 1))
    }

    @Test func entriesLongerThanAReadAreWhole() throws {
        let strings = (0..<1800).map {
            "\n \"\($0) is the number of this string\" ; \(String(repeating: "comment ", count: 60))"
        }.joined()
        let count = try ZoneLoader(origin: Name("example.")).load(
            text: "b 60 A 192.0.2.1\na 60 TXT (\(strings)\n)\nb 60 A 192.0.2.2",
            name: "zone"
        ).records.count
        #expect(count == 3)
    }
}

@Suite struct TTLTests {
    @Test(arguments: [
        ("0", 0), ("1h30m", 5400), ("1w2d3h4m5s", 788_645), ("30M1H", 5400), ("2147483647", 2_147_483_647),
    ])
    func unitsInAnyOrder(text: String, seconds: Int) throws {
        #expect(try records("a \(text) A 192.0.2.1") == ["a.example. \(seconds) A 192.0.2.1"])
        #expect(try records("$TTL \(text)\na A 192.0.2.1") == ["a.example. \(seconds) A 192.0.2.1"])
    }

    @Test(arguments: ["4294967296", "99999999999999999999999", "1h30", "1x", "1hh", "7102w", "1-"])
    func refused(text: String) throws {
        #expect(try errors("a \(text) A 192.0.2.1").first?.hasPrefix("1:3: ") == true)
        #expect(try errors("$TTL \(text)").first?.hasPrefix("1:6: ") == true)
    }

    @Test func decision19OmittedWithoutTTLDirectiveTakesTheLastStated() throws {
        #expect(
            try records("a 5 A 192.0.2.1\nb A 192.0.2.2\nc 7 A 192.0.2.3\nd A 192.0.2.4") == [
                "a.example. 5 A 192.0.2.1", "b.example. 5 A 192.0.2.2", "c.example. 7 A 192.0.2.3",
                "d.example. 7 A 192.0.2.4",
            ])
    }

    @Test func decision19AFirstSOAWithoutTTLTakesItsMinimum() throws {
        #expect(
            try records("@ SOA a b 1 2 3 4 99\n@ NS ns") == [
                "example. 99 SOA a.example. b.example. 1 2 3 4 99", "example. 99 NS ns.example.",
            ])
        #expect(
            try errors("@ NS ns\n@ 5 NS ns") == [
                "1:1: no TTL: the record has none, and there is neither a $TTL nor a previous record with one"
            ])
    }

    @Test func rfc2308TheTTLDirectiveHoldsForWhatFollows() throws {
        #expect(
            try records("a 5 A 192.0.2.1\n$ttl 1m\nb A 192.0.2.2\nc 7 A 192.0.2.3\nd A 192.0.2.4") == [
                "a.example. 5 A 192.0.2.1", "b.example. 60 A 192.0.2.2", "c.example. 7 A 192.0.2.3",
                "d.example. 60 A 192.0.2.4",
            ])
    }
}
