// Whether the DNSSEC data of a zone holds what it promises: every signature and the zone's digest, checked by ldns.

import CLDNS
import DNSCore
import Glibc
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

    private static let limit = 200
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
        if findings.count < ZoneAudit.limit {
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
            return try LDNSRecords(zone.records(of: part, owner: owner, signatures: false), owner: owner)
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
            for index in 0..<node.rrsetCount {
                let (type, part) = node.rrset(index)
                // A parent signs nothing of its child's but what it says about it.
                if node.flags.contains(.cut), type != .ds, type != .nsec { continue }
                checkRRset(type, zone.records(of: part, owner: owner, signatures: true), owner: owner, keys)
            }
        }
    }

    private mutating func checkRRset(_ type: RRType, _ records: [PartRecord], owner: [UInt8], _ keys: LDNSRecords) {
        let data = records.filter { $0.type == type }
        let signatures = type == .rrsig ? [] : records.filter { $0.type == .rrsig }
        if data.isEmpty { return }
        func place() -> String { "\(Name(wire: owner).map { "\($0)" } ?? "?") \(type)" }
        guard !signatures.isEmpty else { return note("\(place()): there is no signature") }
        do {
            let set = try LDNSRecords(data, owner: owner)
            let signing = try LDNSRecords(signatures, owner: owner)
            let faults = (0..<signing.count).map { set.fault(ofSignature: $0, in: signing, keys: keys, now: now) }
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

    // MARK: The digest

    /// ZONEMD (RFC 8976).
    private mutating func checkDigest(of zone: ZoneView) {
        guard !zone.view(zone.apexNode).part(of: .zonemd).isNone else { return }
        guard let copy = unsafe ldns_dnssec_zone_new() else { return note("the ZONEMD record: ldns has no memory") }
        defer { unsafe ldns_dnssec_zone_deep_free(copy) }
        var isWhole = true
        zone.forEachRecord { owner, record in
            guard isWhole else { return }
            guard let record = unsafe LDNSRecords.copy(record, owner: owner) else {
                isWhole = false
                return
            }
            if unsafe ldns_dnssec_zone_add_rr(copy, record) != LDNS_STATUS_OK {
                unsafe ldns_rr_free(record)
                isWhole = false
            }
        }
        guard isWhole else { return note("the ZONEMD record cannot be checked: ldns cannot read all records") }
        let status = unsafe ldns_dnssec_zone_verify_zonemd(copy)
        if status != LDNS_STATUS_OK { note("the ZONEMD record: \(LDNSRecords.text(of: status))") }
    }
}
