// Past 12 KiB, pointers may not reach what they should: such records are written with all names in full. Only TCP
// answers get that long, so that this path may allocate.

import DNSCore
import ZoneImage

extension MessageWriter {
    /// Appends a part record by record, without compression.
    mutating func appendInFull(
        _ part: PartView, of zone: ZoneView, owner: NamePlace, _ selection: PartSelection, to section: Section
    ) -> Bool {
        var name: [UInt8] = []
        guard unsafe MessageName.append(from: message, at: owner, to: &name) else { return false }
        return appendInFull(part, of: zone, name: name, selection, to: section)
    }

    /// The same, for an owner that is given in full.
    mutating func appendInFull(
        _ part: PartView, of zone: ZoneView, name: [UInt8], _ selection: PartSelection, to section: Section
    ) -> Bool {
        let start = mark
        for record in zone.records(of: part.reference, owner: name, signatures: selection != .data) {
            if selection == .signatures, record.type != .rrsig { continue }
            guard append(record, owner: name) else {
                rewind(to: start)
                return false
            }
            count(1, in: section)
        }
        return true
    }

    /// `appendCNAME` for an owner that no pointer reaches.
    mutating func appendCNAMEInFull(
        owner: NamePlace, ttl: UInt32, target: UnsafeRawBufferPointer
    ) -> NamePlace? {
        var name: [UInt8] = []
        let start = mark
        let record = unsafe PartRecord(type: .cname, rrClass: .in, ttl: ttl, rdata: Array(target))
        guard unsafe MessageName.append(from: message, at: owner, to: &name), append(record, owner: name) else {
            rewind(to: start)
            return nil
        }
        count(1, in: .answer)
        return NamePlace(offset: length - record.rdata.count)
    }

    private mutating func append(_ record: PartRecord, owner: [UInt8]) -> Bool {
        var fields: [UInt8] = owner
        for word in [record.type.rawValue, record.rrClass.rawValue] {
            fields += [UInt8(word >> 8), UInt8(word & 255)]
        }
        for shift in [24, 16, 8, 0] { fields.append(UInt8(truncatingIfNeeded: record.ttl >> UInt32(shift))) }
        fields += [UInt8(truncatingIfNeeded: record.rdata.count >> 8), UInt8(record.rdata.count & 255)]
        return appendOctets(fields) && appendOctets(record.rdata)
    }
}

/// Names in a message under construction, whose pointers are followed.
enum MessageName {
    /// Appends the uncompressed wire form of the name at `place`; false when the message does not hold a whole one.
    static func append(from message: UnsafeRawBufferPointer, at place: NamePlace, to name: inout [UInt8]) -> Bool {
        var buffer = [UInt8](repeating: 0, count: Name.maximumLength)
        let length = unsafe buffer.withUnsafeMutableBytes { unsafe read(message, at: place, into: $0) }
        guard let length else { return false }
        name += buffer[..<length]
        return true
    }

    /// Copies the uncompressed wire form of the name at `place`.
    ///
    /// - Returns: its length; nil when it is not whole, or does not fit `buffer`.
    static func read(
        _ message: UnsafeRawBufferPointer, at place: NamePlace, into buffer: UnsafeMutableRawBufferPointer
    ) -> Int? {
        var position = place.offset
        var length = 0
        var jumps = 0
        while position < message.count {
            let label = unsafe Int(message[position])
            if label >= 0xC0 {
                guard position + 1 < message.count, jumps < 128 else { return nil }
                position = unsafe (label & 0x3F) << 8 | Int(message[position + 1])
                jumps += 1
                continue
            }
            guard position + 1 + label <= message.count, length + 1 + label <= min(buffer.count, Name.maximumLength)
            else {
                return nil
            }
            for index in 0...label { unsafe buffer[length + index] = message[position + index] }
            length += 1 + label
            position += 1 + label
            if label == 0 { return length }
        }
        return nil
    }

    /// Where the name at `place` goes on behind its first `labels` labels.
    static func skip(_ labels: Int, of message: UnsafeRawBufferPointer, at place: NamePlace) -> NamePlace {
        var position = place.offset
        var left = labels
        var jumps = 0
        while position + 1 < message.count {
            let label = unsafe Int(message[position])
            if label >= 0xC0, jumps < 128 {
                position = unsafe (label & 0x3F) << 8 | Int(message[position + 1])
                jumps += 1
                continue
            }
            if left == 0 || label == 0 { break }
            position += 1 + label
            left -= 1
        }
        return NamePlace(offset: position)
    }
}
