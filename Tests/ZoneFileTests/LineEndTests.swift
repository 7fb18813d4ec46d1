// Decision 24c: LF, CR LF and CR each end a line, wherever the line ends.

import DNSCore
import TestSupport
import Testing
import ZoneFile

@Suite struct LineEndTests {
    @Test func aLoneCarriageReturnEndsARecord() throws {
        #expect(try records("a 60 TXT x\rb TXT y") == ["a.example. 60 TXT \"x\"", "b.example. 60 TXT \"y\""])
        #expect(
            try records("a 60 TXT x ; comment\rb TXT y\r") == ["a.example. 60 TXT \"x\"", "b.example. 60 TXT \"y\""])
        #expect(try records("$TTL 60\r\r\n\n\ra TXT x\r\n\tTXT y\r TXT z").count == 3)
        #expect(try records("a 60 TXT ( x\r y ; c\r z )\rb TXT w").count == 2)
    }

    @Test func itEndsAStringAndIsNeverEscaped() throws {
        #expect(
            try errors("a 60 TXT \"x\rb TXT y\"") == [
                "1:10: no closing quote on this line", "2:8: no closing quote on this line",
            ])
        #expect(try errors("a 60 TXT \"x\r\n").map { $0.prefix(5) } == ["1:10:"])
        #expect(try errors("a 60 TXT x\\\rb 60 TXT y").first?.hasPrefix("1:11: '\\' at the end of a line") == true)
        #expect(try errors("a 60 TXT x\\\r\nb 60 TXT y").first?.hasPrefix("1:11: '\\' at the end of a line") == true)
    }

    @Test func placesCountItsLines() throws {
        #expect(try errors("\r\r\n\na 60 A x\rb 60 TXT (\r\r\n  y ) z)").map { $0.prefix(4) } == ["4:8:", "7:8:"])
        let zone = try ZoneLoader(origin: Name("example.")).load(
            text: "a 60 A 192.0.2.1\rb A 192.0.2.2\r\nc A 192.0.2.3\r\rd A 192.0.2.4", name: "zone")
        #expect((0..<4).map { zone.place(ofRecord: $0).line } == [1, 2, 3, 5])
    }

    /// The LF of a CR LF may come with the next read.
    @Test(arguments: 0..<4)
    func pairsThatAreReadInTwo(shift: Int) throws {
        let folder = try TemporaryFolder()
        let line = "a 60 TXT x\r\n"
        let text = String(repeating: ";", count: shift) + "\r\n" + String(repeating: line, count: 50_000) + "b 60 A x"
        try folder.write(text, to: "a")
        #expect(try folder.errors("a").map { $0.prefix(8) } == ["a:50002:"])
    }
}
