// Whether the DNSSEC data of a zone holds what it promises: every signature, checked by ldns, and the zone's digest.

import DNSCore
import ZoneImage

/// The examination of a compiled zone (RFC 4035, section 2; RFC 8976).
public struct ZoneAudit {
    /// Something that validating resolvers will hold against the zone.
    public struct Finding: Hashable, Sendable {
        /// True if answers will be rejected for it.
        public let isError: Bool
        /// A sentence without a full stop.
        public let message: String
    }

    /// What was found, in canonical order of names.
    public private(set) var findings: [Finding] = []
    /// Findings beyond the bound, which were only counted.
    public private(set) var omitted = 0
    /// Signatures that were found valid.
    public private(set) var validSignatures = 0

    /// The most findings of one severity that are kept.
    private static let limit = 200
    private var counts: [Bool: Int] = [:]
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
        }
    }

    private mutating func note(_ message: String, isError: Bool = true) {
        counts[isError, default: 0] += 1
        if counts[isError, default: 0] <= ZoneAudit.limit {
            findings.append(Finding(isError: isError, message: message))
        } else {
            omitted += 1
        }
    }

    private mutating func keys(of zone: ZoneView) -> LDNSRecords? {
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
            return try LDNSRecords(keys, owner: owner)
        } catch {
            note("the DNSKEY records: \(error.text)")
            return nil
        }
    }

    // MARK: Signatures

    private mutating func checkSignatures(of zone: ZoneView, _ keys: LDNSRecords, _ progress: (Double) -> Void) {
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
        _ type: RRType, _ records: [PartRecord], owner: [UInt8], apex: [UInt8], _ keys: LDNSRecords
    ) {
        let data = records.filter { $0.type == type }
        let signatures = type == .rrsig ? [] : records.filter { $0.type == .rrsig }
        if data.isEmpty { return }
        func place() -> String { "\(Name(wire: owner).map { "\($0)" } ?? "?") \(type)" }
        guard !signatures.isEmpty else { return note("\(place()): there is no signature") }
        do {
            let set = try LDNSRecords(data, owner: owner)
            let signing = try LDNSRecords(signatures, owner: owner)
            let faults = signatures.indices.map { index in
                // The signer is the zone (RFC 4035, section 5.3.1).
                signatures[index].rdata.dropFirst(18).prefix(apex.count).map(ASCII.lowercase) == apex
                    ? set.fault(ofSignature: index, in: signing, keys: keys, now: now) : "its signer is another zone"
            }
            let valid = faults.count { $0 == nil }
            validSignatures += valid
            for (signature, fault) in zip(signatures, faults) {
                guard let fault else { continue }
                let tag = signature.rdata.count >= 18 ? Int(signature.rdata[16]) << 8 | Int(signature.rdata[17]) : 0
                note("\(place()): the signature by key \(tag) is not valid: \(fault)", isError: valid == 0)
            }
        } catch {
            note("\(place()): \(error.text)")
        }
    }

    /// The types that an NSEC record lists are those of its name (RFC 4034, section 4.1.2).
    private mutating func checkTypes(of zone: ZoneView, _ node: NodeView, _ owner: [UInt8]) {
        let part = node.part(of: .nsec)
        guard !part.isNone, let record = zone.records(of: part, owner: owner, signatures: false).first else { return }
        var there: Set<RRType> = [.rrsig]
        for index in 0..<node.rrsetCount {
            let (type, part) = node.rrset(index)
            if node.flags.contains(.cut), ![.ns, .ds, .nsec].contains(type) { continue }
            if zone.view(part).recordCount > 0 { there.insert(type) }
        }
        let listed = ZoneAudit.types(listedIn: record.rdata)
        func text(_ types: Set<RRType>) -> String { types.map { "\($0)" }.sorted().joined(separator: ", ") }
        let place = Name(wire: owner).map { "\($0)" } ?? "?"
        let (missing, excess) = (there.subtracting(listed), listed.subtracting(there))
        if !missing.isEmpty { note("\(place) NSEC: it does not list \(text(missing)), which is there") }
        if !excess.isEmpty { note("\(place) NSEC: it lists \(text(excess)), which is not there") }
    }

    /// The types in an NSEC record's bit maps, which follow the next name.
    private static func types(listedIn rdata: [UInt8]) -> Set<RRType> {
        var rest = rdata[...]
        while let length = rest.popFirst(), length > 0 { rest = rest.dropFirst(Int(length)) }
        var types: Set<RRType> = []
        while let window = rest.popFirst(), let count = rest.popFirst() {
            for (index, octet) in rest.prefix(Int(count)).enumerated() {
                for bit in 0..<8 where octet & 0x80 >> bit != 0 {
                    types.insert(RRType(rawValue: UInt16(window) << 8 | UInt16(index * 8 + bit)))
                }
            }
            rest = rest.dropFirst(Int(count))
        }
        return types
    }

    // MARK: The digest

    private mutating func checkDigest(of zone: ZoneView) {
        for outcome in ZoneDigest(zone).outcomes() {
            switch outcome {
            case .valid: break
            case .wrong(let reason): note("the ZONEMD record does not hold: \(reason)")
            case .unknown(let reason): note("the ZONEMD record cannot be checked: \(reason)", isError: false)
            }
        }
    }
}
