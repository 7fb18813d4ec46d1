// Names on their way into or through a name table: in lower case, without the apex, hashed, and looked for a few at a
// time, so that the memory for one is fetched while others are dealt with.

import DNSCore

/// What a name table knows a name by, beside its octets.
struct NameKey: BitwiseCopyable {
    let hash: UInt64
    /// Octets before the apex.
    let length: UInt8
    /// Labels before the apex.
    let labels: UInt8
}

/// The names that were met last, each with the row that it stands in; the first one in is the first one out.
@safe
struct PendingNames: ~Copyable {
    /// How many names are under way: enough for three steps of some dozen nanoseconds each.
    static let depth = 24
    private static let space = 256

    /// A name; the key is nil when the row's is no name of the zone.
    struct Waiting: BitwiseCopyable {
        var key: NameKey?
        var row = 0
    }

    private let octets: UnsafeMutableRawPointer
    private var names = GrowingBuffer<Waiting>(capacity: PendingNames.depth)
    private var added = 0
    private var removed = 0

    init() {
        unsafe octets = .allocate(byteCount: PendingNames.depth * PendingNames.space, alignment: 8)
        for _ in 0..<PendingNames.depth { names.append(Waiting()) }
    }

    deinit { unsafe octets.deallocate() }

    /// How many names wait.
    var count: Int { added - removed }
    var isFull: Bool { count == PendingNames.depth }

    /// Adds the name that `wire` begins with, in any case. There must be room.
    ///
    /// - Returns: its key; nil when it is no name, or not at or below the apex. It waits all the same.
    mutating func add(_ wire: UnsafeRawBufferPointer, row: Int, of table: borrowing NameTable) -> NameKey? {
        precondition(!isFull)
        let place = added % PendingNames.depth
        let key = unsafe table.key(of: wire, lowercasedTo: octets + place * PendingNames.space)
        names[place] = Waiting(key: key, row: row)
        added += 1
        return key
    }

    /// The key of the name that was added `age` names before the last one; nil when it waits no more.
    func key(addedBefore age: Int) -> NameKey? {
        age < count ? names[(added - 1 - age) % PendingNames.depth].key : nil
    }

    /// The row of the name that was added after the one that has waited longest; nil when there is none.
    var secondRow: Int? { count > 1 ? names[(removed + 1) % PendingNames.depth].row : nil }

    /// Removes the name that has waited longest. Its octets, without the apex, are valid until the next one is added.
    mutating func remove() -> (key: NameKey?, octets: UnsafeRawBufferPointer, row: Int) {
        precondition(count > 0)
        let place = removed % PendingNames.depth
        removed += 1
        let name = names[place]
        let start = unsafe octets + place * PendingNames.space
        return unsafe (name.key, UnsafeRawBufferPointer(start: start, count: Int(name.key?.length ?? 0)), name.row)
    }
}
