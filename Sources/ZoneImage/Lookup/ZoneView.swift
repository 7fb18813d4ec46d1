// A zone in a mapped image: finding the node of a name by the hash index.

import DNSCore
import Glibc

/// A zone of a mapped image. Valid only while the mapping is kept.
@usableFromInline
package struct ZoneView: BitwiseCopyable, Sendable {
    @usableFromInline package let bytes: ImageBytes

    /// The zone that starts at `offset` and has `length` bytes; nil unless its header fits what stands there.
    package init?(image: ImageBytes, offset: Int, length: Int) {
        guard let view = image.view(at: offset, length: length), length >= ZoneLayout.size else { return nil }
        self.init(bytes: view)
        guard bytes.load(ZoneLayout.byteCount, of: 0) == UInt64(length), apexLength > 0, bucketCount > 0,
            bytes.contains(ZoneLayout.size, apexLength),
            bytes.contains(indexOffset, Int(bucketCount) * BucketLayout.size)
        else { return nil }
    }

    /// A zone whose header was found good when its generation was opened.
    @inlinable
    package init(bytes: ImageBytes) {
        self.bytes = bytes
    }

    @inlinable package var serial: Serial { Serial(rawValue: bytes.load(ZoneLayout.serial, of: 0)) }
    @inlinable package var rrClass: RRClass { RRClass(rawValue: bytes.load(ZoneLayout.rrClass, of: 0)) }
    @inlinable package var flags: ZoneFlags { ZoneFlags(rawValue: bytes.load(ZoneLayout.flags, of: 0)) }
    @inlinable package var recordCount: Int { Int(bytes.load(ZoneLayout.recordCount, of: 0)) }
    @inlinable package var nodeCount: Int { Int(bytes.load(ZoneLayout.nodeCount, of: 0)) }
    @inlinable package var apexLength: Int { Int(bytes.load(ZoneLayout.apexLength, of: 0)) }
    @inlinable package var apexLabels: Int { Int(bytes.load(ZoneLayout.apexLabels, of: 0)) }
    @inlinable package var apexNode: NodeReference { NodeReference(rawValue: bytes.load(ZoneLayout.apexNode, of: 0)) }
    /// The SOA for negative answers, with its TTL as of RFC 2308, section 3.
    @inlinable package var negativeSOA: PartReference {
        PartReference(rawValue: bytes.load(ZoneLayout.negativeSOA, of: 0))
    }
    /// The bytes that the parameters of its NSEC3 chain take; 0 without one.
    package var hashParameterSize: Int {
        let start = Int(bytes.load(ZoneLayout.hashParameters, of: 0)) * 4
        if start == 0 { return 0 }
        return HashParametersLayout.saltOffset + Int(bytes.load(HashParametersLayout.saltLength, of: start))
    }
    /// True when the zone's SOA has signatures.
    @inlinable package var isSigned: Bool { view(negativeSOA).signatureCount > 0 }
    @inlinable package var bucketCount: UInt32 { bytes.load(ZoneLayout.bucketCount, of: 0) }
    @inlinable package var indexOffset: Int { Int(truncatingIfNeeded: bytes.load(ZoneLayout.indexOffset, of: 0)) }

    /// The apex in lower-case wire form.
    package var apexWire: UnsafeRawBufferPointer { unsafe bytes.slice(at: ZoneLayout.size, length: apexLength) }

    /// The apex.
    package var apex: Name { unsafe Name(wire: apexWire) ?? .root }

    /// Where the search for a hash starts in the index, for prefetching.
    @inlinable
    package func bucketOffset(for hash: UInt64) -> Int {
        indexOffset &+ Int(NameHash.bucket(hash, of: bucketCount)) &* BucketLayout.size
    }

    /// The node whose name is suffix `index` of `name`; none when there is none. The suffix is at or below the apex.
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
    @inlinable
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
    @usableFromInline var slot = 0

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
            // All tags are compared at once: which of them fits is nothing that a processor can foresee.
            var fitting = unsafe IndexProbe.tags(words, equalTo: tag) & (~0 &<< UInt32(truncatingIfNeeded: slot))
            while fitting != 0 {
                let found = fitting.trailingZeroBitCount
                fitting &= fitting &- 1
                slot = found &+ 1
                // Safe: all 16 words of the bucket are within the mapping; slots are below 8.
                let reference = unsafe IndexProbe.word(words, found &+ BucketLayout.slots)
                if reference != 0 { return reference }
            }
            if unsafe IndexProbe.word(words, 2 &* BucketLayout.slots &- 1) == 0 { break }
            slot = 0
            bucket = bucket &+ 1 == bucketCount ? 0 : bucket &+ 1
            bucketsLeft &-= 1
        }
        bucketsLeft = 0
        return nil
    }

    /// A bit for each slot of a bucket whose tag is this one.
    @inlinable @inline(__always)
    static func tags(_ bucket: UnsafeRawPointer, equalTo tag: UInt32) -> UInt32 {
        // Safe: a bucket begins with 8 tags.
        let tags = unsafe bucket.loadUnaligned(as: SIMD8<UInt32>.self)
        let bits = SIMD8<UInt32>(1, 2, 4, 8, 16, 32, 64, 128)
        return bits.replacing(with: 0, where: tags .!= SIMD8(repeating: tag.littleEndian)).wrappedSum()
    }

    @inlinable @inline(__always)
    static func word(_ bucket: UnsafeRawPointer, _ index: Int) -> UInt32 {
        UInt32(littleEndian: unsafe bucket.loadUnaligned(fromByteOffset: index &* 4, as: UInt32.self))
    }
}
