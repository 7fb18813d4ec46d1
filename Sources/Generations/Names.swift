// The names that the publish protocol passes around, each in a type of its own and checked where it enters.
// A file name that has been accepted here is safe to append to the path of the image folder.

/// The l-name of a consumer: its address on the bus, never reused.
public struct ConsumerID: Hashable, Comparable, Sendable, CustomStringConvertible {
    public let lname: String

    public init(_ lname: String) { self.lname = lname }

    public var description: String { lname }
    public static func < (left: ConsumerID, right: ConsumerID) -> Bool { left.lname < right.lname }
}

/// A digest of a file or of a zone's content: lower-case hexadecimal digits.
public struct Digest: Hashable, Sendable, CustomStringConvertible {
    public let hex: String

    /// Accepts an even number of lower-case hexadecimal digits, 2 to 128 of them.
    public init?(hex: String) {
        let digits = hex.utf8
        guard digits.count >= 2, digits.count <= 128, digits.count.isMultiple(of: 2),
            digits.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) || (97...102).contains($0) })
        else { return nil }
        self.hex = hex
    }

    public var description: String { hex }
}

/// The name of a file in the image folder: a bare name, no path.
public struct FileName: Hashable, Comparable, Sendable, CustomStringConvertible {
    public let string: String

    /// Accepts ASCII letters, digits, `.`, `-` and `_`, not beginning with a dot (those are temporary names), 1 to 255.
    public init?(_ string: String) {
        let bytes = string.utf8
        guard (1...255).contains(bytes.count), bytes.first != UInt8(ascii: "."),
            bytes.allSatisfy({ byte in
                (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte)
                    || (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte)
                    || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
                    || byte == UInt8(ascii: ".") || byte == UInt8(ascii: "-") || byte == UInt8(ascii: "_")
            })
        else { return nil }
        self.string = string
    }

    private init(trusted string: String) { self.string = string }

    /// The directory file of a generation, `g8.dir`.
    public static func directory(of generation: Generation) -> FileName { FileName(trusted: "g\(generation).dir") }

    /// The image file of the build that began under this number, `g8.img`.
    public static func image(of generation: Generation) -> FileName { FileName(trusted: "g\(generation).img") }

    /// The generation whose number the name carries, nil for files that are not ours.
    ///
    /// Only files with such a name are ever unlinked.
    public var generation: Generation? {
        guard string.hasSuffix(".dir") || string.hasSuffix(".img"), string.utf8.first == UInt8(ascii: "g"),
            let number = UInt64(string.dropFirst().dropLast(4)), number <= Generation.largest
        else { return nil }
        return Generation(number)
    }

    public var description: String { string }
    public static func < (left: FileName, right: FileName) -> Bool { left.string < right.string }
}

/// The apex of a zone in presentation form, absolute, letters in lower case: `example.`
///
/// The one who makes it sees to the canonical form of escapes; two spellings would be two zones here.
public struct ZoneName: Hashable, Comparable, Sendable, CustomStringConvertible {
    public let presentation: String

    public init(_ presentation: String) {
        // Only ASCII letters are folded (RFC 4343); `lowercased()` would touch others.
        let folded = presentation.utf8.map { (65...90).contains($0) ? $0 | 0x20 : $0 }
        self.presentation = String(decoding: folded, as: UTF8.self)
    }

    public var description: String { presentation }
    public static func < (left: ZoneName, right: ZoneName) -> Bool { left.presentation < right.presentation }
}

/// What a request is called between the ledger and the one who answers the caller.
public struct RequestID: Hashable, Comparable, Sendable, CustomStringConvertible {
    public let number: UInt64

    public init(_ number: UInt64) { self.number = number }

    public var description: String { String(number) }
    public static func < (left: RequestID, right: RequestID) -> Bool { left.number < right.number }
}

extension ConsumerID: Codable {
    public init(from decoder: any Decoder) throws {
        self.init(try decoder.singleValueContainer().decode(String.self))
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(lname)
    }
}

extension Digest: Codable {
    public init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        guard let digest = Digest(hex: try container.decode(String.self)) else {
            throw DecodingError.dataCorruptedError(
                in: container, debugDescription: "a digest is written in lower-case hexadecimal digits")
        }
        self = digest
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(hex)
    }
}

extension FileName: Codable {
    public init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        guard let name = FileName(try container.decode(String.self)) else {
            throw DecodingError.dataCorruptedError(
                in: container, debugDescription: "not a bare file name in the image folder")
        }
        self = name
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(string)
    }
}

extension ZoneName: Codable {
    public init(from decoder: any Decoder) throws {
        self.init(try decoder.singleValueContainer().decode(String.self))
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(presentation)
    }
}
