// Text that was well read and probably meant otherwise: without quotes a ';' begins a comment, and typographic quotes are
// letters like any other.

import DNSCore

extension ZoneParser {
    /// Whether records of a type hold text of people's own making.
    @inline(__always)
    static func holdsText(_ type: RRType) -> Bool { type == .txt || type == .caa || type == .spf }

    /// Warns of the rdata's tokens, of which `first` is the first.
    @inline(never)
    mutating func warnOfText(_ type: RRType, from first: Int, file: Int, line: Int) {
        for index in first..<max(first, entry.count) where !entry[index].isQuoted {
            let token = entry[index]
            if isCut(token, isFirst: index == first) {
                return warn(
                    .cutAtSemicolon, token,
                    "the \(type) value ends here, as a ';' outside quotes begins a comment; put the value in quotes",
                    file: file, line: line)
            }
            if hasSmartQuote(entry.octets(of: token)) {
                return warn(
                    .smartQuotes, token,
                    "the \(type) value has typographic quotes, which become part of it; write '\"' (ASCII 34)",
                    file: file,
                    line: line)
            }
        }
    }

    /// A `;` right behind a word is seldom meant as a comment. Behind a blank it mostly is, but for lists of tags such as
    /// `v=DKIM1 ; p=…`.
    private func isCut(_ token: Token, isFirst: Bool) -> Bool {
        var position = token.range.upperBound
        let text = entry.text
        if position < text.count, text[position] == UInt8(ascii: ";") { return true }
        let word = entry.octets(of: token)
        guard isFirst, word.count > 2, word[0] | 0x20 == UInt8(ascii: "v"), word[1] == UInt8(ascii: "=") else {
            return false
        }
        while position < text.count, text[position] == UInt8(ascii: " ") { position += 1 }
        guard position < text.count, text[position] == UInt8(ascii: ";") else { return false }
        position += 1
        while position < text.count, text[position] == UInt8(ascii: " ") { position += 1 }
        // A tag: letters and '='.
        let start = position
        while position < text.count, text[position] | 0x20 &- 0x61 < 26 { position += 1 }
        return position > start && position < text.count && text[position] == UInt8(ascii: "=")
    }

    /// U+2018 to U+201F in UTF-8, at either end.
    private func hasSmartQuote(_ word: Octets) -> Bool {
        func isQuote(at index: Int) -> Bool {
            index >= 0 && index + 3 <= word.count && word[index] == 0xE2 && word[index + 1] == 0x80
                && (0x98...0x9F).contains(word[index + 2])
        }
        return isQuote(at: 0) || isQuote(at: word.count - 3)
    }

    private mutating func warn(_ warning: ZoneWarning, _ token: Token, _ message: String, file: Int, line: Int) {
        report(ParseFailure(at: token.range.upperBound, message), warning: warning, file: file, line: line)
    }
}
