// One RRset under construction: its rows in canonical order, duplicates left out, with the signatures that cover it.

import DNSCore

/// The rows that make an RRset, and those of its RRSIGs.
struct RRsetRows {
    let type: RRType
    /// Rows of the records, sorted by canonical rdata (RFC 4034, section 6.3), each different.
    var data: [Int] = []
    /// Rows of the RRSIG records that cover the type, likewise.
    var signatures: [Int] = []
    /// The least TTL of the records, duplicates included, in seconds; of the signatures when there are none.
    var ttl: UInt32 = 0
    /// The first row of a record whose TTL is another.
    var rowWithOtherTTL: Int?

    /// The RRsets at a name, by type number. RRSIGs belong to the type that they cover (RFC 4034, section 3.1.1).
    static func collect(_ rows: ArraySlice<UInt32>, in table: RecordTable) -> [RRsetRows] {
        var sets: [RRsetRows] = []
        for row in rows {
            let entry = table.rows[Int(row)]
            let isSignature = entry.type == .rrsig && entry.rdataLength >= 18
            let type =
                isSignature
                ? RRType(
                    rawValue: UInt16(table.heap[Int(entry.rdataOffset)]) << 8
                        | UInt16(table.heap[Int(entry.rdataOffset) + 1])) : entry.type
            var index = sets.firstIndex { $0.type >= type } ?? sets.count
            if index == sets.count || sets[index].type != type {
                sets.insert(RRsetRows(type: type), at: index)
                index = sets.firstIndex { $0.type == type } ?? index
            }
            if isSignature { sets[index].signatures.append(Int(row)) } else { sets[index].data.append(Int(row)) }
        }
        for index in sets.indices {
            // Before duplicates go, so that it does not matter which of them is kept.
            let timed = sets[index].data.isEmpty ? sets[index].signatures : sets[index].data
            let ttl = timed.lazy.map { table.rows[$0].ttl }.min() ?? 0
            sets[index].ttl = ttl
            sets[index].rowWithOtherTTL = sets[index].data.first { table.rows[$0].ttl != ttl }
            sets[index].data = distinct(sets[index].data, in: table)
            sets[index].signatures = distinct(sets[index].signatures, in: table)
        }
        return sets
    }

    private static func distinct(_ rows: [Int], in table: RecordTable) -> [Int] {
        guard rows.count > 1 else { return rows }
        let keyed = rows.map {
            (key: canonicalRdata($0, in: table), raw: Array(table.heap[table.rows[$0].rdataRange]), row: $0)
        }
        .sorted { left, right in
            if left.key != right.key { return left.key.lexicographicallyPrecedes(right.key) }
            if left.raw != right.raw { return left.raw.lexicographicallyPrecedes(right.raw) }
            return left.row < right.row
        }
        var distinct: [Int] = []
        for index in keyed.indices where index == 0 || keyed[index].key != keyed[index - 1].key {
            distinct.append(keyed[index].row)
        }
        return distinct
    }

    /// The rdata with all names in lower case (RFC 4034, section 6.2).
    private static func canonicalRdata(_ row: Int, in table: RecordTable) -> [UInt8] {
        let entry = table.rows[row]
        var rdata = Array(table.heap[entry.rdataRange])
        for name in unsafe rdata.withUnsafeBytes({ unsafe entry.type.names(in: $0) }) ?? [] {
            for place in name.range { rdata[place] = ASCII.lowercase(rdata[place]) }
        }
        return rdata
    }
}
