// Writes an RRset in the form in which it is sent, with compression pointers that fit any message.

import DNSCore

/// Collects one part: records in wire form, the places of pointers by anchor, and additional names.
///
/// One writer is used for a whole zone, so that its buffers are allocated once.
struct PartWriter {
    private let apex: [UInt8]
    private(set) var owner: [UInt8] = []
    /// False where the owner's name in a message may be another one, below wildcards, or is reached by the apex anyway.
    private var pointsToOwner = false
    private var wire: [UInt8] = []
    private var dataLength = 0
    private(set) var recordCount = 0
    private(set) var signatureCount = 0
    private var ownerPlaces: [UInt16] = []
    private var apexPlaces: [UInt16] = []
    private var selfPlaces: [UInt16] = []
    private var signaturePlaces: [UInt16] = []
    private var additional: [Additional] = []
    private var usesSelfPointers = true
    /// Names that this part already holds, in lower case and in full, and where each of their suffixes stands in the part.
    private var writtenOctets: [UInt8] = []
    private var written: [(octets: Range<Int>, place: Int)] = []

    /// An additional name, whose node is not placed yet.
    struct Additional {
        let name: NameID
        let place: UInt16
        let kind: AdditionalKind
    }

    /// Own-start pointers stay in parts below this size, so that with 12 KiB before it a target is within a pointer's reach.
    static let selfPointerLimit = 4096

    init(apex: Name) {
        self.apex = apex.wire
    }

    /// True when the part has signatures, which makes it unlike any other.
    var isSigned: Bool { signatureCount > 0 }
    /// Octets of records and signatures.
    var wireLength: Int { wire.count }
    var isEmpty: Bool { wire.isEmpty }

    /// Sets the owner of the parts to come: the labels before the apex, in lower case.
    mutating func setOwner(_ relative: ArraySlice<UInt8>) {
        owner.removeAll(keepingCapacity: true)
        owner.append(contentsOf: relative)
        owner.append(contentsOf: apex)
        let isWildcard = relative.starts(with: [1, UInt8(ascii: "*")])
        pointsToOwner = !relative.isEmpty && !isWildcard
    }

    /// Starts an empty part.
    mutating func begin(selfPointers: Bool = true) {
        wire.removeAll(keepingCapacity: true)
        ownerPlaces.removeAll(keepingCapacity: true)
        apexPlaces.removeAll(keepingCapacity: true)
        selfPlaces.removeAll(keepingCapacity: true)
        signaturePlaces.removeAll(keepingCapacity: true)
        additional.removeAll(keepingCapacity: true)
        written.removeAll(keepingCapacity: true)
        writtenOctets.removeAll(keepingCapacity: true)
        usesSelfPointers = selfPointers
        dataLength = 0
        recordCount = 0
        signatureCount = 0
    }

    /// Appends a record. Names of RFC 1035 types are compressed (RFC 3597, section 4).
    ///
    /// - Returns: the place of the first name in the rdata, within the part; nil when there is none.
    mutating func appendRecord(type: RRType, rrClass: RRClass, ttl: UInt32, rdata: UnsafeRawBufferPointer) -> Int? {
        if !wire.isEmpty { ownerPlaces.append(UInt16(truncatingIfNeeded: wire.count)) }
        appendFixedFields(type: type, rrClass: rrClass, ttl: ttl)
        let start = wire.count
        var firstPlace: Int?
        var copied = 0
        _ = unsafe type.forEachName(in: rdata) { name in
            unsafe wire.append(contentsOf: rdata[copied..<name.range.lowerBound])
            firstPlace = firstPlace ?? wire.count
            if name.isCompressible {
                unsafe appendCompressed(UnsafeRawBufferPointer(rebasing: rdata[name.range]))
            } else {
                unsafe wire.append(contentsOf: rdata[name.range])
            }
            copied = name.range.upperBound
        }
        unsafe wire.append(contentsOf: rdata[copied...])
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
        unsafe wire.append(contentsOf: rdata)
        closeRecord(rdataStart: start)
        signatureCount += 1
    }

