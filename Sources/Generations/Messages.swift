// The messages of the publish protocol as they travel on the bus: the parameters of the commands, the values of the
// answers and of the notifications. The envelope (`{"command":["switch",…]}` and so on) belongs to the bus.
//
//     memmgr → consumer   switch     {"generation":8,"directory":"g8.dir","digest":"…"}
//     consumer → memmgr   (answer)   {"generation":8}    or an error: the reason, or "superseded"
//     consumer → memmgr   released   {"generation":7,"serving":8,"holds":[8]}
//     memmgr → consumer   holding    (no parameters)
//     consumer → memmgr   (answer)   {"name":"authd.1","serving":8,"holds":[5,8]}
//     memmgr → all        zone_updated  {"zone":"example.","class":"IN","serial":2026112301,"generation":8}
//                                    or {"count":2500,"generation":8}

/// The command that tells a consumer to answer from a generation.
public struct SwitchMessage: Codable, Hashable, Sendable {
    public static let name = "switch"

    public let generation: Generation
    /// The directory file, a bare name in the image folder.
    public let directory: FileName
    public let digest: Digest

    public init(generation: Generation, directory: FileName, digest: Digest) {
        self.generation = generation
        self.directory = directory
        self.digest = digest
    }

    /// The value of a successful answer: every new query is answered from this generation.
    public struct Answer: Codable, Hashable, Sendable {
        public let generation: Generation

        public init(generation: Generation) { self.generation = generation }
    }

    /// The error text for a switch that was skipped because a later one had come. It is not a refusal.
    public static let superseded = "superseded"
}

/// What a consumer says when it no longer maps a generation; its full state comes along.
public struct ReleasedMessage: Codable, Hashable, Sendable {
    public static let name = "released"

    public let generation: Generation
    /// Null when nothing is served yet.
    public let serving: Generation?
    public let holds: [Generation]

    public init(generation: Generation, serving: Generation?, holds: [Generation]) {
        self.generation = generation
        self.serving = serving
        self.holds = holds
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(generation, forKey: .generation)
        try container.encode(serving, forKey: .serving)
        try container.encode(holds, forKey: .holds)
    }
}

/// The answer to the command `holding`.
public struct HoldingMessage: Codable, Hashable, Sendable {
    /// The name of the command, which has no parameters.
    public static let name = "holding"

    /// The consumer's name for people, such as `authd.1`.
    public let name: String
    /// Null when nothing is served yet.
    public let serving: Generation?
    public let holds: [Generation]

    public init(name: String, serving: Generation?, holds: [Generation]) {
        self.name = name
        self.serving = serving
        self.holds = holds
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(name, forKey: .name)
        try container.encode(serving, forKey: .serving)
        try container.encode(holds, forKey: .holds)
    }
}

/// The notification `zone_updated`, sent after the last consumer has switched.
public enum ZoneUpdate: Hashable, Sendable {
    public static let name = "zone_updated"

    case zone(ZoneName, serial: UInt32, generation: Generation)
    /// More zones changed than are told one by one.
    case many(count: Int, generation: Generation)
}

extension ZoneUpdate: Codable {
    private enum CodingKeys: String, CodingKey {
        case zone, `class`, serial, generation, count
    }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        let generation = try container.decode(Generation.self, forKey: .generation)
        if let count = try container.decodeIfPresent(Int.self, forKey: .count) {
            self = .many(count: count, generation: generation)
        } else {
            let serial = try container.decode(UInt32.self, forKey: .serial)
            self = .zone(try container.decode(ZoneName.self, forKey: .zone), serial: serial, generation: generation)
        }
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        switch self {
        case .zone(let zone, let serial, let generation):
            try container.encode(zone, forKey: .zone)
            try container.encode("IN", forKey: .class)
            try container.encode(serial, forKey: .serial)
            try container.encode(generation, forKey: .generation)
        case .many(let count, let generation):
            try container.encode(count, forKey: .count)
            try container.encode(generation, forKey: .generation)
        }
    }
}
