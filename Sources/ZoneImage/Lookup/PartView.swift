// One RRset with its signatures, in wire form. Copying it into a message takes a copy and a few patches.

import DNSCore

/// A part of a mapped zone.
@usableFromInline
package struct PartView: BitwiseCopyable {
    @usableFromInline let bytes: ImageBytes
    /// Where the part starts, in bytes from the zone's start.
    @usableFromInline let start: Int
    /// The octets of the records, without their signatures.
    @usableFromInline package let dataLength: Int

    /// The part itself.
    @usableFromInline package let reference: PartReference

    @inlinable @inline(__always)
    init(bytes: ImageBytes, reference: PartReference) {
        self.bytes = bytes
        self.reference = reference
        // Without a part every field reads as 0: all of them lie behind the mapping.
        start = reference.isNone ? bytes.count : reference.byteOffset
        dataLength = Int(bytes.load(PartLayout.dataLength, of: start))
    }

    /// The octets of the RRSIG records behind the data.
    @inlinable package var signatureLength: Int { Int(bytes.load(PartLayout.signatureLength, of: start)) }
    @inlinable package var recordCount: Int { Int(bytes.load(PartLayout.recordCount, of: start)) }
    @inlinable package var signatureCount: Int { Int(bytes.load(PartLayout.signatureCount, of: start)) }
    @inlinable package var additionalCount: Int { Int(bytes.load(PartLayout.additionalCount, of: start)) }
    @inlinable package var ownerPointers: Int { Int(bytes.load(PartLayout.ownerPointers, of: start)) }
    @inlinable package var apexPointers: Int { Int(bytes.load(PartLayout.apexPointers, of: start)) }
    @inlinable package var selfPointers: Int { Int(bytes.load(PartLayout.selfPointers, of: start)) }

    /// The wire form's offset from the zone's start.
    @inlinable package var wireOffset: Int { start &+ PartLayout.headerSize }

    /// The records' wire form, `dataLength` octets, followed by `signatureLength` octets of signatures; nil if damaged.
    @inlinable @inline(__always)
    package func wire(length: Int) -> UnsafeRawPointer? { unsafe bytes.pointer(at: wireOffset, length: length) }

    /// The list of pointer places: for owner, apex and own start, then one for each signature's owner.
    @inlinable package var placesOffset: Int { (wireOffset &+ dataLength &+ signatureLength &+ 1) & ~1 }

    /// The octet within the wire form at which pointer `index` of the list stands.
    @inlinable @inline(__always)
    package func place(_ index: Int) -> Int { Int(bytes.load(UInt16.self, at: placesOffset &+ index &* 2)) }

    /// Additional name `index`: whose addresses help, and where in the wire form that name stands.
    @inlinable
    package func additional(_ index: Int) -> (node: NodeReference, place: Int, kind: AdditionalKind) {
        let listed = ownerPointers &+ apexPointers &+ selfPointers &+ signatureCount
        let entry = ((placesOffset &+ listed &* 2 &+ 3) & ~3) &+ index &* PartLayout.additionalSize
        return (
            NodeReference(rawValue: bytes.load(PartLayout.additionalNode, of: entry)),
            Int(bytes.load(PartLayout.additionalPlace, of: entry)),
            AdditionalKind(rawValue: bytes.load(PartLayout.additionalKind, of: entry)) ?? .optional
        )
    }
}
