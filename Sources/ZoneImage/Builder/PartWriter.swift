// Writes an RRset in the form in which it is sent, with compression pointers that fit any message.

import DNSCore

/// Collects one part: records in wire form, the places of pointers by anchor, and additional names.
///
/// One writer is used for a whole zone, so that its buffers are allocated once.
struct PartWriter: ~Copyable {
    private let apex: [UInt8]
    /// The owner's name and the apex behind it, in lower case.
    private var owner = GrowingBuffer<UInt8>(capacity: Name.maximumLength)
    /// False where the owner's name in a message may be another one, below wildcards, or is reached by the apex anyway.
    private var pointsToOwner = false
    private var wire = GrowingBuffer<UInt8>(capacity: 4096)
    private var dataLength = 0
    private(set) var recordCount = 0
    private(set) var signatureCount = 0
    private var ownerPlaces = GrowingBuffer<UInt16>()
    private var apexPlaces = GrowingBuffer<UInt16>()
    private var selfPlaces = GrowingBuffer<UInt16>()
    private var signaturePlaces = GrowingBuffer<UInt16>()
    private var additional = GrowingBuffer<Additional>()
    private var usesSelfPointers = true
    private var isUnique = false
    /// Names that this part already holds, in lower case and in full, and where each of their suffixes stands in the part.
    private var writtenOctets = GrowingBuffer<UInt8>(capacity: 1024)
    private var written = GrowingBuffer<Written>()

    /// An additional name, whose node is not placed yet.
    struct Additional: BitwiseCopyable {
        let name: NameID
        let place: UInt16
        let kind: AdditionalKind
    }

    /// A suffix that the part holds: `length` octets at `start` of `writtenOctets`.
    struct Written: BitwiseCopyable {
        let start: Int
        let length: Int
        let place: Int
    }

    /// Own-start pointers stay in parts below this size, so that with 12 KiB before it a target is within a pointer's reach.
    static let selfPointerLimit = 4096

    init(apex: Name) {
        self.apex = apex.wire
    }

    /// Whether an identical part may be found elsewhere in the zone: signatures, digests and keys are unlike any other.
    var mayBeShared: Bool { signatureCount == 0 && !isUnique }
    /// Octets of records and signatures.
    var wireLength: Int { wire.count }

    /// Sets the owner of the parts to come: the labels before the apex, in lower case.
    mutating func setOwner(_ relative: UnsafeRawBufferPointer) {
        owner.removeAll()
        unsafe owner.append(copying: relative)
        apex.withUnsafeBytes { unsafe owner.append(copying: $0) }
        pointsToOwner = unsafe !relative.isEmpty && !NameTable.isWildcard(relative)
    }

    /// Starts an empty part.
    mutating func begin(selfPointers: Bool = true) {
        wire.removeAll()
        ownerPlaces.removeAll()
        apexPlaces.removeAll()
        selfPlaces.removeAll()
        signaturePlaces.removeAll()
        additional.removeAll()
        written.removeAll()
        writtenOctets.removeAll()
        usesSelfPointers = selfPointers
        isUnique = false
        dataLength = 0
        recordCount = 0
        signatureCount = 0
    }

    /// Appends a record. Names of RFC 1035 types are compressed (RFC 3597, section 4).
    ///
    /// - Returns: the place of the first name in the rdata, within the part; nil when there is none.
    mutating func appendRecord(type: RRType, rrClass: RRClass, ttl: UInt32, rdata: UnsafeRawBufferPointer) -> Int? {
        if !wire.isEmpty { ownerPlaces.append(UInt16(truncatingIfNeeded: wire.count)) }
        isUnique = type == .ds || type == .dnskey || type == .nsec3
        appendFixedFields(type: type, rrClass: rrClass, ttl: ttl)
        let start = wire.count
        var firstPlace: Int?
        var copied = 0
        _ = unsafe type.forEachName(in: rdata) { name in
            unsafe wire.append(copying: UnsafeRawBufferPointer(rebasing: rdata[copied..<name.range.lowerBound]))
            firstPlace = firstPlace ?? wire.count
            let octets = unsafe UnsafeRawBufferPointer(rebasing: rdata[name.range])
            if name.isCompressible {
                unsafe appendCompressed(octets)
            } else {
                unsafe wire.append(copying: octets)
            }
            copied = name.range.upperBound
        }
        unsafe wire.append(copying: UnsafeRawBufferPointer(rebasing: rdata[copied...]))
        closeRecord(rdataStart: start)
        recordCount += 1
        dataLength = wire.count
        return firstPlace
    }

    /// Appends an RRSIG, whose names are never compressed. No record may follow.
    mutating func appendSignature(rrClass: RRClass, ttl: UInt32, rdata: UnsafeRawBufferPointer) {
        signaturePlaces.append(UInt16(truncatingIfNeeded: wire.count))
        appendFixedFields(type: .rrsig, rrClass: rrClass, ttl: ttl)
        let start = wire.count
        unsafe wire.append(copying: rdata)
        closeRecord(rdataStart: start)
        signatureCount += 1
    }

    /// Notes that the addresses of `name`, which stands at `place` within the part, help whoever gets the part.
    mutating func noteAdditional(_ name: NameID, place: Int, kind: AdditionalKind) {
        for index in additional.indices where additional[index].name == name { return }
        guard additional.count < Int(UInt16.max) else { return }
        additional.append(Additional(name: name, place: UInt16(truncatingIfNeeded: place), kind: kind))
    }

