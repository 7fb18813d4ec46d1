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
///
/// A copy is a reference: contents of many zones are copied and compared often, and most of their versions are the same.
public struct ZoneVersion: Hashable, Sendable {
    private let shared: Shared

    private struct Fields: Codable, Hashable, Sendable {
        let image: FileName
        let digest: Digest
        let serial: UInt32
        let records: Int
        let file: String?
    }

    private final class Shared: Sendable {
        let fields: Fields
        init(_ fields: Fields) { self.fields = fields }
    }

    public init(image: FileName, digest: Digest, serial: UInt32, records: Int, file: String?) {
        shared = Shared(Fields(image: image, digest: digest, serial: serial, records: records, file: file))
    }

    /// The image file that holds it.
    public var image: FileName { shared.fields.image }
    /// The digest of the zone's content: equal digests are equal zones.
    public var digest: Digest { shared.fields.digest }
    public var serial: UInt32 { shared.fields.serial }
    public var records: Int { shared.fields.records }
    /// The master file, nil if it is not known any more (the record was lost and the content was found on disk).
    public var file: String? { shared.fields.file }

    /// The same compile, in another image, where a copy of it is.
    func moved(to image: FileName) -> ZoneVersion {
        ZoneVersion(image: image, digest: digest, serial: serial, records: records, file: file)
    }

    /// The same compile, of another master file.
    func from(_ file: String?) -> ZoneVersion {
        ZoneVersion(image: image, digest: digest, serial: serial, records: records, file: file)
    }

    public static func == (left: ZoneVersion, right: ZoneVersion) -> Bool {
        left.shared === right.shared || left.shared.fields == right.shared.fields
    }

    public func hash(into hasher: inout Hasher) { hasher.combine(shared.fields) }
}

extension ZoneVersion: Codable {
    public init(from decoder: any Decoder) throws { shared = Shared(try Fields(from: decoder)) }
    public func encode(to encoder: any Encoder) throws { try shared.fields.encode(to: encoder) }
}

/// All zones of a generation.
public struct Content: Hashable, Sendable {
    public private(set) var zones: [ZoneName: ZoneVersion]
    /// The zones' names, sorted, and the version of each.
    let names: [ZoneName]
    private var versions: [ZoneVersion]
    /// The image files that the zones are in.
    public var images: Set<FileName> { Set(imageUses.keys) }
    /// What of each image is used.
    public private(set) var imageUses: [FileName: ImageUse]

    /// How much of an image belongs to a content.
    public struct ImageUse: Hashable, Sendable {
        public var zones = 0
        public var records = 0

        mutating func add(_ version: ZoneVersion) {
            zones += 1
            records += version.records
        }

        public mutating func remove(_ version: ZoneVersion) {
            zones -= 1
            records -= version.records
        }
    }

    /// Equal for equal zones, whatever image they are in. Good for one process: it is not the same in another.
    let signature: Int
    public init(_ zones: [ZoneName: ZoneVersion] = [:]) {
        self.zones = zones
        let sorted = zones.sorted { $0.key < $1.key }
        names = sorted.map(\.key)
        versions = sorted.map(\.value)
        imageUses = zones.values.reduce(into: [:]) { $0[$1.image, default: ImageUse()].add($1) }
        signature = zones.reduce(0) { $0 ^ Content.signature(of: $1.key, $1.value) }
    }

    private static func signature(of zone: ZoneName, _ version: ZoneVersion) -> Int {
        var hasher = Hasher()
        hasher.combine(zone)
        hasher.combine(version.digest)
        return hasher.finalize()
    }

    /// Notes that a zone, which must be there, comes from another master file now. Nothing else depends on that.
    mutating func setFile(of zone: ZoneName, to file: String?) {
        guard let version = zones[zone]?.from(file) else { return }
        zones[zone] = version
        versions[place(of: zone)] = version
    }

    /// The content after some changes. Among many zones, a few changes cost little.
    func applying(_ changes: [ZoneName: Change]) -> Content {
        Content(self, changes)
    }

    private init(_ former: Content, _ changes: [ZoneName: Change]) {
        var (zones, uses, signature) = (former.zones, former.imageUses, former.signature)
        var added: [ZoneName] = []
        var removed: Set<ZoneName> = []
        for (zone, change) in changes {
            let old = zones[zone]
            if let old {
                signature ^= Content.signature(of: zone, old)
                uses[old.image]?.remove(old)
                if uses[old.image]?.zones == 0 { uses[old.image] = nil }
            }
            switch change {
            case .replace(let new):
                zones[zone] = new
                signature ^= Content.signature(of: zone, new)
                uses[new.image, default: ImageUse()].add(new)
                if old == nil { added.append(zone) }
            case .remove:
                zones[zone] = nil
                if old != nil { removed.insert(zone) }
            }
        }
        self.zones = zones
        self.signature = signature
        imageUses = uses
        if added.isEmpty && removed.isEmpty {
            // The same names: only versions change, in their places.
            names = former.names
            versions = former.versions
            for (zone, version) in changes.compactMapValues(\.version) { versions[place(of: zone)] = version }
        } else {
            let kept = removed.isEmpty ? former.names : former.names.filter { !removed.contains($0) }
            names = Content.merged(kept, added.sorted())
            versions = names.compactMap { zones[$0] }
        }
    }

    /// Two sorted lists as one.
    private static func merged(_ left: [ZoneName], _ right: [ZoneName]) -> [ZoneName] {
        var merged: [ZoneName] = []
        merged.reserveCapacity(left.count + right.count)
        var rest = left[...]
        for name in right {
            while let first = rest.first, first < name { merged.append(rest.removeFirst()) }
            merged.append(name)
        }
        return merged + rest
    }

    /// The place of a zone, which is there, among the names.
    private func place(of zone: ZoneName) -> Int {
        var (low, high) = (0, names.count)
        while low < high {
            let middle = (low + high) / 2
            if names[middle] < zone { low = middle + 1 } else { high = middle }
        }
        return low
    }

    /// The zones that are not the same here and there, wherever their images are.
    func zonesDiffering(from other: Content) -> [ZoneName] {
        changes(from: other).keys.filter { zones[$0]?.digest != other.zones[$0]?.digest }
    }

    /// The changes that make this content out of another one. Both are walked in the order of names: among many zones that
    /// is much quicker than to look each of them up.
    public func changes(from other: Content) -> [ZoneName: Change] {
        var changes: [ZoneName: Change] = [:]
        // Arrays that share their storage are equal for nothing.
        if names == other.names {
            for (index, version) in versions.enumerated() where version != other.versions[index] {
                changes[names[index]] = .replace(version)
            }
            return changes
        }
        var (own, others) = (0, 0)
        while own < names.count || others < other.names.count {
            if own < names.count, others < other.names.count, names[own] == other.names[others] {
                if versions[own] != other.versions[others] { changes[names[own]] = .replace(versions[own]) }
                own += 1
                others += 1
            } else if others == other.names.count || own < names.count && names[own] < other.names[others] {
                changes[names[own]] = .replace(versions[own])
                own += 1
            } else {
                changes[other.names[others]] = .remove
                others += 1
            }
        }
        return changes
    }
}

/// What happens to a zone from one generation to the next.
public enum Change: Hashable, Sendable {
    case replace(ZoneVersion)
    case remove

    /// What the zone becomes; nil when it goes.
    public var version: ZoneVersion? { if case .replace(let version) = self { version } else { nil } }
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
