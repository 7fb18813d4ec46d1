// Whether the DNSSEC data of a zone holds what it promises: every signature, checked by ldns, and the zone's digest.

import DNSCore
import ZoneImage

/// The examination of a compiled zone (RFC 4035, section 2; RFC 8976).
public struct ZoneAudit {
    /// Something that validating resolvers will hold against the zone.
    public struct Finding: Hashable, Sendable {
        /// The kind of warning; nil if answers will be rejected for it, which is an error.
        public let warning: ZoneWarning?
        /// A sentence without a full stop.
        public let message: String
        /// The record that it is about; nil for the zone as a whole.
        public let subject: Subject?
    }

    /// A record of the zone, as far as a finding needs to name it.
    public struct Subject: Hashable, Sendable {
        /// The owner in wire form, in the spelling of the zone.
        public let owner: [UInt8]
        public let type: RRType
        /// What its rdata begins with; nothing: the first of the RRset is meant.
        public let rdata: [UInt8]
    }

    /// What was found, in canonical order of names.
    public private(set) var findings: [Finding] = []
    /// Findings beyond the bound, which were only counted.
    public private(set) var omitted = 0
    /// Signatures that were found valid.
    public private(set) var validSignatures = 0

    /// The most findings of one kind that are kept.
    private static let limit = 200
    private var counts: [ZoneWarning?: Int] = [:]
    private let now: UInt32

    /// Checks all signatures as of `now`, in seconds since 1970, and the zone's digest if it has one. Takes about a tenth of
    /// a millisecond for each signature.
    ///
    /// - Parameter progress: is told now and then which part of the names is done, 0 to 1.
    public init(_ zone: CompiledZone, now: UInt32, progress: (Double) -> Void = { _ in }) {
        self.now = now
        zone.withView { view in
            guard let keys = keys(of: view) else { return }
            checkSignatures(of: view, keys, progress)
            checkDigest(of: view)
            checkKeySignals(of: view)
        }
    }

    mutating func note(_ message: String, at subject: Subject? = nil, warning: ZoneWarning? = nil) {
        counts[warning, default: 0] += 1
        if counts[warning, default: 0] <= ZoneAudit.limit {
            findings.append(Finding(warning: warning, message: message, subject: subject))
        } else {
            omitted += 1
        }
    }

    private mutating func keys(of zone: ZoneView) -> ZoneKeys? {
        let apex = zone.view(zone.apexNode)
        let part = apex.part(of: .dnskey)
        let owner = zone.ownerWire(of: apex)
        guard !part.isNone else {
            note("there is no DNSKEY record at the apex: the zone is not signed, or nobody can check its signatures")
            return nil
        }
        do {
            // Only zone keys sign (RFC 4034, sections 2.1.1 and 2.1.2), and none that is revoked (RFC 5011, section 2.1).
            let keys = zone.records(of: part, owner: owner, signatures: false)
                .filter { $0.rdata.count > 4 && $0.rdata[0] & 1 != 0 && $0.rdata[1] & 0x80 == 0 && $0.rdata[2] == 3 }
            return ZoneKeys(records: try LDNSRecords(keys, owner: owner), algorithms: Set(keys.map { $0.rdata[3] }))
        } catch {
            note("the DNSKEY records: \(error.text)", at: Subject(owner: owner, type: .dnskey, rdata: []))
            return nil
        }
    }

    // MARK: Signatures

    private mutating func checkSignatures(of zone: ZoneView, _ keys: ZoneKeys, _ progress: (Double) -> Void) {
        var done = 0
        zone.forEachNode { node in
            done += 1
            if done % 1000 == 0 { progress(Double(done) / Double(zone.nodeCount)) }
            if node.flags.contains(.occluded) { return }
            let owner = zone.ownerWire(of: node)
            checkTypes(of: zone, node, owner)
            for index in 0..<node.rrsetCount {
                let (type, part) = node.rrset(index)
                // A parent signs nothing of its child's but what it says about it.
                if node.flags.contains(.cut), type != .ds, type != .nsec { continue }
                let records = zone.records(of: part, owner: owner, signatures: true)
                checkRRset(type, records, owner: owner, apex: unsafe Array(zone.apexWire), keys)
            }
        }
    }

    private mutating func checkRRset(
        _ type: RRType, _ records: [PartRecord], owner: [UInt8], apex: [UInt8], _ keys: ZoneKeys
    ) {
        let data = records.filter { $0.type == type }
        let signatures = type == .rrsig ? [] : records.filter { $0.type == .rrsig }
        if data.isEmpty { return }
        func place() -> String { "\(Name(wire: owner).map { "\($0)" } ?? "?") \(type)" }
        let subject = Subject(owner: owner, type: type, rdata: [])
        guard !signatures.isEmpty else { return note("\(place()): there is no signature", at: subject) }
        do {
            let set = try LDNSRecords(data, owner: owner)
            let list = try LDNSRecords(signatures, owner: owner)
            let faults = signatures.indices.map { index in
                // The signer is the zone (RFC 4035, section 5.3.1).
                signatures[index].rdata.dropFirst(18).prefix(apex.count).map(ASCII.lowercase) == apex
                    ? set.fault(ofSignature: index, in: list, keys: keys.records, now: now)
                    : "its signer is another zone"
            }
            let valid = faults.count { $0 == nil }
            validSignatures += valid
            let signing = Set(signatures.compactMap { $0.rdata.count > 2 ? $0.rdata[2] : nil })
            for algorithm in keys.algorithms.subtracting(signing).sorted() {
                // For signers, not for validators (RFC 4035, section 2.2; RFC 6840, section 5.11).
                note(
                    "\(place()): there is no signature of algorithm \(algorithm), of which there is a key",
                    at: subject, warning: .algorithmNotSigned)
            }
            for (signature, fault) in zip(signatures, faults) {
                guard let fault else { continue }
                let tag = signature.rdata.count >= 18 ? Int(signature.rdata[16]) << 8 | Int(signature.rdata[17]) : 0
                // The fields before the signer's name tell one from another (RFC 4034, section 3.1).
                let subject = Subject(owner: owner, type: .rrsig, rdata: Array(signature.rdata.prefix(18)))
                note(
                    "\(place()): the signature by key \(tag) is not valid: \(fault)", at: subject,
                    warning: valid == 0 ? nil : .invalidSignature)
            }
        } catch {
            note("\(place()): \(error.text)", at: subject)
        }
    }

    // MARK: The digest

    private mutating func checkDigest(of zone: ZoneView) {
        let subject = unsafe Subject(owner: Array(zone.apexWire), type: .zonemd, rdata: [])
        for outcome in ZoneDigest(zone).outcomes() {
            switch outcome {
            case .valid: break
            case .wrong(let reason): note("the ZONEMD record does not hold: \(reason)", at: subject)
            case .unknown(let reason):
                note("the ZONEMD record cannot be checked: \(reason)", at: subject, warning: .zonemdUnknown)
            }
        }
    }
}

/// The keys that sign a zone, and of which algorithms they are.
struct ZoneKeys {
    let records: LDNSRecords
    let algorithms: Set<UInt8>
}
