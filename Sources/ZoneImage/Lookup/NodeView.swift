// One owner name of a zone, and its RRsets.

import DNSCore

/// A node of a mapped zone.
@usableFromInline
package struct NodeView: BitwiseCopyable {
    @usableFromInline let bytes: ImageBytes
    @usableFromInline package let reference: NodeReference

    @inlinable @inline(__always)
    init(bytes: ImageBytes, reference: NodeReference) {
        self.bytes = bytes
        self.reference = reference
    }

    @inlinable @inline(__always)
    package var flags: NodeFlags { NodeFlags(rawValue: bytes.load(NodeLayout.flags, of: reference.byteOffset)) }

    @inlinable package var rrsetCount: Int { Int(bytes.load(NodeLayout.rrsetCount, of: reference.byteOffset)) }

    /// The octets of the name before the apex; 0 for the apex.
    @inlinable package var nameLength: Int { Int(bytes.load(NodeLayout.nameLength, of: reference.byteOffset)) }

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
    @inlinable
    package func part(of type: RRType) -> PartReference {
        var entry = entries
        var left = rrsetCount
        while left > 0, bytes.contains(entry, NodeLayout.entrySize) {
            if bytes.load(NodeLayout.entryType, of: entry) == type.rawValue {
                return PartReference(rawValue: bytes.load(NodeLayout.entryPart, of: entry))
            }
            entry &+= NodeLayout.entrySize
            left &-= 1
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
