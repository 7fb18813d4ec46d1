// Image files: one or more compiled zones in one file. Written once, then only mapped, renamed never again, unlinked.

import DNSCore
import Platform

/// Where a zone stands in an image file.
package struct ZoneLocation: Hashable, Sendable, Codable {
    /// In bytes from the file's start.
    package let offset: UInt64
    /// In bytes.
    package let length: UInt64

    package init(offset: UInt64, length: UInt64) {
        self.offset = offset
        self.length = length
    }
}

/// A mapped image file.
package final class ImageFile: Sendable {
    private let file: MappedFile
    package let header: FileHeader

    /// Maps the file and checks its header. Takes the same time whatever the file's size.
    ///
    /// - Throws: `ImageError` when the file can't be mapped or its header does not fit.
    package init(path: String) throws(ImageError) {
        let file: MappedFile
        do { file = try MappedFile(path: path) } catch { throw .platform(error) }
        header = try unsafe FileHeader(
            checking: ImageBytes(base: file.base, count: file.count), isDirectory: false, path: path)
        self.file = file
    }

    package var path: String { file.path }

    /// The file's bytes, valid as long as this object.
    package var bytes: ImageBytes { unsafe ImageBytes(base: file.base, count: file.count) }

    /// How many octets are still there from the start, see `MappedFile`.
    package var intactCount: Int { file.intactCount }

    /// The digest that a directory knows the file by.
    package var headerDigest: ContentDigest { FileHeader.headerDigest(of: bytes) }

    /// Makes the whole file resident.
    package func prefault() throws(ImageError) {
        do { try file.prefault() } catch { throw .platform(error) }
    }

    /// Checks every byte against the digest.
    package func verify() throws(ImageError) {
        try FileHeader.checkBody(of: bytes, path: path)
    }

    /// The places of the zones in the file.
    package func locations() throws(ImageError) -> [ZoneLocation] {
        let table = Int(truncatingIfNeeded: header.tableOffset)
        let count = Int(header.tableCount)
        guard bytes.contains(table, count * ZoneTableLayout.size) else { throw .badTable(path: path) }
        return (0..<count).map { index in
            let entry = table + index * ZoneTableLayout.size
            return ZoneLocation(
                offset: bytes.load(ZoneTableLayout.offset, of: entry),
                length: bytes.load(ZoneTableLayout.length, of: entry))
        }
    }

    /// The zone at a place.
    package func zone(at location: ZoneLocation) throws(ImageError) -> ZoneView {
        guard let offset = Int(exactly: location.offset), let length = Int(exactly: location.length),
            let zone = ZoneView(image: bytes, offset: offset, length: length)
        else { throw .badTable(path: path) }
        return zone
    }

    /// Writes an image of `zones`, durably: temporary name, fsync, rename, fsync of the folder.
    ///
    /// - Returns: where each zone stands, in the order given.
    @discardableResult
    package static func write(_ zones: [CompiledZone], generation: UInt64, to path: String) throws(ImageError)
        -> [ZoneLocation]
    {
        var runs: [ByteRun] = []
        var position = FileLayout.size
        var locations: [ZoneLocation] = []
        for zone in zones {
            let padding = -position & (ZoneLayout.alignment - 1)
            runs.append(.octets(Array(repeating: 0, count: padding)))
            position += padding
            locations.append(ZoneLocation(offset: UInt64(position), length: UInt64(zone.size)))
            runs.append(.zone(zone.content))
            position += zone.size
        }
        var table = [UInt8](repeating: 0, count: -position & 7)
        var header = FileHeader(isDirectory: false)
        header.tableOffset = UInt64(position + table.count)
        header.tableCount = UInt32(zones.count)
        header.generation = generation
        for location in locations {
            table.appendLittleEndian(location.offset)
            table.appendLittleEndian(location.length)
        }
        runs.append(.octets(table))
        header.fileSize = UInt64(position + table.count)
        do {
            var file = try DurableFile(creating: path)
            try file.append(header.encoded(bodyDigest: ContentDigest(of: runs)))
            for run in runs {
                try run.withUnsafeBytes { bytes in
                    Result { () throws(PlatformError) in try unsafe file.append(bytes) }
                }.get()
            }
            try file.commit()
        } catch { throw .platform(error) }
        return locations
    }
}

/// Some of the bytes of a file, which follow each other.
enum ByteRun {
    case octets([UInt8])
    case zone(ZoneBytes)

    func withUnsafeBytes<Result>(_ body: (UnsafeRawBufferPointer) -> Result) -> Result {
        switch self {
        case .octets(let octets): octets.withUnsafeBytes { unsafe body($0) }
        case .zone(let bytes): bytes.withUnsafeBytes { unsafe body($0) }
        }
    }
}
