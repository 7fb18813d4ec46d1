// The digest of a whole zone (RFC 8976), over its records as they stand in an image: names in canonical order already.

import Crypto
import DNSCore
import ZoneImage

/// The ZONEMD records of a zone, and what the zone's content says to them.
struct ZoneDigest {
    /// What came of one ZONEMD record.
    enum Outcome: Equatable {
        case valid
        case wrong(String)
        /// It is of a scheme or an algorithm that is not known (RFC 8976, section 4).
        case unknown(String)
    }

    private let zone: ZoneView

    init(_ zone: ZoneView) { self.zone = zone }

    /// An outcome for each ZONEMD record at the apex; none if there is no such record.
    func outcomes() -> [Outcome] {
        let apex = zone.view(zone.apexNode)
        let part = apex.part(of: .zonemd)
        if part.isNone { return [] }
        let records = zone.records(of: part, owner: zone.ownerWire(of: apex), signatures: false).map(\.rdata)
        let kinds = records.map { Array($0.dropFirst(4).prefix(2)) }
        return records.map { record in
            guard record.count > 6 else { return .wrong("it is too short") }
            let kind = Array(record[4..<6])
            if kinds.count(where: { $0 == kind }) > 1 { return .wrong("there are several of its scheme and algorithm") }
            if record.prefix(4).reduce(UInt32(0), { $0 << 8 | UInt32($1) }) != zone.serial.rawValue {
                return .wrong("its serial is not that of the zone")
            }
            switch (kind[0], kind[1]) {
            case (1, 1): return compare(SHA384.self, record)
            case (1, 2): return compare(SHA512.self, record)
            default: return .unknown("scheme \(kind[0]) with algorithm \(kind[1]) is not known")
            }
        }
    }

    private func compare<Hash: HashFunction>(_ hash: Hash.Type, _ record: [UInt8]) -> Outcome {
        var digest = Hash()
        zone.forEachNode { node in
            let owner = zone.ownerWire(of: node)
            var records: [PartRecord] = []
            for index in 0..<node.rrsetCount {
                records += zone.records(of: node.rrset(index).part, owner: owner, signatures: true)
            }
            let isApex = node.reference == zone.apexNode
            let lines = records.filter { !(isApex && ZoneDigest.isOfZONEMD($0)) }
                .map { (type: $0.type.rawValue, ttl: $0.ttl, rdata: ZoneDigest.canonical($0)) }
                .sorted { $0.type != $1.type ? $0.type < $1.type : $0.rdata.lexicographicallyPrecedes($1.rdata) }
            for line in lines {
                let fixed = [
                    line.type, zone.rrClass.rawValue, UInt16(line.ttl >> 16), UInt16(truncatingIfNeeded: line.ttl),
                    UInt16(truncatingIfNeeded: line.rdata.count),
                ]
                digest.update(data: owner)
                digest.update(data: fixed.flatMap { [UInt8($0 >> 8), UInt8($0 & 0xFF)] })
                digest.update(data: line.rdata)
            }
        }
        return digest.finalize().elementsEqual(record[6...]) ? .valid : .wrong("the zone's content is another")
    }

    /// A ZONEMD record, or a signature over such (RFC 8976, section 3.3.1).
    private static func isOfZONEMD(_ record: PartRecord) -> Bool {
        record.type == .zonemd
            || record.type == .rrsig && record.rdata.starts(with: [0, UInt8(RRType.zonemd.rawValue)])
    }

    /// The rdata in canonical form: names in lower case in the types that RFC 4034, section 6.2, lists.
    private static func canonical(_ record: PartRecord) -> [UInt8] {
        guard !keepingCase.contains(record.type) else { return record.rdata }
        var rdata = record.rdata
        let names = unsafe record.rdata.withUnsafeBytes { unsafe record.type.names(in: $0) } ?? []
        for name in names { for place in name.range { rdata[place] = ASCII.lowercase(rdata[place]) } }
        return rdata
    }

    /// Types with names that are not in that list, or have been taken from it (RFC 6840, section 5.1).
    private static let keepingCase: Set<RRType> = [.nsec, .svcb, .https, .lp, .dsync, .talink, .nsapptr]
}
