// Identical parts are stored once: the NS sets of a registry's customers are often the same few.

import Glibc

/// Finds parts that were written before, by their bytes.
struct SharedParts {
    private var slots: [Slot]
    private var count = 0

    /// A part that was written. A length of 0: a free slot.
    private struct Slot: BitwiseCopyable {
        let start: UInt64
        let length: UInt32
        let hash: UInt32
    }

    /// Finds nothing yet. `expected` parts are found without moving those before.
    init(expected: Int) {
        var size = 1024
        while size < expected { size *= 2 }
        slots = Array(repeating: Slot(start: 0, length: 0, hash: 0), count: size)
    }

    /// Where an earlier part with the same bytes as those in `range` starts; nil when there is none, and `range` is kept.
    mutating func findOrAdd(_ range: Range<Int>, in bytes: [UInt8]) -> Int? {
        if (count + 1) * 4 > slots.count * 3 { grow() }
        return bytes.withUnsafeBytes { buffer in
            let part = unsafe UnsafeRawBufferPointer(rebasing: buffer[range])
            let hash = unsafe SharedParts.hash(part)
            var index = Int(hash) & (slots.count - 1)
            while slots[index].length != 0 {
                let earlier = slots[index]
                if earlier.hash == hash, Int(earlier.length) == part.count {
                    // Safe: both have part.count octets, which is not 0.
                    let other = unsafe buffer.baseAddress.unsafelyUnwrapped + Int(earlier.start)
                    if unsafe memcmp(other, part.baseAddress.unsafelyUnwrapped, part.count) == 0 {
                        return Int(earlier.start)
                    }
                }
                index = (index + 1) & (slots.count - 1)
            }
            slots[index] = Slot(start: UInt64(range.lowerBound), length: UInt32(part.count), hash: hash)
            count += 1
            return nil
        }
    }

    private mutating func grow() {
        let old = slots
        slots = Array(repeating: Slot(start: 0, length: 0, hash: 0), count: old.count * 2)
        for slot in old where slot.length != 0 {
            var index = Int(slot.hash) & (slots.count - 1)
            while slots[index].length != 0 { index = (index + 1) & (slots.count - 1) }
            slots[index] = slot
        }
    }

    /// A hash of a part. Only this process sees it, so it may be any.
    private static func hash(_ part: UnsafeRawBufferPointer) -> UInt32 {
        var hash: UInt64 = 0x9E37_79B9_7F4A_7C15 ^ UInt64(part.count)
        var position = 0
        while position + 8 <= part.count {
            // Safe: eight octets from `position` on are within the part.
            let word = unsafe part.loadUnaligned(fromByteOffset: position, as: UInt64.self)
            hash = mix(hash ^ word)
            position += 8
        }
        while position < part.count {
            hash = unsafe mix(hash ^ UInt64(part[position]))
            position += 1
        }
        return UInt32(truncatingIfNeeded: hash)
    }

    private static func mix(_ value: UInt64) -> UInt64 {
        let product = value.multipliedFullWidth(by: 0xFF51_AFD7_ED55_8CCD)
        return product.high ^ product.low
    }
}
