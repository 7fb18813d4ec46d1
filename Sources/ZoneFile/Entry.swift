// One entry of a master file (RFC 1035, section 5.1): a line, or several that parentheses join, cut into tokens.
// Everything after it works on tokens; offsets are those of the entry's text and become lines and columns only when
// there is something to complain about.

import DNSCore

/// A run of octets between delimiters, or what stands between two quotes.
struct Token {
    private let start: UInt32
    private let length: UInt32
    /// True if quotes stood around it; they are not part of it.
    let isQuoted: Bool

    @inline(__always)
    init(_ range: Range<Int>, isQuoted: Bool) {
        start = UInt32(truncatingIfNeeded: range.lowerBound)
        length = UInt32(truncatingIfNeeded: range.count)
        self.isQuoted = isQuoted
    }

    /// Its place in the entry's text.
    @inline(__always)
    var range: Range<Int> { Int(start)..<Int(start) + Int(length) }
    /// Where a message about it points: at the quote, if there is one.
    var offset: Int { isQuoted ? Int(start) - 1 : Int(start) }
}

/// Something wrong, or to be warned about, at an offset of an entry's text.
struct ParseFailure: Error {
    let offset: Int
    /// What was expected and what was found.
    let message: String
    /// The field of the rdata that it is about, where its form alone does not tell.
    var field: String?

    init(at offset: Int, _ message: String, field: String? = nil) {
        self.offset = offset
        self.message = message
        self.field = field
    }

    /// The same about a field of the rdata, unless it names one already.
    func about(_ field: String) -> ParseFailure {
        ParseFailure(at: offset, message, field: self.field ?? field)
    }

    /// The same with the type and the field in its message.
    func about(_ type: RRType, _ field: StaticString) -> ParseFailure {
        let field = self.field ?? "\(field)"
        return ParseFailure(at: offset, "\(type)\(field.isEmpty ? "" : " ")\(field): \(message)")
    }
}

/// The tokens of one entry, and a cursor over them. One object serves all entries of a zone.
@safe
struct Entry: ~Copyable {
    /// How the search for an entry's end went.
    enum Outcome {
        /// The entry has this many octets, newlines included.
        case complete(length: Int)
        /// The text ended first.
        case incomplete
    }

    private var tokens: UnsafeMutablePointer<Token>
    private var capacity = 64
    private(set) var count = 0
    /// The index of the token that comes next.
    private(set) var next = 0
    /// The text from the entry's first octet on. Ends with the window's newline.
    private(set) var text: Octets
    /// True when the entry begins with a blank: then it has no owner.
    private(set) var startsWithBlank = false
    /// Newlines in the entry.
    private(set) var lines = 0
    /// Where the text that matters ends: for messages about what is missing.
    private var contentEnd = 0
    /// The last parenthesis before the text ends, if any is open there.
    private(set) var openParenthesis: Int?
    /// The first thing that is wrong with quotes, parentheses or escapes.
    private(set) var failure: ParseFailure?
    /// What is accepted and should be looked at.
    private(set) var warnings: [(kind: ZoneWarning, finding: ParseFailure)] = []

    init() {
        unsafe tokens = .allocate(capacity: capacity)
        // Nothing reads a view of no octets.
        unsafe text = Octets(start: UnsafeRawPointer(tokens).assumingMemoryBound(to: UInt8.self), count: 0)
    }

    deinit {
        unsafe tokens.deallocate()
    }

    /// True when all tokens have been taken.
    @inline(__always)
    var isAtEnd: Bool { next == count }

    @inline(__always)
    subscript(index: Int) -> Token {
        precondition(UInt(bitPattern: index) < UInt(bitPattern: count))
        return unsafe tokens[index]  // Safe: checked above.
    }

    /// The octets of a token.
    @inline(__always)
    func octets(of token: Token) -> Octets { text[token.range] }

    /// The octets of a token for a message, cut to a readable length.
    func quote(_ token: Token) -> String {
        let octets = octets(of: token)
        // A character of several octets that is cut in two would be shown as octets.
        var length = min(octets.count, 40)
        while length < octets.count, length > 36, octets[length] & 0xC0 == 0x80 { length -= 1 }
        return "'\(PrintableText.of(octets[0..<min(octets.count, 41)].array[...], upTo: length))'"
    }

