// The zone image, byte by byte. Reader and writer both take the places of fields from here, and the layout hash in
// every file's header is computed from the same declarations: a change of layout cannot go unnoticed.
//
//  image file                         zone (position independent: every reference is relative to its start)
//  +--------------------------+       +------------------------------------------------------------+
//  | file header    128 bytes |       | zone header 80 bytes, apex name, pad to 4                  |
//  +--------------------------+       +------------------------------------------------------------+
//  | zone 0   (64-aligned)    |       | nodes in canonical order, each followed by the parts that  |
//  +--------------------------+       | it is the first to use; then the SOA for negative answers  |
//  | zone 1   (64-aligned)    |       +------------------------------------------------------------+
//  +--------------------------+       | order: a reference to each node, canonical (RFC 4034, 6.1) |
//  | …                        |       | denial: a reference to each node with an NSEC, canonical,  |
//  +--------------------------+       +------------------------------------------------------------+
//  | zone table, 16 bytes each|       | or parameters, then hash and reference of each NSEC3 node  |
//  +--------------------------+       +------------------------------------------------------------+
//                                     | index (64-aligned): buckets of 8 tags and 8 references     |
//                                     +------------------------------------------------------------+
//
//  node: one owner name                                     part: one RRset, ready to be sent
//  +-------+-----------+--------+---------+-----+           +-------------------------------+
//  | flags | RRsets    | length | name    | pad |           | header 16 bytes: 8 counts     |
//  | u16   | u16       | u8     | …       | 4   |           +-------------------------------+
//  +-------+-----------+--------+---------+-----+           | records, then their RRSIGs,   |
//  | wildcard u32, if flags say so              |           | in wire form                  |
//  | NSEC3 proof 2 × u32, if flags say so       |           |                               |
//  +--------------------------------------------+           +-------------------------------+
//  | type u16 | 0 u16 | part u32 | per RRset    |           | pointer places, u16 each      |
//  +--------------------------------------------+           +-------------------------------+
//                                                           | additional names, 8 bytes each|
//                                                           +-------------------------------+
//
// All integers are little-endian, except in wire form. A reference (`u32`) counts units of 4 bytes from the zone's start,
// so that a zone may have 16 GiB; 0 means none.
//
// A name in a node is relative to the apex and in lower case; the apex itself has length 0. A part's compression pointers
// are stored as 0xC000 plus an offset from an anchor, and the anchor's place in the message is added when they are copied:
// the owner name, the zone's apex at the end of the question name, or the part's own first octet. The pointer that a part
// begins with (its owner) is not listed.

import DNSCore

/// An integer field at a fixed place in a structure of a file.
@usableFromInline
package struct Field<Value: FixedWidthInteger & BitwiseCopyable & Sendable>: Sendable {
    /// Bytes from the structure's start.
    @usableFromInline package let offset: Int

    @inlinable
    package init(_ offset: Int) {
        self.offset = offset
    }

    /// The first byte behind the field.
    package var end: Int { offset + MemoryLayout<Value>.size }

    /// The field in a structure's word of 8 bytes, which starts `skipped` bytes into it and was loaded as a whole.
    @inlinable @inline(__always)
    package func value(in word: UInt64, from skipped: Int = 0) -> Value {
        Value(truncatingIfNeeded: word &>> UInt64(truncatingIfNeeded: (offset &- skipped) &* 8))
    }
}

/// The format's version: raised by hand with every change that an older reader would misread.
package enum ImageVersion {
    package static let current: UInt32 = 2
}

/// The header that image and directory files begin with.
package enum FileLayout {
    package static let size = 128
    package static let digestSize = 32

    package static var magic: Field<UInt64> { Field(0) }
    package static var version: Field<UInt32> { Field(8) }
    package static var layoutHash: Field<UInt32> { Field(12) }
    package static var fileSize: Field<UInt64> { Field(16) }
    package static var generation: Field<UInt64> { Field(24) }
    package static var tableOffset: Field<UInt64> { Field(32) }
    package static var tableCount: Field<UInt32> { Field(40) }
    package static var imageCount: Field<UInt32> { Field(44) }
    package static var bucketCount: Field<UInt32> { Field(48) }
    package static var deepestApex: Field<UInt16> { Field(52) }
    /// The seed of a directory's index, by its number in the row: see `NameHash`.
    package static var seed: Field<UInt16> { Field(54) }
    package static var indexOffset: Field<UInt64> { Field(56) }
    /// SHA-256 of every byte behind the header.
    package static let bodyDigest = 64..<96
    /// SHA-256 of the header's bytes before this field.
    package static let headerDigest = 96..<128

    /// `ZCIMAGE` and a line feed, read as a little-endian integer.
    package static let imageMagic: UInt64 = 0x0A45_4741_4D49_435A
    /// `ZCDIREC` and a line feed, likewise.
    package static let directoryMagic: UInt64 = 0x0A43_4552_4944_435A
}

