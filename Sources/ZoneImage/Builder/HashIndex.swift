// The hash index of a zone's names, or of a manifest's apexes: buckets of one cache line.

/// A finished index: eight tags and eight references a bucket; a full bucket continues in the next one.
struct HashIndex: ~Copyable {
    /// As files have them: little-endian.
    let words: GrowingBuffer<UInt32>
    let bucketCount: UInt32
    /// The seed of its hashes, by its number in the row.
    let seed: UInt16
    /// The most buckets that any lookup of an indexed name reads.
    let longestProbe: UInt16
    /// The buckets that were looked at to build it, with all seeds that were tried.
    let bucketsRead: Int

    /// How many of a bucket's eight slots are used on average, times 4: 25 is 6.25, a load of 78 %.
    private static let quarterLoad = 25

    /// A seed with which a search reads more buckets than this is not used. Names that were not chosen to collide need about 20 in
    /// an index of 100,000 and 43 in one of 100 million (measured), and ten more are 60 times less likely.
    static let longestAllowedProbe = 64

    /// The index of entries with these references, none of which may be 0, placed in their order; nil when their hashes are too
    /// much alike with every seed of the row. `hash` makes that of an entry's name.
    init?(_ references: [UInt32], hash: (_ entry: Int, _ function: NameHash) -> UInt64) {
        let buckets = max(1, (references.count * 4 + HashIndex.quarterLoad - 1) / HashIndex.quarterLoad)
        var placement = Placement(buckets: buckets)
        for seed in 0..<NameHash.rowLength {
            let function = NameHash(seed: seed)
            let fits = references.indices.allSatisfy { placement.place(references[$0], hash($0, function)) }
            if fits {
                words = placement.words
                bucketCount = UInt32(buckets)
                self.seed = seed
                longestProbe = UInt16(placement.longestProbe)
                bucketsRead = placement.bucketsRead
                return
            }
            placement.clear()
        }
        return nil
    }

    /// Buckets that are being filled.
    private struct Placement: ~Copyable {
        private(set) var words: GrowingBuffer<UInt32>
        private(set) var longestProbe = 1
        private(set) var bucketsRead = 0
        private var used: [UInt8]

        init(buckets: Int) {
            words = GrowingBuffer(capacity: buckets * BucketLayout.size / 4)
            for _ in 0..<buckets * BucketLayout.size / 4 { words.append(0) }
            used = Array(repeating: 0, count: buckets)
        }

        /// Empties all buckets.
        mutating func clear() {
            for index in words.indices { words[index] = 0 }
            for index in used.indices { used[index] = 0 }
            longestProbe = 1
        }

        /// Puts an entry into the first bucket with room; false when that is too far from where it should be.
        mutating func place(_ reference: UInt32, _ hash: UInt64) -> Bool {
            var bucket = Int(NameHash.bucket(hash, of: UInt32(used.count)))
            var probes = 1
            while used[bucket] == BucketLayout.slots {
                bucket = bucket + 1 == used.count ? 0 : bucket + 1
                probes += 1
                if probes > HashIndex.longestAllowedProbe {
                    bucketsRead += probes
                    return false
                }
            }
            bucketsRead += probes
            longestProbe = max(longestProbe, probes)
            let slot = bucket * BucketLayout.size / 4 + Int(used[bucket])
            words[slot] = NameHash.tag(hash).littleEndian
            words[slot + BucketLayout.references / 4] = reference.littleEndian
            used[bucket] += 1
            return true
        }
    }
}
