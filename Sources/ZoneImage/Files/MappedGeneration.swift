// A generation as a consumer has it: the directory and all its images mapped read-only. Opening takes time in proportion
// to the number of files, never to what is in them.

import DNSCore
import Platform

/// All files of one generation, mapped. Views into it are valid as long as it lives.
package final class MappedGeneration: Sendable {
    package let number: UInt64
    /// The directory's tables.
    package let directory: DirectoryView
    private let directoryFile: MappedFile
    private let images: [String: ImageFile]
    /// The images' bytes by number, for the hot path.
    private let imageViews: ImageViews

    /// Maps the directory `name` in `folder` and its images; those that `previous` has mapped already are shared with it.
    ///
    /// - Parameter digest: the directory's digest as announced, in lower-case hexadecimal; nil: not compared.
    /// - Throws: `ImageError` when any file can't be mapped or is not what it should be.
    package init(folder: String, name: String, digest: String? = nil, previous: MappedGeneration? = nil)
        throws(ImageError)
    {
        let path = "\(folder)/\(name)"
        let file: MappedFile
        do { file = try MappedFile(path: path) } catch { throw .platform(error) }
        let bytes = unsafe ImageBytes(base: file.base, count: file.count)
        let header = try FileHeader(checking: bytes, isDirectory: true, path: path)
        guard digest == nil || digest == FileHeader.headerDigest(of: bytes).description else {
            throw .wrongDigest(path: path)
        }
        try FileHeader.checkBody(of: bytes, path: path)
        let view = try DirectoryView(bytes: bytes, header: header, path: path)
        var images: [String: ImageFile] = [:]
        var views: [ImageBytes] = []
        for image in view.images() {
            let mapped: ImageFile
            if let shared = previous?.images[image.name] {
                mapped = shared
            } else {
                mapped = try ImageFile(path: "\(folder)/\(image.name)")
            }
            guard mapped.headerDigest == image.headerDigest, mapped.header.fileSize == image.size else {
                throw .wrongDigest(path: mapped.path)
            }
            images[image.name] = mapped
            views.append(mapped.bytes)
        }
        number = header.generation
        directory = view
        directoryFile = file
        self.images = images
        imageViews = ImageViews(views)
    }

    /// Makes all files resident that `previous` does not have mapped already, so that no query waits for a page.
    package func prefault(except previous: MappedGeneration? = nil) throws(ImageError) {
        do { try directoryFile.prefault() } catch { throw .platform(error) }
        for (name, image) in images where previous?.images[name] == nil { try image.prefault() }
    }

    /// Checks every byte of every image against its digest.
    package func verify() throws(ImageError) {
        for image in images.values { try image.verify() }
    }

    /// What the hot path looks up in.
    package var view: GenerationView {
        unsafe GenerationView(directory: directory, images: imageViews.start, imageCount: imageViews.count)
    }
}

/// The images' views in memory that does not move.
private final class ImageViews: @unchecked Sendable {
    // Sendable: filled by init, never changed afterwards, freed when the last owner lets go.
    let start: UnsafePointer<ImageBytes>
    let count: Int

    init(_ views: [ImageBytes]) {
        let memory = UnsafeMutablePointer<ImageBytes>.allocate(capacity: max(1, views.count))
        unsafe memory.initialize(from: views, count: views.count)
        unsafe start = UnsafePointer(memory)
        count = views.count
    }

    deinit {
        unsafe start.deallocate()
    }
}

/// A generation for lookups, without ownership: whoever uses it makes sure that its `MappedGeneration` is kept.
@usableFromInline
package struct GenerationView: BitwiseCopyable, @unchecked Sendable {
    // Sendable: all memory behind it is read-only.
    @usableFromInline package let directory: DirectoryView
    @usableFromInline let images: UnsafePointer<ImageBytes>
    @usableFromInline let imageCount: Int
    /// Too large to stay in a processor's own cache: what a lookup touches should be fetched ahead.
    package let isLarge: Bool

    /// The bytes that are left in the cache by all that surrounds lookups.
    private static var cacheShare: Int { 256 << 10 }

    package init(directory: DirectoryView, images: UnsafePointer<ImageBytes>, imageCount: Int) {
        self.directory = directory
        unsafe self.images = images
        self.imageCount = imageCount
        let size = (0..<imageCount).reduce(directory.bytes.count) { size, index in unsafe size + images[index].count }
        isLarge = size > GenerationView.cacheShare
    }

    /// Zone `number`, or nil when it has no good version.
    @inlinable
    package func zone(_ number: Int) -> ZoneView? {
        guard let place = directory.location(ofZone: number), place.image < imageCount else { return nil }
        // Safe: place.image is below imageCount.
        return unsafe images[place.image].view(at: place.offset, length: place.length).flatMap { ZoneView(bytes: $0) }
    }
}
