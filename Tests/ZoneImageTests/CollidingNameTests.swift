// Names that were chosen so that their hashes are the same: a zone of them is built with as much work as any other, and
// each of them is found.

import DNSCore
import Testing

@testable import ZoneImage

@Suite struct CollidingNameTests {
    private static let count = 100_000

    /// A search reads a bounded number of buckets.
    private func expectCheap(_ zone: CompiledZone, seed: UInt16) {
        let zone = TestZone(zone)
        #expect(zone.view.header(ZoneLayout.seed) == seed)
        #expect(Int(zone.view.header(ZoneLayout.longestProbe)) <= HashIndex.longestAllowedProbe)
    }

    /// Labels of 16 octets for which the first factor of `NameHash.mix` is 2^32 with seed 0, so that its halves are those of the
    /// other factor, exchanged: what is left of that is the sum of the two, which is the same for all.
    private static let labelsForTheFirstSeed: [[UInt8]] = {
        let function = NameHash(seed: 0)
        let head = octets(function.key ^ 1 << 32)
        let state = function.start ^ 16 &* NameHash.lengthFactor
        let sum: UInt64 = 0x1234_5678
        var labels: [[UInt8]] = []
        var low: UInt64 = 0
        while labels.count < count {
            let label = head + octets(((sum &- low) & 0xFFFF_FFFF) << 32 | low, xor: state)
            if !label.contains(where: { $0 >= 0x41 && $0 <= 0x5A }) { labels.append(label) }
            low += 1
        }
        return labels
    }()

    private static func octets(_ word: UInt64, xor other: UInt64 = 0) -> [UInt8] {
        withUnsafeBytes(of: (word ^ other).littleEndian) { Array($0) }
    }

    /// Labels whose first eight octets are the key of seed 0, with which the mix of an earlier version was always 0.
    private static let labelsWithTheKey: [[UInt8]] = (0..<count).map { number in
        [47, 100, 189, 120, 100, 29, 118, 160] + Array(String(number + 10_000_000).utf8)
    }

    private func zone(_ labels: [[UInt8]]) throws -> CompiledZone {
        var records = try table("$ORIGIN example.\n@ 60 SOA a b 1 2 3 4 5\n@ 60 NS ns.test.\n")
        for label in labels {
            let name = try #require(Name(wire: [UInt8(label.count)] + label + Name("example.").wire))
            try records.append(owner: name, type: .a, ttl: 1, rdata: [192, 0, 2, 1])
        }
        let result = ZoneBuilder.build(records)
        return try #require(result.zone, "\(result.problems)")
    }

    private func expectAllFound(_ labels: [[UInt8]], in zone: CompiledZone) throws {
        let zone = TestZone(zone)
        let apex = try Name("example.").wire
        let name = LookupName.allocate()
        defer { name.deallocate() }
        var missing = 0
        for label in labels {
            _ = ([UInt8(label.count)] + label + apex).withUnsafeBytes { name.read($0) }
            zone.view.prepare(name)
            if case .exact = zone.view.lookup(name) { continue }
            missing += 1
        }
        #expect(missing == 0)
        // One more that hashes alike and is not there.
        var other = labels[0]
        other[other.count - 1] ^= 0x80
        _ = ([UInt8(other.count)] + other + apex).withUnsafeBytes { name.read($0) }
        zone.view.prepare(name)
        guard case .missing = zone.view.lookup(name) else {
            Issue.record("a name that is not there is found")
            return
        }
    }

    @Test func noFactorOfTheMixHidesTheOther() {
        let samples: [UInt64] = [0, 1, 2, 3, 1 << 32, 0x1234_5678_9ABC_DEF0, .max - 1, .max]
        for factor in [0, 1, .max] as [UInt64] {
            // Two of them may meet by chance.
            #expect(Set(samples.map { NameHash.mix(factor, $0) }).count >= samples.count - 1, "\(factor)")
            #expect(Set(samples.map { NameHash.mix($0, factor) }).count >= samples.count - 1, "\(factor)")
        }
    }

