// How bytes of a mapped file are read. Every read is checked against the mapping, and a read outside it gives zero instead
// of a trap: a damaged file can make answers wrong or short, never unsafe (docs/FORMAT.md). What is read for every answer
// (headers, entries, buckets, places of pointers) is checked as a whole where its view is made, and read beside that check.

/// A view of mapped, immutable bytes. Valid only while the mapping that it was made from is kept.
@usableFromInline
package struct ImageBytes: BitwiseCopyable, @unchecked Sendable {
    // Sendable: the bytes are mapped read-only and never change; whoever hands a view to another thread keeps the mapping.
    @usableFromInline package let base: UnsafeRawPointer
    @usableFromInline package let count: Int

    @inlinable
    package init(base: UnsafeRawPointer, count: Int) {
        self.base = base
        self.count = count
    }

    /// True when `length` bytes from `offset` on are all within the mapping.
    @inlinable @inline(__always)
    package func contains(_ offset: Int, _ length: Int) -> Bool {
        // Neither side can overflow: `count` is a mapping's size, and negative values fail the comparison as unsigned.
        UInt(bitPattern: length) <= UInt(bitPattern: count)
            && UInt(bitPattern: offset) <= UInt(bitPattern: count &- length)
    }

    /// The integer at `offset`; 0 outside the mapping.
    @inlinable @inline(__always)
    package func load<Value: FixedWidthInteger & BitwiseCopyable>(_: Value.Type, at offset: Int) -> Value {
        guard contains(offset, MemoryLayout<Value>.size) else { return 0 }
        // Safe: the line above has shown that the bytes are within the mapping.
        return Value(littleEndian: unsafe base.loadUnaligned(fromByteOffset: offset, as: Value.self))
    }

    /// The field of the structure that starts at `start`; 0 outside the mapping.
    @inlinable @inline(__always)
    package func load<Value>(_ field: Field<Value>, of start: Int) -> Value {
        load(Value.self, at: start &+ field.offset)
    }

    /// A pointer to `length` bytes at `offset`; nil unless all of them are within the mapping.
    @inlinable @inline(__always)
    package func pointer(at offset: Int, length: Int) -> UnsafeRawPointer? {
        guard contains(offset, length) else { return nil }
        // Safe: within the mapping, as shown above.
        return unsafe base + offset
    }

    /// The `length` bytes at `offset`; empty unless all of them are within the mapping.
    package func slice(at offset: Int, length: Int) -> UnsafeRawBufferPointer {
        guard let start = unsafe pointer(at: offset, length: length) else {
            return unsafe UnsafeRawBufferPointer(start: nil, count: 0)
        }
        return unsafe UnsafeRawBufferPointer(start: start, count: length)
    }

    /// A narrower view; nil unless it is within this one.
    @inlinable
    package func view(at offset: Int, length: Int) -> ImageBytes? {
        guard let start = unsafe pointer(at: offset, length: length) else { return nil }
        return unsafe ImageBytes(base: start, count: length)
    }
}

/// A place within a zone, in units of 4 bytes from its start; 0 means none.
@usableFromInline
package protocol ZoneReference: RawRepresentable<UInt32>, BitwiseCopyable, Hashable, Sendable {
    init(rawValue: UInt32)
}

extension ZoneReference {
    /// Bytes from the zone's start.
    @inlinable @inline(__always)
    package var byteOffset: Int { Int(rawValue) &* 4 }
    /// True when there is nothing referred to.
    @inlinable @inline(__always)
    package var isNone: Bool { rawValue == 0 }
    @inlinable package static var none: Self { Self(rawValue: 0) }
}

/// Refers to a node.
@usableFromInline
package struct NodeReference: ZoneReference {
    @usableFromInline package let rawValue: UInt32

    @inlinable
    package init(rawValue: UInt32) {
        self.rawValue = rawValue
    }
}

/// Refers to a part.
@usableFromInline
package struct PartReference: ZoneReference {
    @usableFromInline package let rawValue: UInt32

    @inlinable
    package init(rawValue: UInt32) {
        self.rawValue = rawValue
    }
}
