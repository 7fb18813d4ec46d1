// Rdata from wire to presentation form: the field lists of RDataFormat.swift once more, read the other way. The same
// walk decides whether octets are rdata of a type at all.

import DNSCore

/// Prints rdata, field by field.
struct RDataText {
    /// What the walk over some rdata came to.
    enum Outcome {
        /// The text stands for exactly these octets.
        case exact
        /// The rdata is valid, but has no text, or none that would be read back to the same octets.
        case opaque
        /// The rdata is not of the type's form.
        case invalid
    }

    let rdata: [UInt8]
    var position = 0
    var text: [UInt8] = []
    /// False once something was met that has no text, or an inexact one.
    var isExact = true

    /// True if the octets are rdata of the type; any are for a type that is unknown.
    static func isValid(_ rdata: [UInt8], type: RRType) -> Bool {
        var walk = RDataText(rdata)
        return walk.print(type) != .invalid
    }

    init(_ rdata: [UInt8]) {
        self.rdata = rdata
    }

    /// Makes `text`, each field with a blank before it.
    mutating func print(_ type: RRType) -> Outcome {
        let formats = RDataFormats.all
        let fields = formats.range(of: type)
        if fields.isEmpty { return .opaque }
        for index in fields where !printField(formats[index], of: type) { return .invalid }
        if position < rdata.count { return .invalid }
        return isExact ? .exact : .opaque
    }

    /// Prints one field; false if the octets are not of its form.
    private mutating func printField(_ field: RDataFieldForm, of type: RRType) -> Bool {
        switch field {
        case .name: return printName()
        case .number8, .algorithm, .digestType, .scheme: return printNumber(octets: 1)
        case .number16, .certificateType: return printNumber(octets: 2)
        case .number32, .period: return printNumber(octets: 4)
        case .number64: return printNumber(octets: 8)
        case .time: return printTime()
        case .type:
            guard let number = takeNumber(octets: 2) else { return false }
            append(word: RRType(rawValue: UInt16(truncatingIfNeeded: number)).description)
            return true
        case .ipv4: return printIPv4()
        case .ipv6: return printIPv6()
        case .string: return printString()
        case .optionalString: return position == rdata.count || printString()
        case .strings:
            repeat { if !printString() { return false } } while position < rdata.count
            return true
        case .characters:
            append(quoted: rest())
            return true
        case .tag: return printTag()
        case .hex: return printHex(rest(), minimum: 1)
        case .base64, .optionalBase64: return printBase64(rest(), isOptional: field == .optionalBase64)
        case .dashOrBase64:
            if position < rdata.count { return printBase64(rest(), isOptional: false) }
            append(word: "-")
            return true
        case .salt:
            guard let salt = takeCounted() else { return false }
            if !salt.isEmpty { return printHex(salt, minimum: 1) }
            append(word: "-")
            return true
        case .hash: return printHash()
        case .typeBitmap: return printTypeBitmap()
        case .oldTypeBitmap: return printOldTypeBitmap()
        case .locator: return printLocator()
        case .eui48: return printEUI(octets: 6)
        case .eui64: return printEUI(octets: 8)
        case .nsap:
            let octets = rest()
            append(word: "0x")
            for octet in octets { appendHex(octet) }
            return !octets.isEmpty
        case .atma: return printATMA()
        case .services: return printServices()
        case .a6: return printA6()
        case .gateway: return printGateway()
        case .relay: return printRelay()
        case .serviceParameters: return printServiceParameters()
        case .location: return printLocation()
        case .addressPrefixes: return printAddressPrefixes()
        case .hostIdentity: return printHostIdentity()
        case .names:
            while position < rdata.count { if !printName() { return false } }
            return true
        }
    }
}

extension RDataText {
    mutating func take(_ count: Int) -> ArraySlice<UInt8>? {
        guard rdata.count - position >= count else { return nil }
        defer { position += count }
        return rdata[position..<position + count]
    }

    mutating func takeNumber(octets: Int) -> UInt64? {
        take(octets)?.reduce(0) { $0 << 8 | UInt64($1) }
    }

    /// A length octet, and that many octets.
    mutating func takeCounted() -> ArraySlice<UInt8>? {
        guard let count = take(1)?.first else { return nil }
        return take(Int(count))
    }

    mutating func rest() -> ArraySlice<UInt8> {
        defer { position = rdata.count }
        return rdata[position...]
    }
}
