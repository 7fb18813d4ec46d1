// A file named on the command line, told apart by what it begins with: an image, a directory, or else a master file.

import DNSCore
import Platform
import ZoneImage

/// What a file is.
enum FileKind {
    case image
    case directory
    case masterFile

    init(beginning bytes: [UInt8]) {
        let magic = bytes.prefix(8).reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
        switch bytes.count < 8 ? 0 : magic {
        case FileLayout.imageMagic: self = .image
        case FileLayout.directoryMagic: self = .directory
        default: self = .masterFile
        }
    }
}

/// The zones of an image, or of the generation that a directory names, mapped.
final class OpenedFile {
    /// A zone, and the digest by which a directory knows it.
    struct Zone {
        let apex: Name
        let rrClass: RRClass
        /// Nil for a zone of a directory of which no version is left.
        let view: ZoneView?
        /// Nil in an image, which has one digest for all its zones.
        let expectedDigest: ContentDigest?
    }

    /// Keeps the zones' memory mapped.
    private enum Mapping {
        case image(ImageFile)
        case generation(MappedGeneration)
    }

    private let mapping: Mapping
    let path: String
    let zones: [Zone]

    /// Maps an image, and checks its headers.
    init(image input: CommandInput) throws(ImageError) {
        let image = try input.withImagePath { path throws(ImageError) in try ImageFile(path: path) }
        mapping = .image(image)
        path = input.path
        zones = try image.locations().map { location throws(ImageError) in
            let view = try image.zone(at: location)
            return Zone(apex: view.apex, rrClass: view.rrClass, view: view, expectedDigest: nil)
        }
    }

    /// Maps a directory and all images that it names.
    init(directory path: String) throws(ImageError) {
        let slash = path.lastIndex(of: "/")
        let folder = slash.map { String(path[..<$0]) } ?? "."
        let name = slash.map { String(path[path.index(after: $0)...]) } ?? path
        let generation = try MappedGeneration(folder: folder.isEmpty ? "/" : folder, name: name)
        mapping = .generation(generation)
        self.path = path
        let directory = generation.directory.directory(generation: generation.number)
        let lookups = generation.view
        var zones: [Zone] = []
        for (number, zone) in directory.zones.enumerated() {
            let view = lookups.zone(number)
            if zone.content != nil, view == nil { throw .badTable(path: path) }
            zones.append(
                Zone(apex: zone.apex, rrClass: zone.rrClass, view: view, expectedDigest: zone.content?.digest))
        }
        self.zones = zones
    }

    var isDirectory: Bool { if case .generation = mapping { true } else { false } }

    /// The generation of a directory; of an image, the one that it was first built for.
    var generation: UInt64 {
        switch mapping {
        case .image(let image): image.header.generation
        case .generation(let generation): generation.number
        }
    }

    /// Checks every byte of every file against its digest.
    func verifyDigests() throws(ImageError) {
        switch mapping {
        case .image(let image): try image.verify()
        case .generation(let generation): try generation.verify()
        }
    }

    /// Uses the zones while they are certain to be mapped.
    func withZones<Result>(_ body: ([Zone]) throws -> Result) rethrows -> Result {
        try withExtendedLifetime(mapping) { try body(zones) }
    }
}
