// Classes, opcodes and response codes: the small numbers of a DNS message. Their constants are computed: a stored one
// of another module costs a call and a check for each use on the hot path.

/// A class (RFC 1035, section 3.2.4).
public struct RRClass: RawRepresentable, Hashable, Sendable, BitwiseCopyable {
    public let rawValue: UInt16

    @inlinable
    public init(rawValue: UInt16) {
        self.rawValue = rawValue
    }

    @inlinable
    public static func == (left: RRClass, right: RRClass) -> Bool {
        left.rawValue == right.rawValue
    }

    @inlinable public static var `in`: RRClass { RRClass(rawValue: 1) }
    @inlinable public static var ch: RRClass { RRClass(rawValue: 3) }
    @inlinable public static var hs: RRClass { RRClass(rawValue: 4) }
    @inlinable public static var none: RRClass { RRClass(rawValue: 254) }
    @inlinable public static var any: RRClass { RRClass(rawValue: 255) }
}

extension RRClass: CustomStringConvertible {
    /// The mnemonic, or `CLASS` and the number (RFC 3597, section 5).
    public var description: String {
        switch self {
        case .in: "IN"
        case .ch: "CH"
        case .hs: "HS"
        case .none: "NONE"
        case .any: "ANY"
        default: "CLASS\(rawValue)"
        }
    }

    /// A class from its mnemonic or `CLASS…` form, ASCII letters in any case (RFC 4343); nil for anything else.
    public init?(_ text: some StringProtocol) {
        switch ASCII.uppercased(text) {
        case "IN": self = .in
        case "CH": self = .ch
        case "HS": self = .hs
        case "NONE": self = .none
        case "ANY": self = .any
        case let other?:
            guard let number = ASCII.number(in: other, after: "CLASS") else { return nil }
            self.init(rawValue: number)
        case nil: return nil
        }
    }
}

/// What a message asks for (RFC 1035, section 4.1.1; RFC 6895, section 2.2).
public struct Opcode: RawRepresentable, Hashable, Sendable, BitwiseCopyable {
    public let rawValue: UInt8

    @inlinable
    public init(rawValue: UInt8) {
        self.rawValue = rawValue
    }

    @inlinable
    public static func == (left: Opcode, right: Opcode) -> Bool {
        left.rawValue == right.rawValue
    }

    @inlinable public static var query: Opcode { Opcode(rawValue: 0) }
    @inlinable public static var notify: Opcode { Opcode(rawValue: 4) }
    @inlinable public static var update: Opcode { Opcode(rawValue: 5) }
}

/// How a query went (RFC 6895, section 2.3). Those above 15 need EDNS (RFC 6891, section 6.1.3).
public struct RCode: RawRepresentable, Hashable, Sendable, BitwiseCopyable {
    public let rawValue: UInt16

    @inlinable
    public init(rawValue: UInt16) {
        self.rawValue = rawValue
    }

    @inlinable
    public static func == (left: RCode, right: RCode) -> Bool {
        left.rawValue == right.rawValue
    }

    @inlinable public static var noError: RCode { RCode(rawValue: 0) }
    @inlinable public static var formErr: RCode { RCode(rawValue: 1) }
    @inlinable public static var servFail: RCode { RCode(rawValue: 2) }
    @inlinable public static var nxDomain: RCode { RCode(rawValue: 3) }
    @inlinable public static var notImp: RCode { RCode(rawValue: 4) }
    @inlinable public static var refused: RCode { RCode(rawValue: 5) }
    @inlinable public static var yxDomain: RCode { RCode(rawValue: 6) }
    @inlinable public static var notAuth: RCode { RCode(rawValue: 9) }
    @inlinable public static var badVers: RCode { RCode(rawValue: 16) }
}

extension RCode: CustomStringConvertible {
    public var description: String {
        switch self {
        case .noError: "NOERROR"
        case .formErr: "FORMERR"
        case .servFail: "SERVFAIL"
        case .nxDomain: "NXDOMAIN"
        case .notImp: "NOTIMP"
        case .refused: "REFUSED"
        case .yxDomain: "YXDOMAIN"
        case .notAuth: "NOTAUTH"
        case .badVers: "BADVERS"
        default: "RCODE\(rawValue)"
        }
    }
}
