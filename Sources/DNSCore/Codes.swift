// Classes, opcodes and response codes: the small numbers of a DNS message.

/// A class (RFC 1035, section 3.2.4).
public struct RRClass: RawRepresentable, Hashable, Sendable, BitwiseCopyable {
    public let rawValue: UInt16

    @inlinable
    public init(rawValue: UInt16) {
        self.rawValue = rawValue
    }

    public static let `in` = RRClass(rawValue: 1)
    public static let ch = RRClass(rawValue: 3)
    public static let hs = RRClass(rawValue: 4)
    public static let none = RRClass(rawValue: 254)
    public static let any = RRClass(rawValue: 255)
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

    /// A class from its mnemonic or `CLASS…` form, in any case; nil for anything else.
    public init?(_ text: some StringProtocol) {
        switch text.uppercased() {
        case "IN": self = .in
        case "CH": self = .ch
        case "HS": self = .hs
        case "NONE": self = .none
        case "ANY": self = .any
        case let other where other.hasPrefix("CLASS"):
            let digits = other.utf8.dropFirst(5)
            guard !digits.isEmpty, digits.allSatisfy(ASCII.isDigit), let number = UInt16(other.dropFirst(5)) else {
                return nil
            }
            self.init(rawValue: number)
        default: return nil
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

    public static let query = Opcode(rawValue: 0)
    public static let notify = Opcode(rawValue: 4)
    public static let update = Opcode(rawValue: 5)
}

/// How a query went (RFC 6895, section 2.3). Those above 15 need EDNS (RFC 6891, section 6.1.3).
public struct RCode: RawRepresentable, Hashable, Sendable, BitwiseCopyable {
    public let rawValue: UInt16

    @inlinable
    public init(rawValue: UInt16) {
        self.rawValue = rawValue
    }

    public static let noError = RCode(rawValue: 0)
    public static let formErr = RCode(rawValue: 1)
    public static let servFail = RCode(rawValue: 2)
    public static let nxDomain = RCode(rawValue: 3)
    public static let notImp = RCode(rawValue: 4)
    public static let refused = RCode(rawValue: 5)
    public static let yxDomain = RCode(rawValue: 6)
    public static let notAuth = RCode(rawValue: 9)
    public static let badVers = RCode(rawValue: 16)
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
