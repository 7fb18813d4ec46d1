// One owner name of a zone, and its RRsets.

import DNSCore

/// A node of a mapped zone.
@usableFromInline
package struct NodeView: BitwiseCopyable {
    @usableFromInline let bytes: ImageBytes
    @usableFromInline package let reference: NodeReference
    /// The node's first word: all fields of fixed size, checked and loaded at once.
    @usableFromInline let head: UInt64

    @inlinable @inline(__always)
    init(bytes: ImageBytes, reference: NodeReference) {
        self.bytes = bytes
        self.reference = reference
        head = bytes.load(UInt64.self, at: reference.byteOffset)
    }

    @inlinable @inline(__always)
    package var flags: NodeFlags { NodeFlags(rawValue: NodeLayout.flags.value(in: head)) }

    @inlinable @inline(__always)
    package var rrsetCount: Int { Int(NodeLayout.rrsetCount.value(in: head)) }

    /// The octets of the name before the apex; 0 for the apex.
    @inlinable @inline(__always)
    package var nameLength: Int { Int(NodeLayout.nameLength.value(in: head)) }

    /// The labels before the apex, in lower-case wire form without the root.
    package var name: UnsafeRawBufferPointer {
        unsafe bytes.slice(at: reference.byteOffset + NodeLayout.nameOffset, length: nameLength)
    }

    /// The wildcard child; none when there is none.
    @inlinable package var wildcard: NodeReference {
        flags.contains(.wildcardBelow) ? NodeReference(rawValue: bytes.load(UInt32.self, at: behindName)) : .none
    }

    /// The first 4-byte boundary behind the name.
    @inlinable @inline(__always)
    var behindName: Int { (reference.byteOffset &+ NodeLayout.nameOffset &+ nameLength &+ 3) & ~3 }

    @inlinable @inline(__always)
    var entries: Int { behindName &+ flags.referenceBytes }

    /// The RRset of `type`; none when the name has none. A part may hold signatures only: see `PartView.recordCount`.
    @inlinable @inline(__always)
    package func part(of type: RRType) -> PartReference {
        let size = rrsetCount &* NodeLayout.entrySize
        guard let entries = unsafe bytes.pointer(at: entries, length: size) else { return .none }
        var place = 0
        while place < size {
            // Safe: an entry is a word, and all of them are within the mapping.
            let entry = UInt64(littleEndian: unsafe entries.loadUnaligned(fromByteOffset: place, as: UInt64.self))
            if NodeLayout.entryType.value(in: entry) == type.rawValue {
                return PartReference(rawValue: NodeLayout.entryPart.value(in: entry))
            }
            place &+= NodeLayout.entrySize
        }
        return .none
    }

    /// The type and part of RRset `index`, from 0, in the order of type numbers.
    @inlinable
    package func rrset(_ index: Int) -> (type: RRType, part: PartReference) {
        let entry = entries &+ index &* NodeLayout.entrySize
        return (
            RRType(rawValue: bytes.load(NodeLayout.entryType, of: entry)),
            PartReference(rawValue: bytes.load(NodeLayout.entryPart, of: entry))
        )
    }
}
