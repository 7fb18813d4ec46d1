// The RRsets of one name under construction: rows in canonical order, duplicates left out, with the signatures that cover
// them.

import DNSCore

/// The rows that make an RRset, and those of its RRSIGs, as places in `NameRRsets`.
struct RRsetRows {
    let type: RRType
    /// The records, sorted by canonical rdata (RFC 4034, section 6.3), each different.
    let data: Range<Int>
    /// The RRSIG records that cover the type, likewise.
    let signatures: Range<Int>
    /// The least TTL of the records, duplicates included, in seconds; of the signatures when there are none.
    let ttl: UInt32
    /// The first row of a record whose TTL is another.
    let rowWithOtherTTL: Int?
}

/// The RRsets at a name, by type number.
///
/// One value serves all names of a zone in turn, so that its buffers are allocated once.
struct NameRRsets {
    private(set) var sets: [RRsetRows] = []
    /// Rows by RRset, records before signatures.
    private var rows: [Int] = []
    private var keys: [UInt64] = []

    /// The rows at the places of an RRset.
    subscript(places: Range<Int>) -> ArraySlice<Int> { rows[places] }
    /// The row at a place.
    subscript(place: Int) -> Int { rows[place] }

    /// Replaces the RRsets by those of another name, whose rows these are. RRSIGs belong to the type that they cover
    /// (RFC 4034, section 3.1.1).
    mutating func collect(_ nameRows: ArraySlice<UInt32>, in table: RecordTable) {
        sets.removeAll(keepingCapacity: true)
        rows.removeAll(keepingCapacity: true)
        keys.removeAll(keepingCapacity: true)
        for row in nameRows { keys.append(NameRRsets.key(row, in: table)) }
        keys.sort()
        var start = 0
        while start < keys.count {
            let type = RRType(rawValue: NameRRsets.type(keys[start]))
            var dataEnd = start
            while dataEnd < keys.count, NameRRsets.kind(keys[dataEnd]) == UInt32(type.rawValue) << 1 { dataEnd += 1 }
            var end = dataEnd
            while end < keys.count, NameRRsets.type(keys[end]) == type.rawValue { end += 1 }
            append(type, data: start..<dataEnd, signatures: dataEnd..<end, in: table)
            start = end
        }
    }

    /// Sorts by type, records before signatures, and then by row.
    private static func key(_ row: UInt32, in table: RecordTable) -> UInt64 {
        let entry = table.rows[Int(row)]
        guard entry.type == .rrsig, entry.rdataLength >= 18 else {
            return UInt64(entry.type.rawValue) << 33 | UInt64(row)
        }
        let place = Int(entry.rdataOffset)
        let covered = UInt64(table.heap[place]) << 8 | UInt64(table.heap[place + 1])
        return covered << 33 | 1 << 32 | UInt64(row)
    }

    private static func type(_ key: UInt64) -> UInt16 { UInt16(truncatingIfNeeded: key >> 33) }
    private static func kind(_ key: UInt64) -> UInt32 { UInt32(truncatingIfNeeded: key >> 32) }
    private static func row(_ key: UInt64) -> Int { Int(UInt32(truncatingIfNeeded: key)) }

    /// Appends an RRset whose records and signatures stand at these places of `keys`.
    private mutating func append(_ type: RRType, data: Range<Int>, signatures: Range<Int>, in table: RecordTable) {
        // The TTL before duplicates go, so that it does not matter which of them is kept.
        var ttl = UInt32.max
        for place in data.isEmpty ? signatures : data { ttl = min(ttl, table.rows[NameRRsets.row(keys[place])].ttl) }
        var other: Int?
        for place in data where other == nil && table.rows[NameRRsets.row(keys[place])].ttl != ttl {
            other = NameRRsets.row(keys[place])
        }
        let records = appendDistinct(data, in: table)
        sets.append(
            RRsetRows(
                type: type, data: records, signatures: appendDistinct(signatures, in: table), ttl: ttl,
                rowWithOtherTTL: other))
    }

    private mutating func appendDistinct(_ places: Range<Int>, in table: RecordTable) -> Range<Int> {
        let start = rows.count
        for place in places { rows.append(NameRRsets.row(keys[place])) }
        guard places.count > 1 else { return start..<rows.count }
        table.heap.withUnsafeBytes { heap in
            let order = unsafe RDataOrder(heap: heap, rows: table.rows)
            rows[start...].sort { left, right in
                let canonical = order(left, right)
                if canonical != 0 { return canonical < 0 }
                // Spellings of one record: the same one is kept, whatever the order in which they came.
                let spelling = order.spelling(left, right)
                return spelling != 0 ? spelling < 0 : left < right
            }
            var kept = start + 1
            for place in start + 1..<rows.count where order(rows[kept - 1], rows[place]) != 0 {
                rows[kept] = rows[place]
                kept += 1
            }
            rows.removeLast(rows.count - kept)
        }
        return start..<rows.count
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
            let (leftOctet, rightOctet) = unsafe (left[index], right[index])
            if leftOctet == rightOctet { continue }
            if !foldingAll { return Int(leftOctet) - Int(rightOctet) }
            let difference = Int(ASCII.lowercase(leftOctet)) - Int(ASCII.lowercase(rightOctet))
            if difference != 0 { return difference }
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
