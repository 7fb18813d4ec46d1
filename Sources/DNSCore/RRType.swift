// Resource record types: the numbers and mnemonics of IANA's registry (mid-2026), and what may stand in a zone.
// The names inside rdata are described in RDataLayout.swift.

/// A resource record type (RFC 1035, section 3.2.2; RFC 6895, section 3.1). Unknown ones are `TYPE…` (RFC 3597).
public struct RRType: RawRepresentable, Hashable, Sendable, BitwiseCopyable {
    public let rawValue: UInt16

    @inlinable
    public init(rawValue: UInt16) {
        self.rawValue = rawValue
    }

    @inlinable
    public static func == (left: RRType, right: RRType) -> Bool {
        left.rawValue == right.rawValue
    }
}

// Computed, not stored: a stored constant of another module costs a call and a check for each use on the hot path.
extension RRType {
    @inlinable public static var a: RRType { RRType(rawValue: 1) }
    @inlinable public static var ns: RRType { RRType(rawValue: 2) }
    @inlinable public static var md: RRType { RRType(rawValue: 3) }
    @inlinable public static var mf: RRType { RRType(rawValue: 4) }
    @inlinable public static var cname: RRType { RRType(rawValue: 5) }
    @inlinable public static var soa: RRType { RRType(rawValue: 6) }
    @inlinable public static var mb: RRType { RRType(rawValue: 7) }
    @inlinable public static var mg: RRType { RRType(rawValue: 8) }
    @inlinable public static var mr: RRType { RRType(rawValue: 9) }
    @inlinable public static var null: RRType { RRType(rawValue: 10) }
    @inlinable public static var wks: RRType { RRType(rawValue: 11) }
    @inlinable public static var ptr: RRType { RRType(rawValue: 12) }
    @inlinable public static var hinfo: RRType { RRType(rawValue: 13) }
    @inlinable public static var minfo: RRType { RRType(rawValue: 14) }
    @inlinable public static var mx: RRType { RRType(rawValue: 15) }
    @inlinable public static var txt: RRType { RRType(rawValue: 16) }
    @inlinable public static var rp: RRType { RRType(rawValue: 17) }
    @inlinable public static var afsdb: RRType { RRType(rawValue: 18) }
    @inlinable public static var x25: RRType { RRType(rawValue: 19) }
    @inlinable public static var isdn: RRType { RRType(rawValue: 20) }
    @inlinable public static var rt: RRType { RRType(rawValue: 21) }
    @inlinable public static var nsap: RRType { RRType(rawValue: 22) }
    @inlinable public static var nsapptr: RRType { RRType(rawValue: 23) }
    @inlinable public static var sig: RRType { RRType(rawValue: 24) }
    @inlinable public static var key: RRType { RRType(rawValue: 25) }
    @inlinable public static var px: RRType { RRType(rawValue: 26) }
    @inlinable public static var gpos: RRType { RRType(rawValue: 27) }
    @inlinable public static var aaaa: RRType { RRType(rawValue: 28) }
    @inlinable public static var loc: RRType { RRType(rawValue: 29) }
    @inlinable public static var nxt: RRType { RRType(rawValue: 30) }
    @inlinable public static var eid: RRType { RRType(rawValue: 31) }
    @inlinable public static var nimloc: RRType { RRType(rawValue: 32) }
    @inlinable public static var srv: RRType { RRType(rawValue: 33) }
    @inlinable public static var atma: RRType { RRType(rawValue: 34) }
    @inlinable public static var naptr: RRType { RRType(rawValue: 35) }
    @inlinable public static var kx: RRType { RRType(rawValue: 36) }
    @inlinable public static var cert: RRType { RRType(rawValue: 37) }
    @inlinable public static var a6: RRType { RRType(rawValue: 38) }
    @inlinable public static var dname: RRType { RRType(rawValue: 39) }
    @inlinable public static var sink: RRType { RRType(rawValue: 40) }
    @inlinable public static var opt: RRType { RRType(rawValue: 41) }
    @inlinable public static var apl: RRType { RRType(rawValue: 42) }
    @inlinable public static var ds: RRType { RRType(rawValue: 43) }
    @inlinable public static var sshfp: RRType { RRType(rawValue: 44) }
    @inlinable public static var ipseckey: RRType { RRType(rawValue: 45) }
    @inlinable public static var rrsig: RRType { RRType(rawValue: 46) }
    @inlinable public static var nsec: RRType { RRType(rawValue: 47) }
    @inlinable public static var dnskey: RRType { RRType(rawValue: 48) }
    @inlinable public static var dhcid: RRType { RRType(rawValue: 49) }
    @inlinable public static var nsec3: RRType { RRType(rawValue: 50) }
    @inlinable public static var nsec3param: RRType { RRType(rawValue: 51) }
    @inlinable public static var tlsa: RRType { RRType(rawValue: 52) }
    @inlinable public static var smimea: RRType { RRType(rawValue: 53) }
    @inlinable public static var hip: RRType { RRType(rawValue: 55) }
    @inlinable public static var ninfo: RRType { RRType(rawValue: 56) }
    @inlinable public static var rkey: RRType { RRType(rawValue: 57) }
    @inlinable public static var talink: RRType { RRType(rawValue: 58) }
    @inlinable public static var cds: RRType { RRType(rawValue: 59) }
    @inlinable public static var cdnskey: RRType { RRType(rawValue: 60) }
    @inlinable public static var openpgpkey: RRType { RRType(rawValue: 61) }
    @inlinable public static var csync: RRType { RRType(rawValue: 62) }
    @inlinable public static var zonemd: RRType { RRType(rawValue: 63) }
    @inlinable public static var svcb: RRType { RRType(rawValue: 64) }
    @inlinable public static var https: RRType { RRType(rawValue: 65) }
    @inlinable public static var dsync: RRType { RRType(rawValue: 66) }
    @inlinable public static var hhit: RRType { RRType(rawValue: 67) }
    @inlinable public static var brid: RRType { RRType(rawValue: 68) }
    @inlinable public static var spf: RRType { RRType(rawValue: 99) }
    @inlinable public static var nid: RRType { RRType(rawValue: 104) }
    @inlinable public static var l32: RRType { RRType(rawValue: 105) }
    @inlinable public static var l64: RRType { RRType(rawValue: 106) }
    @inlinable public static var lp: RRType { RRType(rawValue: 107) }
    @inlinable public static var eui48: RRType { RRType(rawValue: 108) }
    @inlinable public static var eui64: RRType { RRType(rawValue: 109) }
    @inlinable public static var nxname: RRType { RRType(rawValue: 128) }
    @inlinable public static var tkey: RRType { RRType(rawValue: 249) }
    @inlinable public static var tsig: RRType { RRType(rawValue: 250) }
    @inlinable public static var ixfr: RRType { RRType(rawValue: 251) }
    @inlinable public static var axfr: RRType { RRType(rawValue: 252) }
    @inlinable public static var mailb: RRType { RRType(rawValue: 253) }
    @inlinable public static var maila: RRType { RRType(rawValue: 254) }
    @inlinable public static var any: RRType { RRType(rawValue: 255) }
    @inlinable public static var uri: RRType { RRType(rawValue: 256) }
    @inlinable public static var caa: RRType { RRType(rawValue: 257) }
    @inlinable public static var avc: RRType { RRType(rawValue: 258) }
    @inlinable public static var doa: RRType { RRType(rawValue: 259) }
    @inlinable public static var amtrelay: RRType { RRType(rawValue: 260) }
    @inlinable public static var resinfo: RRType { RRType(rawValue: 261) }
    @inlinable public static var wallet: RRType { RRType(rawValue: 262) }
    @inlinable public static var cla: RRType { RRType(rawValue: 263) }
    @inlinable public static var ipn: RRType { RRType(rawValue: 264) }
    @inlinable public static var ta: RRType { RRType(rawValue: 32768) }
    @inlinable public static var dlv: RRType { RRType(rawValue: 32769) }
}

