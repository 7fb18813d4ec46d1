// What people see of an error.

import DNSCore
import Testing
import ZoneFile

@Suite struct DiagnosticTests {
    private func text(_ master: [UInt8]) throws -> String {
        do {
            _ = try ZoneLoader(origin: Name("example.")).load(text: master, name: "f")
            return ""
        } catch let failure as LoadFailure {
            return failure.diagnostics[0].text
        }
    }

    private func text(_ master: String) throws -> String { try text(Array(master.utf8)) }

    /// The source line and the column, in characters, at which the caret is.
    private func shown(_ text: String) throws -> (line: [Unicode.Scalar], caret: Int) {
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        try #require(lines.count == 3 && lines[2].last == "^")
        return (Array(lines[1].unicodeScalars), lines[2].count - 1)
    }

    @Test func theCaretIsBelowThePlace() throws {
        #expect(
            try text("a\t60 A\t192.0.2.256 ; x\r\n") == """
                f:1:8: error: A: expected an IPv4 address, found '192.0.2.256' (its numbers are at most 255)
                a\t60 A\t192.0.2.256 ; x
                 \t    \t^
                """)
        #expect(try text("a 60 TXT \"ü\" b \"c\n").hasSuffix("\na 60 TXT \"ü\" b \"c\n               ^"))
        #expect(try text("a 60 MX 1 ; x").hasSuffix("\na 60 MX 1 ; x\n         ^"))
    }

    @Test(arguments: [0, 1, 60, 78, 79, 80, 120, 200, 100_000], [0, 1, 80, 81, 500, 100_000])
    func longLinesAreCutAroundThePlace(before: Int, after: Int) throws {
        let master =
            "a 60 TXT " + String(repeating: "x ", count: before / 2) + "\\256"
            + String(repeating: " y", count: after / 2)
        let (line, caret) = try shown(try text(master))
        #expect(line.count <= 160)
        #expect(line.count == min(160, master.count) || line.count >= 158)
        #expect(line[caret...].starts(with: "\\256".unicodeScalars))
    }

    @Test func aLineThatFitsIsWhole() throws {
        let master = "a 60 TXT \\256" + String(repeating: " y", count: 73)
        #expect(master.count == 159)
        #expect(String(String.UnicodeScalarView(try shown(try text(master)).line)) == master)
    }

    @Test func whatCannotBeSeenIsEscapedAndCharactersStay() throws {
        let master = Array("a 60 TXT \"".utf8) + [0x1B, 0x9B, 0xFF, 0xC2, 0x9B] + Array("ü\u{202E}\" \\256".utf8)
        let (line, caret) = try shown(try text(master))
        #expect(
            String(String.UnicodeScalarView(line)) == "a 60 TXT \"\\027\\155\\255\\194\\155ü\\226\\128\\174\" \\256")
        #expect(line[caret...].starts(with: "\\256".unicodeScalars))
        // Whatever is on either side of a cut, characters are whole.
        for shift in 0..<4 {
            let long = String(repeating: "x", count: shift) + String(repeating: " üü", count: 450)
            let (cut, caret) = try shown(try text("a 60 TXT \(long) \\256 \(long)"))
            #expect(cut.count == 160 && cut[caret] == "\\")
            #expect(cut.allSatisfy { "…ü \\256x".unicodeScalars.contains($0) })
        }
    }

    @Test func messagesQuoteLittleAndNothingThatSteersATerminal() throws {
        let long = String(repeating: "é", count: 1 << 20)
        for master in [
            "a 60 \(long) x", "\(long) 60 A x", "a 60 SVCB 1 . \(long)", "a 60 SVCB 1 . mandatory=\(long)",
            "a 60 MX \(long) b", "a 60 CAA 0 \(long) b", "$INCLUDE \(long)", "$ORIGIN \(long)", "$\(long)",
            "a 60 TXT \u{1B}[31m\\256", "$INCLUDE \u{1B}[31m", "a 60 DS 1 1 1 \u{1B}", "$GENERATE 1-2 a A \u{1B}",
        ] {
            let found = try text(master)
            #expect(found.utf8.count < 1500, "\(master.prefix(30))")
            #expect(!found.unicodeScalars.contains("\u{1B}"), "\(master.prefix(30))")
        }
    }

    @Test func diagnosticsWithoutAPlaceOrALine() throws {
        #expect(Diagnostic(.error, at: nil, "m").text == "error: m")
        let place = Place(file: "f\u{1B}", line: 1, column: 2)
        #expect(Diagnostic(.warning, at: place, "m").text == "f\\027:1:2: warning: m")
    }
}