    /// Takes the next token; `what` names it in case there is none.
    @inline(__always)
    mutating func take(_ what: @autoclosure () -> String) throws(ParseFailure) -> Token {
        guard next < count else { throw missing(what()) }
        defer { next += 1 }
        return self[next]
    }

    /// Takes the next token, which must not be in quotes.
    @inline(__always)
    mutating func takeWord(_ what: @autoclosure () -> String) throws(ParseFailure) -> Token {
        let token = try take(what())
        if token.isQuoted { throw expected(what(), token) }
        return token
    }

    /// The same; `field` is the part of the rdata that it is.
    mutating func takeWord(_ what: String, field: String) throws(ParseFailure) -> Token {
        do throws(ParseFailure) {
            return try takeWord(what)
        } catch {
            throw error.about(field)
        }
    }

    func missing(_ what: String) -> ParseFailure {
        endFailure("expected \(what), found the end of the record")
    }

    /// A failure where the record ends.
    func endFailure(_ message: String) -> ParseFailure { ParseFailure(at: contentEnd, message) }

    /// The failure to find something where a token is.
    func expected(_ what: String, _ token: Token, because reason: String? = nil) -> ParseFailure {
        let found = token.isQuoted ? "a quoted string" : quote(token)
        return fail(token, "expected \(what), found \(found)\(reason.map { " (\($0))" } ?? "")")
    }

    /// The failure of one octet of a token, or of the escape or character that begins there.
    func unexpected(_ index: Int, in token: Token, _ what: String) -> ParseFailure {
        let octets = octets(of: token)
        let found = PrintableText.cell(octets[index..<min(index + 4, octets.count)].array[...]).text
        return ParseFailure(at: token.range.lowerBound + index, "expected \(what), found '\(found)'")
    }

    /// Notes what should be looked at.
    mutating func warn(_ kind: ZoneWarning, _ token: Token, _ message: String) {
        warnings.append((kind, fail(token, message)))
    }

    func fail(_ token: Token, _ message: String) -> ParseFailure {
        ParseFailure(at: token.offset, message)
    }

    /// Throws if anything is left.
    @inline(__always)
    func expectEnd() throws(ParseFailure) {
        if next < count { throw fail(self[next], "unexpected \(quote(self[next])) after the end of the record") }
    }

    /// The line (from 0), and the column (from 1) of an offset, and where its line stands in the text.
    func position(of offset: Int) -> (line: Int, column: Int, range: Range<Int>) {
        var line = 0
        var lineStart = 0
        for index in 0..<min(offset, text.count) where isLineEnd(index) {
            line += 1
            lineStart = index + 1
        }
        var lineEnd = lineStart
        while lineEnd < text.count, !isLineEnd(lineEnd) { lineEnd += 1 }
        if lineEnd > lineStart, text[lineEnd - 1] == UInt8(ascii: "\r") { lineEnd -= 1 }
        return (line, offset - lineStart + 1, lineStart..<lineEnd)
    }

    /// True for the last octet of LF, CR LF or CR: each of them ends a line.
    private func isLineEnd(_ index: Int) -> Bool {
        if text[index] == UInt8(ascii: "\n") { return true }
        return text[index] == UInt8(ascii: "\r") && index + 1 < text.count && text[index + 1] != UInt8(ascii: "\n")
    }
}

extension Entry {
    /// The octets that end a token, as bits of a word; all are below 64.
    private static let delimiters: UInt64 =
        1 << 0x09 | 1 << 0x0A | 1 << 0x0D | 1 << 0x20 | 1 << 0x22 | 1 << 0x28 | 1 << 0x29 | 1 << 0x3B

    @inline(__always)
    private static func isDelimiter(_ octet: UInt8) -> Bool {
        octet < 64 && delimiters &>> UInt64(octet) & 1 != 0
    }

    /// True for LF and CR.
    @inline(__always)
    private static func endsLine(_ octet: UInt8) -> Bool {
        octet == UInt8(ascii: "\n") || octet == UInt8(ascii: "\r")
    }

    /// The high bit of each octet that may end a word: delimiters, backslashes, `!` and control characters. It is right
    /// up to the lowest bit that is set; those above may be wrong.
    @inline(__always)
    private static func wordStops(in word: UInt64) -> UInt64 {
        let ones: UInt64 = 0x0101_0101_0101_0101
        let parenthesis = (word ^ ones &* 0x28) & ~ones
        let semicolon = word ^ ones &* 0x3B
        let backslash = word ^ ones &* 0x5C
        let stops =
            (word &- ones &* 0x23) & ~word | (parenthesis &- ones) & ~parenthesis | (semicolon &- ones) & ~semicolon
            | (backslash &- ones) & ~backslash
        return stops & (ones &* 0x80)
    }

