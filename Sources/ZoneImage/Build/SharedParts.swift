// Identical parts are stored once: the NS sets of a registry's customers are often the same few.

/// Finds parts that were written before, by their bytes.
struct SharedParts {
    private var slots: [Slot] = Array(repeating: Slot(start: 0, length: 0), count: 1024)
    private var count = 0

    private struct Slot: BitwiseCopyable {
        let start: UInt64
        let length: UInt32
        var isEmpty: Bool { length == 0 }
    }

    /// Where an earlier part with the same bytes as those in `range` starts; nil when there is none, and `range` is kept.
    mutating func findOrAdd(_ range: Range<Int>, in bytes: [UInt8]) -> Int? {
        if (count + 1) * 4 > slots.count * 3 { grow(bytes) }
        return bytes.withUnsafeBytes { buffer in
            let part = unsafe UnsafeRawBufferPointer(rebasing: buffer[range])
            var index = unsafe place(part)
            while !slots[index].isEmpty {
                let earlier = slots[index]
                if Int(earlier.length) == part.count {
                    let start = Int(earlier.start)
                    let other = unsafe UnsafeRawBufferPointer(rebasing: buffer[start..<start + part.count])
                    if unsafe other.elementsEqual(part) { return start }
                }
                index = (index + 1) & (slots.count - 1)
            }
            slots[index] = Slot(start: UInt64(range.lowerBound), length: UInt32(part.count))
            count += 1
            return nil
        }
    }

    private mutating func grow(_ bytes: [UInt8]) {
        let old = slots
        slots = Array(repeating: Slot(start: 0, length: 0), count: old.count * 2)
        bytes.withUnsafeBytes { buffer in
            for slot in old where !slot.isEmpty {
                let start = Int(slot.start)
                var index = unsafe place(
                    UnsafeRawBufferPointer(rebasing: buffer[start..<start + Int(slot.length)]))
                while !slots[index].isEmpty { index = (index + 1) & (slots.count - 1) }
                slots[index] = slot
            }
        }
    }

    /// Where the search for a part starts. Only this process sees the hash, so it may be any.
    private func place(_ part: UnsafeRawBufferPointer) -> Int {
        var hash: UInt64 = 0x9E37_79B9_7F4A_7C15 ^ UInt64(part.count)
        var position = 0
        while position + 8 <= part.count {
            // Safe: eight octets from `position` on are within the part.
            let word = unsafe part.loadUnaligned(fromByteOffset: position, as: UInt64.self)
            hash = (hash ^ word) &* 0xFF51_AFD7_ED55_8CCD
            hash ^= hash >> 32
            position += 8
        }
        while position < part.count {
            hash = unsafe (hash ^ UInt64(part[position])) &* 0x0000_0100_0000_01B3
            position += 1
        }
        hash ^= hash >> 29
        return Int(truncatingIfNeeded: hash) & (slots.count - 1)
    }
}
