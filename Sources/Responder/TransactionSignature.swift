// TSIG (RFC 8945) as far as a server without keys needs it: every signature is by an unknown key, which the answer says.

import DNSCore
import ZoneImage

/// The places of a TSIG record's fields in a message.
struct TransactionSignature {
    /// The algorithm's name, uncompressed.
    let algorithm: Range<Int>
    /// The time and the fudge, behind the algorithm.
    var times: Range<Int> { algorithm.upperBound..<algorithm.upperBound + 8 }

    /// Nil when the record is malformed (RFC 8945, section 4.2).
    init?(_ fields: MessageFields, _ record: MessageFields.Record) {
        guard record.type == .tsig, record.rrClass == RRClass.any.rawValue, record.ttl == 0 else { return nil }
        var position = record.rdata.lowerBound
        while position < record.rdata.upperBound {
            let label = Int(fields.word(at: position) >> 8)
            guard label <= Name.maximumLabelLength else { return nil }
            position += 1 + label
            if label == 0 { break }
        }
        algorithm = record.rdata.lowerBound..<position
        // Time, fudge and the MAC with its length; original ID, error, and other data with its length.
        let macEnd = position + 10 + Int(fields.word(at: position + 8))
        guard algorithm.count <= Name.maximumLength,
            macEnd + 6 + Int(fields.word(at: macEnd + 4)) == record.rdata.upperBound
        else { return nil }
    }
}

extension RCode {
    static var badCookie: RCode { RCode(rawValue: 23) }
}

extension MessageWriter {
    /// Appends a TSIG record with the error BADKEY and no MAC (RFC 8945, sections 5.2.1 and 5.3.2) to a finished message;
    /// nothing when it does not fit.
    mutating func appendBadKey(
        _ signature: TransactionSignature, _ query: MessageFields, recordAt start: Int, id: UInt16
    ) {
        withUnsafeTemporaryAllocation(byteCount: Name.maximumLength, alignment: 1) { key in
            guard
                let keyLength = unsafe MessageName.read(
                    query.bytes(from: 0), at: NamePlace(offset: start), into: key)
            else { return }
            let before = mark
            let rdataLength = signature.algorithm.count + 16
            let isWritten =
                unsafe appendOctets(key[..<keyLength])
                && append(
                    words: [
                        RRType.tsig.rawValue, RRClass.any.rawValue, 0, 0, UInt16(truncatingIfNeeded: rdataLength),
                    ] as InlineArray<5, UInt16>)
                && appendOctets(query.bytes(from: 0)[signature.algorithm])
                && appendOctets(query.bytes(from: 0)[signature.times])
                && append(words: [0, id, 17, 0] as InlineArray<4, UInt16>)
            guard isWritten else { return rewind(to: before) }
            count(1, in: .additional)
            storeAdditionalCount()
        }
    }

    private mutating func append<let count: Int>(words: InlineArray<count, UInt16>) -> Bool {
        for index in words.indices {
            let octets: InlineArray<2, UInt8> = [UInt8(words[index] >> 8), UInt8(truncatingIfNeeded: words[index])]
            guard appendOctets(CollectionOfOne(octets[0])), appendOctets(CollectionOfOne(octets[1])) else {
                return false
            }
        }
        return true
    }
}
