// Writes an RRset in the form in which it is sent, with compression pointers that fit any message.

import DNSCore
import Glibc

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

    /// Starts an empty part for records of `owner`, in lower-case wire form.
    mutating func begin(owner: [UInt8], selfPointers: Bool = true) {
        self.owner = owner
        pointsToOwner = owner != apex && !(owner[0] == 1 && owner[1] == UInt8(ascii: "*"))
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
    /// - Returns: the places of the names in the rdata, within the part.
    mutating func appendRecord(type: RRType, rrClass: RRClass, ttl: UInt32, rdata: ArraySlice<UInt8>) -> [Int] {
        if !wire.isEmpty { ownerPlaces.append(UInt16(truncatingIfNeeded: wire.count)) }
        appendFixedFields(type: type, rrClass: rrClass, ttl: ttl)
        let start = wire.count
        var places: [Int] = []
        var copied = rdata.startIndex
        _ = unsafe rdata.withUnsafeBytes {
            unsafe type.forEachName(in: $0) { name in
                let range = rdata.startIndex + name.range.lowerBound..<rdata.startIndex + name.range.upperBound
                wire.append(contentsOf: rdata[copied..<range.lowerBound])
                places.append(wire.count)
                if name.isCompressible { appendCompressed(rdata[range]) } else { wire.append(contentsOf: rdata[range]) }
                copied = range.upperBound
            }
        }
        wire.append(contentsOf: rdata[copied...])
        closeRecord(rdataStart: start)
        recordCount += 1
        dataLength = wire.count
        return places
    }

    /// Appends an RRSIG, whose names are never compressed. No record may follow.
    mutating func appendSignature(rrClass: RRClass, ttl: UInt32, rdata: ArraySlice<UInt8>) {
        signaturePlaces.append(UInt16(truncatingIfNeeded: wire.count))
        appendFixedFields(type: .rrsig, rrClass: rrClass, ttl: ttl)
        let start = wire.count
        wire.append(contentsOf: rdata)
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
        for index in counts.indices { bytes.appendLittleEndian(UInt16(truncatingIfNeeded: counts[index])) }
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
        var fields: InlineArray<12, UInt8> = [0xC0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]
        let numbers = UInt64(type.rawValue) << 48 | UInt64(rrClass.rawValue) << 32 | UInt64(ttl)
        for index in 0..<8 { fields[2 + index] = UInt8(truncatingIfNeeded: numbers >> UInt64(56 - 8 * index)) }
        for index in fields.indices { wire.append(fields[index]) }
    }

    private mutating func closeRecord(rdataStart: Int) {
        let length = UInt16(truncatingIfNeeded: wire.count - rdataStart)
        wire[rdataStart - 2] = UInt8(length >> 8)
        wire[rdataStart - 1] = UInt8(length & 0xFF)
    }

    /// Appends a name with its longest suffix that an anchor offers replaced by a pointer.
    private mutating func appendCompressed(_ name: ArraySlice<UInt8>) {
        // The name is noted whole, in lower case: for later names of the part, and to compare with the anchors.
        let start = writtenOctets.count
        for octet in name { writtenOctets.append(ASCII.lowercase(octet)) }
        let end = writtenOctets.count
        let place = wire.count
        var position = 0
        while writtenOctets[start + position] != 0 {
            let suffix = start + position..<end
            if pointsToOwner, isWritten(suffix, equalTo: owner[...]) { return appendPointer(to: 0, .owner) }
            if suffix.count <= apex.count, isWritten(suffix, equalTo: apex.suffix(suffix.count)) {
                return appendPointer(to: apex.count - suffix.count, .apex)
            }
            if usesSelfPointers {
                if let earlier = written.first(where: { isWritten(suffix, equalTo: writtenOctets[$0.octets]) }) {
                    return appendPointer(to: earlier.place, .ownStart)
                }
                if place + position < PartWriter.selfPointerLimit { written.append((suffix, place + position)) }
            }
            let label = 1 + Int(writtenOctets[start + position])
            wire.append(contentsOf: name[(name.startIndex + position)...].prefix(label))
            position += label
        }
        wire.append(0)
    }

    private func isWritten(_ range: Range<Int>, equalTo octets: ArraySlice<UInt8>) -> Bool {
        guard range.count == octets.count else { return false }
        return writtenOctets.withUnsafeBytes { written in
            octets.withUnsafeBytes { octets in
                // Safe: both have range.count octets, at least the root's one.
                unsafe memcmp(
                    written.baseAddress.unsafelyUnwrapped + range.lowerBound, octets.baseAddress.unsafelyUnwrapped,
                    octets.count) == 0
            }
        }
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
