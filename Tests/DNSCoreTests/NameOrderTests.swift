// The canonical order of names against a naive one (RFC 4034, section 6.1).

import DNSCore
import Testing

@Suite struct NameOrderTests {
    /// Labels from the right, in lower case.
    private func key(_ name: Name) -> [[UInt8]] {
        var labels: [[UInt8]] = []
        var rest = name.wire[...]
        while let length = rest.first, length > 0 {
            labels.append(rest.dropFirst().prefix(Int(length)).map(ASCII.lowercase))
            rest = rest.dropFirst(1 + Int(length))
        }
        return labels.reversed()
    }

    private func precedes(_ left: [[UInt8]], _ right: [[UInt8]]) -> Bool {
        left.lexicographicallyPrecedes(right) { $0.lexicographicallyPrecedes($1) }
    }

    @Test func agreesWithANaiveOrder() throws {
        let texts = [
            ".", "a.", "A.b.", "b.", "a.b.", "aa.b.", "a.a.b.", "z.a.b.", "*.b.", "\\000.b.", "\\001.b.", "\\200.b.",
            "a\\000.b.",
            "ab.b.", "a-.b.", "Yljkjljk.a.example.", "Z.a.example.", "zABC.a.EXAMPLE.", "\\001.z.example.",
            "*.z.example.",
        ]
        let names = try texts.map { try Name($0) }
        for left in names {
            for right in names {
                #expect((left < right) == precedes(key(left), key(right)), "\(left) \(right)")
            }
        }
    }
}
