// Makes the directory file of a generation. Where a zone stands in its image is read from the image, once for each: files
// never change, so what was read stays true.

import DNSCore
import Generations
import Platform
import ZoneImage

/// Writes directories, and remembers what is in the images and what the last directory said: among many zones, a few that
/// have changed cost little.
struct DirectoryWriter: Sendable {
    private let folder: ImageFolder
    private var catalogs: [FileName: ImageCatalog] = [:]
    /// What the last directory was about, and its entries in canonical order.
    private var content = Content()
    private var missing: Set<ZoneName> = []
    private var entries: [Entry] = []

    /// One zone of a directory.
    private struct Entry: Sendable {
        let apex: Name
        let version: Version?

        struct Version: Sendable {
            let image: FileName
            let location: ZoneLocation
            let serial: UInt32
            let records: Int
            let digest: ContentDigest
        }
    }

    init(folder: ImageFolder) {
        self.folder = folder
    }

    /// Writes the directory durably, and opens it as a consumer will.
    mutating func write(_ job: Ledger.DirectoryJob) throws -> Digest {
        let names = Set(job.zones.values.map(\.image)).sorted()
        catalogs = catalogs.filter { names.contains($0.key) }
        var directory = Directory(generation: job.generation.number)
        var numbers: [FileName: Int] = [:]
        for name in names {
            let catalog = try catalogs[name] ?? catalog(of: name)
            catalogs[name] = catalog
            numbers[name] = directory.images.count
            directory.images.append(
                Directory.Image(name: name.string, size: catalog.size, headerDigest: catalog.headerDigest))
        }
        try update(to: job)
        directory.zones = entries.map { entry in
            Directory.Zone(
                apex: entry.apex, rrClass: .in,
                content: entry.version.flatMap { version in
                    numbers[version.image].map {
                        Directory.Content(
                            image: $0, location: version.location, serial: Serial(rawValue: version.serial),
                            recordCount: version.records, digest: version.digest)
                    }
                })
        }
        let digest = try directory.write(to: "\(folder.path)/\(job.directory)")
        _ = try MappedGeneration(folder: folder.path, name: job.directory.string, digest: "\(digest)")
        guard let digest = Digest(hex: "\(digest)") else { preconditionFailure("a digest is hexadecimal") }
        return digest
    }

    private func catalog(of image: FileName) throws(LostImage) -> ImageCatalog {
        do throws(ImageError) {
            return try ImageCatalog(path: "\(folder.path)/\(image)")
        } catch {
            throw LostImage(reason: error)
        }
    }

    /// Brings the entries to what a job is about.
    private mutating func update(to job: Ledger.DirectoryJob) throws {
        var changed: [Entry] = []
        var gone: Set<Name> = []
        for (zone, change) in job.content.changes(from: content) {
            if let version = change.version {
                changed.append(try entry(zone, version))
            } else {
                gone.insert(try Name(zone.presentation))
            }
        }
        for zone in job.missing { changed.append(Entry(apex: try Name(zone.presentation), version: nil)) }
        for zone in missing.subtracting(job.missing) { gone.insert(try Name(zone.presentation)) }
        gone.formUnion(changed.map(\.apex))
        let kept = gone.isEmpty ? entries : entries.filter { !gone.contains($0.apex) }
        entries = merged(kept, changed.sorted { $0.apex < $1.apex })
        content = job.content
        missing = job.missing
    }

    private func merged(_ left: [Entry], _ right: [Entry]) -> [Entry] {
        var merged: [Entry] = []
        merged.reserveCapacity(left.count + right.count)
        var rest = left[...]
        for entry in right {
            // By halves: there are few on the right.
            var (low, high) = (rest.startIndex, rest.endIndex)
            while low < high {
                let middle = (low + high) / 2
                if rest[middle].apex < entry.apex { low = middle + 1 } else { high = middle }
            }
            merged += rest[..<low]
            merged.append(entry)
            rest = rest[low...]
        }
        return merged + rest
    }

    private func entry(_ zone: ZoneName, _ version: ZoneVersion) throws -> Entry {
        let apex = try Name(zone.presentation)
        guard let location = catalogs[version.image]?.zones[apex], let digest = ContentDigest(hex: version.digest.hex)
        else { throw DirectoryFailure(zone: zone, image: version.image) }
        return Entry(
            apex: apex,
            version: Entry.Version(
                image: version.image, location: location, serial: version.serial, records: version.records,
                digest: digest))
    }
}

/// What is where in an image file.
private struct ImageCatalog: Sendable {
    let size: UInt64
    let headerDigest: ContentDigest
    private(set) var zones: [Name: ZoneLocation] = [:]

    init(path: String) throws(ImageError) {
        let image = try ImageFile(path: path)
        size = image.header.fileSize
        headerDigest = image.headerDigest
        for location in try image.locations() { zones[try image.zone(at: location).apex] = location }
    }
}

/// An image that the content needs is gone or damaged.
private struct LostImage: Error, CustomStringConvertible {
    let reason: ImageError
    var description: String {
        "\(reason). That takes one load of all its zones, or a restart of memmgr, which finds them by itself"
    }
}

/// The ledger names a zone that is not in its image.
private struct DirectoryFailure: Error, CustomStringConvertible {
    let zone: ZoneName
    let image: FileName
    var description: String { "zone \(zone) is not in the image \(image)" }
}

extension ContentDigest {
    /// A digest from its text; nil unless that is 64 hexadecimal digits.
    fileprivate init?(hex: String) {
        let digits = Array(hex.utf8)
        guard digits.count == 2 * FileLayout.digestSize else { return nil }
        var octets: [UInt8] = []
        for index in stride(from: 0, to: digits.count, by: 2) {
            guard let octet = UInt8(String(decoding: digits[index..<index + 2], as: UTF8.self), radix: 16) else {
                return nil
            }
            octets.append(octet)
        }
        self.init(octets: octets)
    }
}
