// Makes the directory file of a generation. Where a zone stands in its image is read from the image, once for each: files
// never change, so what was read stays true.

import DNSCore
import Generations
import Platform
import ZoneImage

/// Writes directories and remembers what is in the images.
struct DirectoryWriter: Sendable {
    private let folder: ImageFolder
    private var catalogs: [FileName: ImageCatalog] = [:]

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
            let catalog = try catalogs[name] ?? ImageCatalog(path: "\(folder.path)/\(name)")
            catalogs[name] = catalog
            numbers[name] = directory.images.count
            directory.images.append(
                Directory.Image(name: name.string, size: catalog.size, headerDigest: catalog.headerDigest))
        }
        for (zone, version) in job.zones {
            let apex = try Name(zone.presentation)
            guard let number = numbers[version.image], let entry = catalogs[version.image]?.zones[apex],
                let digest = ContentDigest(hex: version.digest.hex)
            else { throw DirectoryFailure(zone: zone, image: version.image) }
            directory.zones.append(
                Directory.Zone(
                    apex: apex, rrClass: .in,
                    content: Directory.Content(
                        image: number, location: entry, serial: Serial(rawValue: version.serial),
                        recordCount: version.records, digest: digest)))
        }
        for zone in job.missing {
            directory.zones.append(Directory.Zone(apex: try Name(zone.presentation), rrClass: .in, content: nil))
        }
        let digest = try directory.write(to: "\(folder.path)/\(job.directory)")
        _ = try MappedGeneration(folder: folder.path, name: job.directory.string, digest: "\(digest)")
        guard let digest = Digest(hex: "\(digest)") else { preconditionFailure("a digest is hexadecimal") }
        return digest
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
