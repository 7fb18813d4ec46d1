// A generation whose directory never was in a file, for tools and tests: zones just compiled, or those of one image.

import DNSCore

/// Zones as lookups see them, without a directory file.
package final class MemoryGeneration {
    private let images: UnsafeMutablePointer<ImageBytes>
    private let imageCount: Int
    private let directory: DirectoryView

    /// Zones just compiled, each alone in its image.
    ///
    /// - Parameters:
    ///   - unavailable: zones that are configured and have no good version.
    ///   - place: puts bytes where they stay as long as this lives: the images in order, then the directory.
    /// - Throws: `ImageError` when two zones have one apex.
    package convenience init(
        _ zones: [CompiledZone], unavailable: [Name] = [], placing place: ([UInt8]) -> ImageBytes
    ) throws(ImageError) {
        let images = zones.map { place($0.content.array) }
        let listed = zones.enumerated().map { number, zone in
            Directory.Zone(
                apex: zone.apex, rrClass: zone.rrClass,
                content: Directory.Content(
                    image: number, location: ZoneLocation(offset: 0, length: UInt64(zone.size)),
                    serial: zone.serial, recordCount: zone.recordCount, digest: zone.digest))
        }
        let missing = unavailable.map { Directory.Zone(apex: $0, rrClass: .in, content: nil) }
        try self.init(images: images, zones: listed + missing, placing: place)
    }

    /// The zones of an image, which the caller keeps mapped.
    ///
    /// - Throws: `ImageError` when the image is damaged.
    package convenience init(image: ImageFile, placing place: ([UInt8]) -> ImageBytes) throws(ImageError) {
        let zones = try image.locations().map { location throws(ImageError) in
            let zone = try image.zone(at: location)
            return Directory.Zone(
                apex: zone.apex, rrClass: zone.rrClass,
                content: Directory.Content(
                    image: 0, location: location, serial: zone.serial, recordCount: zone.recordCount,
                    digest: ContentDigest(of: [UInt8]())))
        }
        try self.init(images: [image.bytes], zones: zones, placing: place)
    }

    private init(
        images list: [ImageBytes], zones: [Directory.Zone], placing place: ([UInt8]) -> ImageBytes
    ) throws(ImageError) {
        images = .allocate(capacity: max(1, list.count))
        unsafe images.initialize(from: list, count: list.count)
        imageCount = list.count
        let bytes = try place(Directory(generation: 1, zones: zones).encoded())
        let header = try FileHeader(checking: bytes, isDirectory: true, path: "memory")
        directory = try DirectoryView(bytes: bytes, header: header, path: "memory")
    }

    deinit {
        unsafe images.deallocate()
    }

    package var view: GenerationView {
        unsafe GenerationView(directory: directory, images: images, imageCount: imageCount)
    }
}