    @Test func namesThatBeginWithTheKeyGetTheNextSeed() throws {
        let zone = try zone(Self.labelsWithTheKey)
        expectCheap(zone, seed: 1)
        try expectAllFound(Self.labelsWithTheKey, in: zone)
    }

    @Test func namesThatCollideWithOneSeedGetTheNext() throws {
        let function = NameHash(seed: 0)
        let hashes = Self.labelsForTheFirstSeed.prefix(1000).map { label in
            ([16] + label).withUnsafeBytes { function.hash($0).hash }
        }
        #expect(Set(hashes).count == 1, "the attack is not one: choose other labels")
        let zone = try zone(Self.labelsForTheFirstSeed)
        expectCheap(zone, seed: 1)
        try expectAllFound(Self.labelsForTheFirstSeed, in: zone)
        #expect(zone.digest == (try self.zone(Self.labelsForTheFirstSeed.reversed())).digest)
    }

    @Test func aSeedThatDoesNotFitCostsAFewEntries() throws {
        let labels = Self.labelsForTheFirstSeed
        let references = labels.indices.map { UInt32($0 + 1) }
        let index = HashIndex(references) { entry, function in
            ([16] + labels[entry]).withUnsafeBytes { function.hash($0).hash }
        }
        guard let index else {
            Issue.record("refused")
            return
        }
        let (seed, bucketsRead) = (index.seed, index.bucketsRead)
        #expect(seed == 1)
        #expect(bucketsRead < 5 * labels.count)
    }

    @Test func anIndexThatNoSeedFitsIsRefusedAfterAFewEntries() {
        var hashed = 0
        let index = HashIndex((0..<100_000).map { $0 + 1 }) { _, _ in
            hashed += 1
            return 7
        }
        guard case .none = index else {
            Issue.record("accepted")
            return
        }
        #expect(hashed <= Int(NameHash.rowLength) * (HashIndex.longestAllowedProbe * BucketLayout.slots + 1))
    }

    /// Tables that stay in the process have a seed that nobody can know: their longest run of used slots is that of chance.
    @Test(arguments: [0, 1]) func tablesInMemoryDoNotCollide(_ kind: Int) throws {
        let labels = kind == 0 ? Self.labelsWithTheKey : Self.labelsForTheFirstSeed
        var table = NameTable(apex: try Name("example."), expected: labels.count)
        let apex = try Name("example.").wire
        var copy = [UInt8](repeating: 0, count: 256)
        for label in labels {
            try copy.withUnsafeMutableBytes { copy in
                let start = try #require(copy.baseAddress)
                try ([UInt8(label.count)] + label + apex).withUnsafeBytes { wire in
                    let found = table.key(of: wire, lowercasedTo: start)
                    let key = try #require(found)
                    _ = table.intern(UnsafeRawBufferPointer(start: start, count: Int(key.length)), key)
                }
            }
        }
        let names = table.count
        #expect(names == labels.count + 1)
        var longest = 0
        var run = 0
        for slot in table.slots.indices {
            run = table.slots[slot] == 0 ? 0 : run + 1
            longest = max(longest, run)
        }
        #expect(longest < 1000)
    }

    /// A manifest's index goes by the same rule.
    @Test func apexesThatCollideGetAnotherSeed() throws {
        let labels = Self.labelsForTheFirstSeed.prefix(2000)
        let apexes = labels.compactMap { Name(wire: [16] + $0 + [0]) }
        #expect(apexes.count == labels.count)
        let zones = apexes.map { Directory.Zone(apex: $0, rrClass: .in, content: nil) }
        let file = GuardedBytes(try Directory(generation: 1, zones: zones).encoded())
        let header = try FileHeader(checking: file.bytes, isDirectory: true, path: "test")
        let directory = try DirectoryView(bytes: file.bytes, header: header, path: "test")
        for apex in apexes {
            LookupTests.withLookupName(apex, of: directory) { #expect(directory.zone(for: $0)?.suffix == 0) }
        }
        #expect(directory.seed == 1)
    }
}
