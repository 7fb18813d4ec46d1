// The hash of names, chained label by label from the root, so that the hashes of all of a name's ancestors come for
// free. It is part of the file format: the builder fills indexes with it, the reader looks up by it.

/// Hashes of lower-case names. Not meant to resist an adversary: the index is built offline, and its longest probe is known.
@usableFromInline
package enum NameHash {
    /// The hash of the root.
    @inlinable package static var root: UInt64 { 0x9E37_79B9_7F4A_7C15 }

    @inlinable static var first: UInt64 { 0xA076_1D64_78BD_642F }
    @inlinable static var second: UInt64 { 0xE703_7ED1_A0B4_28DB }

    /// The hash of the name that puts a label of `length` octets (1 to 63) in front of the name with hash `parent`.
    @inlinable @inline(__always)
    package static func extend(_ parent: UInt64, with label: UnsafePointer<UInt8>, length: Int) -> UInt64 {
        // Safe: every load below is of octets within label[0..<length].
        let octets = unsafe UnsafeRawPointer(label)
        var state = parent ^ (UInt64(truncatingIfNeeded: length) &* second)
        if length > 16 {
            var position = 0
            while position &+ 16 < length {
                state = unsafe mix(word(octets, position) ^ first, word(octets, position &+ 8) ^ state)
                position &+= 16
            }
            return unsafe mix(word(octets, length &- 16) ^ first, word(octets, length &- 8) ^ state)
        }
        if length >= 8 {
            return unsafe mix(word(octets, 0) ^ first, word(octets, length &- 8) ^ state)
        }
        if length >= 4 {
            return unsafe mix(halfWord(octets, 0) ^ first, halfWord(octets, length &- 4) ^ state)
        }
        let short =
            unsafe UInt64(label[0]) << 16 | UInt64(label[length >> 1]) << 8 | UInt64(label[length &- 1])
        return mix(short ^ first, state)
    }

    @inlinable @inline(__always)
    static func mix(_ left: UInt64, _ right: UInt64) -> UInt64 {
        let product = left.multipliedFullWidth(by: right)
        return product.high ^ product.low
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
