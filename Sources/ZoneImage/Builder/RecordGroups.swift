// The records of a table, brought together by owner name and then by RRset.

import DNSCore

/// Rows of a record table by owner name.
struct RecordGroups: ~Copyable {
    private(set) var names: NameTable
    /// Which kinds of records each name has.
    private(set) var kinds: [RecordKinds] = [[]]
    /// Rows that lie outside the zone.
    private(set) var outside: [Int] = []
    /// The name of each row, by row.
    private var owners: GrowingBuffer<UInt32>
    /// Rows by place of their name in canonical order, and where each place's rows start.
    private var rows: [UInt32] = []
    private var starts: [UInt32] = []
    /// The place of each name in canonical order.
    private var places: [UInt32] = []

    private static let nobody = UInt32.max

    init(_ table: SourceRows, origin: Name) {
        names = NameTable(apex: origin.lowercased, expected: table.count / 2)
        owners = GrowingBuffer(capacity: table.count)
        var pending = PendingNames()
        for row in 0..<table.count where row == 0 || table[row].ownerOffset != table[row - 1].ownerOffset {
            if pending.isFull { nameOwners(&pending, table) }
            if let key = unsafe pending.add(table.owner(of: row), row: row, of: names) { names.prefetchSlot(key) }
        }
        while pending.count > 0 { nameOwners(&pending, table) }
    }

    /// Gives the rows from that of the name that has waited longest to that of the next their name.
    private mutating func nameOwners(_ pending: inout PendingNames, _ table: SourceRows) {
        let end = pending.secondRow ?? table.count
        let oldest = unsafe pending.remove()
        let rows = unsafe oldest.row..<end
        guard let key = unsafe oldest.key else {
            for row in rows {
                outside.append(row)
                owners.append(RecordGroups.nobody)
            }
            return
        }
        let id = unsafe names.intern(oldest.octets, key)
        if names.count > kinds.count { kinds.append([]) }
        for row in rows {
            owners.append(id.rawValue)
            kinds[id.index].formUnion(RecordKinds(table[row].type))
        }
    }

    /// Adds the name that has the labels of `id` from its `skip`-th on, without records of its own.
    mutating func addAncestor(of id: NameID, skippingLabels skip: Int) {
        _ = names.internAncestor(of: id, skippingLabels: skip)
        if names.count > kinds.count { kinds.append([]) }
    }

    /// Brings the rows of each name together, in the order of all names that `order` is.
    mutating func arrange(in order: [NameID]) {
        places = Array(repeating: 0, count: names.count)
        for (place, id) in order.enumerated() { places[id.index] = UInt32(place) }
        starts = Array(repeating: 0, count: names.count + 1)
        for row in owners.indices where owners[row] != RecordGroups.nobody {
            starts[Int(places[Int(owners[row])]) + 1] += 1
        }
        for place in 1..<starts.count { starts[place] += starts[place - 1] }
        var next = starts
        rows = Array(repeating: 0, count: Int(starts[names.count]))
        for row in owners.indices where owners[row] != RecordGroups.nobody {
            let place = Int(places[Int(owners[row])])
            rows[Int(next[place])] = UInt32(row)
            next[place] += 1
        }
    }

    /// The rows of a name, in the order of the table. They must have been arranged.
    func rows(of id: NameID) -> ArraySlice<UInt32> { rows(at: Int(places[id.index])) }

    /// The rows of the name at a place in the order, in the order of the table.
    func rows(at place: Int) -> ArraySlice<UInt32> { rows[Int(starts[place])..<Int(starts[place + 1])] }

    /// The first row of the name at a place in the order; nil when there is no such place or row.
    func firstRow(at place: Int) -> Int? {
        guard place < places.count, starts[place] < starts[place + 1] else { return nil }
        return Int(rows[Int(starts[place])])
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
