// Reads JSON text (RFC 8259) from hostile hands: checked UTF-8, a bound on nesting, no byte trusted.
//
// It does two things. It skips a value, so that the header of a frame can be cut into its members without losing the
// spelling of a single one; and it reads a value into a `JSONValue`.

/// A cursor in JSON text.
public struct JSONScanner {
    /// How many arrays and objects may stand within each other; enough for any message, small enough for any stack.
    public static let depthLimit = 64

    private let bytes: ArraySlice<UInt8>
    public private(set) var position: Int

    /// Begins at the first byte.
    public init(_ bytes: ArraySlice<UInt8>) throws(JSONError) {
        self.bytes = bytes
        position = bytes.startIndex
        do { _ = try UTF8Span(validating: bytes.span) } catch {
            throw .malformed(.notUTF8, at: error.byteOffsets.lowerBound)
        }
    }

    func fault(_ problem: JSONProblem) -> JSONError {
        .malformed(position < bytes.endIndex ? problem : .unexpectedEnd, at: position - bytes.startIndex)
    }

    // MARK: Tokens

    private var next: UInt8? { position < bytes.endIndex ? bytes[position] : nil }

    /// Passes white space and returns the byte behind it.
    @discardableResult
    public mutating func peek() -> UInt8? {
        while let byte = next, byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 { position += 1 }
        return next
    }

    /// Passes this byte if it comes next.
    mutating func take(_ byte: Unicode.Scalar) -> Bool {
        guard peek() == UInt8(ascii: byte) else { return false }
        position += 1
        return true
    }

    mutating func expect(_ byte: Unicode.Scalar) throws(JSONError) {
        guard take(byte) else { throw fault(.unexpectedByte) }
    }

    /// Passes the end of the text.
    public mutating func expectEnd() throws(JSONError) {
        guard peek() == nil else { throw fault(.trailingText) }
    }

    private mutating func literal(_ word: StaticString, _ value: JSONValue) throws(JSONError) -> JSONValue {
        for expected in word.description.utf8 {
            guard next == expected else { throw fault(.unexpectedByte) }
            position += 1
        }
        return value
    }

    // MARK: Values

    /// Reads a value.
    mutating func value(depth: Int = 0) throws(JSONError) -> JSONValue {
        switch peek() {
        case UInt8(ascii: "\""): return .string(try string())
        case UInt8(ascii: "{"):
            var members: [String: JSONValue] = [:]
            try object(depth: depth) { scanner, name throws(JSONError) in
                members[name] = try scanner.value(depth: depth + 1)
            }
            return .object(members)
        case UInt8(ascii: "["):
            var elements: [JSONValue] = []
            try array(depth: depth) { scanner throws(JSONError) in
                elements.append(try scanner.value(depth: depth + 1))
            }
            return .array(elements)
        case UInt8(ascii: "t"): return try literal("true", true)
        case UInt8(ascii: "f"): return try literal("false", false)
        case UInt8(ascii: "n"): return try literal("null", nil)
        default: return try number()
        }
    }

    /// Passes a value and returns where it stands.
    public mutating func skip(depth: Int = 0) throws(JSONError) -> Range<Int> {
        let first = peek()
        let start = position
        switch first {
        case UInt8(ascii: "{"):
            try object(depth: depth) { scanner, _ throws(JSONError) in _ = try scanner.skip(depth: depth + 1) }
        case UInt8(ascii: "["):
            try array(depth: depth) { scanner throws(JSONError) in _ = try scanner.skip(depth: depth + 1) }
        default: _ = try value(depth: depth)
        }
        return start..<position
    }

    /// Passes an object; `member` passes the value behind each name.
    public mutating func object(
        depth: Int, member: (inout JSONScanner, String) throws(JSONError) -> Void
    ) throws(JSONError) {
        guard depth < JSONScanner.depthLimit else { throw fault(.tooDeep) }
        try expect("{")
        if take("}") { return }
        repeat {
            guard peek() == UInt8(ascii: "\"") else { throw fault(.unexpectedByte) }
            let name = try string()
            try expect(":")
            try member(&self, name)
        } while take(",")
        try expect("}")
    }

    private mutating func array(
        depth: Int, element: (inout JSONScanner) throws(JSONError) -> Void
    ) throws(JSONError) {
        guard depth < JSONScanner.depthLimit else { throw fault(.tooDeep) }
        try expect("[")
        if take("]") { return }
        repeat { try element(&self) } while take(",")
        try expect("]")
    }

    // MARK: Strings

