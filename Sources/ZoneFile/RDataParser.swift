// Rdata from presentation to wire form: an interpreter of the field lists in RDataFormat.swift. The fields themselves
// are in the files named after them.

import DNSCore

/// Parses the rdata of one record after the other into a buffer that it keeps.
struct RDataParser: ~Copyable {
    let mnemonics = TypeMnemonics.all
    private let formats = RDataFormats.all
    let base64Values = Base64Values.standard
    var buffer = RDataBuffer()
    /// One bit for every type, all clear between records; see `parseTypeBitmap`.
    var typeBits = [UInt8](repeating: 0, count: 8192)

    /// The rdata of the last record; valid until the next is parsed.
    @inline(__always)
    var octets: Octets { buffer.octets }

    /// Takes all that is left of the entry as rdata of `type`.
    @inline(__always)
    mutating func parse(_ type: RRType, from entry: inout Entry, origin: Octets) throws(ParseFailure) {
        buffer.removeAll()
        let fields = formats.range(of: type)
        if !entry.isAtEnd, isUnknownForm(entry[entry.next], entry) {
            try parseUnknownForm(type, from: &entry)
        } else {
            if fields.isEmpty { throw needsUnknownForm(type, entry) }
            let first = entry.next
            for index in fields {
                do throws(ParseFailure) {
                    try parse(formats[index], of: type, from: &entry, origin: origin)
                } catch {
                    throw error.about(type, formats.name(at: index))
                }
            }
            try entry.expectEnd()
            if let complaint = RDataConsistency.complaint(about: buffer.octets, of: type) {
                // A field that is missing altogether is complained about where the record ends.
                let place = first + complaint.field
                let failure =
                    place < entry.count
                    ? entry.fail(entry[place], complaint.text) : entry.endFailure(complaint.text)
                throw failure.about(type, formats.name(at: fields.lowerBound + complaint.field))
            }
        }
        if buffer.hasOverflowed {
            throw ParseFailure(at: 0, "the rdata is longer than 65535 octets in wire form")
        }
    }

    @inline(__always)
    private func isUnknownForm(_ token: Token, _ entry: borrowing Entry) -> Bool {
        let text = entry.octets(of: token)
        return text.count == 2 && text[0] == UInt8(ascii: "\\") && text[1] == UInt8(ascii: "#") && !token.isQuoted
    }

    private func needsUnknownForm(_ type: RRType, _ entry: borrowing Entry) -> ParseFailure {
        let what = "\\# LENGTH HEX, as type \(type) has no other text form (RFC 3597, section 5)"
        return entry.isAtEnd ? entry.missing(what) : entry.expected(what, entry[entry.next])
    }

    @inline(__always)
    private mutating func parse(
        _ field: RDataFieldForm, of type: RRType, from entry: inout Entry, origin: Octets
    ) throws(ParseFailure) {
        switch field {
        case .name: try parseName(from: &entry, origin: origin)
        case .number8: buffer.append(UInt8(truncatingIfNeeded: try entry.takeNumber(upTo: 255)))
        case .number16: buffer.append(UInt16(truncatingIfNeeded: try entry.takeNumber(upTo: 65535)))
        case .number32: buffer.append(UInt32(truncatingIfNeeded: try entry.takeNumber(upTo: UInt64(UInt32.max))))
        case .number64: buffer.append(try entry.takeNumber(upTo: UInt64.max))
        case .ipv4: try parseIPv4(from: &entry)
        case .ipv6: try parseIPv6(from: &entry)
        case .hex: if try !parseDeletion(of: type, from: &entry) { try parseHex(from: &entry) }
        case .base64:
            if try !parseDeletion(of: type, from: &entry) { try parseBase64(from: &entry, isOptional: false) }
        case .optionalBase64: try parseBase64(from: &entry, isOptional: true)
        case .salt: try parseSalt(from: &entry)
        case .hash: try parseHash(from: &entry)
        case .type: try parseType(from: &entry)
        case .typeBitmap: try parseTypeBitmap(from: &entry)
        case .algorithm: try parseMnemonic(.algorithms, upTo: 255, from: &entry)
        case .digestType: try parseMnemonic(.digestTypes, upTo: 255, from: &entry)
        case .time: try parseTime(from: &entry)
        default: try parseRare(field, of: type, from: &entry, origin: origin)
        }
    }

