// What a generation serves: for each zone the one good compile that it answers from, and the master file it came from.
// The zone set of the manager is the current content together with the troubles: zones whose last load failed.

/// Where a zone is loaded from.
public struct ZoneSource: Codable, Hashable, Sendable {
    public let zone: ZoneName
    /// The absolute path of the master file.
    public let file: String

    public init(zone: ZoneName, file: String) {
        self.zone = zone
        self.file = file
    }
}

/// One good compile of a zone.
public struct ZoneVersion: Codable, Hashable, Sendable {
    /// The image file that holds it.
    public let image: FileName
    /// The digest of the zone's content: equal digests are equal zones.
    public let digest: Digest
    public let serial: UInt32
    public let records: Int
    /// The master file, nil if it is not known any more (the record was lost and the content was found on disk).
    public internal(set) var file: String?

    public init(image: FileName, digest: Digest, serial: UInt32, records: Int, file: String?) {
        self.image = image
        self.digest = digest
        self.serial = serial
        self.records = records
        self.file = file
    }
}

/// All zones of a generation.
public struct Content: Hashable, Sendable {
    public internal(set) var zones: [ZoneName: ZoneVersion]
    /// The image files that the zones are in.
    public let images: Set<FileName>
    /// Equal for equal zones, whatever image they are in. Good for one process: it is not the same in another.
    let signature: Int

    public init(_ zones: [ZoneName: ZoneVersion] = [:]) {
        self.zones = zones
        self.images = Set(zones.values.map(\.image))
        signature = zones.reduce(0) { sum, entry in
            var hasher = Hasher()
            hasher.combine(entry.key)
            hasher.combine(entry.value.digest)
            return sum ^ hasher.finalize()
        }
    }

    func applying(_ changes: [ZoneName: Change]) -> Content {
        var zones = zones
        for (zone, change) in changes {
            switch change {
            case .replace(let version): zones[zone] = version
            case .remove: zones[zone] = nil
            }
        }
        return Content(zones)
    }

    /// The changes that make this content out of another one.
    func changes(from other: Content) -> [ZoneName: Change] {
        var changes: [ZoneName: Change] = [:]
        for (zone, version) in zones where other.zones[zone] != version {
            changes[zone] = .replace(version)
        }
        for zone in other.zones.keys where zones[zone] == nil {
            changes[zone] = .remove
        }
        return changes
    }
}

/// What happens to a zone from one generation to the next.
enum Change: Hashable, Sendable {
    case replace(ZoneVersion)
    case remove
}

/// Why the last load of a zone is not what is served.
public struct Trouble: Codable, Hashable, Sendable {
    /// The master file that was tried.
    public let file: String?
    public let reason: String

    public init(file: String?, reason: String) {
        self.file = file
        self.reason = reason
    }
}
