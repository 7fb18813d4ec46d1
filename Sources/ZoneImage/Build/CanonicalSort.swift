// Puts a zone's names into the canonical order of RFC 4034, section 6.1, by sort keys that compare octet by octet.

import DNSCore
import Glibc

extension NameTable {
    /// All names in canonical order.
    ///
    /// A name's key is its labels from the right, each followed by a zero octet; zero and one within a label become two
    /// octets, so that the end of a label sorts first. The first eight octets are compared as an integer.
    func canonicalOrder() -> [NameID] {
        var keys: [UInt8] = []
        keys.reserveCapacity(entries.count * 12)
        var keyStarts: [UInt32] = []
        keyStarts.reserveCapacity(entries.count + 1)
        var sortable: [(prefix: UInt64, id: UInt32)] = []
        sortable.reserveCapacity(entries.count)
        for index in entries.indices {
            let start = keys.count
            keyStarts.append(UInt32(start))
            appendKey(of: NameID(rawValue: UInt32(index)), to: &keys)
            var prefix: UInt64 = 0
            for place in start..<start + 8 {
                prefix = prefix << 8 | (place < keys.count ? UInt64(keys[place]) : 0)
            }
            sortable.append((prefix, UInt32(index)))
        }
        keyStarts.append(UInt32(keys.count))
        keys.withUnsafeBytes { keys in
            sortable.sort { left, right in
                if left.prefix != right.prefix { return left.prefix < right.prefix }
                let leftRange = Int(keyStarts[Int(left.id)])..<Int(keyStarts[Int(left.id) + 1])
                let rightRange = Int(keyStarts[Int(right.id)])..<Int(keyStarts[Int(right.id) + 1])
                // Safe: both ranges lie within `keys`; only their shorter length is compared.
                let difference = unsafe memcmp(
                    keys.baseAddress.unsafelyUnwrapped + leftRange.lowerBound,
                    keys.baseAddress.unsafelyUnwrapped + rightRange.lowerBound,
                    min(leftRange.count, rightRange.count))
                return difference != 0 ? difference < 0 : leftRange.count < rightRange.count
            }
        }
        return sortable.map { NameID(rawValue: $0.id) }
    }

    private func appendKey(of id: NameID, to keys: inout [UInt8]) {
        withRelativeName(id) { name in
            var end = name.count
            for skip in stride(from: Int(entries[id.index].labels) - 1, through: 0, by: -1) {
                var start = 0
                for _ in 0..<skip { unsafe start += 1 + Int(name[start]) }
                for octet in unsafe name[start + 1..<end] {
                    if octet <= 1 { keys.append(1) }
                    keys.append(octet <= 1 ? octet + 1 : octet)
                }
                keys.append(0)
                end = start
            }
        }
        // The apex sorts before everything; an empty key would leave memcmp without an address.
        if id == NameTable.apexID { keys.append(0) }
    }
}
