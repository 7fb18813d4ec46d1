// The fixed header of a DNS message (RFC 1035, section 4.1.1) and the numbers of EDNS (RFC 6891).

/// The offsets, in octets, of the header's fields, and the bits of its flags.
public enum MessageHeader {
    /// The header's size.
    @inlinable public static var size: Int { 12 }

    @inlinable public static var idOffset: Int { 0 }
    @inlinable public static var flagsOffset: Int { 2 }
    @inlinable public static var questionCountOffset: Int { 4 }
    @inlinable public static var answerCountOffset: Int { 6 }
    @inlinable public static var authorityCountOffset: Int { 8 }
    @inlinable public static var additionalCountOffset: Int { 10 }

    /// The flags as one 16-bit word in host order.
    public struct Flags: OptionSet, Sendable {
        public let rawValue: UInt16

        @inlinable
        public init(rawValue: UInt16) {
            self.rawValue = rawValue
        }

        @inlinable public static var response: Flags { Flags(rawValue: 0x8000) }
        @inlinable public static var authoritative: Flags { Flags(rawValue: 0x0400) }
        @inlinable public static var truncated: Flags { Flags(rawValue: 0x0200) }
        @inlinable public static var recursionDesired: Flags { Flags(rawValue: 0x0100) }
        @inlinable public static var recursionAvailable: Flags { Flags(rawValue: 0x0080) }
        @inlinable public static var authenticData: Flags { Flags(rawValue: 0x0020) }
        @inlinable public static var checkingDisabled: Flags { Flags(rawValue: 0x0010) }
    }

    /// The opcode's four bits within the flags.
    @inlinable public static var opcodeMask: UInt16 { 0x7800 }
    @inlinable public static var opcodeShift: UInt16 { 11 }
    /// The low four bits of the response code within the flags.
    @inlinable public static var rcodeMask: UInt16 { 0x000F }
}

/// The numbers of EDNS(0).
public enum EDNS {
    /// The size in octets of an OPT record without options.
    @inlinable public static var emptyRecordSize: Int { 11 }
    /// The DO bit within the OPT record's TTL field (RFC 3225).
    @inlinable public static var dnssecOK: UInt32 { 0x8000 }
    /// The payload that every requestor takes, with or without EDNS (RFC 6891, section 6.2.3).
    @inlinable public static var minimumPayload: Int { 512 }
    /// What we offer and send at most by default: fits an IPv6 packet of 1,280 octets (RFC 9715).
    @inlinable public static var defaultPayload: Int { 1232 }
    /// The code of the Extended DNS Error option (RFC 8914).
    @inlinable public static var extendedErrorOption: UInt16 { 15 }
}
