// A name made ready for lookups: lower-case wire form, where its labels start, and the hash of each of its suffixes.
// One is filled per question; its storage is allocated once per worker, so that nothing is allocated per query.

import DNSCore

/// A lower-case name with the hashes of all its suffixes. Suffix 0 is the whole name, suffix `labelCount` the root.
@usableFromInline
package struct LookupName: BitwiseCopyable {
    @usableFromInline let octets: UnsafeMutablePointer<UInt8>
    @usableFromInline let starts: UnsafeMutablePointer<UInt8>
    @usableFromInline let hashes: UnsafeMutablePointer<UInt64>
    /// The wire form's length, 1 to 255; 0 before the first name is read.
    @usableFromInline package var length = 0
    /// Labels, the root's not counted: 0 to 127.
    @usableFromInline package var labelCount = 0

    /// The most labels that fit a name, with the root's.
    private static let capacity = 128

    /// An empty name with storage of its own, to be freed by `deallocate`.
    package static func allocate() -> LookupName {
        unsafe LookupName(
            octets: .allocate(capacity: Name.maximumLength), starts: .allocate(capacity: capacity),
            hashes: .allocate(capacity: capacity))
    }

    package func deallocate() {
        unsafe octets.deallocate()
        unsafe starts.deallocate()
        unsafe hashes.deallocate()
    }

    @usableFromInline
    init(
        octets: UnsafeMutablePointer<UInt8>, starts: UnsafeMutablePointer<UInt8>, hashes: UnsafeMutablePointer<UInt64>
    ) {
        unsafe self.octets = octets
        unsafe self.starts = starts
        unsafe self.hashes = hashes
    }

    /// Reads the uncompressed name at the start of `wire`.
    ///
    /// - Returns: the octets that the name takes; nil when there is no valid uncompressed name, and the name is then undefined.
    @inlinable
    package mutating func read(_ wire: UnsafeRawBufferPointer) -> Int? {
        var position = 0
        var labels = 0
        while true {
            guard position < wire.count else { return nil }
            // Safe: position < wire.count; a label's octets are checked before they are read; position stays below 255.
            let label = Int(unsafe wire[position])
            if label == 0 { break }
            let end = position &+ 1 &+ label
            guard label <= Name.maximumLabelLength, end < Name.maximumLength, end < wire.count else { return nil }
            unsafe starts[labels] = UInt8(truncatingIfNeeded: position)
            unsafe octets[position] = UInt8(truncatingIfNeeded: label)
            labels &+= 1
            position &+= 1
            while position < end {
                unsafe octets[position] = ASCII.lowercase(wire[position])
                position &+= 1
            }
        }
        unsafe octets[position] = 0
        unsafe starts[labels] = UInt8(truncatingIfNeeded: position)
        length = position &+ 1
        labelCount = labels
        hashSuffixes()
        return length
    }

    @inlinable
    mutating func hashSuffixes() {
        var hash = NameHash.root
        unsafe hashes[labelCount] = hash
        var index = labelCount
        while index > 0 {
            index &-= 1
            // Safe: starts and octets were filled up to labelCount by `read`.
            let start = Int(unsafe starts[index])
            hash = unsafe NameHash.extend(hash, with: octets + (start &+ 1), length: Int(octets[start]))
            unsafe hashes[index] = hash
        }
    }

    /// Where suffix `index` starts, in octets from the name's start. `index` is 0 to `labelCount`.
    @inlinable @inline(__always)
    package func start(ofSuffix index: Int) -> Int { Int(unsafe starts[index]) }

    /// The hash of suffix `index`.
    @inlinable @inline(__always)
    package func hash(ofSuffix index: Int) -> UInt64 { unsafe hashes[index] }

    /// The lower-case wire form from suffix `index` on.
    @inlinable @inline(__always)
    package func pointer(toSuffix index: Int) -> UnsafePointer<UInt8> {
        unsafe UnsafePointer(octets + start(ofSuffix: index))
    }

    /// The lower-case wire form.
    package var wire: UnsafeRawBufferPointer {
        unsafe UnsafeRawBufferPointer(start: octets, count: length)
    }
}
