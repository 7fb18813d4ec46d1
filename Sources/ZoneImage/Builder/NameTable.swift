// The owner names of a zone under construction: each once, found by hash. Names are kept relative to the apex.

import CLinux
import DNSCore
import Glibc

/// The number of a name in a `NameTable`.
struct NameID: Hashable, BitwiseCopyable {
    let rawValue: UInt32

    var index: Int { Int(rawValue) }
}

/// The distinct owner names of a zone, lower-case, in order of appearance. The apex is number 0.
struct NameTable: ~Copyable {
    private(set) var entries: GrowingBuffer<Entry>
    private var octets = GrowingBuffer<UInt8>(capacity: 1024)
    private(set) var slots: GrowingBuffer<UInt32>
    /// True when some names are missing: together they would take more than 4 GiB.
    private(set) var isFull = false
    private let apex: Name
    private let apexLabels: Int
    private let function = NameHash.ofProcess

    /// A name: where its octets stand, and the hash of what stands before the apex.
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
        slots = NameTable.free(1 << bits)
        entries = GrowingBuffer(capacity: expected)
        apexLabels = apex.labelCount
        insert(Entry(hash: function.start, offset: 0, length: 0, labels: 0))
    }

    var count: Int { entries.count }

    /// Whether the names, the apex included, have ASCII only. Looks at every octet.
    var isASCII: Bool {
        unsafe octets.octets.reduce(0, |) < 0x80 && apex.wire.reduce(0, |) < 0x80
    }

    private static func free(_ count: Int) -> GrowingBuffer<UInt32> {
        var slots = GrowingBuffer<UInt32>(capacity: count)
        for _ in 0..<count { slots.append(0) }
        return slots
    }

    /// The labels of a name before the apex, lower case; valid until the next name is added.
    func relativeName(_ id: NameID) -> UnsafeRawBufferPointer {
        let entry = entries[id.index]
        let start = Int(entry.offset)
        return unsafe UnsafeRawBufferPointer(rebasing: octets.octets[start..<start + Int(entry.length)])
    }

    /// True for labels before the apex whose first is `*`.
    static func isWildcard(_ relative: UnsafeRawBufferPointer) -> Bool {
        unsafe relative.count >= 2 && relative[0] == 1 && relative[1] == UInt8(ascii: "*")
    }

    /// The absolute name.
    func name(_ id: NameID) -> Name { Name(uncheckedWire: unsafe Array(relativeName(id)) + apex.wire) }

    /// Takes the name that `wire` begins with, absolute and in any case, for a search: copies it in lower case to `copy`, which
    /// has room for 255 octets, and hashes what stands before the apex. Nil when it is no name, or not at or below the apex.
    func key(of wire: UnsafeRawBufferPointer, lowercasedTo copy: UnsafeMutableRawPointer) -> NameKey? {
        withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 128) { starts in
            var labels = 0
            var position = 0
            let end = min(wire.count, Name.maximumLength)
            while position < end, unsafe wire[position] != 0 {
                let length = unsafe Int(wire[position])
                // What is no length is not to become another one in lower case.
                guard length <= Name.maximumLabelLength else { return nil }
                // Safe: a name of 255 octets has 127 labels at most.
                unsafe starts[labels] = UInt8(position)
                labels += 1
                position += 1 + length
            }
            guard position < end, labels >= apexLabels else { return nil }
            let own = labels - apexLabels
            let apexStart = position + 1 - apex.wire.count
            // The apex must begin where a label does.
            guard unsafe own == labels ? apexStart == position : apexStart == Int(starts[own]) else { return nil }
            unsafe ASCII.lowercase(UnsafeRawBufferPointer(rebasing: wire[...position]), to: copy)
            let isBelow = apex.wire.withUnsafeBytes { apex in
                unsafe memcmp(copy + apexStart, apex.baseAddress.unsafelyUnwrapped, apex.count) == 0
            }
            guard isBelow else { return nil }
            return unsafe self.key(ofRelative: UnsafeRawBufferPointer(start: copy, count: apexStart))
        }
    }

    /// Finds or adds a name; the apex is returned in place of one that there is no more room for.
    mutating func intern(_ relative: UnsafeRawBufferPointer, _ key: NameKey) -> NameID {
        if let found = unsafe find(relative, hash: key.hash) { return found }
        guard let offset = UInt32(exactly: octets.count), entries.count < Int(Int32.max) else {
            isFull = true
            return NameTable.apexID
        }
        unsafe octets.append(copying: relative)
        return insert(Entry(hash: key.hash, offset: offset, length: key.length, labels: key.labels))
    }

    /// Adds the name that has the labels of `id` from its `skip`-th on, if it is not there.
    mutating func internAncestor(of id: NameID, skippingLabels skip: Int) -> NameID {
        // A copy: the table's own octets may move when they grow.
        let name = unsafe Array(suffix(of: id, skippingLabels: skip))
        return name.withUnsafeBytes { unsafe intern($0, key(ofRelative: $0)) }
    }

    /// The name that `wire` begins with, absolute and in any case; nil when it is no name, elsewhere, or not in the table.
    func find(absolute wire: UnsafeRawBufferPointer) -> NameID? {
        withUnsafeTemporaryAllocation(byteCount: Name.maximumLength, alignment: 8) { copy in
            let start = unsafe copy.baseAddress.unsafelyUnwrapped
            guard let key = unsafe key(of: wire, lowercasedTo: start) else { return nil }
            return unsafe find(UnsafeRawBufferPointer(start: start, count: Int(key.length)), hash: key.hash)
        }
    }

    /// Calls `body` with the names of the table that the name which `wire` begins with is at or below, the longest first and
    /// the apex last, until it returns true; with none when that name is elsewhere.
    func forEachEncloser(absolute wire: UnsafeRawBufferPointer, _ body: (NameID) -> Bool) {
        withUnsafeTemporaryAllocation(byteCount: Name.maximumLength, alignment: 8) { copy in
            let start = unsafe copy.baseAddress.unsafelyUnwrapped
            guard let key = unsafe key(of: wire, lowercasedTo: start) else { return }
            var rest = unsafe UnsafeRawBufferPointer(start: start, count: Int(key.length))
            while true {
                if let id = unsafe find(rest, hash: self.key(ofRelative: rest).hash), body(id) { return }
                guard let length = unsafe rest.first else { return }
                unsafe rest = UnsafeRawBufferPointer(rebasing: rest.dropFirst(1 + Int(length)))
            }
        }
    }

    // MARK: Memory, fetched before it is needed

    /// The first step of a search: the slot. Prefetches never fault.
    func prefetchSlot(_ key: NameKey) {
        if let start = unsafe slots.octets.baseAddress { unsafe zc_prefetch(start + firstSlot(key.hash) * 4) }
    }

    /// The second step: the entry that the slot refers to.
    func prefetchEntry(_ key: NameKey) {
        let number = slots[firstSlot(key.hash)]
        guard number > 0 else { return }
        prefetchEntry(NameID(rawValue: number - 1))
    }

    /// The third step: the name's octets.
    func prefetchOctets(_ key: NameKey) {
        let number = slots[firstSlot(key.hash)]
        guard number > 0 else { return }
        prefetchOctets(NameID(rawValue: number - 1))
    }

    func prefetchEntry(_ id: NameID) {
        guard let start = unsafe entries.octets.baseAddress else { return }
        unsafe zc_prefetch(start + id.index * MemoryLayout<Entry>.stride)
    }

    func prefetchOctets(_ id: NameID) {
        if let start = unsafe octets.octets.baseAddress { unsafe zc_prefetch(start + Int(entries[id.index].offset)) }
    }

    // MARK: Searching

    /// The name that has no label before those of `id` from its `skip`-th on; nil when it is not in the table.
    func ancestor(of id: NameID, skippingLabels skip: Int) -> NameID? {
        let name = unsafe suffix(of: id, skippingLabels: skip)
        return unsafe find(name, hash: key(ofRelative: name).hash)
    }

    /// The labels of `id` from its `skip`-th on; valid until the next name is added.
    func suffix(of id: NameID, skippingLabels skip: Int) -> UnsafeRawBufferPointer {
        var name = unsafe relativeName(id)
        for _ in 0..<skip { unsafe name = UnsafeRawBufferPointer(rebasing: name.dropFirst(1 + Int(name[0]))) }
        return unsafe name
    }

    private func firstSlot(_ hash: UInt64) -> Int { Int(truncatingIfNeeded: hash >> 20) & (slots.count - 1) }

    /// The name with these lower-case labels before the apex, and this hash; nil when it is not in the table.
    func find(_ relative: UnsafeRawBufferPointer, hash: UInt64) -> NameID? {
        var slot = firstSlot(hash)
        while slots[slot] != 0 {
            let id = NameID(rawValue: slots[slot] - 1)
            if entries[id.index].hash == hash, unsafe isEqual(relativeName(id), relative) { return id }
            slot = (slot + 1) & (slots.count - 1)
        }
        return nil
    }

    private func isEqual(_ left: UnsafeRawBufferPointer, _ right: UnsafeRawBufferPointer) -> Bool {
        guard left.count == right.count, let other = right.baseAddress else {
            return left.count == right.count
        }
        return unsafe memcmp(left.baseAddress.unsafelyUnwrapped, other, right.count) == 0
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
        var slot = firstSlot(entries[id.index].hash)
        while slots[slot] != 0 { slot = (slot + 1) & (slots.count - 1) }
        slots[slot] = id.rawValue + 1
    }

    private mutating func grow() {
        slots = NameTable.free(slots.count * 2)
        for index in entries.indices { place(NameID(rawValue: UInt32(index))) }
    }

    /// The key of lower-case labels before the apex.
    private func key(ofRelative relative: UnsafeRawBufferPointer) -> NameKey {
        let (hash, labels) = unsafe function.hash(relative)
        return NameKey(hash: hash, length: UInt8(relative.count), labels: UInt8(labels))
    }
}

extension NameHash {
    /// The hash of valid labels, lower case and without the root; and how many they are.
    func hash(_ octets: UnsafeRawBufferPointer) -> (hash: UInt64, labels: Int) {
        withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 128) { starts in
            var labels = 0
            var position = 0
            while position < octets.count, labels < 128 {
                unsafe starts[labels] = UInt8(position)
                labels += 1
                unsafe position += 1 + Int(octets[position])
            }
            var hash = start
            for index in stride(from: labels - 1, through: 0, by: -1) {
                // Safe: a start is below the count of valid labels, its label within them.
                let start = unsafe Int(starts[index])
                let label = unsafe octets.baseAddress.unsafelyUnwrapped.assumingMemoryBound(to: UInt8.self) + start
                hash = unsafe extend(hash, with: label + 1, length: Int(label.pointee))
            }
            return (hash, labels)
        }
    }
}
