// Where the records stand in the master file that an audit of the compiled zone speaks of: one pass over the zone's records for
// all of them.

import DNSCore
import ZoneAudit
import ZoneFile

/// The places of some records.
struct AuditPlaces {
    private var places: [ZoneAudit.Subject: Place] = [:]

    init(of subjects: [ZoneAudit.Subject], in zone: LoadedZone) {
        let types = Set(subjects.map(\.type))
        var wanted: [Owner: Set<ZoneAudit.Subject>] = [:]
        for subject in subjects { wanted[Owner(subject.owner, subject.type), default: []].insert(subject) }
        for (index, row) in zone.records.rows.enumerated() where types.contains(row.type) && !wanted.isEmpty {
            let owner = Owner(Array(zone.records.heap[row.ownerRange]), row.type)
            guard let candidates = wanted[owner] else { continue }
            let rdata = zone.records.heap[row.rdataRange]
            for subject in candidates where rdata.starts(with: subject.rdata) {
                places[subject] = zone.place(ofRecord: index)
                wanted[owner]?.remove(subject)
            }
            if wanted[owner]?.isEmpty == true { wanted[owner] = nil }
        }
    }

    /// Where a record stands; nil when it is not in the file.
    subscript(subject: ZoneAudit.Subject) -> Place? { places[subject] }

    private struct Owner: Hashable {
        let name: [UInt8]
        let type: RRType

        init(_ name: [UInt8], _ type: RRType) {
            self.name = name.map(ASCII.lowercase)
            self.type = type
        }
    }
}
