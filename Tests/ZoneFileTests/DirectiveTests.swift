// $ORIGIN and $INCLUDE (RFC 1035, section 5.1; decision 26), and $GENERATE as BIND's manual describes it.

import DNSCore
import Foundation
import TestSupport
import Testing
import ZoneFile

@Suite struct DirectiveTests {
    @Test func originsAreRelativeToTheOneBefore() throws {
        #expect(
            try records("$ORIGIN sub\na 60 A 192.0.2.1\n$origin deep\n@ A 192.0.2.2\n$ORIGIN example.\na MX 1 b") == [
                "a.sub.example. 60 A 192.0.2.1", "deep.sub.example. 60 A 192.0.2.2", "a.example. 60 MX 1 b.example.",
            ])
    }

    @Test(arguments: [
        ("$FOO x", "1:1: unknown directive '$FOO'"), ("$ORIGIN", "1:8: expected an origin, found the end"),
        ("$ORIGIN a b", "1:11: unexpected 'b' after the end of the record"),
        ("$TTL x", "1:6: expected a TTL: seconds up to 4294967295, or units such as 1h30m, found 'x'"),
        ("$INCLUDE", "1:9: expected a file name"),
        (" $TTL 5", "1:1: expected an owner name: the line begins with a blank"),
        ("$INCLUDE \"\"", "1:10: expected a file name"),
        ("$ORIGIN a..b", "1:9: empty label"),
    ])
    func mistakes(text: String, error: String) throws {
        let found = try errors(text)
        #expect(found.count == 1)
        #expect(found.first?.hasPrefix(error) == true, "\(found)")
    }

    @Test func includedFilesAreRelativeToTheIncludingOneAndRestoreTheOrigin() throws {
        let folder = try TemporaryFolder()
        try folder.write(
            "$TTL 60\na A 192.0.2.1\n$INCLUDE sub/one.inc sub\n A 192.0.2.9\nb A 192.0.2.2\n", to: "main.zone")
        try folder.write(
            "a A 192.0.2.3\n$ORIGIN other.example.\n$INCLUDE \"two.inc\"\nb A 192.0.2.4", to: "sub/one.inc")
        try folder.write("c A 192.0.2.5\n", to: "sub/two.inc")
        let zone = try ZoneLoader(origin: Name("example.")).load(path: folder.path + "/main.zone")
        let found = (0..<zone.records.count).map { "\(zone.records[$0].owner) \(zone.records[$0].rdata[3])" }
        #expect(
            found == [
                "a.example. 1", "a.sub.example. 3", "c.other.example. 5", "b.other.example. 4", "a.example. 9",
                "b.example. 2",
            ])
        #expect(zone.place(ofRecord: 2) == Place(file: folder.path + "/sub/two.inc", line: 1, column: 1))
        #expect(zone.place(ofRecord: 4) == Place(file: folder.path + "/main.zone", line: 4, column: 1))
        #expect(zone.sources.map(\.path) == ["main.zone", "sub/one.inc", "sub/two.inc"].map { folder.path + "/" + $0 })
        #expect(zone.sources.map(\.isUnchanged) == [true, true, true])
        // The same content in another file of that name.
        try folder.write("c A 192.0.2.5\n", to: "again")
        try FileManager.default.removeItem(atPath: folder.path + "/sub/two.inc")
        try FileManager.default.moveItem(atPath: folder.path + "/again", toPath: folder.path + "/sub/two.inc")
        #expect(zone.sources.map(\.isUnchanged) == [true, true, false])
        #expect(zone.sources.compactMap { $0.reread() }.map(\.isUnchanged) == [true, true, true])
        try folder.write("c A 192.0.2.55\n", to: "sub/two.inc")
        #expect(zone.sources.map(\.isUnchanged) == [true, true, false])
        #expect(zone.sources.map { $0.reread() != nil } == [true, true, false])
    }

    @Test func includesThatLoopNestTooDeepOrAreMissingAreErrorsAtTheDirective() throws {
        let folder = try TemporaryFolder()
        try folder.write("\n$INCLUDE b\n", to: "a")
        try folder.write("$INCLUDE ./a", to: "b")
        #expect(try folder.errors("a") == ["b:1:10: \(folder.path)/./a includes itself"])
        for depth in 0..<12 { try folder.write("$INCLUDE d\(depth + 1)", to: "d\(depth)") }
        #expect(try folder.errors("d0") == ["d10:1:10: $INCLUDE is nested more than 10 deep"])
        try folder.write("x 60 A 192.0.2.1\n$INCLUDE   nowhere ; comment\n", to: "e")
        #expect(try folder.errors("e") == ["e:2:12: \(folder.path)/nowhere cannot be read: No such file or directory"])
    }

    @Test func aChangeOfTTLInAnIncludedFileStays() throws {
        let folder = try TemporaryFolder()
        try folder.write("$INCLUDE b\nx A 192.0.2.1\n", to: "a")
        try folder.write("$TTL 7\n", to: "b")
        #expect(try ZoneLoader(origin: Name("example.")).load(path: folder.path + "/a").records[0].ttl == 7)
    }
}