    /// The fields that no signed zone of millions of records has; apart, so that the others are close together.
    @inline(never)
    private mutating func parseRare(
        _ field: RDataFieldForm, of type: RRType, from entry: inout Entry, origin: Octets
    ) throws(ParseFailure) {
        switch field {
        case .period: try parsePeriod(from: &entry)
        case .string: try parseString(from: &entry)
        case .dashOrBase64: try parseDashOrBase64(from: &entry)
        case .optionalString: if !entry.isAtEnd { try parseString(from: &entry) }
        case .strings:
            repeat { try parseString(from: &entry) } while !entry.isAtEnd
        case .characters: try parseCharacters(from: &entry)
        case .tag: try parseTag(from: &entry)
        case .oldTypeBitmap: try parseOldTypeBitmap(from: &entry)
        case .certificateType: try parseMnemonic(.certificateTypes, upTo: 65535, from: &entry)
        case .scheme: try parseMnemonic(.schemes, upTo: 255, from: &entry)
        case .locator: try parseLocator(from: &entry)
        case .eui48: try parseEUI(octets: 6, from: &entry)
        case .eui64: try parseEUI(octets: 8, from: &entry)
        case .nsap: try parseNSAP(from: &entry)
        case .atma: try parseATMA(from: &entry)
        case .services: try parseServices(from: &entry)
        case .a6: try parseA6(from: &entry, origin: origin)
        case .gateway: try parseIPSECKEYGateway(from: &entry, origin: origin)
        case .relay: try parseAMTRelay(from: &entry, origin: origin)
        case .serviceParameters: try parseServiceParameters(from: &entry)
        case .location: try parseLocation(from: &entry)
        case .addressPrefixes: try parseAddressPrefixes(from: &entry)
        case .hostIdentity: try parseHostIdentity(from: &entry)
        case .names: while !entry.isAtEnd { try parseName(from: &entry, origin: origin) }
        default: preconditionFailure("the field \(field) is parsed above")
        }
    }

    /// `\#`, a length, and that many octets in hexadecimal (RFC 3597, section 5).
    private mutating func parseUnknownForm(_ type: RRType, from entry: inout Entry) throws(ParseFailure) {
        let mark = try entry.take("rdata")
        let length: UInt64
        do throws(ParseFailure) {
            length = try entry.takeNumber(upTo: 65535)
            if length > 0 || !entry.isAtEnd { try parseHex(from: &entry) }
        } catch {
            throw error.about(type, "rdata")
        }
        if buffer.count != length {
            throw entry.fail(
                mark, "\(type): \\# gives a length of \(length), but the hexadecimal digits are \(buffer.count) octets")
        }
        if !RDataText.isValid(buffer.octets.array, type: type) {
            throw entry.fail(mark, "\(type): these octets are not valid rdata of this type")
        }
        if type == .svcb || type == .https {
            if let complaint = ServiceParameters.complaint(aboutRData: buffer.octets.array) {
                throw entry.fail(mark, complaint.text).about(type, "")
            }
        } else if let complaint = RDataConsistency.complaint(about: buffer.octets, of: type) {
            let field = formats.range(of: type).lowerBound + complaint.field
            throw entry.fail(mark, complaint.text).about(type, formats.name(at: field))
        }
    }

    @inline(__always)
    mutating func parseName(from entry: inout Entry, origin: Octets) throws(ParseFailure) {
        let token = try entry.takeWord("a domain name")
        let text = entry.octets(of: token)
        if text.count == 1, text[0] == UInt8(ascii: "@") {
            buffer.append(origin)
            return
        }
        do {
            try buffer.append(name: text, relativeTo: origin)
        } catch {
            throw entry.fail(token, error.description)
        }
    }
}

extension RDataParser {
    /// The MINIMUM of the SOA record that was parsed last.
    var minimumOfSOA: UInt32 { number32(before: 0) }

    /// The serial of the SOA record that was parsed last.
    var serialOfSOA: Serial { Serial(rawValue: number32(before: 16)) }

    private func number32(before rest: Int) -> UInt32 {
        let end = buffer.count - rest
        return (end - 4..<end).reduce(0) { $0 << 8 | UInt32(buffer[$1]) }
    }
}
