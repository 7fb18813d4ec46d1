// A directory: the file that makes a generation of images, byte by byte.
//
//  +--------------------------------+  file header, 128 bytes
//  | images: 72 bytes each          |  name (32, zero-padded), size, digest of its header
//  +--------------------------------+
//  | zones: 72 bytes each,          |  image, place in it, serial, records, apex, content digest;
//  | in canonical order of apexes   |  image 0xFFFFFFFF: good once, no version left
//  +--------------------------------+
//  | apexes, lower-case wire form   |
//  +--------------------------------+
//  | index of apexes (64-aligned)   |  buckets as in a zone; a reference is the zone's number plus 1
//  +--------------------------------+

/// The places of fields in a directory's tables.
@usableFromInline
package enum DirectoryLayout {
    package static let imageSize = 72
    package static let imageNameSize = 32
    package static var imageByteCount: Field<UInt64> { Field(32) }
    package static let imageDigest = 40..<72

    @inlinable package static var zoneSize: Int { 72 }
    @inlinable package static var noImage: UInt32 { .max }
    @inlinable package static var zoneImage: Field<UInt32> { Field(0) }
    @inlinable package static var zoneSerial: Field<UInt32> { Field(4) }
    @inlinable package static var zoneOffset: Field<UInt64> { Field(8) }
    @inlinable package static var zoneLength: Field<UInt64> { Field(16) }
    @inlinable package static var zoneRecords: Field<UInt32> { Field(24) }
    @inlinable package static var zoneApexOffset: Field<UInt32> { Field(28) }
    @inlinable package static var zoneApexLength: Field<UInt16> { Field(32) }
    @inlinable package static var zoneClass: Field<UInt16> { Field(34) }
    @inlinable package static var zoneReserved: Field<UInt32> { Field(36) }
    package static let zoneDigest = 40..<72

    /// What the layout hash covers.
    static var places: [Int] {
        [imageSize, imageNameSize, imageByteCount.end, imageDigest.upperBound, zoneSize, zoneImage.end, zoneSerial.end]
            + [zoneOffset.end, zoneLength.end, zoneRecords.end, zoneApexOffset.end, zoneApexLength.end, zoneClass.end]
            + [zoneReserved.end, zoneDigest.upperBound]
    }
}
