// Where the bytes of zones go: `memmgr verify --sizes`. The sections are those of `ImageLayout.swift`.

import Bus
import JSON
import ZoneImage

/// Bytes by section, of one or more zones.
struct ZoneSizes {
    /// In the order in which they are told.
    enum Section: String, CaseIterable {
        case headers = "zone headers and apexes"
        case names = "owner names"
        case nodes = "nodes: flags and references"
        case entries = "nodes: types and parts"
        case counts = "parts: counts"
        case data = "parts: records"
        case signatures = "parts: signatures"
        case places = "parts: places of pointers"
        case additional = "parts: additional names"
        case order = "canonical order"
        case denial = "denial of existence"
        case index = "hash index"
        case padding = "padding"
    }

    private(set) var bytes: [Section: Int] = [:]
    private(set) var total = 0
    private(set) var records = 0
    /// RRsets, and the parts that they share.
    private(set) var rrsets = 0
    private(set) var parts = 0

    /// Adds a zone, whose structure must be sound. Takes time in proportion to it.
    mutating func add(_ zone: ZoneView) {
        var found: [Section: Int] = [:]
        var seen: Set<PartReference> = []
        found[.headers] = ZoneLayout.size + zone.apexLength
        zone.forEachNode { node in
            found[.names, default: 0] += node.nameLength
            found[.nodes, default: 0] += NodeLayout.nameOffset + node.flags.referenceBytes
            found[.entries, default: 0] += node.rrsetCount * NodeLayout.entrySize
            for index in 0..<node.rrsetCount { seen.insert(node.rrset(index).part) }
            rrsets += node.rrsetCount
        }
        parts += seen.count
        seen.insert(zone.negativeSOA)
        for reference in seen where !reference.isNone {
            let part = zone.view(reference)
            let places = part.ownerPointers + part.apexPointers + part.selfPointers + part.signatureCount
            found[.counts, default: 0] += PartLayout.headerSize
            found[.data, default: 0] += part.dataLength
            found[.signatures, default: 0] += part.signatureLength
            found[.places, default: 0] += places * 2
            found[.additional, default: 0] += part.additionalCount * PartLayout.additionalSize
        }
        let denialCount = Int(zone.bytes.load(ZoneLayout.denialCount, of: 0))
        found[.order] = zone.nodeCount * 4
        found[.denial] = denialCount * (zone.flags.contains(.nsec3) ? HashEntryLayout.size : 4) + zone.hashParameterSize
        found[.index] = Int(zone.bytes.load(ZoneLayout.bucketCount, of: 0)) * BucketLayout.size
        found[.padding] = zone.bytes.count - found.values.reduce(0, +)
        bytes.merge(found, uniquingKeysWith: +)
        total += zone.bytes.count
        records += zone.recordCount
    }

    /// A table for people: bytes, their share, and bytes a record.
    var rows: [[String]] {
        let sections = Section.allCases.filter { bytes[$0, default: 0] > 0 }.map {
            ($0.rawValue, bytes[$0, default: 0])
        }
        return (sections + [("all", total)]).map { name, count in
            [name, Wording.grouped(count), Self.tenths(count * 100, total) + " %", Self.tenths(count, records)]
        }
    }

    /// `12.3`.
    private static func tenths(_ count: Int, _ divisor: Int) -> String {
        let value = (count * 20 + max(1, divisor)) / (2 * max(1, divisor))
        return "\(value / 10).\(value % 10)"
    }

    var json: JSONValue {
        [
            "bytes": .object(
                Dictionary(uniqueKeysWithValues: Section.allCases.map { ("\($0)", .integer(Int64(bytes[$0] ?? 0))) })),
            "total": .integer(Int64(total)), "records": .integer(Int64(records)), "rrsets": .integer(Int64(rrsets)),
            "parts": .integer(Int64(parts)),
        ]
    }
}
