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
        let order = table.heap.withUnsafeBytes { heap in
            let compare = unsafe RDataOrder(heap: heap, rows: table.rows)
            let sorted = rows.sorted { left, right in
                let canonical = compare(left, right)
                if canonical != 0 { return canonical < 0 }
                // Spellings of one record: the same one is kept, whatever the order in which they came.
                let spelling = compare.spelling(left, right)
                return spelling != 0 ? spelling < 0 : left < right
            }
            return sorted.indices.filter { $0 == 0 || compare(sorted[$0 - 1], sorted[$0]) != 0 }.map { sorted[$0] }
        }
        return order
    }
}

/// The order of records in an RRset: by rdata with all names in lower case (RFC 4034, sections 6.2 and 6.3).
private struct RDataOrder {
    let heap: UnsafeRawBufferPointer
    let rows: [RecordTable.Row]

    /// Negative, zero or positive, as the record in row `left` stands before, with or behind the one in row `right`.
    func callAsFunction(_ left: Int, _ right: Int) -> Int {
        let leftRData = rdata(left)
        let rightRData = rdata(right)
        let type = rows[left].type
        // Lengths of labels are below the letters, so that octets of names can be folded one by one.
        if type.hasOnlyNames { return unsafe compare(leftRData, rightRData, foldingAll: true) }
        let difference = unsafe compare(leftRData, rightRData, foldingAll: false)
        if difference == 0 || type.rdataFields.isEmpty { return difference }
        let leftKey = unsafe folded(leftRData, type)
        let rightKey = unsafe folded(rightRData, type)
        if leftKey == rightKey { return 0 }
        return leftKey.lexicographicallyPrecedes(rightKey) ? -1 : 1
    }

    /// The order of the octets as they are.
    func spelling(_ left: Int, _ right: Int) -> Int {
        unsafe compare(rdata(left), rdata(right), foldingAll: false)
    }

    private func rdata(_ row: Int) -> UnsafeRawBufferPointer {
        // Safe: a row's range is within the heap.
        unsafe UnsafeRawBufferPointer(rebasing: heap[rows[row].rdataRange])
    }

    private func compare(
        _ left: UnsafeRawBufferPointer, _ right: UnsafeRawBufferPointer, foldingAll: Bool
    ) -> Int {
        for index in 0..<min(left.count, right.count) {
            let leftOctet = unsafe foldingAll ? ASCII.lowercase(left[index]) : left[index]
            let rightOctet = unsafe foldingAll ? ASCII.lowercase(right[index]) : right[index]
            if leftOctet != rightOctet { return Int(leftOctet) - Int(rightOctet) }
        }
        return left.count - right.count
    }

    private func folded(_ rdata: UnsafeRawBufferPointer, _ type: RRType) -> [UInt8] {
        var key = unsafe Array(rdata)
        _ = unsafe type.forEachName(in: rdata) { name in
            for place in name.range { key[place] = ASCII.lowercase(key[place]) }
        }
        return key
    }
}
