// The 128 bytes that image and directory files begin with: what the file is, whether this program can read it, and
// two digests. The header's digest covers the body's, so that checking 128 bytes ties down the whole file.

import DNSCore

/// What a file of a generation says of itself.
package struct FileHeader: Hashable, Sendable {
    package let isDirectory: Bool
    /// The whole file's size in bytes.
    package var fileSize: UInt64 = 0
    /// The generation of a directory; of an image, the one that it was first built for.
    package var generation: UInt64 = 0
    /// Where the zone table starts, and its entries.
    package var tableOffset: UInt64 = 0
    package var tableCount: UInt32 = 0
    /// The images of a directory, whose table follows the header.
    package var imageCount: UInt32 = 0
    /// The index of a directory's apexes.
    package var bucketCount: UInt32 = 0
    package var deepestApex: UInt16 = 0
    package var seed: UInt16 = 0
    package var indexOffset: UInt64 = 0

    package init(isDirectory: Bool) {
        self.isDirectory = isDirectory
    }

    /// The header's bytes for a file with this body digest.
    package func encoded(bodyDigest: ContentDigest) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: FileLayout.size)
        bytes.set(FileLayout.magic, of: 0, to: isDirectory ? FileLayout.directoryMagic : FileLayout.imageMagic)
        bytes.set(FileLayout.version, of: 0, to: ImageVersion.current)
        bytes.set(FileLayout.layoutHash, of: 0, to: LayoutHash.current)
        bytes.set(FileLayout.fileSize, of: 0, to: fileSize)
        bytes.set(FileLayout.generation, of: 0, to: generation)
        bytes.set(FileLayout.tableOffset, of: 0, to: tableOffset)
        bytes.set(FileLayout.tableCount, of: 0, to: tableCount)
        bytes.set(FileLayout.imageCount, of: 0, to: imageCount)
        bytes.set(FileLayout.bucketCount, of: 0, to: bucketCount)
        bytes.set(FileLayout.deepestApex, of: 0, to: deepestApex)
        bytes.set(FileLayout.seed, of: 0, to: seed)
        bytes.set(FileLayout.indexOffset, of: 0, to: indexOffset)
        bytes.replaceSubrange(FileLayout.bodyDigest, with: bodyDigest.octets)
        let digest = ContentDigest(of: Array(bytes[..<FileLayout.headerDigest.lowerBound]))
        bytes.replaceSubrange(FileLayout.headerDigest, with: digest.octets)
        return bytes
    }

    /// Reads and checks the header of a mapped file: kind, version, layout, size, header digest.
    package init(checking bytes: ImageBytes, isDirectory: Bool, path: String) throws(ImageError) {
        guard bytes.count >= FileLayout.size else {
            throw .wrongSize(path: path, found: bytes.count, expected: FileLayout.size)
        }
        let magic = isDirectory ? FileLayout.directoryMagic : FileLayout.imageMagic
        guard bytes.load(FileLayout.magic, of: 0) == magic else { throw .foreign(path: path) }
        let version = bytes.load(FileLayout.version, of: 0)
        guard version == ImageVersion.current else { throw .wrongVersion(path: path, found: version) }
        guard bytes.load(FileLayout.layoutHash, of: 0) == LayoutHash.current else { throw .wrongLayout(path: path) }
        let digest = unsafe ContentDigest(of: bytes.slice(at: 0, length: FileLayout.headerDigest.lowerBound))
        guard digest == FileHeader.headerDigest(of: bytes) else { throw .damagedHeader(path: path) }
        self.init(isDirectory: isDirectory)
        fileSize = bytes.load(FileLayout.fileSize, of: 0)
        guard fileSize == UInt64(bytes.count) else {
            throw .wrongSize(path: path, found: bytes.count, expected: Int(clamping: fileSize))
        }
        generation = bytes.load(FileLayout.generation, of: 0)
        tableOffset = bytes.load(FileLayout.tableOffset, of: 0)
        tableCount = bytes.load(FileLayout.tableCount, of: 0)
        imageCount = bytes.load(FileLayout.imageCount, of: 0)
        bucketCount = bytes.load(FileLayout.bucketCount, of: 0)
        deepestApex = bytes.load(FileLayout.deepestApex, of: 0)
        seed = bytes.load(FileLayout.seed, of: 0)
        indexOffset = bytes.load(FileLayout.indexOffset, of: 0)
    }

    /// The digest over a file's header, which stands for the whole file.
    package static func headerDigest(of bytes: ImageBytes) -> ContentDigest {
        unsafe ContentDigest(
            octets: bytes.slice(at: FileLayout.headerDigest.lowerBound, length: FileLayout.digestSize))
    }

    /// Checks the digest over every byte behind the header. Takes time in proportion to the file.
    package static func checkBody(of bytes: ImageBytes, path: String) throws(ImageError) {
        let body = unsafe bytes.slice(at: FileLayout.size, length: bytes.count - FileLayout.size)
        let expected = unsafe bytes.slice(at: FileLayout.bodyDigest.lowerBound, length: FileLayout.digestSize)
        guard unsafe ContentDigest(of: body) == ContentDigest(octets: expected) else {
            throw .damagedBody(path: path)
        }
    }
}
