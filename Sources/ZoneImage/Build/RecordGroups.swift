// The records of a table, brought together by owner name and then by RRset.

import CLinux
import DNSCore

/// Rows of a record table by owner name.
struct RecordGroups {
    private(set) var names: NameTable
    /// Which kinds of records each name has.
    private(set) var kinds: [RecordKinds]
    /// Rows that lie outside the zone.
    let outside: [Int]
    private let rows: [UInt32]
    private let starts: [UInt32]

    init(_ table: RecordTable) {
        var names = NameTable(apex: table.origin.lowercased, expected: table.count / 2)
        var owners: [UInt32] = []
        owners.reserveCapacity(table.count)
        var outside: [Int] = []
        var counts: [UInt32] = [0]
        var kinds: [RecordKinds] = [[]]
        var lastOffset = UInt32.max
        var lastID = NameTable.apexID
        var relative: [UInt8] = []
        for (index, row) in table.rows.enumerated() {
            if row.ownerOffset != lastOffset || index == 0 {
                relative.removeAll(keepingCapacity: true)
                for octet in table.heap[row.ownerRange] { relative.append(ASCII.lowercase(octet)) }
                guard RecordGroups.cutApex(table.origin, from: &relative) else {
                    outside.append(index)
                    owners.append(.max)
                    lastOffset = .max
                    continue
                }
                lastID = names.intern(relative[...])
                lastOffset = row.ownerOffset
                if names.count > counts.count {
                    counts.append(0)
                    kinds.append([])
                }
            }
            owners.append(lastID.rawValue)
            counts[lastID.index] += 1
            kinds[lastID.index].formUnion(RecordKinds(row.type))
        }
        var starts: [UInt32] = []
        starts.reserveCapacity(counts.count + 1)
        var total: UInt32 = 0
        for count in counts {
            starts.append(total)
            total += count
        }
        starts.append(total)
        var next = starts
        var rows = [UInt32](repeating: 0, count: Int(total))
        for (index, owner) in owners.enumerated() where owner != .max {
            rows[Int(next[Int(owner)])] = UInt32(index)
            next[Int(owner)] += 1
        }
        self.names = names
        self.kinds = kinds
        self.outside = outside
        self.rows = rows
        self.starts = starts
    }

    /// The rows of a name, in the order of the table. Names added later have none.
    func rows(of id: NameID) -> ArraySlice<UInt32> {
        id.index + 1 < starts.count ? rows[Int(starts[id.index])..<Int(starts[id.index + 1])] : []
    }

    /// Has the first record of a name fetched, in two steps: the row, and what it points to.
    ///
    /// Names in canonical order are spread all over a large table; without this, a third of the writer's time is waiting.
    func prefetch(row id: NameID, of table: RecordTable) {
        guard id.index + 1 < starts.count, starts[id.index] < starts[id.index + 1] else { return }
        let row = Int(rows[Int(starts[id.index])])
        table.rows.withUnsafeBufferPointer { entries in
            // Safe: a prefetch never faults.
            unsafe zc_prefetch(entries.baseAddress.unsafelyUnwrapped + row)
        }
    }

    /// The second step, a few names later.
    func prefetch(rdata id: NameID, of table: RecordTable) {
        guard id.index + 1 < starts.count, starts[id.index] < starts[id.index + 1] else { return }
        let entry = table.rows[Int(rows[Int(starts[id.index])])]
        table.heap.withUnsafeBufferPointer { heap in
            // Safe: a prefetch never faults.
            unsafe zc_prefetch(heap.baseAddress.unsafelyUnwrapped + Int(entry.ownerOffset))
            unsafe zc_prefetch(heap.baseAddress.unsafelyUnwrapped + Int(entry.rdataOffset) + 64)
        }
    }

    /// Adds a name without records.
    mutating func addEmpty(_ relative: ArraySlice<UInt8>) -> NameID {
        let id = names.intern(relative)
        if names.count > kinds.count { kinds.append([]) }
        return id
    }

    /// Removes the apex from the end of a lower-case name; false when the name is not at or below it.
    private static func cutApex(_ apex: Name, from name: inout [UInt8]) -> Bool {
        let length = name.count - apex.wire.count
        guard length >= 0 else { return false }
        var start = 0
        while start < length { start += 1 + Int(name[start]) }
        guard start == length, name[length...].elementsEqual(apex.wire.lazy.map(ASCII.lowercase)) else { return false }
        name.removeLast(apex.wire.count)
        return true
    }
}

/// The kinds of records at a name that decide what the name is.
struct RecordKinds: OptionSet, BitwiseCopyable {
    let rawValue: UInt8

    static let ns = RecordKinds(rawValue: 1)
    static let cname = RecordKinds(rawValue: 2)
    static let dname = RecordKinds(rawValue: 4)
    static let soa = RecordKinds(rawValue: 8)
    static let address = RecordKinds(rawValue: 16)
    static let nsec = RecordKinds(rawValue: 32)
    static let other = RecordKinds(rawValue: 64)
    static let nsec3 = RecordKinds(rawValue: 128)

    init(rawValue: UInt8) {
        self.rawValue = rawValue
    }

    init(_ type: RRType) {
        switch type {
        case .ns: self = .ns
        case .cname: self = .cname
        case .dname: self = .dname
        case .soa: self = .soa
        case .a, .aaaa: self = .address
        case .nsec: self = .nsec
        case .nsec3: self = .nsec3
        case .rrsig, .key: self = []
        default: self = .other
        }
    }
}
