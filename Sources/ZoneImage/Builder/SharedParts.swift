// Identical parts are stored once: the NS sets of a registry's customers are often the same few.

import Glibc

/// Finds parts that were written before, by their bytes.
struct SharedParts: ~Copyable {
    private(set) var slots: GrowingBuffer<Slot>
    private var count = 0

    /// A part that was written, in units of 4 bytes: none starts at 0, which means a free slot.
    struct Slot: BitwiseCopyable {
        let start: UInt32
        let hash: UInt32
    }

    /// Finds nothing yet. `expected` parts are found without moving those before.
    init(expected: Int) {
        var size = 1024
        while size < expected { size *= 2 }
        slots = SharedParts.free(size)
    }

    private static func free(_ size: Int) -> GrowingBuffer<Slot> {
        var slots = GrowingBuffer<Slot>(capacity: size)
        for _ in 0..<size { slots.append(Slot(start: 0, hash: 0)) }
        return slots
    }

    /// Where an earlier part with the same bytes as those from `start` to the end starts; nil when there is none, and the
    /// new one is kept. Parts begin at multiples of 4 bytes, and how long they are follows from their first 16.
    mutating func findOrAdd(from start: Int, in bytes: borrowing GrowingBuffer<UInt8>) -> Int? {
        if (count + 1) * 4 > slots.count * 3 { grow() }
        let octets = unsafe bytes.octets
        let part = unsafe UnsafeRawBufferPointer(rebasing: octets[start...])
        let hash = unsafe UInt32(truncatingIfNeeded: NameHash.ofProcess(part))
        var index = Int(hash) & (slots.count - 1)
        while slots[index].start != 0 {
            let earlier = Int(slots[index].start) * 4
            // Safe: the earlier part and the new one are within `bytes`, and a part that begins like the new one is as long.
            if slots[index].hash == hash, earlier + part.count <= start,
                unsafe memcmp(
                    octets.baseAddress.unsafelyUnwrapped + earlier, part.baseAddress.unsafelyUnwrapped, part.count) == 0
            {
                return earlier
            }
            index = (index + 1) & (slots.count - 1)
        }
        slots[index] = Slot(start: UInt32(start / 4), hash: hash)
        count += 1
        return nil
    }

    private mutating func grow() {
        var larger = SharedParts.free(slots.count * 2)
        for old in slots.indices where slots[old].start != 0 {
            var index = Int(slots[old].hash) & (larger.count - 1)
            while larger[index].start != 0 { index = (index + 1) & (larger.count - 1) }
            larger[index] = slots[old]
        }
        slots = larger
    }
}
