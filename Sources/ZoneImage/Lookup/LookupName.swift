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
            // Eight more, so that the last word of the longest name may be stored whole.
            octets: .allocate(capacity: Name.maximumLength + 8), starts: .allocate(capacity: capacity),
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
            // Safe: position < wire.count.
            let label = Int(unsafe wire[position])
            if label == 0 { break }
            let end = position &+ 1 &+ label
            guard label <= Name.maximumLabelLength, end < Name.maximumLength else { return nil }
            // Safe: a label takes two octets at least, so that a name below 255 octets has at most 127.
            unsafe starts[labels] = UInt8(truncatingIfNeeded: position)
            labels &+= 1
            position = end
        }
        unsafe starts[labels] = UInt8(truncatingIfNeeded: position)
        length = position &+ 1
        labelCount = labels
        unsafe lowercase(wire)
        hashSuffixes()
        return length
    }

    /// Fills `octets` with the first `length` octets of `wire` in lower case. Lengths of labels are below the letters, so that
    /// all octets can be treated alike, eight at a time.
    @inlinable
    func lowercase(_ wire: UnsafeRawBufferPointer) {
        var position = 0
        // Safe: both buffers have at least eight octets from `position` on; `octets` has room behind the longest name.
        while position < length, position &+ 8 <= wire.count {
            let word = unsafe wire.loadUnaligned(fromByteOffset: position, as: UInt64.self)
            unsafe UnsafeMutableRawPointer(octets).storeBytes(
                of: ASCII.lowercase(word: word), toByteOffset: position, as: UInt64.self)
            position &+= 8
        }
        while position < length {
            unsafe octets[position] = ASCII.lowercase(wire[position])
            position &+= 1
        }
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
