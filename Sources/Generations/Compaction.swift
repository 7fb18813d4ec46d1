// Zones that move from one image to another, so that few images hold many zones and little of them is unused. A build may
// copy zones that are served into its image; the next generation takes the copies of those that still are what was
// copied. Nobody waits for that, nobody is told: what is answered does not change.

extension Ledger {
    /// A copy of a zone's version in a newer image.
    struct Copy: Hashable, Sendable {
        let version: ZoneVersion
        let image: FileName
    }

    /// What of each image the next announcements will use, unless something else comes.
    public var imageUses: [FileName: Content.ImageUse] { headContent.imageUses }

    /// The zones in some images that a build may copy: those that nothing else is about to happen to.
    public func copyableZones(in images: Set<FileName>) -> [ZoneName: ZoneVersion] {
        // Also those that nobody waits for any more: an image has room for one version of a zone.
        let built = Set(builds.values.flatMap { $0.job.zones.map(\.source.zone) })
        return headContent.zones.filter { zone, version in
            images.contains(version.image) && pending[zone] == nil && !built.contains(zone)
        }
    }

    mutating func note(_ copied: [ZoneName: ZoneVersion], in image: FileName) {
        for (zone, version) in copied { copies[zone] = Copy(version: version, image: image) }
    }

    /// The content with the zones moved of which there are copies. All copies are forgotten then: what this generation does not
    /// take, or takes and is never announced, a later build will copy again.
    mutating func taking(copiesFor content: Content) -> Content {
        var moves: [ZoneName: Change] = [:]
        for (zone, copy) in copies {
            guard let version = content.zones[zone], version.image == copy.version.image,
                version.digest == copy.version.digest
            else { continue }
            moves[zone] = .replace(version.moved(to: copy.image))
        }
        copies = [:]
        return moves.isEmpty ? content : content.applying(moves)
    }
}
