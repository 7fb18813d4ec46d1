// A zone in a mapped image: finding the node of a name by the hash index.

import CLinux
import DNSCore
import Glibc

/// A zone of a mapped image. Valid only while the mapping is kept.
@usableFromInline
package struct ZoneView: BitwiseCopyable, Sendable {
    @usableFromInline package let bytes: ImageBytes

    /// The zone that starts at `offset` and has `length` bytes; nil unless its header fits what stands there.
    package init?(image: ImageBytes, offset: Int, length: Int) {
        guard let view = image.view(at: offset, length: length) else { return nil }
        self.init(bytes: view)
        guard header(ZoneLayout.byteCount) == UInt64(length), apexLength > 0, bucketCount > 0,
            bytes.contains(ZoneLayout.size, apexLength),
            bytes.contains(indexOffset, Int(bucketCount) * BucketLayout.size)
        else { return nil }
    }

    /// A zone whose header was found good when its generation was opened; nil when `bytes` has no room for one.
    @inlinable @inline(__always)
    package init?(bytes: ImageBytes) {
        guard bytes.count >= ZoneLayout.size else { return nil }
        self.bytes = bytes
    }

    @inlinable @inline(__always)
    func header<Value>(_ field: Field<Value>) -> Value {
        // Safe: there are no views of fewer bytes than a header has.
        Value(littleEndian: unsafe bytes.base.loadUnaligned(fromByteOffset: field.offset, as: Value.self))
    }

    @inlinable package var serial: Serial { Serial(rawValue: header(ZoneLayout.serial)) }
    @inlinable package var rrClass: RRClass { RRClass(rawValue: header(ZoneLayout.rrClass)) }
    @inlinable package var flags: ZoneFlags { ZoneFlags(rawValue: header(ZoneLayout.flags)) }
    @inlinable package var recordCount: Int { Int(header(ZoneLayout.recordCount)) }
    @inlinable package var nodeCount: Int { Int(header(ZoneLayout.nodeCount)) }
    @inlinable package var apexLength: Int { Int(header(ZoneLayout.apexLength)) }
    @inlinable package var apexLabels: Int { Int(header(ZoneLayout.apexLabels)) }
    @inlinable package var apexNode: NodeReference { NodeReference(rawValue: header(ZoneLayout.apexNode)) }
    /// The SOA for negative answers, with its TTL as of RFC 2308, section 3.
    @inlinable package var negativeSOA: PartReference {
        PartReference(rawValue: header(ZoneLayout.negativeSOA))
    }
    /// The bytes that the parameters of its NSEC3 chain take; 0 without one.
    package var hashParameterSize: Int {
        let start = Int(header(ZoneLayout.hashParameters)) * 4
        if start == 0 { return 0 }
        return HashParametersLayout.saltOffset + Int(bytes.load(HashParametersLayout.saltLength, of: start))
    }
    /// True when the zone's SOA has signatures.
    @inlinable package var isSigned: Bool { view(negativeSOA).signatureCount > 0 }
    @inlinable package var bucketCount: UInt32 { header(ZoneLayout.bucketCount) }
    /// What the names in the index are hashed with, the apex being the start.
    @inlinable package var nameHash: NameHash { NameHash(seed: header(ZoneLayout.seed)) }
    @inlinable package var indexOffset: Int { Int(truncatingIfNeeded: header(ZoneLayout.indexOffset)) }

    /// The apex in lower-case wire form.
    package var apexWire: UnsafeRawBufferPointer { unsafe bytes.slice(at: ZoneLayout.size, length: apexLength) }

    /// The apex.
    package var apex: Name { unsafe Name(wire: apexWire) ?? .root }

    /// False when the zone's header is not that of so many bytes: the file was damaged after its generation was opened.
    @inlinable @inline(__always)
    package var isWhole: Bool { header(ZoneLayout.byteCount) == UInt64(bytes.count) }

    /// True when the apex is at or above a name.
    @inlinable
    package func isAtOrAbove(_ name: LookupName) -> Bool {
        let length = apexLength
        guard name.labelCount >= apexLabels, name.length >= length,
            let apex = unsafe bytes.pointer(at: ZoneLayout.size, length: length)
        else { return false }
        let suffix = name.labelCount &- apexLabels
        // Safe: both have `length` octets.
        return unsafe name.length &- name.start(ofSuffix: suffix) == length
            && memcmp(apex, name.pointer(toSuffix: suffix), length) == 0
    }

    /// Makes a name that is at or below the apex ready to be looked up in this zone, until it is read again or made ready for another.
    @inlinable @inline(__always)
    package func prepare(_ name: LookupName) { name.hashNames(nameHash, below: apexLabels) }

    /// Where the search for a hash starts in the index, for prefetching.
    @inlinable
    package func bucketOffset(for hash: UInt64) -> Int {
        indexOffset &+ Int(NameHash.bucket(hash, of: bucketCount)) &* BucketLayout.size
    }

    /// The node whose name is suffix `index` of `name`; none when there is none. The suffix is at or below the apex,
    /// and the name was made ready by `prepare`.
    @inlinable
    package func node(at index: Int, of name: LookupName) -> NodeReference {
        let hash = name.hash(ofSuffix: index)
        let relativeLength = name.length &- apexLength &- name.start(ofSuffix: index)
        var candidates = IndexProbe(bytes: bytes, indexOffset: indexOffset, bucketCount: bucketCount, hash: hash)
        while let reference = candidates.next() {
            let node = NodeReference(rawValue: reference)
            if unsafe isNode(node, named: name.pointer(toSuffix: index), length: relativeLength) { return node }
        }
        return .none
    }

    /// The first node that the index offers for a hash, names not compared: what a lookup will most likely touch next.
    @inlinable @inline(__always)
    package func likelyNode(for hash: UInt64) -> NodeReference {
        var candidates = IndexProbe(bytes: bytes, indexOffset: indexOffset, bucketCount: bucketCount, hash: hash)
        return NodeReference(rawValue: candidates.next() ?? 0)
    }

    @inlinable @inline(__always)
    func isNode(_ node: NodeReference, named name: UnsafePointer<UInt8>, length: Int) -> Bool {
        guard Int(bytes.load(NodeLayout.nameLength, of: node.byteOffset)) == length else { return false }
        guard let stored = unsafe bytes.pointer(at: node.byteOffset &+ NodeLayout.nameOffset, length: length) else {
            return false
        }
        // Safe: `stored` has `length` octets as checked, `name` has them as the suffix's part before the apex.
        return unsafe memcmp(stored, name, length) == 0
    }

    /// The node at `reference`, ready to be read.
    @inlinable @inline(__always)
    package func view(_ reference: NodeReference) -> NodeView { NodeView(bytes: bytes, reference: reference) }

    /// The part at `reference`, ready to be read.
    @inlinable @inline(__always)
    package func view(_ reference: PartReference) -> PartView { PartView(bytes: bytes, reference: reference) }
}