extension RRType {
    /// False for types that exist in messages only: OPT, TSIG, TKEY, the question types, and all of the range 128 to 255
    /// that the registry keeps for such types (RFC 6895, section 3.1), and type 0.
    public var mayStandInZone: Bool {
        switch rawValue {
        case 0, 41, 128...255: false
        default: true
        }
    }

    /// True for the types that authenticate others and may stand beside a CNAME (RFC 4035, section 2.5; RFC 3007).
    public var mayStandBesideCNAME: Bool {
        self == .rrsig || self == .nsec || self == .key
    }
}

extension RRType: Comparable {
    @inlinable
    public static func < (left: RRType, right: RRType) -> Bool {
        left.rawValue < right.rawValue
    }
}

extension RRType: CustomStringConvertible {
    /// The mnemonic, or `TYPE` and the number (RFC 3597, section 5).
    public var description: String {
        RRType.mnemonics[rawValue] ?? "TYPE\(rawValue)"
    }

    /// A type from its mnemonic or `TYPE…` form, ASCII letters in any case (RFC 4343); nil for anything else.
    public init?(_ text: some StringProtocol) {
        guard let upper = ASCII.uppercased(text) else { return nil }
        if let number = RRType.numbers[upper] {
            self.init(rawValue: number)
        } else if let number = ASCII.number(in: upper, after: "TYPE") {
            self.init(rawValue: number)
        } else {
            return nil
        }
    }

