// The hash of names, chained label by label, so that the hashes of all of a name's ancestors come for free. It is part of
// the file format: the builder fills indexes with it, the reader looks up by it.
//
// Names come from strangers, who must not be able to choose many that collide. So no input makes the mix forget what came
// before, and each table has a seed: one that nobody can know where the table stays in the process that made it; one of a
// fixed row where it is in a file, whose bytes follow from its content alone. The row is public: whoever builds a table for
// a file goes on to the next seed as soon as a search of it would take too long (`HashIndex`), and names that collide under
// one seed do not under the next.

/// A hash function for lower-case names, of the many that differ in their seed.
@usableFromInline
package struct NameHash: BitwiseCopyable, Sendable {
    /// The hash of the name that the first label is put in front of: a zone's apex in its index, the root in a manifest's.
    @usableFromInline package let start: UInt64
    /// What the first half of a label's octets is mixed with.
    @usableFromInline let key: UInt64

    /// The seeds of the row.
    package static var rowLength: UInt16 { 16 }

    /// The function with a seed of the row; the number is that in a file's header, and in a damaged one may be any.
    @inlinable @inline(__always)
    package init(seed number: UInt16) {
        let number = UInt64(number)
        start = 0x9E37_79B9_7F4A_7C15 &+ number &* 0xD1B5_4A32_D192_ED03
        key = 0xA076_1D64_78BD_642F &+ number &* 0x8EBC_6AF0_9C88_C6E3
    }

    private init(start: UInt64, key: UInt64) {
        self.start = start
        self.key = key
    }

    /// The function of this process, for tables that never reach a file.
    static let ofProcess = NameHash(start: .random(in: 0 ... .max), key: .random(in: 0 ... .max))

    @inlinable static var lengthFactor: UInt64 { 0xE703_7ED1_A0B4_28DB }

    /// The hash of the name that puts a label of `length` octets (1 to 63) in front of the name with hash `parent`.
    @inlinable @inline(__always)
    package func extend(_ parent: UInt64, with label: UnsafePointer<UInt8>, length: Int) -> UInt64 {
        // Safe: every load below is of octets within label[0..<length].
        let octets = unsafe UnsafeRawPointer(label)
        var state = parent ^ (UInt64(truncatingIfNeeded: length) &* NameHash.lengthFactor)
        if length > 16 {
            var position = 0
            while position &+ 16 < length {
                state = unsafe NameHash.mix(
                    NameHash.word(octets, position) ^ key, NameHash.word(octets, position &+ 8) ^ state)
                position &+= 16
            }
            return unsafe NameHash.mix(
                NameHash.word(octets, length &- 16) ^ key, NameHash.word(octets, length &- 8) ^ state)
        }
        if length >= 8 {
            return unsafe NameHash.mix(NameHash.word(octets, 0) ^ key, NameHash.word(octets, length &- 8) ^ state)
        }
        if length >= 4 {
            return unsafe NameHash.mix(
                NameHash.halfWord(octets, 0) ^ key, NameHash.halfWord(octets, length &- 4) ^ state)
        }
        let short =
            unsafe UInt64(label[0]) << 16 | UInt64(label[length >> 1]) << 8 | UInt64(label[length &- 1])
        return NameHash.mix(short ^ key, state)
    }

    /// Both halves of the product, and the factors again: a factor of 0, 1 or -1, or the other way round, would else leave
    /// nothing of the other one.
    @inlinable @inline(__always)
    static func mix(_ left: UInt64, _ right: UInt64) -> UInt64 {
        let product = left.multipliedFullWidth(by: right)
        return (product.high ^ product.low) &+ left &+ right
    }

    /// The hash of some octets that are not a name. Ones of different lengths may have the same.
    func callAsFunction(_ octets: UnsafeRawBufferPointer) -> UInt64 {
        var hash = start
        var position = 0
        while position + 8 <= octets.count {
            // Safe: eight octets from `position` on are there.
            let word = unsafe octets.loadUnaligned(fromByteOffset: position, as: UInt64.self)
            hash = NameHash.mix(word ^ key, hash)
            position += 8
        }
        while position < octets.count {
            hash = unsafe NameHash.mix(UInt64(octets[position]) ^ key, hash)
            position += 1
        }
        return hash
    }

    @inlinable @inline(__always)
    static func word(_ octets: UnsafeRawPointer, _ offset: Int) -> UInt64 {
        UInt64(littleEndian: unsafe octets.loadUnaligned(fromByteOffset: offset, as: UInt64.self))
    }

    @inlinable @inline(__always)
    static func halfWord(_ octets: UnsafeRawPointer, _ offset: Int) -> UInt64 {
        UInt64(UInt32(littleEndian: unsafe octets.loadUnaligned(fromByteOffset: offset, as: UInt32.self)))
    }

    /// The 32 bits that a bucket keeps of a hash.
    @inlinable @inline(__always)
    package static func tag(_ hash: UInt64) -> UInt32 {
        UInt32(truncatingIfNeeded: hash >> 32)
    }

    /// The bucket that a search for a hash starts at, of `count`.
    @inlinable @inline(__always)
    package static func bucket(_ hash: UInt64, of count: UInt32) -> UInt32 {
        UInt32(truncatingIfNeeded: ((hash & 0xFFFF_FFFF) &* UInt64(count)) >> 32)
    }
}
