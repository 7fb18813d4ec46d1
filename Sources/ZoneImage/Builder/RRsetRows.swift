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

    /// The place of the first record, or of the first signature if there are only such.
    var firstPlace: Int { data.isEmpty ? signatures.lowerBound : data.lowerBound }
}

/// The RRsets at a name, by type number.
///
/// One value serves all names of a zone in turn, so that its buffers are allocated once.
struct NameRRsets: ~Copyable {
    private let table: SourceRows
    private var sets: [RRsetRows] = []
    /// Rows by RRset, records before signatures.
    private var rows = GrowingBuffer<UInt32>()
    private var keys = GrowingBuffer<UInt64>()

    init(_ table: SourceRows) { self.table = table }

    /// The numbers of the RRsets.
    var indices: Range<Int> { sets.indices }
    /// The RRset with a number.
    subscript(set index: Int) -> RRsetRows { sets[index] }
    /// The row at a place of an RRset.
    subscript(place: Int) -> Int { Int(rows[place]) }
    /// The first of the rows at some places, as they are ordered; nil when there is none.
    func first(of places: Range<Int>) -> Int? { places.isEmpty ? nil : self[places.lowerBound] }
    /// The rows at some places, as they came.
    func inTableOrder(_ places: Range<Int>) -> [Int] { places.map { self[$0] }.sorted() }

    /// Replaces the RRsets by those of another name, whose rows these are. RRSIGs belong to the type that they cover
    /// (RFC 4034, section 3.1.1).
    mutating func collect(_ nameRows: ArraySlice<UInt32>) {
        sets.removeAll(keepingCapacity: true)
        rows.removeAll()
        keys.removeAll()
        for row in nameRows { keys.append(key(row)) }
        sortKeys()
        var start = 0
        while start < keys.count {
            let type = RRType(rawValue: NameRRsets.type(keys[start]))
            var dataEnd = start
            while dataEnd < keys.count, NameRRsets.kind(keys[dataEnd]) == UInt32(type.rawValue) << 1 { dataEnd += 1 }
            var end = dataEnd
            while end < keys.count, NameRRsets.type(keys[end]) == type.rawValue { end += 1 }
            append(type, data: start..<dataEnd, signatures: dataEnd..<end)
            start = end
        }
    }

    /// Sorts by type, records before signatures, and then by row.
    private func key(_ row: UInt32) -> UInt64 {
        let entry = table[Int(row)]
        guard entry.type == .rrsig, entry.rdataLength >= 18 else {
            return UInt64(entry.type.rawValue) << 33 | UInt64(row)
        }
        let rdata = unsafe table.rdata(of: Int(row))
        let covered = unsafe UInt64(rdata[0]) << 8 | UInt64(rdata[1])
        return covered << 33 | 1 << 32 | UInt64(row)
    }

    /// Most names have a few records, often in order.
    private mutating func sortKeys() {
        if keys.count > 32 {
            var elements = unsafe keys.elements
            unsafe elements.sort()
            return
        }
        for place in keys.indices.dropFirst() {
            let key = keys[place]
            var hole = place
            while hole > 0, keys[hole - 1] > key {
                keys[hole] = keys[hole - 1]
                hole -= 1
            }
            keys[hole] = key
        }
    }

    private static func type(_ key: UInt64) -> UInt16 { UInt16(truncatingIfNeeded: key >> 33) }
    private static func kind(_ key: UInt64) -> UInt32 { UInt32(truncatingIfNeeded: key >> 32) }
    private static func row(_ key: UInt64) -> UInt32 { UInt32(truncatingIfNeeded: key) }

    private func ttl(ofKey place: Int) -> UInt32 { table[Int(NameRRsets.row(keys[place]))].ttl }

    /// Appends an RRset whose records and signatures stand at these places of `keys`.
    private mutating func append(_ type: RRType, data: Range<Int>, signatures: Range<Int>) {
        // The TTL before duplicates go, so that it does not matter which of them is kept.
        var least = UInt32.max
        for place in data.isEmpty ? signatures : data { least = min(least, ttl(ofKey: place)) }
        var other: Int?
        for place in data where other == nil && ttl(ofKey: place) != least {
            other = Int(NameRRsets.row(keys[place]))
        }
        let records = appendDistinct(data)
        sets.append(
            RRsetRows(
                type: type, data: records, signatures: appendDistinct(signatures), ttl: least, rowWithOtherTTL: other))
    }

    private mutating func appendDistinct(_ places: Range<Int>) -> Range<Int> {
        let start = rows.count
        for place in places { rows.append(NameRRsets.row(keys[place])) }
        guard places.count > 1 else { return start..<rows.count }
        let order = RDataOrder(table: table)
        var new = unsafe UnsafeMutableBufferPointer(rebasing: rows.elements[start...])
        if new.count == 2 {
            if unsafe order.isBefore(new[1], new[0]) { unsafe new.swapAt(0, 1) }
        } else {
            unsafe new.sort(by: order.isBefore)
        }
        var kept = start + 1
        for place in start + 1..<rows.count where order(rows[kept - 1], rows[place]) != 0 {
            rows[kept] = rows[place]
            kept += 1
        }
        rows.truncate(to: kept)
        return start..<kept
    }
}

/// The order of records in an RRset: by rdata with all names in lower case (RFC 4034, sections 6.2 and 6.3).
private struct RDataOrder {
    let table: SourceRows

    /// Whether the record in row `left` stands before that in row `right`.
    func isBefore(_ left: UInt32, _ right: UInt32) -> Bool {
        let canonical = self(left, right)
        if canonical != 0 { return canonical < 0 }
        // Spellings of one record: the same one is kept, whatever the order in which they came.
        let spelling = spelling(left, right)
        return spelling != 0 ? spelling < 0 : left < right
    }

    /// Negative, zero or positive, as the record in row `left` stands before, with or behind the one in row `right`.
    func callAsFunction(_ left: UInt32, _ right: UInt32) -> Int {
        let leftRData = unsafe table.rdata(of: Int(left))
        let rightRData = unsafe table.rdata(of: Int(right))
        let type = table[Int(left)].type
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
    private func spelling(_ left: UInt32, _ right: UInt32) -> Int {
        unsafe compare(table.rdata(of: Int(left)), table.rdata(of: Int(right)), foldingAll: false)
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
