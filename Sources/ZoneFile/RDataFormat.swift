// The presentation form of each type's rdata as a list of fields. One list serves three readers: the parser of master
// files, the printer of dumps, and the check of rdata that was given as octets (RFC 3597). A new type is a new line here.

import DNSCore

/// One field of rdata: how it is written, and how it stands on the wire.
enum RDataFieldForm: UInt8 {
    /// A domain name, uncompressed.
    case name
    /// Unsigned numbers of 8, 16, 32 and 64 bits.
    case number8, number16, number32, number64
    /// 32 bits of seconds, also written with units (`1h`).
    case period
    /// 32 bits of time, written `YYYYMMDDHHmmSS` or in seconds since 1970 (RFC 4034, section 3.2).
    case time
    /// Addresses.
    case ipv4, ipv6
    /// A `<character-string>`; one that may be missing; one or more of them to the end.
    case string, optionalString, strings
    /// The characters of one string without a length, to the end (URI, CAA).
    case characters
    /// A CAA tag: a string of letters and digits (RFC 8659, section 4.1).
    case tag
    /// Octets to the end, as hexadecimal digits or base64, over any number of tokens; at least one octet.
    case hex, base64
    /// The same, where nothing at all is allowed: a key that is absent, data that is empty.
    case optionalBase64
    /// Base64 to the end, or `-` (DOA).
    case dashOrBase64
    /// A length octet and octets: in hexadecimal, `-` for none (NSEC3's salt); in base32hex (NSEC3's hash).
    case salt, hash
    /// A type, by mnemonic or `TYPE…`, in 16 bits.
    case type
    /// The types at a name as a bitmap to the end: of RFC 4034, section 4.1.2, and of RFC 2535, section 5.2.
    case typeBitmap, oldTypeBitmap
    /// A DNSSEC algorithm or digest type in 8 bits, a certificate type in 16, a DSYNC scheme in 8: number or mnemonic.
    case algorithm, digestType, certificateType, scheme
    /// 64 bits as four groups of hexadecimal digits (ILNP, RFC 6742).
    case locator
    /// 6 or 8 octets in hexadecimal with hyphens (RFC 7043).
    case eui48, eui64
    /// Octets in hexadecimal behind `0x`, with dots anywhere (NSAP, RFC 1706).
    case nsap
    /// An ATM address: digits behind `+`, or hexadecimal digits, with dots anywhere (af-saa-0069, section 5.2).
    case atma
    /// WKS: a protocol and the ports as a bitmap to the end (RFC 1035, section 3.4.2).
    case services
    /// A6: prefix length, address suffix and the prefix's name (RFC 2874).
    case a6
    /// A gateway type, an algorithm, a gateway (IPSECKEY); a discovery flag, a relay type, a relay (AMTRELAY).
    case gateway, relay
    /// SVCB's parameters to the end (RFC 9460).
    case serviceParameters
    /// LOC and APL: the whole rdata, printed by ldns.
    case location, addressPrefixes
    /// HIP's algorithm, identity tag and key, read and printed by ldns (RFC 8005).
    case hostIdentity
    /// Domain names to the end, none at all included.
    case names
}

/// The fields of every type that has a presentation form of its own.
struct RDataFormats: Sendable {
    private var fields: [RDataFieldForm] = []
    private var ranges: [(start: UInt16, count: UInt16)] = Array(repeating: (0, 0), count: 512)

    /// The registry; made once.
    static let all = RDataFormats()

    /// The range of `fields` for a type; empty when it has no form but `\#`.
    @inline(__always)
    func range(of type: RRType) -> Range<Int> {
        var index = Int(type.rawValue)
        if index >= ranges.count {
            // TA and DLV are the only types up there; they are written as DS is.
            guard type == .ta || type == .dlv else { return 0..<0 }
            index = Int(RRType.ds.rawValue)
        }
        let range = ranges[index]
        return Int(range.start)..<Int(range.start) + Int(range.count)
    }

    @inline(__always)
    subscript(index: Int) -> RDataFieldForm { fields[index] }

