// Where domain names stand inside rdata. The builder compresses and links by it, the loader checks by it,
// transfers and dumps write names in full by it.

/// One field of a type's rdata, as far as names are concerned.
public enum RDataField: Equatable, Sendable {
    /// A number of octets without a name.
    case octets(Int)
    /// A `<character-string>`: a length octet and that many octets.
    case characterString
    /// A name that messages may compress: the types of RFC 1035 (RFC 3597, section 4).
    case compressibleName
    /// A name that is always sent in full.
    case plainName
}

extension RRType {
    /// The fields up to and including the last name whose place follows from fixed fields before it.
    ///
    /// What follows them is free of names that matter here. HIP, IPSECKEY, A6 and AMTRELAY are left out: the place of
    /// their names depends on other values, and they are neither compressed nor followed for additional data.
    public var rdataFields: [RDataField] {
        switch self {
        case .ns, .md, .mf, .cname, .mb, .mg, .mr, .ptr: [.compressibleName]
        case .soa, .minfo: [.compressibleName, .compressibleName]
        case .mx: [.octets(2), .compressibleName]
        case .rp, .talink: [.plainName, .plainName]
        case .afsdb, .rt, .kx, .lp, .svcb, .https: [.octets(2), .plainName]
        case .px: [.octets(2), .plainName, .plainName]
        case .srv: [.octets(6), .plainName]
        case .naptr: [.octets(4), .characterString, .characterString, .characterString, .plainName]
        case .nsapptr, .dname, .nxt, .nsec: [.plainName]
        case .sig, .rrsig: [.octets(18), .plainName]
        case .dsync: [.octets(5), .plainName]
        default: []
        }
    }
}

/// A name that stands in some rdata.
public struct RDataName: Equatable, Sendable {
    /// The octets of the rdata that the name takes.
    public let range: Range<Int>
    /// Whether a message may compress it.
    public let isCompressible: Bool

    @inlinable
    init(range: Range<Int>, isCompressible: Bool) {
        self.range = range
        self.isCompressible = isCompressible
    }
}

extension RRType {
    /// The names in `rdata`, in order; nil when the rdata ends before its fields do or a name in it is invalid.
    public func names(in rdata: UnsafeRawBufferPointer) -> [RDataName]? {
        var names: [RDataName] = []
        return unsafe forEachName(in: rdata) { names.append($0) } ? names : nil
    }

    /// True when names are all that the rdata holds.
    public var hasOnlyNames: Bool {
        switch self {
        case .ns, .cname, .ptr, .dname, .md, .mf, .mb, .mg, .mr, .minfo, .rp, .talink, .nsapptr: true
        default: false
        }
    }

    /// Calls `body` with the names in `rdata`, in order; false when the rdata ends before its fields do or a name in it is
    /// invalid. Allocates nothing for the common types.
    @inlinable
    public func forEachName(in rdata: UnsafeRawBufferPointer, _ body: (RDataName) -> Void) -> Bool {
        switch self {
        case .a, .aaaa, .ds, .txt, .dnskey, .nsec3: return true
        case .ns, .cname, .ptr: return unsafe RRType.passName(in: rdata, at: 0, isCompressible: true, body) != nil
        case .rrsig: return unsafe RRType.passName(in: rdata, at: 18, isCompressible: false, body) != nil
        default: break
        }
        var position = 0
        for field in rdataFields {
            switch field {
            case .octets(let count):
                position += count
            case .characterString:
                guard position < rdata.count else { return false }
                position += 1 + Int(unsafe rdata[position])
            case .compressibleName, .plainName:
                let isCompressible = field == .compressibleName
                guard let end = unsafe RRType.passName(in: rdata, at: position, isCompressible: isCompressible, body)
                else { return false }
                position = end
            }
            if position > rdata.count { return false }
        }
        return true
    }

    /// Hands on the name at `start`; the first octet behind it, or nil when there is no valid name.
    @inlinable
    static func passName(
        in rdata: UnsafeRawBufferPointer, at start: Int, isCompressible: Bool, _ body: (RDataName) -> Void
    ) -> Int? {
        var position = start
        while position < rdata.count, position - start < Name.maximumLength {
            let label = Int(unsafe rdata[position])
            if label == 0 {
                body(RDataName(range: start..<position + 1, isCompressible: isCompressible))
                return position + 1
            }
            if label > Name.maximumLabelLength { return nil }
            position += 1 + label
        }
        return nil
    }
}
