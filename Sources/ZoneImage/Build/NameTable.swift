// The owner names of a zone under construction: each once, found by hash. Names are kept relative to the apex.

import DNSCore

/// The number of a name in a `NameTable`.
struct NameID: Hashable, BitwiseCopyable {
    let rawValue: UInt32

    var index: Int { Int(rawValue) }
}

/// The distinct owner names of a zone, lower-case, in order of appearance. The apex is number 0.
struct NameTable {
    private(set) var entries: [Entry] = []
    private var octets: [UInt8] = []
    private var slots: [UInt32]
    private let apex: Name
    private let apexHash: UInt64

    /// A name: where its octets stand, and the hash of its absolute form.
    struct Entry: BitwiseCopyable {
        let hash: UInt64
        let offset: UInt32
        let length: UInt8
        let labels: UInt8
    }

    static let apexID = NameID(rawValue: 0)

    /// A table with the apex in it.
    init(apex: Name, expected: Int) {
        self.apex = apex
        var bits = 4
        while 1 << bits < expected { bits += 1 }
        slots = Array(repeating: 0, count: 1 << bits)
        var hash = NameHash.root
        let starts = NameTable.labelStarts(of: apex.wire, length: apex.wire.count - 1)
        apex.wire.withUnsafeBufferPointer { wire in
            for start in starts.reversed() {
                // Safe: starts are places of labels within the valid name `wire`.
                hash = unsafe NameHash.extend(
                    hash, with: wire.baseAddress.unsafelyUnwrapped + start + 1, length: Int(wire[start]))
            }
        }
        apexHash = hash
        insert(Entry(hash: hash, offset: 0, length: 0, labels: 0))
    }

    var count: Int { entries.count }

    /// The labels of a name before the apex, lower case.
    func relativeName(_ id: NameID) -> ArraySlice<UInt8> {
        let entry = entries[id.index]
        return octets[Int(entry.offset)..<Int(entry.offset) + Int(entry.length)]
    }

    /// The absolute name.
    func name(_ id: NameID) -> Name { Name(uncheckedWire: relativeName(id) + apex.wire) }

    /// Calls `body` with the labels before the apex.
    func withRelativeName<Result>(_ id: NameID, _ body: (UnsafeRawBufferPointer) -> Result) -> Result {
        let entry = entries[id.index]
        return octets.withUnsafeBytes { buffer in
            let start = Int(entry.offset)
            return unsafe body(UnsafeRawBufferPointer(rebasing: buffer[start..<start + Int(entry.length)]))
        }
    }

    /// Finds or adds the name with these lower-case labels before the apex.
    mutating func intern(_ relative: ArraySlice<UInt8>) -> NameID {
        let (hash, labels) = hash(of: relative)
        if let found = find(relative, hash: hash) { return found }
        let offset = UInt32(octets.count)
        octets.append(contentsOf: relative)
        return insert(
            Entry(hash: hash, offset: offset, length: UInt8(relative.count), labels: UInt8(labels)))
    }

    /// The name with these lower-case labels before the apex; nil when it is not in the table.
    func find(_ relative: ArraySlice<UInt8>) -> NameID? {
        find(relative, hash: hash(of: relative).hash)
    }

    /// The name that has no label before those of `id` from its `skip`-th on; nil when it is not in the table.
    func ancestor(of id: NameID, skippingLabels skip: Int) -> NameID? {
        find(suffix(of: id, skippingLabels: skip))
    }

    /// The labels of `id` from its `skip`-th on.
    func suffix(of id: NameID, skippingLabels skip: Int) -> ArraySlice<UInt8> {
        var name = relativeName(id)
        for _ in 0..<skip { name = name.dropFirst(1 + Int(name[name.startIndex])) }
        return name
    }

    private func find(_ relative: ArraySlice<UInt8>, hash: UInt64) -> NameID? {
        var slot = Int(truncatingIfNeeded: hash >> 20) & (slots.count - 1)
        while slots[slot] != 0 {
            let id = NameID(rawValue: slots[slot] - 1)
            let entry = entries[id.index]
            if entry.hash == hash, Int(entry.length) == relative.count, relativeName(id) == relative { return id }
            slot = (slot + 1) & (slots.count - 1)
        }
        return nil
    }

    @discardableResult
    private mutating func insert(_ entry: Entry) -> NameID {
        if (entries.count + 1) * 4 > slots.count * 3 { grow() }
        let id = NameID(rawValue: UInt32(entries.count))
        entries.append(entry)
        place(id)
        return id
    }

    private mutating func place(_ id: NameID) {
        var slot = Int(truncatingIfNeeded: entries[id.index].hash >> 20) & (slots.count - 1)
        while slots[slot] != 0 { slot = (slot + 1) & (slots.count - 1) }
        slots[slot] = id.rawValue + 1
    }

    private mutating func grow() {
        slots = Array(repeating: 0, count: slots.count * 2)
        for index in entries.indices { place(NameID(rawValue: UInt32(index))) }
    }

    private func hash(of relative: ArraySlice<UInt8>) -> (hash: UInt64, labels: Int) {
        relative.withUnsafeBufferPointer { buffer in
            unsafe withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 128) { starts in
                var labels = 0
                var position = 0
                while position < buffer.count, labels < 128 {
                    unsafe starts[labels] = UInt8(position)
                    labels += 1
                    unsafe position += 1 + Int(buffer[position])
                }
                var hash = apexHash
                for index in stride(from: labels - 1, through: 0, by: -1) {
                    // Safe: a start is below the count of a valid relative name, its label within it.
                    let start = unsafe Int(starts[index])
                    hash = unsafe NameHash.extend(
                        hash, with: buffer.baseAddress.unsafelyUnwrapped + start + 1, length: Int(buffer[start]))
                }
                return (hash, labels)
            }
        }
    }

    private static func labelStarts(of wire: [UInt8], length: Int) -> [Int] {
        var starts: [Int] = []
        var position = 0
        while position < length {
            starts.append(position)
            position += 1 + Int(wire[position])
        }
        return starts
    }
}
