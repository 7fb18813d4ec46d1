// Whatever the bytes of a zone are, reading it never traps and never leaves the mapping: images stand before a page that
// can't be read. (Their digests would find the damage; this is about what happens when nobody has looked.)

import DNSCore
import TestSupport
import Testing

@testable import ZoneImage

@Suite struct DamagedImageTests {
    private static let names = [
        "golden.example.", "www.golden.example.", "a.b.golden.example.", "x.y.w.golden.example.", "b.golden.example.",
        "www.sub.golden.example.", "x.d.golden.example.", "svc.golden.example.", "zzz.golden.example.",
    ]

    /// Reads all that can be read.
    private func readAll(_ bytes: GuardedBytes) throws {
        guard let zone = ZoneView(bytes: bytes.bytes) else { return }
        for text in Self.names {
            LookupTests.withLookupName(try Name(text), in: zone) { name in
                var nodes: [NodeReference] = [zone.denialNode(for: name, suffix: 0), zone.node(at: 0, of: name)]
                switch zone.lookup(name) {
                case .exact(let node), .belowCut(let node, _), .belowDNAME(let node, _): nodes.append(node)
                case .missing(let encloser, _, let wildcard): nodes += [encloser, wildcard]
                }
                for node in nodes.map(zone.view) {
                    _ = zone.denialNode(notBehind: node)
                    _ = zone.denialNode(forWildcardBelow: node)
                    _ = node.part(of: .mx)
                }
            }
        }
        var budget = 2_000
        struct Enough: Error {}
        try? zone.forEachRecord { (_, _) throws(Enough) in
            budget -= 1
            if budget < 0 { throw Enough() }
        }
    }

    @Test func everyByteMayBeAnything() throws {
        let zone = try #require(ZoneBuilder.build(try table(GoldenImageTests.zone)).zone)
        for place in zone.content.array.indices {
            for change: UInt8 in [0x01, 0x80, 0xFF] {
                var bytes = zone.content.array
                bytes[place] ^= change
                try readAll(GuardedBytes(bytes))
            }
        }
    }

    @Test func aZoneMayEndAnywhere() throws {
        let zone = try #require(ZoneBuilder.build(try table(GoldenImageTests.zone)).zone)
        for length in stride(from: 1, to: zone.content.array.count, by: 3) {
            try readAll(GuardedBytes(Array(zone.content.array[..<length])))
        }
    }

    @Test func severalBytesMayBeAnything() throws {
        let zone = try #require(ZoneBuilder.build(try table(GoldenImageTests.zone)).zone)
        for seed in UInt64(0)..<200 {
            var random = SplitMix64(seed: seed)
            var bytes = zone.content.array
            for _ in 0..<Int.random(in: 2...20, using: &random) {
                bytes[Int.random(in: 0..<bytes.count, using: &random)] = UInt8.random(in: 0...255, using: &random)
            }
            try readAll(GuardedBytes(bytes))
        }
    }
}
