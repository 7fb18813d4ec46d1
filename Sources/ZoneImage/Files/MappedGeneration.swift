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
    /// The images by number.
    private let imageFiles: [ImageFile]
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
        var files: [ImageFile] = []
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
            files.append(mapped)
        }
        number = header.generation
        directory = view
        directoryFile = file
        self.images = images
        imageFiles = files
        imageViews = ImageViews(files.map(\.bytes))
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

    /// Looks how much is left of each image; nil when all are whole.
    package func remains() -> Remains? {
        let lengths = imageFiles.map(\.intactCount) + [directoryFile.intactCount]
        let sizes = imageFiles.map(\.bytes.count) + [directoryFile.count]
        return lengths == sizes ? nil : Remains(of: self, imageFiles, directoryFile.path, lengths, sizes)
    }

    /// What is left of a generation whose images were cut in place, or can't be read any more: a zone that is not wholly within what is
    /// left has no good version.
    package final class Remains: Sendable {
        /// The octets that are left of each image and of the directory.
        package let lengths: [Int]
        /// The files that are not whole.
        package let damaged: [String]
        private let directory: DirectoryView
        private let views: ImageViews

        fileprivate init(
            of generation: MappedGeneration, _ files: [ImageFile], _ directoryPath: String, _ lengths: [Int],
            _ sizes: [Int]
        ) {
            self.lengths = lengths
            let paths = files.map(\.path) + [directoryPath]
            damaged = paths.indices.filter { lengths[$0] < sizes[$0] }.map { paths[$0] }
            directory = generation.directory
            views = ImageViews(zip(files, lengths).map { unsafe ImageBytes(base: $0.bytes.base, count: $1) })
        }

        /// Valid as long as this object and the generation.
        package var view: GenerationView {
            unsafe GenerationView(
                directory: directory, images: views.start, imageCount: views.count, isMeasured: true)
        }
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
    /// Whether `images` are cut to what is left of them.
    private let isMeasured: Bool
    /// Too large to stay in a processor's own cache: what a lookup touches should be fetched ahead.
    package let isLarge: Bool

    /// The bytes that are left in the cache by all that surrounds lookups.
    private static var cacheShare: Int { 256 << 10 }

    package init(
        directory: DirectoryView, images: UnsafePointer<ImageBytes>, imageCount: Int, isMeasured: Bool = false
    ) {
        self.isMeasured = isMeasured
        self.directory = directory
        unsafe self.images = images
        self.imageCount = imageCount
        let size = (0..<imageCount).reduce(directory.bytes.count) { size, index in unsafe size + images[index].count }
        isLarge = size > GenerationView.cacheShare
    }

    /// False when the image of a zone has lost its end, as far as one look shows: an image ends with the length of its last zone,
    /// which is not 0, and what is lost reads as zeros.
    package func isWhole(_ zone: ZoneView) -> Bool {
        if isMeasured { return true }
        for index in 0..<imageCount {
            // Safe: index is below imageCount.
            let image = unsafe images[index]
            let distance = unsafe zone.bytes.base - image.base
            if distance >= 0, distance < image.count {
                return image.load(ZoneTableLayout.length, of: image.count - ZoneTableLayout.size) != 0
            }
        }
        return true
    }

    /// Zone `number`, or nil when it has no good version.
    @inlinable
    package func zone(_ number: Int) -> ZoneView? {
        guard let place = directory.location(ofZone: number), place.image < imageCount else { return nil }
        // Safe: place.image is below imageCount.
        return unsafe images[place.image].view(at: place.offset, length: place.length).flatMap { ZoneView(bytes: $0) }
    }
}
