// Which name of the zone each record points to: a name server, a mail exchanger, a service's host.

import CLinux
import DNSCore

/// By row, the name of the zone that a record points to.
struct RecordTargets: ~Copyable {
    /// A name's number and 1; 0 for a record that points to none.
    private var numbers: GrowingBuffer<UInt32>

    init(_ table: SourceRows, names: borrowing NameTable) {
        numbers = GrowingBuffer(capacity: table.count)
        var pending = PendingNames()
        for row in 0..<table.count {
            numbers.append(0)
            let entry = table[row]
            guard let offset = RecordTargets.offset(in: entry.type), Int(entry.rdataLength) > offset else { continue }
            if pending.isFull { find(in: &pending, names) }
            let name = unsafe UnsafeRawBufferPointer(rebasing: table.rdata(of: row).dropFirst(offset))
            if let key = unsafe pending.add(name, row: row, of: names) { names.prefetchSlot(key) }
            if let key = pending.key(addedBefore: 8) { names.prefetchEntry(key) }
            if let key = pending.key(addedBefore: 16) { names.prefetchOctets(key) }
        }
        while pending.count > 0 { find(in: &pending, names) }
    }

    private mutating func find(in pending: inout PendingNames, _ names: borrowing NameTable) {
        let oldest = unsafe pending.remove()
        guard let key = unsafe oldest.key, let name = unsafe names.find(oldest.octets, hash: key.hash) else { return }
        unsafe numbers[oldest.row] = name.rawValue + 1
    }

    /// The name that the record in a row points to; nil when it is elsewhere or has no records.
    subscript(row: Int) -> NameID? {
        let number = numbers[row]
        return number == 0 ? nil : NameID(rawValue: number - 1)
    }

    /// Has what is known about a row fetched.
    @inline(__always)
    func prefetch(row: Int) {
        guard let start = unsafe numbers.octets.baseAddress else { return }
        // Safe: a prefetch never faults.
        unsafe zc_prefetch(start + row * 4)
    }

    /// Calls `body` with every name that a record points to, as often as there are such records.
    func visitNames(_ body: (NameID) -> Void) {
        for row in numbers.indices { if let name = self[row] { body(name) } }
    }

    /// Where the name starts in the rdata of types that point to a host or to another name.
    static func nameOffset(in type: RRType) -> Int? {
        switch type {
        case .cname, .dname, .ptr: 0
        case .kx, .afsdb, .rt: 2
        default: offset(in: type)
        }
    }

    /// Where the target's name starts in the rdata of types with additional data.
    static func offset(in type: RRType) -> Int? {
        switch type {
        case .ns: 0
        case .mx, .svcb, .https: 2
        case .srv: 6
        default: nil
        }
    }
}
