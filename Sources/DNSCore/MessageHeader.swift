// The fixed header of a DNS message (RFC 1035, section 4.1.1) and the numbers of EDNS (RFC 6891).

/// The offsets, in octets, of the header's fields, and the bits of its flags.
public enum MessageHeader {
    /// The header's size.
    public static let size = 12

    public static let idOffset = 0
    public static let flagsOffset = 2
    public static let questionCountOffset = 4
    public static let answerCountOffset = 6
    public static let authorityCountOffset = 8
    public static let additionalCountOffset = 10

    /// The flags as one 16-bit word in host order.
    public struct Flags: OptionSet, Sendable {
        public let rawValue: UInt16

        @inlinable
        public init(rawValue: UInt16) {
            self.rawValue = rawValue
        }

        public static let response = Flags(rawValue: 0x8000)
        public static let authoritative = Flags(rawValue: 0x0400)
        public static let truncated = Flags(rawValue: 0x0200)
        public static let recursionDesired = Flags(rawValue: 0x0100)
        public static let recursionAvailable = Flags(rawValue: 0x0080)
        public static let authenticData = Flags(rawValue: 0x0020)
        public static let checkingDisabled = Flags(rawValue: 0x0010)
    }

    /// The opcode's four bits within the flags.
    public static let opcodeMask: UInt16 = 0x7800
    public static let opcodeShift: UInt16 = 11
    /// The low four bits of the response code within the flags.
    public static let rcodeMask: UInt16 = 0x000F
}

/// The numbers of EDNS(0).
public enum EDNS {
    /// The size in octets of an OPT record without options.
    public static let emptyRecordSize = 11
    /// The DO bit within the OPT record's TTL field (RFC 3225).
    public static let dnssecOK: UInt32 = 0x8000
    /// The payload that every requestor takes, with or without EDNS (RFC 6891, section 6.2.3).
    public static let minimumPayload = 512
    /// What we offer and send at most by default: fits an IPv6 packet of 1,280 octets (RFC 9715).
    public static let defaultPayload = 1232
    /// The code of the Extended DNS Error option (RFC 8914).
    public static let extendedErrorOption: UInt16 = 15
}