/// Walks the entries of a hash index whose tag fits a hash. The directory's index of apexes has the same form.
@usableFromInline
struct IndexProbe {
    @usableFromInline let bytes: ImageBytes
    @usableFromInline let indexOffset: Int
    @usableFromInline let bucketCount: UInt32
    @usableFromInline let tag: UInt32
    @usableFromInline var bucket: UInt32
    @usableFromInline var bucketsLeft: UInt32
    /// A bit for each slot of the bucket that has not been looked at.
    @usableFromInline var untried: UInt32 = ~0

    @inlinable
    init(bytes: ImageBytes, indexOffset: Int, bucketCount: UInt32, hash: UInt64) {
        self.bytes = bytes
        self.indexOffset = indexOffset
        self.bucketCount = bucketCount
        tag = NameHash.tag(hash)
        bucket = NameHash.bucket(hash, of: bucketCount)
        bucketsLeft = bucketCount
    }

    /// The next reference whose tag fits; nil when the bucket chain has ended: at the first bucket that is not full.
    @inlinable @inline(__always)
    mutating func next() -> UInt32? {
        while bucketsLeft > 0 {
            let start = indexOffset &+ Int(bucket) &* BucketLayout.size
            guard let words = unsafe bytes.pointer(at: start, length: BucketLayout.size) else { break }
            // Safe: a bucket begins with 8 tags. All are compared at once: which of them fits is nothing that a processor can foresee.
            var fitting = unsafe zc_equal_words(words, tag.littleEndian) & untried
            while fitting != 0 {
                let found = fitting.trailingZeroBitCount
                untried = ~1 &<< UInt32(truncatingIfNeeded: found)
                fitting &= untried
                // Safe: all 16 words of the bucket are within the mapping; slots are below 8.
                let reference = unsafe IndexProbe.word(words, found &+ BucketLayout.slots)
                if reference != 0 { return reference }
            }
            if unsafe IndexProbe.word(words, 2 &* BucketLayout.slots &- 1) == 0 { break }
            untried = ~0
            bucket = bucket &+ 1 == bucketCount ? 0 : bucket &+ 1
            bucketsLeft &-= 1
        }
        bucketsLeft = 0
        return nil
    }

    @inlinable @inline(__always)
    static func word(_ bucket: UnsafeRawPointer, _ index: Int) -> UInt32 {
        UInt32(littleEndian: unsafe bucket.loadUnaligned(fromByteOffset: index &* 4, as: UInt32.self))
    }
}
