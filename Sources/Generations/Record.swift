// What the manager makes durable before the first `switch` of a generation, so that the next manager can go on:
// the largest number used, the generations whose files may be needed, the zone set with its sources.
// Former generations are stored as differences from the current content, which keeps the record small.

/// The manager's durable record.
public struct Record: Codable, Hashable, Sendable {
    public static let format = 2

    /// The version of this layout. A record of another version is not read.
    public let format: Int
    /// Counts the records written by one manager, to tell their confirmations apart.
    public let revision: UInt64
    /// The largest generation number ever used.
    public let last: Generation
    /// The generation that is current once this record is durable; nil before the first.
    public let current: Announced?
    /// The content of the current generation.
    public var content: Content
    /// Zones whose last load failed.
    public let troubles: [ZoneName.Keyed<Trouble>]
    /// Those of them that were good once and are not in the content; nil in a record of an earlier version, which had zones
    /// among its troubles that never were good.
    public let lost: [ZoneName]?
    /// Older generations that may be held, or that are kept as history; the newest first.
    public let former: [Former]
    /// The latest generations that were refused, the newest first.
    public let refused: [Refused]

    /// The content stands in a file of its own: among many zones, few change from one record to the next.
    private enum CodingKeys: String, CodingKey { case format, revision, last, current, troubles, lost, former, refused }

    init(
        revision: UInt64, last: Generation, current: Announced?, content: Content,
        troubles: [ZoneName.Keyed<Trouble>], lost: [ZoneName], former: [Former], refused: [Refused]
    ) {
        format = Record.format
        self.revision = revision
        self.last = last
        self.current = current
        self.content = content
        self.troubles = troubles
        self.lost = lost
        self.former = former
        self.refused = refused
    }

    /// Reads all but the content.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        format = try container.decode(Int.self, forKey: .format)
        revision = try container.decode(UInt64.self, forKey: .revision)
        last = try container.decode(Generation.self, forKey: .last)
        current = try container.decodeIfPresent(Announced.self, forKey: .current)
        content = Content()
        troubles = try container.decode([ZoneName.Keyed<Trouble>].self, forKey: .troubles)
        lost = try container.decodeIfPresent([ZoneName].self, forKey: .lost)
        former = try container.decode([Former].self, forKey: .former)
        refused = try container.decode([Refused].self, forKey: .refused)
    }

    /// An announced generation.
    public struct Announced: Codable, Hashable, Sendable {
        public let generation: Generation
        public let directory: FileName
        public let digest: Digest
        /// The generation that had this content first: itself, or for a return the one that was returned to.
        public let origin: Generation
        /// Whether it brought an image file of its own.
        public let addsImage: Bool
        public let verdict: Verdict

        enum CodingKeys: String, CodingKey {
            case generation, directory, digest, origin, verdict
            case addsImage = "adds_image"
        }
    }

    /// A former generation, and how its content differs from the current one.
    public struct Former: Codable, Hashable, Sendable {
        public let announced: Announced
        /// Whether a consumer held it when the record was written. No one can begin to hold it later.
        public let held: Bool
        public let differing: [ZoneName.Keyed<ZoneVersion>]
        public let missing: [ZoneName]
    }

    /// A generation that will not be gone back to.
    public struct Refused: Codable, Hashable, Sendable {
        public let generation: Generation
        public let digest: Digest
        public let by: String
        public let reason: String
    }
}

/// What is known of a generation's worth.
public enum Verdict: String, Codable, Hashable, Sendable {
    /// Its roll-out has not come to an end.
    case open
    /// Every consumer switched to it.
    case good
    /// A consumer refused it or died of it.
    case bad
}

extension ZoneName {
    /// A value with its zone, as an object with the key `zone` beside the value's own keys.
    public struct Keyed<Value: Codable & Hashable & Sendable>: Codable, Hashable, Sendable {
        public let zone: ZoneName
        public let value: Value

        public init(zone: ZoneName, value: Value) {
            self.zone = zone
            self.value = value
        }

        private enum CodingKeys: String, CodingKey { case zone }

        public init(from decoder: any Decoder) throws {
            self.zone = try decoder.container(keyedBy: CodingKeys.self).decode(ZoneName.self, forKey: .zone)
            self.value = try Value(from: decoder)
        }

        public func encode(to encoder: any Encoder) throws {
            var container = encoder.container(keyedBy: CodingKeys.self)
            try container.encode(zone, forKey: .zone)
            try value.encode(to: encoder)
        }
    }

    static func keyed<Value>(_ values: [ZoneName: Value]) -> [Keyed<Value>] {
        values.sorted { $0.key < $1.key }.map { Keyed(zone: $0.key, value: $0.value) }
    }
}

extension Record {
    /// The former content, out of the current one.
    func content(of former: Former) -> Content {
        var changes = Dictionary(
            former.differing.map { ($0.zone, Change.replace($0.value)) }, uniquingKeysWith: { _, last in last })
        for zone in former.missing { changes[zone] = .remove }
        return content.applying(changes)
    }
}
