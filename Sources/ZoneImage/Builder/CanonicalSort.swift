// Puts a zone's names into the canonical order of RFC 4034, section 6.1, by sort keys that compare octet by octet.

import DNSCore
import Glibc

extension NameTable {
    /// All names in canonical order.
    ///
    /// A name's key is its labels from the right, each followed by a zero octet; zero and one within a label become two
    /// octets, so that the end of a label sorts first. Names are sorted by the first eight octets of their keys as one
    /// integer, and those few that are equal in them by the rest.
    func canonicalOrder() -> [NameID] {
        var keys = GrowingBuffer<UInt8>(capacity: entries.count * 12)
        var starts = GrowingBuffer<Int>(capacity: entries.count + 1)
        var names = GrowingBuffer<SortKey>(capacity: entries.count)
        for index in entries.indices {
            let start = keys.count
            starts.append(start)
            appendKey(of: NameID(rawValue: UInt32(index)), to: &keys)
            var prefix: UInt64 = 0
            for place in start..<start + 8 { prefix = prefix << 8 | (place < keys.count ? UInt64(keys[place]) : 0) }
            names.append(SortKey(prefix: prefix, name: UInt32(index)))
        }
        starts.append(keys.count)
        NameTable.sortByPrefix(&names)
        let octets = unsafe keys.octets
        var start = 0
        while start < names.count {
            var end = start + 1
            while end < names.count, names[end].prefix == names[start].prefix { end += 1 }
            if end - start > 1 {
                var equal = unsafe UnsafeMutableBufferPointer(rebasing: names.elements[start..<end])
                unsafe equal.sort { left, right in
                    let (left, right) = (Int(left.name), Int(right.name))
                    let leftRange = starts[left]..<starts[left + 1]
                    let rightRange = starts[right]..<starts[right + 1]
                    // Safe: both ranges lie within `keys`; only their shorter length is compared.
                    let difference = unsafe memcmp(
                        octets.baseAddress.unsafelyUnwrapped + leftRange.lowerBound,
                        octets.baseAddress.unsafelyUnwrapped + rightRange.lowerBound,
                        min(leftRange.count, rightRange.count))
                    return difference != 0 ? difference < 0 : leftRange.count < rightRange.count
                }
            }
            start = end
        }
        return names.indices.map { NameID(rawValue: names[$0].name) }
    }

    struct SortKey: BitwiseCopyable {
        let prefix: UInt64
        let name: UInt32
    }

    /// Sorts by prefix, sixteen bits at a time from the last to the first.
    private static func sortByPrefix(_ names: inout GrowingBuffer<SortKey>) {
        if names.count < 4096 {
            var elements = unsafe names.elements
            unsafe elements.sort { $0.prefix < $1.prefix }
            return
        }
        var sorted = GrowingBuffer<SortKey>(capacity: names.count)
        unsafe sorted.append(copying: names.octets)
        for shift in stride(from: UInt64(0), to: 64, by: 16) {
            var next = [Int](repeating: 0, count: 0x1_0001)
            for index in names.indices { next[Int(truncatingIfNeeded: names[index].prefix >> shift) & 0xFFFF + 1] += 1 }
            for digit in 1...0xFFFF { next[digit] += next[digit - 1] }
            for index in names.indices {
                let digit = Int(truncatingIfNeeded: names[index].prefix >> shift) & 0xFFFF
                sorted[next[digit]] = names[index]
                next[digit] += 1
            }
            swap(&names, &sorted)
        }
    }

    private func appendKey(of id: NameID, to keys: inout GrowingBuffer<UInt8>) {
        let name = unsafe relativeName(id)
        var end = name.count
        for skip in stride(from: Int(entries[id.index].labels) - 1, through: 0, by: -1) {
            var start = 0
            for _ in 0..<skip { unsafe start += 1 + Int(name[start]) }
            for place in start + 1..<end {
                let octet = unsafe name[place]
                if octet <= 1 { keys.append(1) }
                keys.append(octet <= 1 ? octet + 1 : octet)
            }
            keys.append(0)
            end = start
        }
        // The apex sorts before everything; an empty key would leave memcmp without an address.
        if id == NameTable.apexID { keys.append(0) }
    }
}
