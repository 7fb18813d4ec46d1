// Resource record types: the numbers and mnemonics of IANA's registry (mid-2026), and what may stand in a zone.
// The names inside rdata are described in RDataLayout.swift.

/// A resource record type (RFC 1035, section 3.2.2; RFC 6895, section 3.1). Unknown ones are `TYPE…` (RFC 3597).
public struct RRType: RawRepresentable, Hashable, Sendable, BitwiseCopyable {
    public let rawValue: UInt16

    @inlinable
    public init(rawValue: UInt16) {
        self.rawValue = rawValue
    }
}

extension RRType {
    public static let a = RRType(rawValue: 1)
    public static let ns = RRType(rawValue: 2)
    public static let md = RRType(rawValue: 3)
    public static let mf = RRType(rawValue: 4)
    public static let cname = RRType(rawValue: 5)
    public static let soa = RRType(rawValue: 6)
    public static let mb = RRType(rawValue: 7)
    public static let mg = RRType(rawValue: 8)
    public static let mr = RRType(rawValue: 9)
    public static let null = RRType(rawValue: 10)
    public static let wks = RRType(rawValue: 11)
    public static let ptr = RRType(rawValue: 12)
    public static let hinfo = RRType(rawValue: 13)
    public static let minfo = RRType(rawValue: 14)
    public static let mx = RRType(rawValue: 15)
    public static let txt = RRType(rawValue: 16)
    public static let rp = RRType(rawValue: 17)
    public static let afsdb = RRType(rawValue: 18)
    public static let x25 = RRType(rawValue: 19)
    public static let isdn = RRType(rawValue: 20)
    public static let rt = RRType(rawValue: 21)
    public static let nsap = RRType(rawValue: 22)
    public static let nsapptr = RRType(rawValue: 23)
    public static let sig = RRType(rawValue: 24)
    public static let key = RRType(rawValue: 25)
    public static let px = RRType(rawValue: 26)
    public static let gpos = RRType(rawValue: 27)
    public static let aaaa = RRType(rawValue: 28)
    public static let loc = RRType(rawValue: 29)
    public static let nxt = RRType(rawValue: 30)
    public static let eid = RRType(rawValue: 31)
    public static let nimloc = RRType(rawValue: 32)
    public static let srv = RRType(rawValue: 33)
    public static let atma = RRType(rawValue: 34)
    public static let naptr = RRType(rawValue: 35)
    public static let kx = RRType(rawValue: 36)
    public static let cert = RRType(rawValue: 37)
    public static let a6 = RRType(rawValue: 38)
    public static let dname = RRType(rawValue: 39)
    public static let sink = RRType(rawValue: 40)
    public static let opt = RRType(rawValue: 41)
    public static let apl = RRType(rawValue: 42)
    public static let ds = RRType(rawValue: 43)
    public static let sshfp = RRType(rawValue: 44)
    public static let ipseckey = RRType(rawValue: 45)
    public static let rrsig = RRType(rawValue: 46)
    public static let nsec = RRType(rawValue: 47)
    public static let dnskey = RRType(rawValue: 48)
    public static let dhcid = RRType(rawValue: 49)
    public static let nsec3 = RRType(rawValue: 50)
    public static let nsec3param = RRType(rawValue: 51)
    public static let tlsa = RRType(rawValue: 52)
    public static let smimea = RRType(rawValue: 53)
    public static let hip = RRType(rawValue: 55)
    public static let ninfo = RRType(rawValue: 56)
    public static let rkey = RRType(rawValue: 57)
    public static let talink = RRType(rawValue: 58)
    public static let cds = RRType(rawValue: 59)
    public static let cdnskey = RRType(rawValue: 60)
    public static let openpgpkey = RRType(rawValue: 61)
    public static let csync = RRType(rawValue: 62)
    public static let zonemd = RRType(rawValue: 63)
    public static let svcb = RRType(rawValue: 64)
    public static let https = RRType(rawValue: 65)
    public static let dsync = RRType(rawValue: 66)
    public static let hhit = RRType(rawValue: 67)
    public static let brid = RRType(rawValue: 68)
    public static let spf = RRType(rawValue: 99)
    public static let nid = RRType(rawValue: 104)
    public static let l32 = RRType(rawValue: 105)
    public static let l64 = RRType(rawValue: 106)
    public static let lp = RRType(rawValue: 107)
    public static let eui48 = RRType(rawValue: 108)
    public static let eui64 = RRType(rawValue: 109)
    public static let nxname = RRType(rawValue: 128)
    public static let tkey = RRType(rawValue: 249)
    public static let tsig = RRType(rawValue: 250)
    public static let ixfr = RRType(rawValue: 251)
    public static let axfr = RRType(rawValue: 252)
    public static let mailb = RRType(rawValue: 253)
    public static let maila = RRType(rawValue: 254)
    public static let any = RRType(rawValue: 255)
    public static let uri = RRType(rawValue: 256)
    public static let caa = RRType(rawValue: 257)
    public static let avc = RRType(rawValue: 258)
    public static let doa = RRType(rawValue: 259)
    public static let amtrelay = RRType(rawValue: 260)
    public static let resinfo = RRType(rawValue: 261)
    public static let wallet = RRType(rawValue: 262)
    public static let cla = RRType(rawValue: 263)
    public static let ipn = RRType(rawValue: 264)
    public static let ta = RRType(rawValue: 32768)
    public static let dlv = RRType(rawValue: 32769)
}

extension RRType {
    /// False for types that exist in messages only: OPT, TSIG, TKEY, the question types, and all of the range 128 to 255
    /// that the registry keeps for such types (RFC 6895, section 3.1), type 0, and the reserved 65535.
    public var mayStandInZone: Bool {
        switch rawValue {
        case 0, 41, 128...255, 65535: false
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

    /// A type from its mnemonic or `TYPE…` form, in any case; nil for anything else.
    public init?(_ text: some StringProtocol) {
        let upper = text.uppercased()
        if let number = RRType.numbers[upper] {
            self.init(rawValue: number)
        } else if upper.hasPrefix("TYPE"), let number = RRType.decimal(upper.utf8.dropFirst(4)) {
            self.init(rawValue: number)
        } else {
            return nil
        }
    }

    private static func decimal(_ digits: some Collection<UInt8>) -> UInt16? {
        guard !digits.isEmpty, digits.allSatisfy(ASCII.isDigit) else { return nil }
        return UInt16(String(decoding: Array(digits), as: UTF8.self))
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