    private mutating func string() throws(JSONError) -> String {
        position += 1
        let start = position
        while let byte = next, byte != UInt8(ascii: "\"") {
            if byte == UInt8(ascii: "\\") { return try stringWithEscapes(from: start) }
            if byte < 0x20 { throw fault(.controlCharacter) }
            position += 1
        }
        guard next != nil else { throw fault(.unexpectedEnd) }
        position += 1
        return String(decoding: bytes[start..<position - 1], as: UTF8.self)
    }

    private mutating func stringWithEscapes(from start: Int) throws(JSONError) -> String {
        var text = Array(bytes[start..<position])
        while let byte = next, byte != UInt8(ascii: "\"") {
            if byte < 0x20 { throw fault(.controlCharacter) }
            position += 1
            if byte == UInt8(ascii: "\\") {
                text.append(contentsOf: String(try escaped()).utf8)
            } else {
                text.append(byte)
            }
        }
        guard next != nil else { throw fault(.unexpectedEnd) }
        position += 1
        return String(decoding: text, as: UTF8.self)
    }

    /// The character that an escape stands for; the backslash has been passed.
    private mutating func escaped() throws(JSONError) -> Unicode.Scalar {
        guard let byte = next else { throw fault(.unexpectedEnd) }
        position += 1
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): return Unicode.Scalar(byte)
        case UInt8(ascii: "b"): return "\u{8}"
        case UInt8(ascii: "f"): return "\u{C}"
        case UInt8(ascii: "n"): return "\n"
        case UInt8(ascii: "r"): return "\r"
        case UInt8(ascii: "t"): return "\t"
        case UInt8(ascii: "u"): return try unicodeEscape()
        default: throw fault(.badEscape)
        }
    }

    /// One `\uXXXX`, or two of them that make a surrogate pair.
    private mutating func unicodeEscape() throws(JSONError) -> Unicode.Scalar {
        let unit = try codeUnit()
        if let scalar = Unicode.Scalar(unit) { return scalar }
        guard unit < 0xDC00, next == UInt8(ascii: "\\") else { throw fault(.badEscape) }
        position += 1
        guard next == UInt8(ascii: "u") else { throw fault(.badEscape) }
        position += 1
        let low = try codeUnit()
        guard (0xDC00..<0xE000).contains(low) else { throw fault(.badEscape) }
        let code = 0x10000 + (UInt32(unit) - 0xD800) << 10 + (UInt32(low) - 0xDC00)
        guard let scalar = Unicode.Scalar(code) else { throw fault(.badEscape) }
        return scalar
    }

    private mutating func codeUnit() throws(JSONError) -> UInt16 {
        var unit: UInt16 = 0
        for _ in 0..<4 {
            guard let byte = next, let digit = Character(Unicode.Scalar(byte)).hexDigitValue, byte < 0x80 else {
                throw fault(.badEscape)
            }
            unit = unit << 4 | UInt16(digit)
            position += 1
        }
        return unit
    }

    // MARK: Numbers

    private mutating func number() throws(JSONError) -> JSONValue {
        let start = position
        var whole = true
        if next == UInt8(ascii: "-") { position += 1 }
        if next == UInt8(ascii: "0") { position += 1 } else { try digits(.unexpectedByte) }
        if next == UInt8(ascii: ".") {
            whole = false
            position += 1
            try digits(.badNumber)
        }
        if next == UInt8(ascii: "e") || next == UInt8(ascii: "E") {
            whole = false
            position += 1
            if next == UInt8(ascii: "+") || next == UInt8(ascii: "-") { position += 1 }
            try digits(.badNumber)
        }
        let text = String(decoding: bytes[start..<position], as: UTF8.self)
        if whole, let integer = Int64(text) { return .integer(integer) }
        guard let number = Double(text), number.isFinite else {
            throw .malformed(.numberTooLarge, at: start - bytes.startIndex)
        }
        return .number(number)
    }

    /// Passes one digit or more.
    private mutating func digits(_ problem: JSONProblem) throws(JSONError) {
        guard let first = next, (0x30...0x39).contains(first) else { throw fault(problem) }
        while let byte = next, (0x30...0x39).contains(byte) { position += 1 }
    }
}

extension JSONValue {
    /// Reads JSON text, which must hold one value and nothing else.
    public init(text: ArraySlice<UInt8>) throws(JSONError) {
        var scanner = try JSONScanner(text)
        self = try scanner.value()
        try scanner.expectEnd()
    }

    /// Reads JSON text, which must hold one value and nothing else.
    public init(text: [UInt8]) throws(JSONError) {
        try self.init(text: text[...])
    }

    /// Reads JSON text, which must hold one value and nothing else.
    public init(text: some StringProtocol) throws(JSONError) {
        try self.init(text: Array(text.utf8))
    }
}
