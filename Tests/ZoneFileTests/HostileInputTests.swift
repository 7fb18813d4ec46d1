// Text that nobody meant: whatever it is, the loader answers with records or with errors, and never traps.

import DNSCore
import TestSupport
import Testing
import ZoneFile

@Suite struct HostileInputTests {
    private static let seedText: String =
        rdataSamples.map { "host 60 IN \($0.type) \($0.text)" }.joined(separator: "\n") + """

            $ORIGIN sub
            $TTL 1h30m
            @ ( IN ; comment
              A ) 192.0.2.1
            \tTXT "a;b" c\\032d "\\255"
            $GENERATE 1-20/3 g${1,3,x}-$ 5 A 192.0.2.$
            $INCLUDE "/nonexistent" other
            """

    @Test func generatedTextIsBounded() throws {
        let template = "$GENERATE 1-1000000 a NSEC b" + String(repeating: " A", count: 5000)
        do {
            _ = try ZoneLoader(origin: Name("example.")).load(text: template, name: "zone")
            Issue.record("it was accepted")
        } catch let error as LoadFailure {
            #expect(error.diagnostics.first?.message.contains("octets of text") == true)
        }
    }

    private func load(_ text: [UInt8]) throws -> LoadedZone? {
        var limits = LoadLimits()
        limits.generatedRecords = 1000
        limits.allGeneratedRecords = 2000
        let loader = ZoneLoader(origin: try Name("example."), limits: limits)
        do {
            return try loader.load(text: text, name: "zone")
        } catch {
            #expect(!error.diagnostics.isEmpty && error.diagnostics.count <= limits.errors + limits.warnings)
            return nil
        }
    }

    @Test(arguments: 1...30)
    func mutatedFilesLoadOrAreRefused(seed: Int) throws {
        var random = SplitMix64(seed: UInt64(seed))
        let alphabet = Array(" \t\n\r()\";\\$@.#-:,=0123456789abzAINM\u{0}".utf8) + [0x80, 0xFF]
        let lines = HostileInputTests.seedText.split(separator: "\n").map { Array($0.utf8) + [0x0A] }
        for _ in 0..<150 {
            var text = (0..<Int.random(in: 1...4, using: &random)).flatMap { _ in
                lines.randomElement(using: &random) ?? []
            }
            for _ in 0..<Int.random(in: 1...8, using: &random) {
                let index = Int.random(in: 0..<max(text.count, 1), using: &random)
                switch Int.random(in: 0..<4, using: &random) {
                case 0: text.insert(alphabet.randomElement(using: &random) ?? 0, at: min(index, text.count))
                case 1 where index < text.count: text[index] = alphabet.randomElement(using: &random) ?? 0
                case 2 where index < text.count: text.remove(at: index)
                default:
                    text.insert(
                        contentsOf: text.suffix(from: min(index, text.count)).prefix(20), at: min(index, text.count))
                }
            }
            // What loads is printed, and loads again to the same records.
            guard let zone = try load(text), zone.records.count > 0 else { continue }
            var printed: [UInt8] = []
            for row in 0..<zone.records.count { RecordText.append(zone.records[row], to: &printed) }
            let again = try #require(try load(printed), "seed \(seed): \(String(decoding: text, as: UTF8.self))")
            #expect(
                (0..<zone.records.count).map { zone.records[$0] } == (0..<again.records.count).map { again.records[$0] }
            )
        }
    }

    @Test(arguments: 1...5)
    func octetsWithoutAnyMeaning(seed: Int) throws {
        var random = SplitMix64(seed: UInt64(seed))
        for length in [1, 2, 7, 8, 9, 100, 5000] {
            for _ in 0..<40 { _ = try load((0..<length).map { _ in UInt8.random(in: 0...255, using: &random) }) }
        }
        #expect(try errors("") == ["1:1: the file is empty"])
    }

    @Test(arguments: [
        "(", "\"", "\\", "\\0", "a 60 TXT (", "a 60 TXT \"", "a 60 TXT \\", "a 60 TXT \\0", "$", "$INCLUDE", ";", " ",
        "a 60 A \\#",
    ])
    func filesThatEndInTheMiddle(text: String) throws {
        _ = try load(Array(text.utf8))
    }

    @Test func deepNestingAndLongTokensAreBounded() throws {
        #expect(try load(Array(String(repeating: "(", count: 300_000).utf8))?.records.count == nil)
        #expect(try load(Array(("a 60 TXT " + String(repeating: "x", count: 300_000)).utf8))?.records.count == nil)
        #expect(
            try load(Array(("a 60 NSEC . " + String(repeating: "TYPE65535 A ", count: 30_000)).utf8))?.records.count
                == 1)
        #expect(
            try load(Array(("a 60 WKS 192.0.2.1 6 " + String(repeating: "65535 ", count: 30_000)).utf8))?.records.count
                == 1)
    }
}
