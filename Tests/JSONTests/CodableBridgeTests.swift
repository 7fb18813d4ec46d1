// The direct bridge between Codable types and values gives what FoundationEssentials' coders give.

import FoundationEssentials
import JSON
import TestSupport
import Testing

@Suite struct CodableBridgeTests {
    private struct Sample: Codable, Equatable {
        enum Kind: Codable, Equatable {
            case plain
            case named(String, count: Int)
        }

        var flag: Bool
        var small: Int8
        var large: UInt64
        var ratio: Double
        var single: Float
        var text: String
        var missing: String?
        var kinds: [Kind]
        var byName: [String: [Int]]
        var byNumber: [Int: String]
        var pairs: [[Double?]]
    }

    private static func sample(_ random: inout SplitMix64) -> Sample {
        let count = Int.random(in: 0...3, using: &random)
        return Sample(
            flag: Bool.random(using: &random), small: Int8.random(in: .min ... .max, using: &random),
            large: UInt64.random(in: 0...UInt64(Int64.max), using: &random),
            ratio: Double(Int.random(in: -99...99, using: &random)) + 0.25, single: 0.5,
            text: String(repeating: "ä\"\\/\n", count: count), missing: count > 1 ? "there" : nil,
            kinds: (0..<count).map { $0 == 0 ? .plain : .named("k", count: $0) },
            byName: Dictionary(uniqueKeysWithValues: (0..<count).map { ("n\($0)", Array(0..<$0)) }),
            byNumber: count > 0 ? [7: "seven"] : [:], pairs: [[1.5, nil], []])
    }

    @Test(arguments: UInt64(1)...100)
    func valuesAreThoseOfFoundation(seed: UInt64) throws {
        var random = SplitMix64(seed: seed)
        let sample = CodableBridgeTests.sample(&random)
        let value = try JSONValue(encoding: sample)
        #expect(try value == JSONValue(text: Array(JSONEncoder().encode(sample))), "seed \(seed)")
        #expect(try value.decode(Sample.self) == sample, "seed \(seed)")
        #expect(try JSONText.decode(Sample.self, from: JSONText.encode(sample)) == sample, "seed \(seed)")
    }

    @Test func whatIsWrongIsNamedWithItsPath() {
        struct Inner: Codable { var count: UInt8 }
        struct Outer: Codable { var list: [Inner] }
        func problem(_ text: String) -> String {
            let result = Result { try JSONText.decode(Outer.self, from: text.utf8) }
            return if case .failure(let error) = result { "\(error)" } else { "" }
        }
        #expect(problem(#"{"list":[{"count":1},{"count":256}]}"#) == "expected UInt8 at list[1].count")
        #expect(problem(#"{"list":[{"count":null}]}"#) == "expected UInt8, not null at list[0].count")
        #expect(problem(#"{"list":[{}]}"#) == "expected a member 'count' at list[0]")
        #expect(problem(#"{"list":{}}"#) == "expected Array<JSONValue> at list")
        #expect(problem(#"{"list":[1}"#) == "a byte that cannot occur here, at byte 10")
        #expect(problem("") == "the text ends early, at byte 0")
    }

    @Test func numbersThatWouldChangeAreRefused() throws {
        #expect(try JSONValue(encoding: [UInt64(Int64.max)]) == [.integer(.max)])
        #expect(throws: JSONError.unencodable("9223372036854775808 is above 2^63-1")) {
            try JSONValue(encoding: ["n": UInt64(Int64.max) + 1])
        }
    }

    @Test func nestedContainersAreWrittenInPlace() throws {
        struct Nested: Encodable {
            enum Key: CodingKey { case a, b }
            func encode(to encoder: any Encoder) throws {
                var outer = encoder.container(keyedBy: Key.self)
                var list = outer.nestedUnkeyedContainer(forKey: .a)
                try list.encode(1)
                var object = list.nestedContainer(keyedBy: Key.self)
                try object.encode("x", forKey: .b)
                try list.encodeNil()
                var inner = outer.nestedContainer(keyedBy: Key.self, forKey: .b)
                try inner.encode(true, forKey: .a)
            }
        }
        #expect(try JSONValue(encoding: Nested()) == ["a": [1, ["b": "x"], nil], "b": ["a": true]])
    }
}
