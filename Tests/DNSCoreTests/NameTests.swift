// Names: wire form, presentation form, equality and order.

import DNSCore
import Testing

@Suite struct RFC1035NameTests {
    @Test(
        arguments: [
            (".", [0]), ("a.", [1, 97, 0]), ("A.b.", [1, 65, 1, 98, 0]), ("a\\.b.", [3, 97, 46, 98, 0]),
            ("\\000\\255.", [2, 0, 255, 0]), ("\\097.", [1, 97, 0]), ("*.a.", [1, 42, 1, 97, 0]), ("\\@.", [1, 64, 0]),
        ] as [(String, [UInt8])])
    func textToWireAndBack(text: String, wire: [UInt8]) throws {
        let name = try Name(text)
        #expect(name.wire == wire)
        #expect(Name(wire: wire) == name)
        #expect(try Name(name.description).wire == wire)
    }

    @Test func relativeNamesEndWithTheOrigin() throws {
        let origin = try Name("example.")
        #expect(try Name("www", relativeTo: origin).description == "www.example.")
        #expect(try Name("www.", relativeTo: origin).description == "www.")
    }

    @Test(
        arguments: [
            ("", .empty), ("..", .emptyLabel), (".a", .emptyLabel), ("a..b", .emptyLabel), ("\\", .badEscape),
            ("\\25", .badEscape),
            ("\\256", .badEscape), (String(repeating: "a", count: 64), .labelTooLong),
            (String(repeating: "abcdefg.", count: 32), .nameTooLong),
        ] as [(String, NameTextError)])
    func invalidText(text: String, error: NameTextError) {
        #expect(throws: error) { try Name(text) }
    }

    @Test func limitsAreReached() throws {
        #expect(try Name(String(repeating: "a", count: 63) + ".").wire.count == 65)
        #expect(try Name(String(repeating: "abcdefg.", count: 31) + "abcde.").wire.count == 255)
        #expect(throws: NameTextError.nameTooLong) { try Name(String(repeating: "abcdefg.", count: 31) + "abcdef.") }
    }

    @Test(
        arguments: [[], [1, 97], [0, 0], [1, 97, 0, 0], [64] + [UInt8](repeating: 97, count: 64) + [0], [0xC0, 0]]
            as [[UInt8]])
    func invalidWire(wire: [UInt8]) {
        #expect(Name(wire: wire) == nil)
    }

    @Test func partsOfNames() throws {
        let name = try Name("a.B.example.")
        #expect(name.labelCount == 3)
        #expect(name.parent?.description == "B.example.")
        #expect(Name.root.parent == nil && Name.root.isRoot && Name.root.labelCount == 0)
        #expect(name.isAtOrBelow(try Name("b.EXAMPLE.")) && name.isAtOrBelow(.root) && name.isAtOrBelow(name))
        #expect(!name.isAtOrBelow(try Name("xample.")) && !Name.root.isAtOrBelow(name))
        let wildcard = try Name("*.example.")
        #expect(wildcard.isWildcard && !name.isWildcard)
    }
}

@Suite struct RFC4343CaseTests {
    @Test func namesDifferInCaseOnlyAreEqual() throws {
        let upper = try Name("WWW.Example.")
        let lower = try Name("www.example.")
        #expect(upper == lower && upper.hashValue == lower.hashValue && upper.lowercased.wire == lower.wire)
        let bracket = try Name("[.")
        let brace = try Name("{.")
        #expect(bracket != brace, "only letters have another case")
    }
}

@Suite struct RFC4034CanonicalOrderTests {
    @Test func theExampleOfSection6_1() throws {
        let names = try [
            "example.", "a.example.", "yljkjljk.a.example.", "Z.a.example.", "zABC.a.EXAMPLE.", "z.example.",
            "\\001.z.example.",
            "*.z.example.", "\\200.z.example.",
        ].map { try Name($0) }
        #expect(names.shuffled().sorted() == names)
    }
}

@Suite struct NameScanningTests {
    /// The loader's way from bytes to bytes.
    private func scanned(_ text: [UInt8], origin: Name) throws -> [UInt8] {
        var target = [UInt8](repeating: 0, count: Name.scanRoom)
        let length = try unsafe text.withUnsafeBytes { text in
            try unsafe origin.wire.withUnsafeBytes { origin in
                try unsafe target.withUnsafeMutableBytes { target in
                    try unsafe Name.writeWire(ofText: text, relativeTo: origin, into: target)
                }
            }
        }
        return Array(target[..<length])
    }

    @Test(arguments: 1...20)
    func sameAnswersAsTheParserOfSingleNames(seed: UInt64) throws {
        var state = seed
        func random(_ bound: UInt64) -> Int {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Int((state >> 33) % bound)
        }
        let pieces = [
            "a", "bc", "defghij", "klmnopqrstuvwxyz", ".", ".", "\\.", "\\\\", "\\001", "\\256", "\\9", "..", "ABC-_*@",
            String(repeating: "x", count: 30),
        ]
        for _ in 0..<500 {
            let text = Array((0..<random(16)).map { _ in pieces[random(UInt64(pieces.count))] }.joined().utf8)
            let origin = try Name([".", "example.", String(repeating: "abcdefg.", count: 20)][random(3)])
            var wire: [UInt8] = []
            let isValid = (try? Name.appendWire(ofText: text, relativeTo: origin, to: &wire)) != nil
            #expect(
                (try? scanned(text, origin: origin)) == (isValid ? wire : nil),
                "seed \(seed): \(String(decoding: text, as: UTF8.self))")
        }
    }
}
