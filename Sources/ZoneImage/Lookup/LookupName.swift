// A name made ready for lookups: lower-case wire form, where its labels start, and the hashes of its suffixes: first those
// by which its zone is found, then, with that zone's seed, those by which its node is. One is filled per question; its
// storage is allocated once per worker, so that nothing is allocated per query.

import DNSCore

/// A lower-case name with the hashes of all its suffixes. Suffix 0 is the whole name, suffix `labelCount` the root.
///
/// One word that refers to storage: copies share it, and it is passed about for nothing.
@usableFromInline
package struct LookupName: BitwiseCopyable {
    @usableFromInline let storage: UnsafeMutableRawPointer

    /// Where things stand in the storage. Names have 127 labels at most, the root's not counted.
    @usableFromInline
    enum Layout {
        @inlinable static var length: Int { 0 }
        @inlinable static var labelCount: Int { 8 }
        @inlinable static var starts: Int { 16 }
        @inlinable static var octets: Int { starts + 128 }
        // Eight octets more, so that the last word of the longest name may be stored whole.
        @inlinable static var hashes: Int { octets + 264 }
        @inlinable static var apexHashes: Int { hashes + 128 * 8 }
        @inlinable static var size: Int { apexHashes + 128 * 8 }
    }

    /// An empty name with storage of its own, to be freed by `deallocate`.
    package static func allocate() -> LookupName {
        let storage = UnsafeMutableRawPointer.allocate(byteCount: Layout.size, alignment: 64)
        unsafe storage.initializeMemory(as: UInt8.self, repeating: 0, count: Layout.size)
        return unsafe LookupName(storage: storage)
    }

    package func deallocate() {
        unsafe storage.deallocate()
    }

    @usableFromInline
    init(storage: UnsafeMutableRawPointer) {
        unsafe self.storage = storage
    }

    /// The wire form's length, 1 to 255; 0 before the first name is read.
    @inlinable @inline(__always)
    package var length: Int { unsafe storage.load(fromByteOffset: Layout.length, as: Int.self) }

    /// Labels, the root's not counted: 0 to 127.
    @inlinable @inline(__always)
    package var labelCount: Int { unsafe storage.load(fromByteOffset: Layout.labelCount, as: Int.self) }

    // Safe, here and below: the storage has room for all of them, see `Layout`.
    @inlinable @inline(__always)
    var octets: UnsafeMutablePointer<UInt8> { unsafe (storage + Layout.octets).assumingMemoryBound(to: UInt8.self) }

    @inlinable @inline(__always)
    var starts: UnsafeMutablePointer<UInt8> { unsafe (storage + Layout.starts).assumingMemoryBound(to: UInt8.self) }

    @inlinable @inline(__always)
    var hashes: UnsafeMutablePointer<UInt64> { unsafe (storage + Layout.hashes).assumingMemoryBound(to: UInt64.self) }

    @inlinable @inline(__always)
    var apexHashes: UnsafeMutablePointer<UInt64> {
        unsafe (storage + Layout.apexHashes).assumingMemoryBound(to: UInt64.self)
    }

    /// Reads the uncompressed name at the start of `wire`. What its suffixes hash to is not known before it is looked up:
    /// see `hashApexes` and `hashNames`.
    ///
    /// - Returns: the octets that the name takes; nil when there is no valid uncompressed name, and the name is then undefined.
    @inlinable
    package func read(_ wire: UnsafeRawBufferPointer) -> Int? {
        let starts = unsafe starts
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
        let length = position &+ 1
        unsafe starts[labels] = UInt8(truncatingIfNeeded: position)
        unsafe storage.storeBytes(of: length, toByteOffset: Layout.length, as: Int.self)
        unsafe storage.storeBytes(of: labels, toByteOffset: Layout.labelCount, as: Int.self)
        unsafe lowercase(wire, length: length)
        return length
    }

    /// Fills `octets` with the first `length` octets of `wire` in lower case. Lengths of labels are below the letters, so that
    /// all octets can be treated alike, eight at a time.
    @inlinable
    func lowercase(_ wire: UnsafeRawBufferPointer, length: Int) {
        let octets = unsafe octets
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

    /// Hashes the suffixes that can be the apex of a zone: those of at most `depth` labels.
    @inlinable @inline(__always)
    package func hashApexes(_ function: NameHash, depth: Int) {
        let count = labelCount
        unsafe hashSuffixes(from: count, to: max(0, count &- depth), function, into: apexHashes)
    }

    /// Hashes the suffixes that are at or below an apex of `apexLabels` labels.
    @inlinable @inline(__always)
    package func hashNames(_ function: NameHash, below apexLabels: Int) {
        unsafe hashSuffixes(from: max(0, labelCount &- apexLabels), to: 0, function, into: hashes)
    }

    @inlinable @inline(__always)
    func hashSuffixes(
        from shortest: Int, to longest: Int, _ function: NameHash, into hashes: UnsafeMutablePointer<UInt64>
    ) {
        let (octets, starts) = unsafe (octets, starts)
        var hash = function.start
        unsafe hashes[shortest] = hash
        var index = shortest
        while index > longest {
            index &-= 1
            // Safe: starts and octets were filled up to labelCount by `read`.
            let start = Int(unsafe starts[index])
            hash = unsafe function.extend(hash, with: octets + (start &+ 1), length: Int(octets[start]))
            unsafe hashes[index] = hash
        }
    }

    /// Where suffix `index` starts, in octets from the name's start. `index` is 0 to `labelCount`.
    @inlinable @inline(__always)
    package func start(ofSuffix index: Int) -> Int { Int(unsafe starts[index]) }

    /// The hash of suffix `index` with the seed of the manifest, for which `hashApexes` was called.
    @inlinable @inline(__always)
    package func apexHash(ofSuffix index: Int) -> UInt64 { unsafe apexHashes[index] }

    /// The hash of suffix `index` with the seed of the zone, for which `hashNames` was called.
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
