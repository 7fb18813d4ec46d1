// What people see of an error.

import DNSCore
import Testing
import ZoneFile

@Suite struct DiagnosticTests {
    private func rendered(_ text: String) throws -> String {
        do {
            _ = try ZoneLoader(origin: Name("example.")).load(text: text, name: "f")
            return ""
        } catch let failure as LoadFailure {
            return failure.diagnostics[0].rendered(color: false)
        }
    }

    @Test func aCaretStandsBelowThePlace() throws {
        #expect(
            try rendered("a\t60 A\t192.0.2.256 ; x\r\n") == """
                f:1:8: error: '192.0.2.256' is no IPv4 address: four numbers up to 255 with dots between
                    a\t60 A\t192.0.2.256 ; x
                     \t    \t^
                """)
        #expect(try rendered("a 60 TXT \"ü\" b \"c\n").hasSuffix("\n    a 60 TXT \"ü\" b \"c\n                   ^"))
    }

    @Test func longLinesAreCutAroundThePlace() throws {
        let text = try rendered(
            "a 60 TXT \"" + String(repeating: "x", count: 250) + "\" a\\256" + String(repeating: " y", count: 200))
        let lines = text.split(separator: "\n")
        #expect(lines.count == 3 && lines[1].count < 180)
        let caret = try #require(lines[2].firstIndex(of: "^"))
        #expect(
            lines[1][
                lines[1].index(lines[1].startIndex, offsetBy: lines[2].distance(from: lines[2].startIndex, to: caret))]
                == "\\")
    }

    @Test func controlCharactersAndColors() throws {
        let plain = Diagnostic(.warning, at: Place(file: "f", line: 1, column: 2), "m", sourceLine: "a\u{1B}b")
        #expect(plain.rendered(color: false) == "f:1:2: warning: m\n    a�b\n     ^")
        #expect(plain.rendered(color: true).contains("\u{1B}[1;35mwarning:\u{1B}[0m"))
        #expect(Diagnostic(.error, at: nil, "m").rendered(color: false) == "error: m")
    }
}