    /// Appends the finished part to `bytes`.
    ///
    /// - Returns: how many additional names stand at its end, with name numbers for nodes.
    func write(to bytes: inout GrowingBuffer<UInt8>) -> Int {
        let counts: InlineArray<8, Int> = [
            dataLength, wire.count - dataLength, recordCount, signatureCount, additional.count, ownerPlaces.count,
            apexPlaces.count, selfPlaces.count,
        ]
        for index in counts.indices { bytes.appendLittleEndian(UInt16(truncatingIfNeeded: counts[index])) }
        unsafe bytes.append(copying: wire.octets)
        bytes.pad(toMultipleOf: 2)
        append(ownerPlaces, to: &bytes)
        append(apexPlaces, to: &bytes)
        append(selfPlaces, to: &bytes)
        append(signaturePlaces, to: &bytes)
        bytes.pad(toMultipleOf: 4)
        for index in additional.indices {
            let entry = additional[index]
            bytes.appendLittleEndian(entry.name.rawValue)
            bytes.appendLittleEndian(entry.place)
            bytes.appendLittleEndian(entry.kind.rawValue)
        }
        return additional.count
    }

    private func append(_ places: borrowing GrowingBuffer<UInt16>, to bytes: inout GrowingBuffer<UInt8>) {
        for index in places.indices { bytes.appendLittleEndian(places[index]) }
    }

    private mutating func appendFixedFields(type: RRType, rrClass: RRClass, ttl: UInt32) {
        let ttl = (UInt16(truncatingIfNeeded: ttl >> 16), UInt16(truncatingIfNeeded: ttl))
        let fields: InlineArray<6, UInt16> = [
            UInt16(0xC000).bigEndian, type.rawValue.bigEndian, rrClass.rawValue.bigEndian, ttl.0.bigEndian,
            ttl.1.bigEndian, 0,
        ]
        unsafe fields.span.withUnsafeBytes { unsafe wire.append(copying: $0) }
    }

    private mutating func closeRecord(rdataStart: Int) {
        let length = UInt16(truncatingIfNeeded: wire.count - rdataStart)
        wire[rdataStart - 2] = UInt8(length >> 8)
        wire[rdataStart - 1] = UInt8(length & 0xFF)
    }

    /// Appends a name with its longest suffix that an anchor offers replaced by a pointer.
    private mutating func appendCompressed(_ name: UnsafeRawBufferPointer) {
        // The name is noted whole, in lower case: for later names of the part, and to compare with the anchors.
        let start = writtenOctets.count
        unsafe writtenOctets.append(copying: name)
        let noted = unsafe UnsafeMutableRawBufferPointer(
            rebasing: UnsafeMutableRawBufferPointer(writtenOctets.elements)[start...])
        if let base = noted.baseAddress { unsafe ASCII.lowercase(UnsafeRawBufferPointer(noted), to: base) }
        let end = writtenOctets.count
        let place = wire.count
        let earlierNames = written.count
        var position = 0
        var target: (offset: Int, anchor: Anchor)?
        while writtenOctets[start + position] != 0 {
            target = anchor(ofSuffix: start + position, length: end - start - position, among: earlierNames)
            if target != nil { break }
            if usesSelfPointers, place + position < PartWriter.selfPointerLimit {
                written.append(
                    Written(start: start + position, length: end - start - position, place: place + position))
            }
            position += 1 + Int(writtenOctets[start + position])
        }
        unsafe wire.append(copying: UnsafeRawBufferPointer(rebasing: name[..<position]))
        if let target { appendPointer(to: target.offset, target.anchor) } else { wire.append(0) }
    }

    /// What a suffix, which stands there in `writtenOctets`, can be replaced with.
    private func anchor(ofSuffix start: Int, length: Int, among earlierNames: Int) -> (offset: Int, anchor: Anchor)? {
        if pointsToOwner, length == owner.count, isWritten(at: start, length, equalTo: owner, from: 0) {
            return (0, .owner)
        }
        let offset = apex.count - length
        // The apex stands at the owner's end.
        if offset >= 0, isWritten(at: start, length, equalTo: owner, from: owner.count - length) {
            return (offset, .apex)
        }
        guard usesSelfPointers else { return nil }
        for index in 0..<earlierNames where written[index].length == length {
            let earlier = written[index]
            if isWritten(at: start, length, equalTo: writtenOctets, from: earlier.start) {
                return (earlier.place, .ownStart)
            }
        }
        return nil
    }

    private func isWritten(
        at start: Int, _ length: Int, equalTo octets: borrowing GrowingBuffer<UInt8>, from other: Int
    ) -> Bool {
        for index in 0..<length where writtenOctets[start + index] != octets[other + index] { return false }
        return true
    }

    private enum Anchor { case owner, apex, ownStart }

    private mutating func appendPointer(to offset: Int, _ anchor: Anchor) {
        let place = UInt16(truncatingIfNeeded: wire.count)
        switch anchor {
        case .owner: ownerPlaces.append(place)
        case .apex: apexPlaces.append(place)
        case .ownStart: selfPlaces.append(place)
        }
        wire.appendBigEndian(0xC000 | UInt16(truncatingIfNeeded: offset))
    }
}
