// The number of a generation and the roles that a generation can have.
// Numbers only ever grow, over crashes and restarts too (invariant I4); everything in this module is keyed by them.

/// The number of a published generation.
public struct Generation: Hashable, Comparable, Sendable {
    public let number: UInt64

    /// The largest number that is read from a message or a record: what every JSON implementation carries exactly.
    public static let largest: UInt64 = 1 << 53 - 1

    /// The largest number that a consumer's word can make the manager skip to. Far above what any manager reaches, far
    /// below `largest`, so that a consumer that talks nonsense cannot use up the numbers.
    static let largestBelievable = Generation(1 << 48)

    /// The number before the first: nothing was ever published.
    static let none = Generation(0)

    public init(_ number: UInt64) {
        self.number = number
    }

    /// The next number. Cannot overflow: what is read is at most `largest`, and the rest is counted up one by one.
    public var next: Generation { Generation(number + 1) }

    public static func < (left: Generation, right: Generation) -> Bool { left.number < right.number }
}

extension Generation: CustomStringConvertible {
    public var description: String { String(number) }
}

extension Generation: Codable {
    public init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        let number = try container.decode(UInt64.self)
        guard number <= Generation.largest else {
            throw DecodingError.dataCorruptedError(
                in: container,
                debugDescription: "generation \(number) is above the largest number, \(Generation.largest)")
        }
        self.init(number)
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(number)
    }
}

/// What a generation is to the manager at a moment.
public enum Role: String, Sendable, Codable, CaseIterable {
    /// Its files are being written, or are complete and wait for the announcement.
    case building
    /// The newest announced.
    case current
    /// Replaced, and still held by a consumer.
    case releasing
    /// Replaced and held by nobody; its files stay for a return or a rollback.
    case history
}