/// An entry of the zone table at the end of an image: where a zone stands.
package enum ZoneTableLayout {
    package static let size = 16
    package static var offset: Field<UInt64> { Field(0) }
    package static var length: Field<UInt64> { Field(8) }
}

/// The header of one zone.
@usableFromInline
package enum ZoneLayout {
    @inlinable package static var size: Int { 80 }
    /// Zones start at multiples of this, and so does the index in a zone: a bucket is one cache line.
    @inlinable package static var alignment: Int { 64 }

    @inlinable package static var byteCount: Field<UInt64> { Field(0) }
    @inlinable package static var indexOffset: Field<UInt64> { Field(8) }
    @inlinable package static var orderOffset: Field<UInt64> { Field(16) }
    @inlinable package static var denialOffset: Field<UInt64> { Field(24) }
    @inlinable package static var bucketCount: Field<UInt32> { Field(32) }
    @inlinable package static var nodeCount: Field<UInt32> { Field(36) }
    @inlinable package static var denialCount: Field<UInt32> { Field(40) }
    @inlinable package static var recordCount: Field<UInt32> { Field(44) }
    @inlinable package static var serial: Field<UInt32> { Field(48) }
    @inlinable package static var apexNode: Field<UInt32> { Field(52) }
    @inlinable package static var negativeSOA: Field<UInt32> { Field(56) }
    @inlinable package static var rrClass: Field<UInt16> { Field(60) }
    @inlinable package static var flags: Field<UInt16> { Field(62) }
    @inlinable package static var deepestName: Field<UInt16> { Field(64) }
    @inlinable package static var longestProbe: Field<UInt16> { Field(66) }
    @inlinable package static var apexLabels: Field<UInt16> { Field(68) }
    @inlinable package static var apexLength: Field<UInt16> { Field(70) }
    /// Refers to the parameters of the NSEC3 chain; 0 in a zone without one.
    @inlinable package static var hashParameters: Field<UInt32> { Field(72) }
    /// The seed of the index, by its number in the row: see `NameHash`.
    @inlinable package static var seed: Field<UInt16> { Field(76) }
    @inlinable package static var reserved: Field<UInt16> { Field(78) }
}

/// The parameters of the NSEC3 chain that is used (RFC 5155, section 4), followed by the salt.
@usableFromInline
package enum HashParametersLayout {
    package static var iterations: Field<UInt16> { Field(0) }
    package static var saltLength: Field<UInt8> { Field(2) }
    /// 1 is SHA-1; no other was ever defined.
    package static var algorithm: Field<UInt8> { Field(3) }
    package static var saltOffset: Int { 4 }
}

/// An entry of the NSEC3 chain, in order of hashes: the hash, then the node whose NSEC3 record it belongs to.
@usableFromInline
package enum HashEntryLayout {
    package static var size: Int { 24 }
    package static var hashSize: Int { 20 }
    package static var node: Field<UInt32> { Field(20) }
}

/// One owner name, and how its RRsets are found.
@usableFromInline
package enum NodeLayout {
    @inlinable package static var flags: Field<UInt16> { Field(0) }
    @inlinable package static var rrsetCount: Field<UInt16> { Field(2) }
    @inlinable package static var nameLength: Field<UInt8> { Field(4) }
    /// Where the name's octets start.
    @inlinable package static var nameOffset: Int { 5 }

    /// The size of an RRset's entry, and its fields.
    @inlinable package static var entrySize: Int { 8 }
    @inlinable package static var entryType: Field<UInt16> { Field(0) }
    @inlinable package static var entryPart: Field<UInt32> { Field(4) }
}

