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
        entries.reserveCapacity(expected)
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
        let hashed = relative.withUnsafeBytes { unsafe self.hash(of: $0) }
        if let found = relative.withUnsafeBytes({ unsafe self.find($0, hash: hashed.hash) }) { return found }
        let offset = UInt32(octets.count)
        octets.append(contentsOf: relative)
        return insert(
            Entry(hash: hashed.hash, offset: offset, length: UInt8(relative.count), labels: UInt8(hashed.labels)))
    }

    /// The name with these lower-case labels before the apex; nil when it is not in the table.
    func find(_ relative: ArraySlice<UInt8>) -> NameID? {
        relative.withUnsafeBytes { unsafe self.find($0, hash: self.hash(of: $0).hash) }
    }

    /// The name that `wire` begins with, absolute and in any case; nil when it is no name, elsewhere, or not in the table.
    func find(absolute wire: UnsafeRawBufferPointer) -> NameID? {
        unsafe withRelativeName(absolute: wire) { unsafe find($0, hash: hash(of: $0).hash) } ?? nil
    }

    /// Calls `body` with the names of the table that the name which `wire` begins with is at or below, the longest first and
    /// the apex last, until it returns true; with none when that name is elsewhere.
    func forEachEncloser(absolute wire: UnsafeRawBufferPointer, _ body: (NameID) -> Bool) {
        _ = unsafe withRelativeName(absolute: wire) { name in
            var rest = unsafe name
            while true {
                if let id = unsafe find(rest, hash: hash(of: rest).hash), body(id) { return }
                guard let length = unsafe rest.first else { return }
                unsafe rest = UnsafeRawBufferPointer(rebasing: rest.dropFirst(1 + Int(length)))
            }
        }
    }

    /// Calls `body` with the lower-case labels before the apex of the name that `wire` begins with; nil when it is no name or
    /// elsewhere.
    private func withRelativeName<Result>(
        absolute wire: UnsafeRawBufferPointer, _ body: (UnsafeRawBufferPointer) -> Result
    ) -> Result? {
        var position = 0
        let end = min(wire.count, Name.maximumLength)
        while position < end, unsafe wire[position] != 0 { unsafe position += 1 + Int(wire[position]) }
        guard position < end else { return nil }
        let apexStart = position + 1 - apex.wire.count
        guard apexStart >= 0 else { return nil }
        for (index, octet) in apex.wire.enumerated() {
            if unsafe ASCII.lowercase(wire[apexStart + index]) != octet { return nil }
        }
        // The apex must begin where a label does.
        position = 0
        while position < apexStart { unsafe position += 1 + Int(wire[position]) }
        guard position == apexStart else { return nil }
        return withUnsafeTemporaryAllocation(byteCount: Name.maximumLength, alignment: 1) { lower in
            for index in 0..<apexStart { unsafe lower[index] = ASCII.lowercase(wire[index]) }
            return unsafe body(UnsafeRawBufferPointer(rebasing: lower[..<apexStart]))
        }
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

    private func find(_ relative: UnsafeRawBufferPointer, hash: UInt64) -> NameID? {
        var slot = Int(truncatingIfNeeded: hash >> 20) & (slots.count - 1)
        while slots[slot] != 0 {
            let id = NameID(rawValue: slots[slot] - 1)
            let entry = entries[id.index]
            if entry.hash == hash, Int(entry.length) == relative.count,
                unsafe isName(entry, relative)
            {
                return id
            }
            slot = (slot + 1) & (slots.count - 1)
        }
        return nil
    }

    private func isName(_ entry: Entry, _ relative: UnsafeRawBufferPointer) -> Bool {
        for index in 0..<relative.count {
            if unsafe octets[Int(entry.offset) + index] != relative[index] { return false }
        }
        return true
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

    private func hash(of relative: UnsafeRawBufferPointer) -> (hash: UInt64, labels: Int) {
        withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 128) { starts in
            var labels = 0
            var position = 0
            while position < relative.count, labels < 128 {
                unsafe starts[labels] = UInt8(position)
                labels += 1
                unsafe position += 1 + Int(relative[position])
            }
            var hash = apexHash
            for index in stride(from: labels - 1, through: 0, by: -1) {
                // Safe: a start is below the count of a valid relative name, its label within it.
                let start = unsafe Int(starts[index])
                let label = unsafe relative.baseAddress.unsafelyUnwrapped.assumingMemoryBound(to: UInt8.self) + start
                hash = unsafe NameHash.extend(hash, with: label + 1, length: Int(label.pointee))
            }
            return (hash, labels)
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
