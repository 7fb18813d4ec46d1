// The content of a directory file as values: what a manager writes, and what tools show.

import DNSCore
import Platform

/// A generation: its images, and which zone is where.
package struct Directory: Equatable, Sendable {
    package let generation: UInt64
    package var images: [Image]
    package var zones: [Zone]

    /// An image file that the generation uses.
    package struct Image: Hashable, Sendable {
        /// A bare file name of at most 31 octets, in the directory's folder.
        package let name: String
        /// In bytes.
        package let size: UInt64
        package let headerDigest: ContentDigest

        package init(name: String, size: UInt64, headerDigest: ContentDigest) {
            self.name = name
            self.size = size
            self.headerDigest = headerDigest
        }
    }

    /// A zone that the generation serves, or would serve if it had ever loaded well.
    package struct Zone: Equatable, Sendable {
        package let apex: Name
        package let rrClass: RRClass
        /// Nil: there is no good version; answers are SERVFAIL.
        package let content: Content?

        package init(apex: Name, rrClass: RRClass, content: Content?) {
            self.apex = apex
            self.rrClass = rrClass
            self.content = content
        }
    }

    /// Where a zone's data is, and what is known of it without looking there.
    package struct Content: Hashable, Sendable {
        /// The index in `images`.
        package let image: Int
        package let location: ZoneLocation
        package let serial: Serial
        package let recordCount: Int
        package let digest: ContentDigest

        package init(image: Int, location: ZoneLocation, serial: Serial, recordCount: Int, digest: ContentDigest) {
            self.image = image
            self.location = location
            self.serial = serial
            self.recordCount = recordCount
            self.digest = digest
        }
    }

    package init(generation: UInt64, images: [Image] = [], zones: [Zone] = []) {
        self.generation = generation
        self.images = images
        self.zones = zones
    }

    /// The file's bytes. The same generation gives the same bytes, in whatever order its zones are listed.
    package func encoded() -> [UInt8] {
        let isSorted = zip(zones, zones.dropFirst()).allSatisfy { $0.apex < $1.apex }
        let zones = isSorted ? zones : zones.sorted { $0.apex < $1.apex }
        var body: [UInt8] = []
        for image in images {
            body += Array(image.name.utf8.prefix(DirectoryLayout.imageNameSize - 1))
            body.pad(toMultipleOf: DirectoryLayout.imageSize, plus: DirectoryLayout.imageNameSize)
            body.appendLittleEndian(image.size)
            body += image.headerDigest.octets
        }
        var header = FileHeader(isDirectory: true)
        header.generation = generation
        header.imageCount = UInt32(images.count)
        header.tableCount = UInt32(zones.count)
        header.tableOffset = UInt64(FileLayout.size + body.count)
        header.deepestApex = UInt32(zones.lazy.map(\.apex.labelCount).max() ?? 0)
        var apexes: [UInt8] = []
        let apexesStart = FileLayout.size + body.count + zones.count * DirectoryLayout.zoneSize
        var hashed: [(hash: UInt64, reference: UInt32)] = []
        let name = LookupName.allocate()
        defer { name.deallocate() }
        for (index, zone) in zones.enumerated() {
            let apex = zone.apex.lowercased.wire
            body.appendLittleEndian(zone.content.map { UInt32($0.image) } ?? DirectoryLayout.noImage)
            body.appendLittleEndian(zone.content?.serial.rawValue ?? 0)
            body.appendLittleEndian(zone.content?.location.offset ?? 0)
            body.appendLittleEndian(zone.content?.location.length ?? 0)
            body.appendLittleEndian(UInt32(truncatingIfNeeded: zone.content?.recordCount ?? 0))
            body.appendLittleEndian(UInt32(truncatingIfNeeded: apexesStart + apexes.count))
            body.appendLittleEndian(UInt16(apex.count))
            body.appendLittleEndian(zone.rrClass.rawValue)
            body.appendLittleEndian(UInt32(0))
            body += zone.content?.digest.octets ?? Array(repeating: 0, count: FileLayout.digestSize)
            apexes += apex
            _ = apex.withUnsafeBytes { unsafe name.read($0) }
            hashed.append((name.hash(ofSuffix: 0), UInt32(index + 1)))
        }
        body += apexes
        while (FileLayout.size + body.count) % BucketLayout.size != 0 { body.append(0) }
        header.indexOffset = UInt64(FileLayout.size + body.count)
        let index = HashIndex(hashed)
        header.bucketCount = index.bucketCount
        body.append(contentsOf: index.words.octets)
        header.fileSize = UInt64(FileLayout.size + body.count)
        return header.encoded(bodyDigest: ContentDigest(of: body)) + body
    }

    /// Writes the directory durably.
    ///
    /// - Returns: the digest to announce: that of the header, which covers the rest.
    package func write(to path: String) throws(ImageError) -> ContentDigest {
        let bytes = encoded()
        do { try DurableFile.write(bytes, to: path) } catch { throw .platform(error) }
        return ContentDigest(octets: bytes[FileLayout.headerDigest])
    }
}

extension [UInt8] {
    /// Appends zeros until the count is `offset` past a multiple of `unit`.
    fileprivate mutating func pad(toMultipleOf unit: Int, plus offset: Int) {
        while count % unit != offset { append(0) }
    }
}