    /// Notes that the addresses of `name`, which stands at `place` within the part, help whoever gets the part.
    mutating func noteAdditional(_ name: NameID, place: Int, kind: AdditionalKind) {
        guard !additional.contains(where: { $0.name == name }), additional.count < Int(UInt16.max) else { return }
        additional.append(Additional(name: name, place: UInt16(truncatingIfNeeded: place), kind: kind))
    }

    /// Appends the finished part to `bytes`.
    ///
    /// - Returns: how many additional names stand at its end, with name numbers for nodes.
    func write(to bytes: inout [UInt8]) -> Int {
        let counts: InlineArray<8, Int> = [
            dataLength, wire.count - dataLength, recordCount, signatureCount, additional.count, ownerPlaces.count,
            apexPlaces.count, selfPlaces.count,
        ]
        var header = InlineArray<8, UInt16>(repeating: 0)
        for index in counts.indices { header[index] = UInt16(truncatingIfNeeded: counts[index]).littleEndian }
        unsafe header.span.withUnsafeBytes { unsafe bytes.append(contentsOf: $0) }
        bytes.append(contentsOf: wire)
        bytes.pad(toMultipleOf: 2)
        bytes.appendLittleEndian(contentsOf: ownerPlaces)
        bytes.appendLittleEndian(contentsOf: apexPlaces)
        bytes.appendLittleEndian(contentsOf: selfPlaces)
        bytes.appendLittleEndian(contentsOf: signaturePlaces)
        bytes.pad(toMultipleOf: 4)
        for entry in additional {
            bytes.appendLittleEndian(entry.name.rawValue)
            bytes.appendLittleEndian(entry.place)
            bytes.appendLittleEndian(entry.kind.rawValue)
        }
        return additional.count
    }

    private mutating func appendFixedFields(type: RRType, rrClass: RRClass, ttl: UInt32) {
        let ttl = (UInt16(truncatingIfNeeded: ttl >> 16), UInt16(truncatingIfNeeded: ttl))
        let fields: InlineArray<6, UInt16> = [
            UInt16(0xC000).bigEndian, type.rawValue.bigEndian, rrClass.rawValue.bigEndian, ttl.0.bigEndian,
            ttl.1.bigEndian, 0,
        ]
        unsafe fields.span.withUnsafeBytes { unsafe wire.append(contentsOf: $0) }
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
        for octet in unsafe name { writtenOctets.append(ASCII.lowercase(octet)) }
        let end = writtenOctets.count
        let place = wire.count
        let earlierNames = written.count
        var position = 0
        var target: (offset: Int, anchor: Anchor)?
        while writtenOctets[start + position] != 0 {
            target = anchor(of: start + position..<end, among: earlierNames)
            if target != nil { break }
            if usesSelfPointers, place + position < PartWriter.selfPointerLimit {
                written.append((start + position..<end, place + position))
            }
            position += 1 + Int(writtenOctets[start + position])
        }
        unsafe wire.append(contentsOf: name[..<position])
        if let target { appendPointer(to: target.offset, target.anchor) } else { wire.append(0) }
    }

    /// What a suffix, which stands there in `writtenOctets`, can be replaced with.
    private func anchor(of suffix: Range<Int>, among earlierNames: Int) -> (offset: Int, anchor: Anchor)? {
        if pointsToOwner, suffix.count == owner.count, isWritten(suffix, equalTo: owner, from: 0) { return (0, .owner) }
        let offset = apex.count - suffix.count
        if offset >= 0, isWritten(suffix, equalTo: apex, from: offset) { return (offset, .apex) }
        guard usesSelfPointers else { return nil }
        for index in 0..<earlierNames where written[index].octets.count == suffix.count {
            let earlier = written[index]
            if isWritten(suffix, equalTo: writtenOctets, from: earlier.octets.lowerBound) {
                return (earlier.place, .ownStart)
            }
        }
        return nil
    }

    private func isWritten(_ range: Range<Int>, equalTo octets: [UInt8], from start: Int) -> Bool {
        for index in 0..<range.count where writtenOctets[range.lowerBound + index] != octets[start + index] {
            return false
        }
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