/// One RRset in wire form.
@usableFromInline
package enum PartLayout {
    @inlinable package static var headerSize: Int { 16 }
    @inlinable package static var dataLength: Field<UInt16> { Field(0) }
    @inlinable package static var signatureLength: Field<UInt16> { Field(2) }
    @inlinable package static var recordCount: Field<UInt16> { Field(4) }
    @inlinable package static var signatureCount: Field<UInt16> { Field(6) }
    @inlinable package static var additionalCount: Field<UInt16> { Field(8) }
    @inlinable package static var ownerPointers: Field<UInt16> { Field(10) }
    @inlinable package static var apexPointers: Field<UInt16> { Field(12) }
    @inlinable package static var selfPointers: Field<UInt16> { Field(14) }

    /// An additional name: the node whose addresses help, where its name stands in the part, and how much it matters.
    @inlinable package static var additionalSize: Int { 8 }
    @inlinable package static var additionalNode: Field<UInt32> { Field(0) }
    @inlinable package static var additionalPlace: Field<UInt16> { Field(4) }
    @inlinable package static var additionalKind: Field<UInt16> { Field(6) }
}

/// A bucket of a hash index: eight tags, then the eight references that belong to them.
@usableFromInline
package enum BucketLayout {
    @inlinable package static var size: Int { 64 }
    @inlinable package static var slots: Int { 8 }
    /// Where the references start.
    @inlinable package static var references: Int { 32 }
}

/// The hash of all declarations above, as it stands in a file's header.
package enum LayoutHash {
    package static let current: UInt32 = {
        let places: [Int] =
            [FileLayout.size, ZoneTableLayout.size, ZoneLayout.size, ZoneLayout.alignment, NodeLayout.nameOffset]
            + [NodeLayout.entrySize, PartLayout.headerSize, PartLayout.additionalSize, BucketLayout.size]
            + [BucketLayout.slots, BucketLayout.references]
            + [FileLayout.magic.end, FileLayout.version.end, FileLayout.layoutHash.end, FileLayout.fileSize.end]
            + [FileLayout.generation.end, FileLayout.tableOffset.end, FileLayout.tableCount.end]
            + [FileLayout.imageCount.end, FileLayout.bucketCount.end, FileLayout.deepestApex.end]
            + [FileLayout.seed.end]
            + [FileLayout.indexOffset.end, FileLayout.bodyDigest.lowerBound, FileLayout.headerDigest.lowerBound]
            + [ZoneTableLayout.offset.end, ZoneTableLayout.length.end]
            + [ZoneLayout.byteCount.end, ZoneLayout.indexOffset.end, ZoneLayout.orderOffset.end]
            + [ZoneLayout.denialOffset.end, ZoneLayout.bucketCount.end, ZoneLayout.nodeCount.end]
            + [ZoneLayout.denialCount.end, ZoneLayout.recordCount.end, ZoneLayout.serial.end, ZoneLayout.apexNode.end]
            + [ZoneLayout.negativeSOA.end, ZoneLayout.rrClass.end, ZoneLayout.flags.end, ZoneLayout.deepestName.end]
            + [ZoneLayout.longestProbe.end, ZoneLayout.apexLabels.end, ZoneLayout.apexLength.end]
            + [ZoneLayout.hashParameters.end, ZoneLayout.seed.end, ZoneLayout.reserved.end]
            + [HashParametersLayout.iterations.end, HashParametersLayout.saltLength.end]
            + [HashParametersLayout.algorithm.end, HashParametersLayout.saltOffset]
            + [HashEntryLayout.size, HashEntryLayout.node.end]
            + [NodeLayout.flags.end, NodeLayout.rrsetCount.end, NodeLayout.nameLength.end, NodeLayout.entryType.end]
            + [NodeLayout.entryPart.end]
            + [PartLayout.dataLength.end, PartLayout.signatureLength.end, PartLayout.recordCount.end]
            + [PartLayout.signatureCount.end, PartLayout.additionalCount.end, PartLayout.ownerPointers.end]
            + [PartLayout.apexPointers.end, PartLayout.selfPointers.end, PartLayout.additionalNode.end]
            + [PartLayout.additionalPlace.end, PartLayout.additionalKind.end]
            + DirectoryLayout.places
        // FNV-1a over the places in order: enough to tell layouts apart, not meant to resist anybody.
        return places.reduce(0x811C_9DC5) { hash, place in (hash ^ UInt32(place)) &* 0x0100_0193 }
    }()
}
