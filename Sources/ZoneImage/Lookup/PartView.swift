// One RRset with its signatures, in wire form. Copying it into a message takes a copy and a few patches.

import DNSCore

/// A part of a mapped zone.
@usableFromInline
package struct PartView: BitwiseCopyable {
    @usableFromInline let bytes: ImageBytes
    /// Where the part starts, in bytes from the zone's start.
    @usableFromInline let start: Int
    /// The part's header, in two words that are checked and loaded at once.
    @usableFromInline let lengths: UInt64
    @usableFromInline let pointers: UInt64

    /// The part itself.
    @usableFromInline package let reference: PartReference

    @inlinable @inline(__always)
    init(bytes: ImageBytes, reference: PartReference) {
        self.bytes = bytes
        self.reference = reference
        start = reference.byteOffset
        // Without a part every field reads as 0.
        guard !reference.isNone, let header = unsafe bytes.pointer(at: start, length: PartLayout.headerSize) else {
            lengths = 0
            pointers = 0
            return
        }
        // Safe: a header is two words, and within the mapping.
        lengths = UInt64(littleEndian: unsafe header.loadUnaligned(as: UInt64.self))
        pointers = UInt64(littleEndian: unsafe header.loadUnaligned(fromByteOffset: 8, as: UInt64.self))
    }

    /// The octets of the records, without their signatures.
    @inlinable package var dataLength: Int { Int(PartLayout.dataLength.value(in: lengths)) }
    /// The octets of the RRSIG records behind the data.
    @inlinable package var signatureLength: Int { Int(PartLayout.signatureLength.value(in: lengths)) }
    @inlinable package var recordCount: Int { Int(PartLayout.recordCount.value(in: lengths)) }
    @inlinable package var signatureCount: Int { Int(PartLayout.signatureCount.value(in: lengths)) }
    @inlinable package var additionalCount: Int { Int(PartLayout.additionalCount.value(in: pointers, from: 8)) }
    @inlinable package var ownerPointers: Int { Int(PartLayout.ownerPointers.value(in: pointers, from: 8)) }
    @inlinable package var apexPointers: Int { Int(PartLayout.apexPointers.value(in: pointers, from: 8)) }
    @inlinable package var selfPointers: Int { Int(PartLayout.selfPointers.value(in: pointers, from: 8)) }
    /// True when no pointer of the data leads to the owner, the apex or the part itself.
    @inlinable package var isWithoutPointers: Bool { pointers &>> 16 == 0 }

    /// The wire form's offset from the zone's start.
    @inlinable package var wireOffset: Int { start &+ PartLayout.headerSize }

    /// The records' wire form, `dataLength` octets, followed by `signatureLength` octets of signatures; nil if damaged.
    @inlinable @inline(__always)
    package func wire(length: Int) -> UnsafeRawPointer? { unsafe bytes.pointer(at: wireOffset, length: length) }

    /// The list of pointer places: for owner, apex and own start, then one for each signature's owner.
    @inlinable package var placesOffset: Int { (wireOffset &+ dataLength &+ signatureLength &+ 1) & ~1 }

    /// How many pointers of the data are listed: behind them stand the places of the signatures' owners.
    @inlinable @inline(__always)
    package var listedPointers: Int { ownerPointers &+ apexPointers &+ selfPointers }

    /// The first `count` pointers of the list; nil if damaged.
    @inlinable @inline(__always)
    package func places(_ count: Int) -> PointerPlaces? {
        unsafe bytes.pointer(at: placesOffset, length: count &* 2).map { unsafe PointerPlaces(base: $0) }
    }

    /// Additional name `index`: whose addresses help, and where in the wire form that name stands.
    @inlinable
    package func additional(_ index: Int) -> (node: NodeReference, place: Int, kind: AdditionalKind) {
        let listed = listedPointers &+ signatureCount
        let entry = ((placesOffset &+ listed &* 2 &+ 3) & ~3) &+ index &* PartLayout.additionalSize
        return (
            NodeReference(rawValue: bytes.load(PartLayout.additionalNode, of: entry)),
            Int(bytes.load(PartLayout.additionalPlace, of: entry)),
            AdditionalKind(rawValue: bytes.load(PartLayout.additionalKind, of: entry)) ?? .optional
        )
    }
}

/// The places of pointers within a part's wire form, found to be within the mapping.
@usableFromInline
package struct PointerPlaces: BitwiseCopyable {
    @usableFromInline let base: UnsafeRawPointer

    @inlinable @inline(__always)
    init(base: UnsafeRawPointer) {
        unsafe self.base = base
    }

    /// The octet at which pointer `index` stands, which is below the count that was asked for.
    @inlinable @inline(__always)
    package subscript(_ index: Int) -> Int {
        Int(UInt16(littleEndian: unsafe base.loadUnaligned(fromByteOffset: index &* 2, as: UInt16.self)))
    }
}
