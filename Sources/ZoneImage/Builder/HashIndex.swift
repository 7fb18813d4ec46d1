// The hash index of a zone's names, or of a directory's apexes: buckets of one cache line.

/// A finished index: eight tags and eight references a bucket; a full bucket continues in the next one.
struct HashIndex: ~Copyable {
    /// As files have them: little-endian.
    let words: GrowingBuffer<UInt32>
    let bucketCount: UInt32
    /// The most buckets that any lookup of an indexed name reads.
    let longestProbe: UInt16

    /// How many of a bucket's eight slots are used on average, times 4: 25 is 6.25, a load of 78 %.
    private static let quarterLoad = 25

    /// Entries are placed in the order given; no reference may be 0.
    init(_ entries: [(hash: UInt64, reference: UInt32)]) {
        let buckets = max(1, (entries.count * 4 + HashIndex.quarterLoad - 1) / HashIndex.quarterLoad)
        let bucketCount = UInt32(buckets)
        var words = GrowingBuffer<UInt32>(capacity: buckets * BucketLayout.size / 4)
        for _ in 0..<buckets * BucketLayout.size / 4 { words.append(0) }
        var used = [UInt8](repeating: 0, count: buckets)
        var longest = 1
        for entry in entries {
            var bucket = Int(NameHash.bucket(entry.hash, of: bucketCount))
            var probes = 1
            while used[bucket] == BucketLayout.slots {
                bucket = bucket + 1 == buckets ? 0 : bucket + 1
                probes += 1
            }
            let slot = bucket * BucketLayout.size / 4 + Int(used[bucket])
            words[slot] = NameHash.tag(entry.hash).littleEndian
            words[slot + BucketLayout.references / 4] = entry.reference.littleEndian
            used[bucket] += 1
            longest = max(longest, probes)
        }
        self.words = words
        self.bucketCount = bucketCount
        longestProbe = UInt16(truncatingIfNeeded: longest)
    }
}
