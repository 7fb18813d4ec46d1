// Octets in rdata that are written as hexadecimal digits, base64 (RFC 4648, section 4) or base32hex (section 7).

import DNSCore

/// The values of base64's letters, by octet; 255 for what is none.
struct Base64Values: Sendable {
    private let values: [UInt8]

    static let standard = Base64Values()

    private init() {
        var values = [UInt8](repeating: 255, count: 256)
        for (value, letter) in "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8.enumerated() {
            values[Int(letter)] = UInt8(value)
        }
        self.values = values
    }

    @inline(__always)
    subscript(letter: UInt8) -> UInt8 { values[Int(letter)] }
}

extension RDataParser {
    /// Hexadecimal digits to the end, at least two, split between tokens at will.
    mutating func parseHex(from entry: inout Entry) throws(ParseFailure) {
        var pending: UInt8?
        var token = try entry.takeWord("hexadecimal digits")
        while true {
            let text = entry.octets(of: token)
            for index in 0..<text.count {
                guard let digit = text[index].hexValue else {
                    throw entry.unexpected(index, in: token, "a hexadecimal digit")
                }
                if let high = pending {
                    buffer.append(high << 4 | digit)
                    pending = nil
                } else {
                    pending = digit
                }
            }
            if entry.isAtEnd { break }
            token = try entry.takeWord("hexadecimal digits")
        }
        if pending != nil { throw entry.fail(token, "odd number of hexadecimal digits") }
    }

    /// Base64 to the end, split between tokens at will.
    mutating func parseBase64(from entry: inout Entry, isOptional: Bool) throws(ParseFailure) {
        if isOptional, entry.isAtEnd { return }
        var decoder = Base64Decoder()
        var token = try entry.takeWord("base64")
        while true {
            let text = entry.octets(of: token)
            if let wrong = decoder.decode(text, values: base64Values, into: &buffer) {
                throw entry.unexpected(wrong, in: token, "base64")
            }
            if entry.isAtEnd { break }
            token = try entry.takeWord("base64")
        }
        if !decoder.isWhole { throw entry.fail(token, "the base64 is incomplete: its letters and '=' come in fours") }
    }

    /// Base64 to the end, or `-` for no octets.
    mutating func parseDashOrBase64(from entry: inout Entry) throws(ParseFailure) {
        if entry.next == entry.count - 1 {
            let text = entry.octets(of: entry[entry.next])
            if text.count == 1, text[0] == UInt8(ascii: "-") {
                _ = try entry.take("-")
                return
            }
        }
        try parseBase64(from: &entry, isOptional: true)
    }

    /// `0` for the one octet of `CDS 0 0 0 00` and `CDNSKEY 0 3 0 AA==`, as RFC 8078, section 4, had it before its erratum
    /// 5049; false if the entry has something else.
    @inline(__always)
    mutating func parseDeletion(of type: RRType, from entry: inout Entry) throws(ParseFailure) -> Bool {
        guard type == .cds || type == .cdnskey, entry.next == entry.count - 1 else { return false }
        let token = entry[entry.next]
        let text = entry.octets(of: token)
        guard !token.isQuoted, text.count == 1, text[0] == UInt8(ascii: "0"), buffer.count == 4, buffer[0] == 0,
            buffer[1] == 0, buffer[2] == (type == .cds ? 0 : 3), buffer[3] == 0
        else { return false }
        _ = try entry.take("0")
        buffer.append(UInt8(0))
        entry.warn(
            .cdsDeleteForm, token,
            "\(type): '0' was read as one octet, as RFC 8078 had it at first; write '\(type == .cds ? "00" : "AA==")'")
        return true
    }

    /// A salt: hexadecimal digits in one token, or `-` for none (RFC 5155, section 3.3).
    mutating func parseSalt(from entry: inout Entry) throws(ParseFailure) {
        let token = try entry.takeWord("a salt")
        let text = entry.octets(of: token)
        if text.count == 1, text[0] == UInt8(ascii: "-") {
            buffer.append(UInt8(0))
            return
        }
        guard text.count % 2 == 0, text.count <= 510 else {
            throw entry.fail(token, "expected '-' or an even number of hexadecimal digits, at most 510")
        }
        buffer.append(UInt8(truncatingIfNeeded: text.count / 2))
        for index in stride(from: 0, to: text.count, by: 2) {
            guard let high = text[index].hexValue, let low = text[index + 1].hexValue else {
                throw entry.expected("'-' or hexadecimal digits", token)
            }
            buffer.append(high << 4 | low)
        }
    }

