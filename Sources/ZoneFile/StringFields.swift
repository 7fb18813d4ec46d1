// Strings in rdata (RFC 1035, section 5.1), and their escapes: `\X` for any character but a digit, `\DDD` for an octet.

import DNSCore

/// Walks over the octets that a token stands for, escapes resolved.
struct UnescapedOctets {
    private let text: Octets
    private let offset: Int
    private var position = 0

    init(_ text: Octets, at offset: Int) {
        self.text = text
        self.offset = offset
    }

    /// The next octet, and whether it was escaped; nil at the end.
    mutating func next() throws(ParseFailure) -> (octet: UInt8, isEscaped: Bool)? {
        guard position < text.count else { return nil }
        let octet = text[position]
        position += 1
        guard octet == UInt8(ascii: "\\") else { return (octet, false) }
        let start = position - 1
        guard position < text.count else { throw failure(start) }
        let first = text[position]
        position += 1
        guard ASCII.isDigit(first) else { return (first, true) }
        guard position + 1 < text.count, ASCII.isDigit(text[position]), ASCII.isDigit(text[position + 1]) else {
            throw failure(start)
        }
        let value = Int(first - 0x30) * 100 + Int(text[position] - 0x30) * 10 + Int(text[position + 1] - 0x30)
        position += 2
        guard let octet = UInt8(exactly: value) else { throw failure(start) }
        return (octet, true)
    }

    private func failure(_ start: Int) -> ParseFailure {
        ParseFailure(at: offset + start, NameTextError.badEscape.description)
    }
}

extension Entry {
    /// The octets that a token stands for, one by one.
    func unescaped(_ token: Token) -> UnescapedOctets {
        UnescapedOctets(octets(of: token), at: token.range.lowerBound)
    }

    /// Appends the octets that a token stands for.
    func appendCharacters(of token: Token, to target: inout [UInt8]) throws(ParseFailure) {
        var octets = unescaped(token)
        while let (octet, _) = try octets.next() { target.append(octet) }
    }
}

extension RDataParser {
    /// A `<character-string>`: a length octet and up to 255 octets.
    mutating func parseString(from entry: inout Entry) throws(ParseFailure) {
        let token = try entry.take("a string")
        let lengthIndex = buffer.count
        buffer.append(UInt8(0))
        try appendCharacters(of: token, from: entry)
        let length = buffer.count - lengthIndex - 1
        guard length <= 255 else {
            if buffer.hasOverflowed { return }
            throw entry.fail(
                token, "the string has \(length) octets, and the limit is 255 (split it into several strings)")
        }
        if !buffer.hasOverflowed { buffer[lengthIndex] = UInt8(truncatingIfNeeded: length) }
    }

    /// One token as characters to the end of the rdata, without a length.
    mutating func parseCharacters(from entry: inout Entry) throws(ParseFailure) {
        let token = try entry.take("a string")
        try appendCharacters(of: token, from: entry)
    }

    /// A CAA tag.
    mutating func parseTag(from entry: inout Entry) throws(ParseFailure) {
        let token = try entry.takeWord("letters and digits")
        let text = entry.octets(of: token)
        guard text.count <= 255 else {
            throw entry.fail(token, "the tag has \(text.count) octets, and the limit is 255")
        }
        buffer.append(UInt8(truncatingIfNeeded: text.count))
        for index in 0..<text.count {
            guard text[index].isLetterOrDigit else {
                throw entry.expected("letters and digits", token)
            }
            buffer.append(text[index])
        }
    }

    private mutating func appendCharacters(of token: Token, from entry: borrowing Entry) throws(ParseFailure) {
        var octets = entry.unescaped(token)
        while let (octet, _) = try octets.next() { buffer.append(octet) }
    }
}

extension UInt8 {
    /// True for an ASCII letter or digit.
    var isLetterOrDigit: Bool { ASCII.isDigit(self) || (self | 0x20) &- 0x61 < 26 }
}
