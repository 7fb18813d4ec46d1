// The address of one client on the bus.
//
// The daemon gives every connection an l-name when it is accepted. It is made of the daemon's start identity and a
// counter, so no l-name ever names a second client, not even after a restart of the daemon: whoever keeps a record by
// l-name can trust it for good.

/// A client's unique address on the bus, never reused.
public struct LName: Hashable, Sendable {
    /// The spelling on the wire, which means nothing to anyone but the daemon that made it.
    public let text: String

    public init(_ text: String) {
        self.text = text
    }

    /// The daemon itself: the sender of membership events and bounces, and the member of the group `Msgq`.
    public static let daemon = LName("msgq")
}

extension LName: CustomStringConvertible {
    public var description: String { text }
}

extension LName: Comparable {
    public static func < (one: LName, other: LName) -> Bool { one.text < other.text }
}

extension LName: Codable {
    public init(from decoder: any Decoder) throws {
        text = try decoder.singleValueContainer().decode(String.self)
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(text)
    }
}
