// JSON as the bus reads and writes it (RFC 8259).

import FoundationEssentials
import JSON
import TestSupport
import Testing

@Suite struct JSONValueTests {
    @Test(arguments: UInt64(1)...200)
    func `a value survives writing and reading`(seed: UInt64) throws {
        var random = SplitMix64(seed: seed)
        let value = JSONValueTests.value(&random, depth: 5)
        #expect(try JSONValue(text: value.text) == value, "seed \(seed)")
        #expect(try JSONDecoder().decode(JSONValue.self, from: Data(value.text)) == value, "seed \(seed)")
        #expect(try JSONValue(encoding: value) == value, "seed \(seed)")
    }

    private static func value(_ random: inout SplitMix64, depth: Int) -> JSONValue {
        switch Int.random(in: 0...(depth > 0 ? 6 : 4), using: &random) {
        case 0: return .null
        case 1: return .bool(Bool.random(using: &random))
        case 2:
            return .integer(Int64.random(in: .min ... .max, using: &random) >> Int64.random(in: 0...63, using: &random))
        // A whole number has no fraction in FoundationEssentials' text, and comes back as an integer.
        case 3: return .number(Double(Int.random(in: -999...999, using: &random)) + 0.5)
        case 4: return .string(string(&random))
        case 5:
            return .array((0..<Int.random(in: 0...4, using: &random)).map { _ in value(&random, depth: depth - 1) })
        default:
            let members = (0..<Int.random(in: 0...4, using: &random)).map { _ in
                (string(&random), value(&random, depth: depth - 1))
            }
            return .object(Dictionary(members) { $1 })
        }
    }

    private static func string(_ random: inout SplitMix64) -> String {
        let scalars: [Unicode.Scalar] = ["a", "z", "\"", "\\", "/", "\u{0}", "\n", "\u{1F}", "\u{7F}", "ß", "€", "😀"]
        return (0..<Int.random(in: 0...12, using: &random)).reduce(into: "") { text, _ in
            text.unicodeScalars.append(scalars.randomElement(using: &random) ?? "x")
        }
    }

    @Test func `text is UTF-8 with slashes unescaped, and only control characters are escaped`() {
        let value: JSONValue = ["b": "a/b", "a": "ß€😀\u{7F}", "c": .string("\u{1}\n\"\\")]
        #expect("\(value)" == #"{"a":"ß€😀\#u{7F}","b":"a/b","c":"\u0001\n\"\\"}"#)
    }

    @Test func `members are sorted by the bytes of their names`() {
        #expect("\(["b": 1, "a": 2, "B": 3, "aa": 4] as JSONValue)" == #"{"B":3,"a":2,"aa":4,"b":1}"#)
    }

    @Test func `numbers are integers where they can be`() throws {
        #expect(try JSONValue(text: "9223372036854775807") == .integer(.max))
        #expect(try JSONValue(text: "-0") == .integer(0))
        #expect(try JSONValue(text: "9223372036854775808") == .number(9_223_372_036_854_775_808))
        #expect(try JSONValue(text: "1.0") == .number(1))
        #expect(try JSONValue(text: "-1.5e+3") == .number(-1500))
    }

    @Test func `escapes are read, surrogate pairs among them`() throws {
        #expect(try JSONValue(text: #""\u0041\/\b\f\n\r\t\\\"\ud83d\ude00""#) == .string("A/\u{8}\u{C}\n\r\t\\\"😀"))
    }

    @Test func `of a repeated name the last counts`() throws {
        #expect(try JSONValue(text: #"{"a":1,"a":2}"#) == ["a": 2])
    }

    @Test(arguments: [
        "", " ", "{", "[", "[1,", "[1,]", "{\"a\":}", "{\"a\" 1}", "{a:1}", "{\"a\":1,}", "tru", "nul", "truex", "1 2",
        "01",
        "1.", ".5", "1e", "+1", "-", "NaN", "Infinity", "1e999", "\"", "\"a", "\"\\", "\"\\x\"", "\"\\u12\"",
        "\"\\u12G4\"",
        "\"\\ud800\"", "\"\\ud800\\u0041\"", "\"\\udc00\"", "\"\u{1}\"", "\"\n\"", "\u{FEFF}1", "'a'", "[1}",
        "{\"a\":1]",
        "/* */ 1", "\u{A0}1",
    ])
    func `what is not JSON is refused`(text: String) {
        #expect(throws: JSONError.self) { try JSONValue(text: text) }
    }

    @Test(
        arguments: [[0xFF], [0x22, 0xC0, 0x80, 0x22], [0x22, 0xED, 0xA0, 0x80, 0x22], [0x22, 0xE2, 0x82, 0x22]]
            as [[UInt8]])
    func `what is not UTF-8 is refused`(bytes: [UInt8]) {
        #expect(throws: JSONError.self) { try JSONValue(text: bytes) }
    }

    @Test func `nesting is bounded, whatever is nested`() throws {
        for (open, close) in [("[", "]"), (#"{"a":"#, "}")] {
            let most = String(repeating: open, count: 63) + "[]" + String(repeating: close, count: 63)
            #expect(throws: Never.self) { try JSONValue(text: most) }
            #expect(throws: JSONError.self) { try JSONValue(text: open + most + close) }
            #expect(throws: JSONError.self) { try JSONValue(text: String(repeating: open, count: 1_000_000)) }
        }
    }

    @Test func `a typed message goes both ways`() throws {
        struct Switch: Codable, Equatable {
            var generation: UInt64
            var directory: String
        }
        let message = Switch(generation: 8, directory: "g8.dir")
        let value = try JSONValue(encoding: message)
        #expect("\(value)" == #"{"directory":"g8.dir","generation":8}"#)
        #expect(try value.decode(Switch.self) == message)
        #expect(throws: JSONError.self) { try JSONValue.array([]).decode(Switch.self) }
    }
}