    /// The registry: number to mnemonic.
    private static let mnemonics: [UInt16: String] = [
        1: "A", 2: "NS", 3: "MD", 4: "MF", 5: "CNAME", 6: "SOA", 7: "MB", 8: "MG", 9: "MR", 10: "NULL", 11: "WKS",
        12: "PTR", 13: "HINFO", 14: "MINFO", 15: "MX", 16: "TXT", 17: "RP", 18: "AFSDB", 19: "X25", 20: "ISDN",
        21: "RT", 22: "NSAP", 23: "NSAP-PTR", 24: "SIG", 25: "KEY", 26: "PX", 27: "GPOS", 28: "AAAA", 29: "LOC",
        30: "NXT", 31: "EID", 32: "NIMLOC", 33: "SRV", 34: "ATMA", 35: "NAPTR", 36: "KX", 37: "CERT", 38: "A6",
        39: "DNAME", 40: "SINK", 41: "OPT", 42: "APL", 43: "DS", 44: "SSHFP", 45: "IPSECKEY", 46: "RRSIG", 47: "NSEC",
        48: "DNSKEY", 49: "DHCID", 50: "NSEC3", 51: "NSEC3PARAM", 52: "TLSA", 53: "SMIMEA", 55: "HIP", 56: "NINFO",
        57: "RKEY", 58: "TALINK", 59: "CDS", 60: "CDNSKEY", 61: "OPENPGPKEY", 62: "CSYNC", 63: "ZONEMD", 64: "SVCB",
        65: "HTTPS", 66: "DSYNC", 67: "HHIT", 68: "BRID", 99: "SPF", 104: "NID", 105: "L32", 106: "L64", 107: "LP",
        108: "EUI48", 109: "EUI64", 128: "NXNAME", 249: "TKEY", 250: "TSIG", 251: "IXFR", 252: "AXFR", 253: "MAILB",
        254: "MAILA", 255: "ANY", 256: "URI", 257: "CAA", 258: "AVC", 259: "DOA", 260: "AMTRELAY", 261: "RESINFO",
        262: "WALLET", 263: "CLA", 264: "IPN", 32768: "TA", 32769: "DLV",
    ]

    private static let numbers = [String: UInt16](uniqueKeysWithValues: mnemonics.map { ($1, $0) })
}