@Suite struct GenerateTests {
    private func owners(_ text: String) throws -> [String] {
        try records("$TTL 60\n" + text).map { String($0.prefix { $0 != " " }) }
    }

    @Test func rangesStepsAndFormats() throws {
        #expect(try owners("$GENERATE 1-3 a$ A 192.0.2.$") == ["a1.example.", "a2.example.", "a3.example."])
        #expect(
            try owners("$generate 0-10/5 ${0,3}.${-2,4,x}.${0,5,n}.e TXT x") == [
                "000.fffffffe.0.0.0.e.example.", "005.0003.5.0.0.e.example.", "010.0008.a.0.0.e.example.",
            ])
        #expect(
            try owners("$GENERATE 26-26 ${0,0,X}-${1,4,o}-${-30}-${300,0,N}.x TXT x") == ["1A-0033--4-6.4.1.x.example."]
        )
        #expect(try owners("$GENERATE 5-5 \\$.$$ TXT x") == ["\\$.\\$.example."])
    }

    @Test func rdataMayHaveSeveralFieldsOrStandInQuotes() throws {
        let expected = ["a1.example. 5 MX 10 mx1.example.", "a2.example. 5 MX 10 mx2.example."]
        #expect(try records("$GENERATE 1-2 a$ 5 IN MX 10 mx$") == expected)
        #expect(try records("$GENERATE 1-2 a$ IN 5 MX \"10 mx$\"") == expected)
        #expect(try records("$GENERATE 1-1 a$ 5 TXT \"\\\"b $\\\" c\"") == ["a1.example. 5 TXT \"b 1\" \"c\""])
    }

    @Test func ownerAndPlacesStayThoseOfTheFile() throws {
        let zone = try ZoneLoader(origin: Name("example.")).load(
            text: "a 60 A 192.0.2.1\n$GENERATE 1-3 b$ A 192.0.2.$\n A 192.0.2.9\n", name: "zone")
        #expect(zone.records[4].owner.description == "a.example.")
        #expect((0..<5).map { zone.place(ofRecord: $0).line } == [1, 2, 2, 2, 3])
    }

    @Test(arguments: [
        (
            "$GENERATE 3-1 a$ A 192.0.2.$",
            "2:11: expected a range START-STOP or START-STOP/STEP, up to 2147483647, found '3-1'"
        ),
        ("$GENERATE 1-3/0 a$ A x", "2:11: expected a range"),
        ("$GENERATE 1 a$ A x", "2:11: expected a range"), ("$GENERATE 0-99999999999 a$ A x", "2:11: "),
        ("$GENERATE 1-2", "2:14: expected an owner name, found the end"),
        ("$GENERATE 1-2 a$", "2:17: expected an RR type, found the end"),
        (
            "$GENERATE 254-256 a$ A 192.0.2.$",
            "2:1: $GENERATE for 256, 'a256 A 192.0.2.256': A: expected an IPv4 address"
        ),
        ("$GENERATE 1-2 ${x} A 192.0.2.$", "2:1: expected ${OFFSET,WIDTH,BASE}"),
        ("$GENERATE 1-2 ${0,2,q} A 192.0.2.$", "2:1: expected ${OFFSET,WIDTH,BASE}"),
        ("$GENERATE 1-2 ${2147483647} A 192.0.2.$", "2:1: a number and its offset"),
        ("$GENERATE 0-2147483647 a$ A 192.0.2.1", "2:1: $GENERATE would make 2147483648 records"),
    ])
    func mistakes(text: String, error: String) throws {
        let found = try errors("$TTL 60\n" + text)
        #expect(found.count == 1)
        #expect(found.first?.hasPrefix(error) == true, "\(found)")
    }
}