    /// Cuts the entry that `text` begins with into tokens. `text` ends with a newline that is not part of the file.
    mutating func scan(_ text: Octets) -> Outcome {
        self.text = text
        count = 0
        next = 0
        lines = 0
        contentEnd = 0
        openParenthesis = nil
        failure = nil
        if !warnings.isEmpty { warnings.removeAll() }
        let last = text.count - 1
        startsWithBlank = text[0] == UInt8(ascii: " ") || text[0] == UInt8(ascii: "\t")
        var depth = 0
        var position = 0
        while true {
            let octet = text[position]
            switch octet {
            case UInt8(ascii: " "), UInt8(ascii: "\t"):
                position += 1
            case UInt8(ascii: "\n"), UInt8(ascii: "\r"):
                // A CR ends a line by itself, too; as the last octet in memory it may have its LF still to come.
                if octet == UInt8(ascii: "\r"), text[position + 1] == UInt8(ascii: "\n") { position += 1 }
                if position == last { return .incomplete }
                position += 1
                lines += 1
                if depth == 0 { return .complete(length: position) }
            case UInt8(ascii: ";"):
                while !Entry.endsLine(text[position]) { position += 1 }
            case UInt8(ascii: "("):
                depth += 1
                openParenthesis = position
                position += 1
                contentEnd = position
            case UInt8(ascii: ")"):
                if depth == 0 {
                    note(ParseFailure(at: position, "')' without '('"))
                } else {
                    depth -= 1
                    if depth == 0 { openParenthesis = nil }
                }
                position += 1
                contentEnd = position
            case UInt8(ascii: "\""):
                let end = endOfQuotes(in: text, from: position + 1)
                append(Token(position + 1..<end, isQuoted: true))
                if Entry.endsLine(text[end]) {
                    if end == last { return .incomplete }
                    note(ParseFailure(at: position, "no closing quote on this line"))
                    position = end
                } else {
                    position = end + 1
                }
                contentEnd = position
            default:
                let end = endOfWord(in: text, from: position)
                append(Token(position..<end, isQuoted: false))
                position = end
                contentEnd = end
            }
        }
    }

    /// The delimiter after the word at `start`.
    @inline(__always)
    private mutating func endOfWord(in text: Octets, from start: Int) -> Int {
        var position = start
        while true {
            // Eight octets at a time, as long as there are so many; see `wordStops` for what a stop may be.
            while position + 8 <= text.count {
                let stops = Entry.wordStops(in: text.word(at: position))
                position += stops == 0 ? 8 : stops.trailingZeroBitCount / 8
                if stops != 0 { break }
            }
            let octet = text[position]
            if Entry.isDelimiter(octet) { return position }
            position += 1
            if octet == UInt8(ascii: "\\") { skipEscaped(in: text, at: &position) }
        }
    }

    /// The closing quote for the string at `start`, or the line's end if there is none.
    private mutating func endOfQuotes(in text: Octets, from start: Int) -> Int {
        var position = start
        while true {
            let octet = text[position]
            if octet == UInt8(ascii: "\"") || Entry.endsLine(octet) { return position }
            position += 1
            if octet == UInt8(ascii: "\\") { skipEscaped(in: text, at: &position) }
        }
    }

    /// Goes past the octet after a backslash; the end of a line is never escaped.
    private mutating func skipEscaped(in text: Octets, at position: inout Int) {
        if !Entry.endsLine(text[position]) {
            position += 1
        } else if position < text.count - 1 {
            note(
                ParseFailure(
                    at: position - 1, "'\\' at the end of a line: a character or three digits must follow"))
        }
    }

    private mutating func note(_ problem: ParseFailure) {
        if failure == nil { failure = problem }
    }

    @inline(__always)
    private mutating func append(_ token: Token) {
        if count == capacity { grow() }
        unsafe (tokens + count).initialize(to: token)  // Safe: there is room, see above.
        count += 1
    }

    private mutating func grow() {
        let larger = UnsafeMutablePointer<Token>.allocate(capacity: capacity * 2)
        unsafe larger.update(from: tokens, count: count)
        unsafe tokens.deallocate()
        unsafe tokens = larger
        capacity *= 2
    }
}
