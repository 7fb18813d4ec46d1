// A generation that never was in a file, for tools and tests.

import DNSCore

/// Zones just compiled, as lookups see them; each stands alone in its image.
package final class MemoryGeneration {
    private let images: UnsafeMutablePointer<ImageBytes>
    private let imageCount: Int
    private let directory: DirectoryView

    /// - Parameters:
    ///   - unavailable: zones that are configured and have no good version.
    ///   - place: puts bytes where they stay as long as this lives: the images in order, then the directory.
    /// - Throws: `ImageError` when two zones have one apex.
    package init(
        _ zones: [CompiledZone], unavailable: [Name] = [], placing place: ([UInt8]) -> ImageBytes
    ) throws(ImageError) {
        var listed: [Directory.Zone] = []
        images = .allocate(capacity: max(1, zones.count))
        imageCount = zones.count
        for (number, zone) in zones.enumerated() {
            unsafe (images + number).initialize(to: place(zone.bytes))
            listed.append(
                Directory.Zone(
                    apex: zone.apex, rrClass: zone.rrClass,
                    content: Directory.Content(
                        image: number, location: ZoneLocation(offset: 0, length: UInt64(zone.bytes.count)),
                        serial: zone.serial, recordCount: zone.recordCount, digest: zone.digest)))
        }
        for apex in unavailable { listed.append(Directory.Zone(apex: apex, rrClass: .in, content: nil)) }
        let bytes = place(Directory(generation: 1, zones: listed).encoded())
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
