// The presentation form of each type's rdata as a list of fields. One list serves three readers: the parser of master
// files, the printer of dumps, and the check of rdata that was given as octets (RFC 3597). A new type is a new line here.

import DNSCore

/// One field of rdata: how it is written, and its wire form.
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
    /// Octets in hexadecimal after `0x`, with dots anywhere (NSAP, RFC 1706).
    case nsap
    /// An ATM address: digits after `+`, or hexadecimal digits, with dots anywhere (af-saa-0069, section 5.2).
    case atma
    /// WKS: a protocol and the ports as a bitmap to the end (RFC 1035, section 3.4.2).
    case services
    /// A6: prefix length, address suffix and the prefix's name (RFC 2874).
    case a6
    /// A gateway type, an algorithm, a gateway (IPSECKEY); a discovery flag, a relay type, a relay (AMTRELAY).
    case gateway, relay
    /// SVCB's parameters to the end (RFC 9460).
    case serviceParameters
    /// LOC (RFC 1876) and APL (RFC 3123): the whole rdata.
    case location, addressPrefixes
    /// HIP's algorithm, identity tag and key (RFC 8005).
    case hostIdentity
    /// Domain names to the end, none at all included.
    case names
}

/// The fields of every type that has a presentation form of its own.
struct RDataFormats: Sendable {
    private var fields: [RDataFieldForm] = []
    private var names: [StaticString] = []
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

    /// What a field is called, for messages; empty where it is all of the rdata or has names for its own parts.
    func name(at index: Int) -> StaticString { names[index] }

    private init() {
        add([.a], ("", .ipv4))
        add([.aaaa], ("", .ipv6))
        add([.ns], ("name server", .name))
        add([.md, .mf, .cname, .mb, .mg, .mr, .ptr, .dname, .nsapptr], ("target", .name))
        add(
            [.soa], ("MNAME", .name), ("RNAME", .name), ("serial", .number32), ("refresh", .period),
            ("retry", .period), ("expire", .period), ("minimum", .period))
        add([.minfo], ("RMAILBX", .name), ("EMAILBX", .name))
        add([.rp], ("mailbox", .name), ("TXT name", .name))
        add([.talink], ("previous name", .name), ("next name", .name))
        add([.mx], ("preference", .number16), ("mail exchange", .name))
        add([.rt], ("preference", .number16), ("intermediate host", .name))
        add([.kx], ("preference", .number16), ("exchanger", .name))
        add([.lp], ("preference", .number16), ("name", .name))
        add([.afsdb], ("subtype", .number16), ("host", .name))
        add([.px], ("preference", .number16), ("MAP822", .name), ("MAPX400", .name))
        add(
            [.srv], ("priority", .number16), ("weight", .number16), ("port", .number16), ("target", .name))
        add(
            [.naptr], ("order", .number16), ("preference", .number16), ("flags", .string), ("services", .string),
            ("regexp", .string), ("replacement", .name))
        add([.txt, .spf, .ninfo, .avc, .resinfo, .wallet, .cla], ("text", .strings))
        add([.hinfo], ("CPU", .string), ("OS", .string))
        add([.x25], ("address", .string))
        add([.isdn], ("address", .string), ("subaddress", .optionalString))
        add([.gpos], ("longitude", .string), ("latitude", .string), ("altitude", .string))
        add(
            [.ds, .cds], ("key tag", .number16), ("algorithm", .algorithm), ("digest type", .digestType),
            ("digest", .hex))
        add(
            [.dnskey, .cdnskey, .rkey], ("flags", .number16), ("protocol", .number8), ("algorithm", .algorithm),
            ("key", .base64))
        // Its flags may say that there is no key (RFC 2535, section 3.1.2).
        add(
            [.key], ("flags", .number16), ("protocol", .number8), ("algorithm", .algorithm), ("key", .optionalBase64))
        add(
            [.rrsig, .sig], ("type covered", .type), ("algorithm", .algorithm), ("labels", .number8),
            ("original TTL", .number32), ("expiration", .time), ("inception", .time), ("key tag", .number16),
            ("signer's name", .name), ("signature", .base64))
        add([.nsec], ("next name", .name), ("type list", .typeBitmap))
        add([.nxt], ("next name", .name), ("type list", .oldTypeBitmap))
        add(
            [.nsec3], ("hash algorithm", .number8), ("flags", .number8), ("iterations", .number16), ("salt", .salt),
            ("next hash", .hash), ("type list", .typeBitmap))
        add(
            [.nsec3param], ("hash algorithm", .number8), ("flags", .number8), ("iterations", .number16),
            ("salt", .salt))
        add(
            [.tlsa, .smimea], ("usage", .number8), ("selector", .number8), ("matching type", .number8),
            ("data", .hex))
        add([.sshfp], ("algorithm", .number8), ("fingerprint type", .number8), ("fingerprint", .hex))
        add(
            [.zonemd], ("serial", .number32), ("scheme", .number8), ("hash algorithm", .number8), ("digest", .hex))
        add([.csync], ("serial", .number32), ("flags", .number16), ("type list", .typeBitmap))
        add(
            [.cert], ("type", .certificateType), ("key tag", .number16), ("algorithm", .algorithm),
            ("certificate", .base64))
        add([.dhcid, .openpgpkey, .hhit, .brid], ("data", .base64))
        add([.eid, .nimloc], ("data", .hex))
        add(
            [.sink], ("meaning", .number8), ("coding", .number8), ("subcoding", .number8), ("data", .optionalBase64))
        add(
            [.doa], ("enterprise", .number32), ("type", .number32), ("location", .number8), ("media type", .string),
            ("data", .dashOrBase64))
        add([.nid], ("preference", .number16), ("node identifier", .locator))
        add([.l64], ("preference", .number16), ("locator", .locator))
        add([.l32], ("preference", .number16), ("locator", .ipv4))
        add([.eui48], ("", .eui48))
        add([.eui64], ("", .eui64))
        add([.uri], ("priority", .number16), ("weight", .number16), ("target", .characters))
        add([.caa], ("flags", .number8), ("tag", .tag), ("value", .characters))
        add([.dsync], ("type", .type), ("scheme", .scheme), ("port", .number16), ("target", .name))
        add([.ipn], ("", .number64))
        add([.nsap], ("", .nsap))
        add([.wks], ("address", .ipv4), ("services", .services))
        add([.a6], ("", .a6))
        add([.ipseckey], ("precedence", .number8), ("gateway", .gateway), ("key", .optionalBase64))
        add([.amtrelay], ("precedence", .number8), ("relay", .relay))
        add([.svcb, .https], ("priority", .number16), ("target", .name), ("", .serviceParameters))
        add([.atma], ("", .atma))
        add([.loc], ("", .location))
        add([.apl], ("", .addressPrefixes))
        add([.hip], ("", .hostIdentity), ("rendezvous server", .names))
    }

    private mutating func add(_ types: [RRType], _ form: (name: StaticString, form: RDataFieldForm)...) {
        for type in types {
            ranges[Int(type.rawValue)] = (UInt16(fields.count), UInt16(form.count))
        }
        fields += form.map(\.form)
        names += form.map(\.name)
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
