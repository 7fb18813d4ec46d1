// Records on their way to ldns, which checks signatures. It sees complete wire forms only, never text.

import CLDNS
import DNSCore
import ZoneImage

/// Records that ldns owns a copy of.
@safe
final class LDNSRecords {
    private let list: UnsafeMutablePointer<ldns_rr_list>

    /// Copies records of one owner.
    ///
    /// - Throws: `AuditProblem` for one that ldns cannot read.
    init(_ records: some Sequence<PartRecord>, owner: [UInt8]) throws(AuditProblem) {
        guard let list = unsafe ldns_rr_list_new() else { throw AuditProblem("ldns has no memory") }
        unsafe self.list = list
        for record in records {
            guard let copy = unsafe LDNSRecords.copy(record, owner: owner) else {
                throw AuditProblem("ldns cannot read the \(record.type) record")
            }
            guard unsafe ldns_rr_list_push_rr(list, copy) != 0 else {
                unsafe ldns_rr_free(copy)
                throw AuditProblem("ldns has no memory")
            }
        }
    }

    deinit { unsafe ldns_rr_list_deep_free(list) }

    /// A record for ldns to keep; nil if it cannot read it.
    static func copy(_ record: PartRecord, owner: [UInt8]) -> UnsafeMutablePointer<ldns_rr>? {
        let fields = [
            record.type.rawValue, record.rrClass.rawValue, UInt16(record.ttl >> 16),
            UInt16(truncatingIfNeeded: record.ttl), UInt16(truncatingIfNeeded: record.rdata.count),
        ]
        let wire = owner + fields.flatMap { [UInt8($0 >> 8), UInt8($0 & 0xFF)] } + record.rdata
        var copy: UnsafeMutablePointer<ldns_rr>?
        var position = 0
        let status = unsafe ldns_wire2rr(&copy, wire, wire.count, &position, LDNS_SECTION_ANSWER)
        guard status == LDNS_STATUS_OK else { return nil }
        return unsafe copy
    }

    /// What is wrong with the signature in place `index` of `signatures` over these records; nil if it is valid at `now`,
    /// in seconds since 1970, by one of the keys.
    func fault(ofSignature index: Int, in signatures: LDNSRecords, keys: LDNSRecords, now: UInt32) -> String? {
        let status = unsafe ldns_verify_rrsig_keylist_time(
            list, ldns_rr_list_rr(signatures.list, index), keys.list, time_t(now), nil)
        return status == LDNS_STATUS_OK ? nil : LDNSRecords.text(of: status)
    }

    static func text(of status: ldns_status) -> String {
        guard let text = unsafe ldns_get_errorstr_by_id(status) else { return "ldns status \(status.rawValue)" }
        return unsafe String(cString: text)
    }
}

/// Why something could not be checked.
struct AuditProblem: Error {
    let text: String
    init(_ text: String) { self.text = text }
}