    /// A hash of an owner in base32hex without padding, in one token (RFC 5155, section 3.3).
    mutating func parseHash(from entry: inout Entry) throws(ParseFailure) {
        let token = try entry.takeWord("a hash in base32hex")
        let text = entry.octets(of: token)
        let length = text.count * 5 / 8
        // Eight letters make five octets; 1, 3 or 6 letters at the end make no whole octet more.
        guard length >= 1, length <= 255, ![1, 3, 6].contains(text.count % 8) else {
            throw entry.expected("a hash in base32hex", token, because: "\(text.count) letters are not whole octets")
        }
        buffer.append(UInt8(truncatingIfNeeded: length))
        var bits: UInt32 = 0
        var bitCount = 0
        for index in 0..<text.count {
            guard let value = text[index].base32hexValue else {
                throw entry.unexpected(index, in: token, "base32hex")
            }
            bits = bits << 5 | UInt32(value)
            bitCount += 5
            if bitCount >= 8 {
                bitCount -= 8
                buffer.append(UInt8(truncatingIfNeeded: bits >> UInt32(bitCount)))
            }
        }
        if bits & (1 << UInt32(bitCount) - 1) != 0 {
            throw entry.fail(token, "the base32hex has bits left over at its end")
        }
    }
}

extension UInt8 {
    /// The value of this octet as a letter of base32hex in either case.
    @inline(__always)
    var base32hexValue: UInt8? {
        if self &- 0x30 < 10 { return self &- 0x30 }
        let lower = self | 0x20
        return lower &- 0x61 < 22 ? lower &- 0x61 &+ 10 : nil
    }
}

/// Decodes base64 that comes in pieces. Strict: padding where it belongs, nothing behind it, no bits left over.
struct Base64Decoder {
    private var bits: UInt32 = 0
    private var letters = 0
    private var padding = 0

    /// True when the letters so far make whole groups of four.
    var isWhole: Bool { letters + padding == 0 || (padding > 0 && letters + padding == 4) }

    /// Decodes a piece; the index of the first octet that can't stand where it does, or nil.
    @inline(__always)
    mutating func decode(_ text: Octets, values: borrowing Base64Values, into buffer: inout RDataBuffer) -> Int? {
        var index = 0
        if letters == 0, padding == 0 {
            while index + 4 <= text.count {
                let (a, b) = (values[text[index]], values[text[index + 1]])
                let (c, d) = (values[text[index + 2]], values[text[index + 3]])
                if a | b | c | d > 63 { break }
                buffer.append(a << 2 | b >> 4)
                buffer.append(b << 4 | c >> 2)
                buffer.append(c << 6 | d)
                index += 4
            }
        }
        while index < text.count {
            let letter = text[index]
            let value = values[letter]
            if value < 64, padding == 0 {
                bits = bits << 6 | UInt32(value)
                letters += 1
                if letters == 4 {
                    append(octets: 3, to: &buffer)
                    (bits, letters) = (0, 0)
                }
            } else if letter == UInt8(ascii: "="), letters >= 2, letters + padding < 4 {
                // Two letters leave four bits over, three leave two.
                if padding == 0, bits & (letters == 2 ? 0xF : 0x3) != 0 { return max(index - 1, 0) }
                padding += 1
                if letters + padding == 4 {
                    bits <<= 6 * UInt32(padding)
                    // `letters` stays: the group is complete, and nothing may follow.
                    append(octets: 3 - padding, to: &buffer)
                }
            } else {
                return index
            }
            index += 1
        }
        return nil
    }

    private func append(octets: Int, to buffer: inout RDataBuffer) {
        for octet in 0..<octets { buffer.append(UInt8(truncatingIfNeeded: bits >> UInt32(16 - 8 * octet))) }
    }
}