    private init() {
        add([.a], .ipv4)
        add([.aaaa], .ipv6)
        add([.ns, .md, .mf, .cname, .mb, .mg, .mr, .ptr, .dname, .nsapptr], .name)
        add([.soa], .name, .name, .number32, .period, .period, .period, .period)
        add([.minfo, .rp, .talink], .name, .name)
        add([.mx, .afsdb, .rt, .kx, .lp], .number16, .name)
        add([.px], .number16, .name, .name)
        add([.srv], .number16, .number16, .number16, .name)
        add([.naptr], .number16, .number16, .string, .string, .string, .name)
        add([.txt, .spf, .ninfo, .avc, .resinfo, .wallet, .cla], .strings)
        add([.hinfo], .string, .string)
        add([.x25], .string)
        add([.isdn], .string, .optionalString)
        add([.gpos], .string, .string, .string)
        add([.ds, .cds], .number16, .algorithm, .digestType, .hex)
        add([.dnskey, .cdnskey, .rkey], .number16, .number8, .algorithm, .base64)
        // Its flags may say that there is no key (RFC 2535, section 3.1.2).
        add([.key], .number16, .number8, .algorithm, .optionalBase64)
        add(
            [.rrsig, .sig], .type, .algorithm, .number8, .number32, .time, .time, .number16, .name, .base64)
        add([.nsec], .name, .typeBitmap)
        add([.nxt], .name, .oldTypeBitmap)
        add([.nsec3], .number8, .number8, .number16, .salt, .hash, .typeBitmap)
        add([.nsec3param], .number8, .number8, .number16, .salt)
        add([.tlsa, .smimea], .number8, .number8, .number8, .hex)
        add([.sshfp], .number8, .number8, .hex)
        add([.zonemd], .number32, .number8, .number8, .hex)
        add([.csync], .number32, .number16, .typeBitmap)
        add([.cert], .certificateType, .number16, .algorithm, .base64)
        add([.dhcid, .openpgpkey, .hhit, .brid], .base64)
        add([.eid, .nimloc], .hex)
        add([.sink], .number8, .number8, .number8, .optionalBase64)
        add([.doa], .number32, .number32, .number8, .string, .dashOrBase64)
        add([.nid, .l64], .number16, .locator)
        add([.l32], .number16, .ipv4)
        add([.eui48], .eui48)
        add([.eui64], .eui64)
        add([.uri], .number16, .number16, .characters)
        add([.caa], .number8, .tag, .characters)
        add([.dsync], .type, .scheme, .number16, .name)
        add([.ipn], .number64)
        add([.nsap], .nsap)
        add([.wks], .ipv4, .services)
        add([.a6], .a6)
        add([.ipseckey], .number8, .gateway, .optionalBase64)
        add([.amtrelay], .number8, .relay)
        add([.svcb, .https], .number16, .name, .serviceParameters)
        add([.atma], .atma)
        add([.loc], .location)
        add([.apl], .addressPrefixes)
        add([.hip], .hostIdentity, .names)
    }

    private mutating func add(_ types: [RRType], _ form: RDataFieldForm...) {
        for type in types {
            ranges[Int(type.rawValue)] = (UInt16(fields.count), UInt16(form.count))
        }
        fields += form
    }
}

/// Types by their mnemonics, from bytes in place.
struct TypeMnemonics: Sendable {
    /// Mnemonics of up to eight octets in upper case, padded with zeros, in a table of twice their number; 0 is empty.
    private var keys: [UInt64] = Array(repeating: 0, count: 256)
    private var types: [RRType] = Array(repeating: RRType(rawValue: 0), count: 256)

    /// The registry; made once.
    static let all = TypeMnemonics()

    private init() {
        for number in Array(UInt16(1)..<512) + [RRType.ta.rawValue, RRType.dlv.rawValue] {
            let type = RRType(rawValue: number)
            let mnemonic = Array(type.description.utf8)
            if mnemonic.count > 8 || mnemonic.starts(with: "TYPE".utf8) { continue }
            let key = mnemonic.reversed().reduce(0) { $0 << 8 | UInt64($1) }
            var slot = TypeMnemonics.slot(of: key)
            while keys[slot] != 0 { slot = (slot + 1) & 255 }
            keys[slot] = key
            types[slot] = type
        }
    }

    @inline(__always)
    private static func slot(of key: UInt64) -> Int {
        Int(truncatingIfNeeded: (key &* 0x9E37_79B9_7F4A_7C15) >> 56)
    }

    /// The type that a mnemonic, or `TYPE` and a number, stands for; in any case.
    @inline(__always)
    func type(of text: Octets) -> RRType? {
        guard text.count <= 8 else { return RRType(text.text) }
        var key: UInt64 = 0
        var index = text.count
        while index > 0 {
            index -= 1
            let octet = text[index]
            key = key << 8 | UInt64(octet &- 0x61 < 26 ? octet & 0xDF : octet)
        }
        var slot = TypeMnemonics.slot(of: key)
        while keys[slot] != 0 {
            if keys[slot] == key { return types[slot] }
            slot = (slot + 1) & 255
        }
        return RRType(text.text)
    }
}
