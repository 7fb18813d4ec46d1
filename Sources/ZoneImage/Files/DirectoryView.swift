// A mapped directory: finding the zone for a name, and reading its tables.

import DNSCore
import Glibc

/// A directory in mapped memory. Valid only while the mapping is kept.
@usableFromInline
package struct DirectoryView: BitwiseCopyable, Sendable {
    @usableFromInline let bytes: ImageBytes
    @usableFromInline let zonesOffset: Int
    @usableFromInline package let zoneCount: Int
    @usableFromInline let imageCount: Int
    @usableFromInline let indexOffset: Int
    @usableFromInline let bucketCount: UInt32
    @usableFromInline let deepestApex: Int

    /// - Throws: `ImageError.badTable` when a table is not within the file.
    package init(bytes: ImageBytes, header: FileHeader, path: String) throws(ImageError) {
        self.bytes = bytes
        zonesOffset = Int(truncatingIfNeeded: header.tableOffset)
        zoneCount = Int(header.tableCount)
        imageCount = Int(header.imageCount)
        indexOffset = Int(truncatingIfNeeded: header.indexOffset)
        bucketCount = header.bucketCount
        deepestApex = Int(header.deepestApex)
        guard bytes.contains(FileLayout.size, imageCount * DirectoryLayout.imageSize),
            bytes.contains(zonesOffset, zoneCount * DirectoryLayout.zoneSize),
            bytes.contains(indexOffset, Int(bucketCount) * BucketLayout.size)
        else { throw .badTable(path: path) }
    }

    /// The number of the zone that is the closest at or above suffix `first` of `name`, and the suffix that is its apex.
    @inlinable
    package func zone(for name: LookupName, from first: Int = 0) -> (zone: Int, suffix: Int)? {
        var index = max(first, name.labelCount &- deepestApex)
        while index <= name.labelCount {
            var candidates = IndexProbe(
                bytes: bytes, indexOffset: indexOffset, bucketCount: bucketCount, hash: name.hash(ofSuffix: index))
            while let reference = candidates.next() {
                let zone = Int(reference) &- 1
                if isApex(of: zone, suffix: index, of: name) { return (zone, index) }
            }
            index &+= 1
        }
        return nil
    }

    @inlinable
    func isApex(of zone: Int, suffix index: Int, of name: LookupName) -> Bool {
        guard zone < zoneCount else { return false }
        let entry = entry(zone)
        let length = Int(bytes.load(DirectoryLayout.zoneApexLength, of: entry))
        guard length == name.length &- name.start(ofSuffix: index) else { return false }
        let place = Int(bytes.load(DirectoryLayout.zoneApexOffset, of: entry))
        guard let apex = unsafe bytes.pointer(at: place, length: length) else { return false }
        // Safe: both have `length` octets.
        return unsafe memcmp(apex, name.pointer(toSuffix: index), length) == 0
    }

    /// The bucket that the search for a name's zone begins with, for prefetching.
    @inlinable
    package func likelyBucket(for name: LookupName) -> UnsafeRawPointer {
        let hash = name.hash(ofSuffix: max(0, name.labelCount &- deepestApex))
        let offset = indexOffset &+ Int(NameHash.bucket(hash, of: bucketCount)) &* BucketLayout.size
        // Safe: only prefetched, never read through; the index was found to be within the file when it was opened.
        return unsafe bytes.base + offset
    }

    @inlinable
    func entry(_ zone: Int) -> Int { zonesOffset &+ zone &* DirectoryLayout.zoneSize }

    /// The image of zone `number` and the zone's place in it; nil when it has no good version.
    @inlinable
    package func location(ofZone number: Int) -> (image: Int, offset: Int, length: Int)? {
        let entry = entry(number)
        let image = bytes.load(DirectoryLayout.zoneImage, of: entry)
        guard image != DirectoryLayout.noImage else { return nil }
        return (
            Int(image), Int(truncatingIfNeeded: bytes.load(DirectoryLayout.zoneOffset, of: entry)),
            Int(truncatingIfNeeded: bytes.load(DirectoryLayout.zoneLength, of: entry))
        )
    }

    /// The whole directory as values, for managers and tools.
    package func directory(generation: UInt64) -> Directory {
        Directory(generation: generation, images: images(), zones: (0..<zoneCount).map(zoneValue))
    }

    /// The images that the generation uses.
    package func images() -> [Directory.Image] {
        (0..<imageCount).map { index in
            let entry = FileLayout.size + index * DirectoryLayout.imageSize
            let name = unsafe bytes.slice(at: entry, length: DirectoryLayout.imageNameSize).prefix { $0 != 0 }
            let digest = unsafe bytes.slice(at: entry + DirectoryLayout.imageDigest.lowerBound, length: 32)
            return unsafe Directory.Image(
                name: String(decoding: name, as: UTF8.self),
                size: bytes.load(DirectoryLayout.imageByteCount, of: entry),
                headerDigest: ContentDigest(octets: digest))
        }
    }

    private func zoneValue(_ number: Int) -> Directory.Zone {
        let entry = entry(number)
        let apex = unsafe bytes.slice(
            at: Int(bytes.load(DirectoryLayout.zoneApexOffset, of: entry)),
            length: Int(bytes.load(DirectoryLayout.zoneApexLength, of: entry)))
        let digest = unsafe bytes.slice(at: entry + DirectoryLayout.zoneDigest.lowerBound, length: 32)
        let content = location(ofZone: number).map { place in
            unsafe Directory.Content(
                image: place.image,
                location: ZoneLocation(offset: UInt64(place.offset), length: UInt64(place.length)),
                serial: Serial(rawValue: bytes.load(DirectoryLayout.zoneSerial, of: entry)),
                recordCount: Int(bytes.load(DirectoryLayout.zoneRecords, of: entry)),
                digest: ContentDigest(octets: digest))
        }
        return unsafe Directory.Zone(
            apex: Name(wire: apex) ?? .root,
            rrClass: RRClass(rawValue: bytes.load(DirectoryLayout.zoneClass, of: entry)), content: content)
    }
}
