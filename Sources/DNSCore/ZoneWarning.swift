// Every warning about a zone that any module gives: its name, by which an operator can switch it off, and one line of help.
// The parser, the builder and the audit give the warnings; `WarningPolicy` says what becomes of them.

/// A kind of warning about a zone: the zone can be served, but its author should look at it.
public enum ZoneWarning: String, CaseIterable, Codable, Sendable {
    case addressAsTarget = "address-as-target"
    case algorithmNotSigned = "algorithm-not-signed"
    case atSignInMailbox = "at-sign-in-mailbox"
    case cdsDeleteForm = "cds-delete-form"
    case cdsMismatch = "cds-mismatch"
    case cnameLoop = "cname-loop"
    case cutAtSemicolon = "cut-at-semicolon"
    case doubledOrigin = "doubled-origin"
    case dsAtApex = "ds-at-apex"
    case hiddenAtCut = "hidden-at-cut"
    case hiddenServer = "hidden-server"
    case invalidSignature = "invalid-signature"
    case largeTTL = "large-ttl"
    case missingDNSKEY = "missing-dnskey"
    case missingGlue = "missing-glue"
    case missingSiblingGlue = "missing-sibling-glue"
    case missingTarget = "missing-target"
    case nonASCIIOwner = "non-ascii-owner"
    case notAtApex = "not-at-apex"
    case nsec3Chain = "nsec3-chain"
    case nsec3Iterations = "nsec3-iterations"
    case nsecChain = "nsec-chain"
    case nullMX = "null-mx"
    case occluded = "occluded"
    case outOfZone = "out-of-zone"
    case serialNotNewer = "serial-not-newer"
    case signatureEarly = "signature-early"
    case signatureExpired = "signature-expired"
    case signatureExpiring = "signature-expiring"
    case smartQuotes = "smart-quotes"
    case targetIsAlias = "target-is-alias"
    case tlsaLength = "tlsa-length"
    case ttlsDiffer = "ttls-differ"
    case unusedGlue = "unused-glue"
    case urlAsTarget = "url-as-target"
    case zonemdUnknown = "zonemd-unknown"

    /// What it is about, in a few words.
    public var explanation: String {
        switch self {
        case .addressAsTarget: "an IP address where a host name is expected (MX, NS, SRV, CNAME, …)"
        case .algorithmNotSigned: "an RRset has no signature of an algorithm that has a key (check --dnssec)"
        case .atSignInMailbox: "a mailbox of SOA or RP has an '@'; the first dot stands for it"
        case .cdsDeleteForm: "CDS or CDNSKEY asks for deletion in the form of RFC 8078 before its erratum"
        case .cdsMismatch: "CDS and CDNSKEY match no key of the zone, or not each other (check --dnssec)"
        case .cnameLoop: "a CNAME leads back to itself"
        case .cutAtSemicolon: "an unquoted TXT, SPF or CAA value ends at a ';', where a comment begins"
        case .doubledOrigin: "a name ends with the origin twice; a final dot is missing"
        case .dsAtApex: "a DS record at the apex; it belongs in the parent zone"
        case .hiddenAtCut: "records other than NS and DS at a delegation, which no answer ever has"
        case .hiddenServer: "a name server is below a DNAME of this zone, where its addresses are hidden"
        case .invalidSignature: "one of several signatures of an RRset is not valid (check --dnssec)"
        case .largeTTL: "a TTL above 2147483647, which is served as 0"
        case .missingDNSKEY: "the zone is signed and has no DNSKEY"
        case .missingGlue: "a name server in the delegated zone, or in this one, has no address"
        case .missingSiblingGlue: "a name server in another delegated zone has no address here"
        case .missingTarget: "SVCB or HTTPS without a target; a parameter is taken for it"
        case .nonASCIIOwner: "an owner name with other characters than ASCII; resolvers ask for the xn-- form"
        case .notAtApex: "CDS, CDNSKEY, CSYNC or NSEC3PARAM elsewhere than at the apex"
        case .nsec3Chain: "the NSEC3 chain is not complete, or not announced by NSEC3PARAM"
        case .nsec3Iterations: "more than 100 NSEC3 iterations (RFC 9276)"
        case .nsecChain: "the NSEC chain has gaps"
        case .nullMX: "'MX 0 .' (no mail) beside another MX record"
        case .outOfZone: "records outside the zone were left out (--skip-out-of-zone)"
        case .occluded: "records below a delegation or DNAME, which no answer ever has"
        case .serialNotNewer: "the serial is not above the served one (load)"
        case .signatureEarly: "a signature is not valid yet"
        case .signatureExpired: "a signature has expired"
        case .signatureExpiring: "a signature expires within three days"
        case .smartQuotes: "typographic quotes where '\"' is meant"
        case .targetIsAlias: "NS or MX points to a CNAME"
        case .tlsaLength: "the length of TLSA or SMIMEA data does not fit its matching type"
        case .ttlsDiffer: "the TTLs of an RRset differ; the least is used"
        case .unusedGlue: "hidden addresses that no name server uses"
        case .urlAsTarget: "a URL where a host name is expected"
        case .zonemdUnknown: "ZONEMD of an unknown scheme or algorithm (check --dnssec)"
        }
    }

    /// Whether validating resolvers will reject answers for it.
    public var breaksValidation: Bool { self == .nsecChain || self == .nsec3Chain }
}

/// What becomes of warnings.
public struct WarningPolicy: Hashable, Codable, Sendable {
    /// Whether a zone with a warning is refused.
    public var isStrict: Bool
    /// Warnings that are neither printed nor, with `isStrict`, an error.
    public var silenced: Set<ZoneWarning>

    public init(isStrict: Bool = false, silenced: Set<ZoneWarning> = []) {
        self.isStrict = isStrict
        self.silenced = silenced
    }
}
