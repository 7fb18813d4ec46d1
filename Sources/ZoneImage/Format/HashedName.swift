// The hash of a name in an NSEC3 chain (RFC 5155, section 5): made by the builder for the names that exist, at query time
// for the one that does not, and read from the chain's owner names.

import CLinux
import DNSCore

/// A SHA-1 hash as three numbers, which sort like its 20 octets.
package struct HashedName: Hashable, BitwiseCopyable, Sendable {
    package let first: UInt64
    package let second: UInt64
    package let third: UInt32

    init(first: UInt64, second: UInt64, third: UInt32) {
        self.first = first
        self.second = second
        self.third = third
    }

    /// The hash of a name in lower-case wire form.
    package init(
        of name: UnsafePointer<UInt8>, length: Int, salt: UnsafeRawBufferPointer, iterations: UInt16
    ) {
        var digest = InlineArray<20, UInt8>(repeating: 0)
        var octets = digest.mutableSpan
        octets.withUnsafeMutableBufferPointer { digest in
            // Safe: the digest has 20 octets; a null salt has length 0.
            unsafe zc_nsec3_hash(
                name, length, salt.baseAddress?.assumingMemoryBound(to: UInt8.self), salt.count, iterations,
                digest.baseAddress)
        }
        self.init { digest[$0] }
    }

    /// The hash that a chain's owner name begins with: a label of 32 digits in base32hex (RFC 4648, section 7) without
    /// padding; nil for another label.
    init?(label: some Collection<UInt8>) {
        guard label.count == 32 else { return nil }
        var octets = InlineArray<20, UInt8>(repeating: 0)
        var bits: UInt32 = 0
        var count = 0
        var index = 0
        for digit in label {
            switch ASCII.lowercase(digit) {
            case let digit where ASCII.isDigit(digit): bits = bits << 5 | UInt32(digit - 0x30)
            case let digit where digit &- 0x61 < 22: bits = bits << 5 | UInt32(digit - 0x61 + 10)
            default: return nil
            }
            count += 5
            if count >= 8 {
                count -= 8
                octets[index] = UInt8(truncatingIfNeeded: bits >> UInt32(count))
                index += 1
            }
        }
        self.init { octets[$0] }
    }

    /// A hash from its octets; nil unless there are 20.
    init?(octets: ArraySlice<UInt8>) {
        guard octets.count == HashEntryLayout.hashSize else { return nil }
        self.init { octets[octets.startIndex + $0] }
    }

    private init(_ octet: (Int) -> UInt8) {
        first = (0..<8).reduce(0) { $0 << 8 | UInt64(octet($1)) }
        second = (8..<16).reduce(0) { $0 << 8 | UInt64(octet($1)) }
        third = (16..<20).reduce(0) { $0 << 8 | UInt32(octet($1)) }
    }
}

extension HashedName: Comparable {
    @inline(__always)
    package static func < (left: HashedName, right: HashedName) -> Bool {
        if left.first != right.first { return left.first < right.first }
        if left.second != right.second { return left.second < right.second }
        return left.third < right.third
    }
}
