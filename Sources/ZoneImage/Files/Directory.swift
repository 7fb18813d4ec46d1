// The content of a directory file as values: what a manager writes, and what tools show.

import DNSCore

/// A generation: its images, and which zone is where.
package struct Directory: Equatable, Sendable {
    package let generation: UInt64
    package var images: [Image]
    package var zones: [Zone]

    /// An image file that the generation uses.
    package struct Image: Hashable, Sendable {
        /// A bare file name of at most 31 octets, in the directory's folder.
        package let name: String
        /// In bytes.
        package let size: UInt64
        package let headerDigest: ContentDigest

        package init(name: String, size: UInt64, headerDigest: ContentDigest) {
            self.name = name
            self.size = size
            self.headerDigest = headerDigest
        }
    }

    /// A zone that the generation serves, or would serve if it had ever loaded well.
    package struct Zone: Equatable, Sendable {
        package let apex: Name
        package let rrClass: RRClass
        /// Nil: there is no good version; answers are SERVFAIL.
        package let content: Content?

        package init(apex: Name, rrClass: RRClass, content: Content?) {
            self.apex = apex
            self.rrClass = rrClass
            self.content = content
        }
    }

    /// Where a zone's data is, and what is known of it without looking there.
    package struct Content: Hashable, Sendable {
        /// The index in `images`.
        package let image: Int
        package let location: ZoneLocation
        package let serial: Serial
        package let recordCount: Int
        package let digest: ContentDigest

        package init(image: Int, location: ZoneLocation, serial: Serial, recordCount: Int, digest: ContentDigest) {
            self.image = image
            self.location = location
            self.serial = serial
            self.recordCount = recordCount
            self.digest = digest
        }
    }

    package init(generation: UInt64, images: [Image] = [], zones: [Zone] = []) {
        self.generation = generation
        self.images = images
        self.zones = zones
    }

    /// The file's bytes. The same generation gives the same bytes, in whatever order its zones are listed.
    package func encoded() throws(ImageError) -> [UInt8] {
        try DirectoryEdition(self).encoded(after: nil)
    }
}
