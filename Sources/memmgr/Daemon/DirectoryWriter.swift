// Makes the directory file of a generation out of the one before. Where a changed zone stands in its image is read from the
// image.

import DNSCore
import Generations
import Platform
import ZoneImage

/// Writes directories, and remembers what the last one was about: among many zones, a few that have changed cost little.
struct DirectoryWriter: Sendable {
    private let folder: ImageFolder
    fileprivate var last: Last?
    /// What the record says is published: what the first directory of this process is made out of.
    private var resumed: Record?

    /// The last directory, and what it is about.
    fileprivate struct Last: Sendable {
        let generation: MappedGeneration
        let content: Content
        let lost: Set<ZoneName>
    }

    init(folder: ImageFolder, resuming record: Record?) {
        self.folder = folder
        resumed = record
    }

    /// Writes the directory durably, and opens it as a consumer will.
    mutating func write(_ job: Ledger.DirectoryJob) throws -> Digest {
        if let record = resumed {
            last = Last(record, folder)
            resumed = nil
        }
        let known = last?.generation.directory.images() ?? []
        let images = try job.content.images.sorted().map { name in
            try known.first { $0.name == name.string } ?? folder.image(name)
        }
        let (zones, gone) = try changes(to: job, images)
        let edition = DirectoryEdition(generation: job.generation.number, images: images, zones: zones, gone: gone)
        let digest = try edition.write(
            to: "\(folder.path)/\(job.directory)", after: last?.generation.directory)
        last = Last(
            generation: try folder.open(job.directory, digest: digest), content: job.content, lost: job.lost)
        guard let digest = Digest(hex: "\(digest)") else { preconditionFailure("a digest is hexadecimal") }
        return digest
    }

    /// The zones that are other than in the last directory, and those that are not there any more.
    private func changes(
        to job: Ledger.DirectoryJob, _ images: [Directory.Image]
    ) throws -> (zones: [Directory.Zone], gone: [Name]) {
        var zones: [Directory.Zone] = []
        var gone: Set<ZoneName> = last?.lost.subtracting(job.lost) ?? []
        var versions: [FileName: [(ZoneName, ZoneVersion)]] = [:]
        for (zone, change) in job.content.changes(from: last?.content ?? Content()) {
            if let version = change.version {
                versions[version.image, default: []].append((zone, version))
                gone.remove(zone)
            } else if !job.lost.contains(zone) {
                gone.insert(zone)
            }
        }
        for zone in job.lost {
            zones.append(Directory.Zone(apex: try Name(zone.presentation), rrClass: .in, content: nil))
        }
        for (image, changed) in versions {
            guard let number = images.firstIndex(where: { $0.name == image.string }) else {
                throw DirectoryFailure(zone: try Name(changed[0].0.presentation), image: image)
            }
            zones += try self.zones(changed, in: image, number: number)
        }
        return (zones, try gone.map { try Name($0.presentation) })
    }

    /// What the directory says of zones in one image.
    private func zones(_ versions: [(ZoneName, ZoneVersion)], in image: FileName, number: Int) throws -> [Directory
        .Zone]
    {
        let wanted = try versions.map { (try Name($0.0.presentation), $0.1) }
        let locations = try folder.locations(of: Set(wanted.map(\.0)), in: image)
        return try wanted.map { apex, version in
            guard let location = locations[apex], let digest = ContentDigest(hex: version.digest.hex) else {
                throw DirectoryFailure(zone: apex, image: image)
            }
            return Directory.Zone(
                apex: apex, rrClass: .in,
                content: Directory.Content(
                    image: number, location: location, serial: Serial(rawValue: version.serial),
                    recordCount: version.records, digest: digest))
        }
    }
}

extension DirectoryWriter.Last {
    /// What a record says is published; nil when its files are not all there.
    fileprivate init?(_ record: Record, _ folder: ImageFolder) {
        guard let current = record.current,
            let generation = try? MappedGeneration(
                folder: folder.path, name: current.directory.string, digest: current.digest.hex)
        else { return nil }
        self.generation = generation
        content = record.content
        lost = Set(generation.directory.unavailableZones.map { ZoneName("\($0)") })
    }
}
extension ImageFolder {
    /// What a directory says of an image.
    fileprivate func image(_ name: FileName) throws(LostImage) -> Directory.Image {
        let file = try file(name)
        return Directory.Image(name: name.string, size: file.header.fileSize, headerDigest: file.headerDigest)
    }

    /// Where zones stand in an image, as far as they are there.
    fileprivate func locations(of apexes: Set<Name>, in image: FileName) throws -> [Name: ZoneLocation] {
        let file = try file(image)
        var found: [Name: ZoneLocation] = [:]
        for location in try file.locations() {
            let apex = try file.zone(at: location).apex
            if apexes.contains(apex) { found[apex] = location }
            if found.count == apexes.count { break }
        }
        return found
    }

    private func file(_ image: FileName) throws(LostImage) -> ImageFile {
        do throws(ImageError) {
            return try ImageFile(path: "\(path)/\(image)")
        } catch {
            throw LostImage(reason: error)
        }
    }

    /// Opens a directory that has just been written, as a consumer will. All images are opened: each must still be there.
    fileprivate func open(_ directory: FileName, digest: ContentDigest) throws(LostImage) -> MappedGeneration {
        do throws(ImageError) {
            return try MappedGeneration(folder: path, name: directory.string, digest: "\(digest)")
        } catch {
            throw LostImage(reason: error)
        }
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
    let zone: Name
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
