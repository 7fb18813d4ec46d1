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
    /// What apexes are hashed with, from the root on, and the number of its seed.
    @usableFromInline let apexHash: NameHash
    let seed: UInt16

    /// - Throws: `ImageError.badTable` when a table is not within the file.
    package init(bytes: ImageBytes, header: FileHeader, path: String) throws(ImageError) {
        self.bytes = bytes
        zonesOffset = Int(truncatingIfNeeded: header.tableOffset)
        zoneCount = Int(header.tableCount)
        imageCount = Int(header.imageCount)
        indexOffset = Int(truncatingIfNeeded: header.indexOffset)
        bucketCount = header.bucketCount
        deepestApex = Int(header.deepestApex)
        seed = header.seed
        apexHash = NameHash(seed: seed)
        guard bytes.contains(FileLayout.size, imageCount * DirectoryLayout.imageSize),
            bytes.contains(zonesOffset, zoneCount * DirectoryLayout.zoneSize),
            bytes.contains(indexOffset, Int(bucketCount) * BucketLayout.size)
        else { throw .badTable(path: path) }
    }

    /// Makes a name ready for the search of its zone here, until it is read again.
    @inlinable @inline(__always)
    package func prepare(_ name: LookupName) { name.hashApexes(apexHash, depth: deepestApex) }

    /// The number of the zone that is the closest at or above suffix `first` of `name`, and the suffix that is its apex. The name
    /// was made ready by `prepare`, here and below.
    package func zone(for name: LookupName, from first: Int = 0) -> (zone: Int, suffix: Int)? {
        var index = max(first, name.labelCount &- deepestApex)
        while index <= name.labelCount {
            var candidates = IndexProbe(
                bytes: bytes, indexOffset: indexOffset, bucketCount: bucketCount, hash: name.apexHash(ofSuffix: index))
            while let reference = candidates.next() {
                let zone = Int(reference) &- 1
                if isApex(of: zone, suffix: index, of: name) { return (zone, index) }
            }
            index &+= 1
        }
        return nil
    }

    private func isApex(of zone: Int, suffix index: Int, of name: LookupName) -> Bool {
        guard zone < zoneCount else { return false }
        let entry = entry(zone)
        let length = Int(load(DirectoryLayout.zoneApexLength, of: entry))
        guard length == name.length &- name.start(ofSuffix: index) else { return false }
        let place = Int(load(DirectoryLayout.zoneApexOffset, of: entry))
        guard let apex = unsafe bytes.pointer(at: place, length: length) else { return false }
        // Safe: both have `length` octets.
        return unsafe memcmp(apex, name.pointer(toSuffix: index), length) == 0
    }

    /// The zone that the index offers first for a name, apexes not compared: most likely the one that it is in. If that zone's
    /// apex is suffix `suffix` of the name, no closer one is there.
    @inlinable @inline(__always)
    package func likelyZone(for name: LookupName) -> (number: Int, suffix: Int)? {
        var index = max(0, name.labelCount &- deepestApex)
        while index <= name.labelCount {
            var candidates = IndexProbe(
                bytes: bytes, indexOffset: indexOffset, bucketCount: bucketCount, hash: name.apexHash(ofSuffix: index))
            if let reference = candidates.next() { return (Int(reference) &- 1, index) }
            index &+= 1
        }
        return nil
    }

    /// Where the zone's entry stands, for prefetching.
    @inlinable
    package func place(ofZone number: Int) -> UnsafeRawPointer {
        // Safe: only prefetched, never read through.
        unsafe bytes.base + entry(number)
    }

    /// The bucket that the search for a name's zone begins with, for prefetching.
    @inlinable
    package func likelyBucket(for name: LookupName) -> UnsafeRawPointer {
        let hash = name.apexHash(ofSuffix: max(0, name.labelCount &- deepestApex))
        let offset = indexOffset &+ Int(NameHash.bucket(hash, of: bucketCount)) &* BucketLayout.size
        // Safe: only prefetched, never read through; the index was found to be within the file when it was opened.
        return unsafe bytes.base + offset
    }

    @inlinable
    func entry(_ zone: Int) -> Int { zonesOffset &+ zone &* DirectoryLayout.zoneSize }

    /// The field of the zone whose entry starts at `entry`.
    @inlinable @inline(__always)
    func load<Value>(_ field: Field<Value>, of entry: Int) -> Value {
        // Safe: the table of zones was found to be within the file when it was opened.
        Value(littleEndian: unsafe bytes.base.loadUnaligned(fromByteOffset: entry &+ field.offset, as: Value.self))
    }

    /// The image of zone `number` and the zone's place in it; nil when it has no good version.
    @inlinable
    package func location(ofZone number: Int) -> (image: Int, offset: Int, length: Int)? {
        guard number >= 0, number < zoneCount else { return nil }
        let entry = entry(number)
        let image = load(DirectoryLayout.zoneImage, of: entry)
        guard image != DirectoryLayout.noImage else { return nil }
        return (
            Int(image), Int(truncatingIfNeeded: load(DirectoryLayout.zoneOffset, of: entry)),
            Int(truncatingIfNeeded: load(DirectoryLayout.zoneLength, of: entry))
        )
    }

    /// The number of the generation.
    package var generation: UInt64 { bytes.load(FileLayout.generation, of: 0) }

    /// The digest of the directory's header, which stands for the generation: what `switch` announces.
    package var headerDigest: UnsafeRawBufferPointer {
        unsafe bytes.slice(at: FileLayout.headerDigest.lowerBound, length: FileLayout.digestSize)
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

    /// The apexes of the zones that have no good version.
    package var unavailableZones: [Name] {
        (0..<zoneCount).filter { location(ofZone: $0) == nil }.map(apex)
    }

    /// The apex of zone `number`, which is there.
    func apex(ofZone number: Int) -> Name {
        let entry = entry(number)
        let apex = unsafe bytes.slice(
            at: Int(load(DirectoryLayout.zoneApexOffset, of: entry)),
            length: Int(load(DirectoryLayout.zoneApexLength, of: entry)))
        return unsafe Name(wire: apex) ?? .root
    }

    private func zoneValue(_ number: Int) -> Directory.Zone {
        let entry = entry(number)
        let digest = unsafe bytes.slice(at: entry + DirectoryLayout.zoneDigest.lowerBound, length: 32)
        let content = location(ofZone: number).map { place in
            unsafe Directory.Content(
                image: place.image,
                location: ZoneLocation(offset: UInt64(place.offset), length: UInt64(place.length)),
                serial: Serial(rawValue: load(DirectoryLayout.zoneSerial, of: entry)),
                recordCount: Int(load(DirectoryLayout.zoneRecords, of: entry)),
                digest: ContentDigest(octets: digest))
        }
        return Directory.Zone(
            apex: apex(ofZone: number), rrClass: RRClass(rawValue: load(DirectoryLayout.zoneClass, of: entry)),
            content: content)
    }
}
