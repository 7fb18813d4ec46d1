// Writes the `\u` escapes of a header as UTF-8, since BIND 10's C++ client cannot read them and its Python client writes
// them for everything but ASCII. All else stays byte for byte, other escapes included.
//
//     \u00fc              ü
//     \ud83d\ude00        😀, a pair of surrogates
//     \u0022 \u005c       \" and \\, which would end the string or begin an escape
//     \u000a              \n, and so for the control characters that have a short escape
//     \u0000 \u001f       as they are: a control character without a short escape has no other spelling in JSON
//
// Half a pair of surrogates stands for no character: it is malformed, and has ended its client before this.

extension Frame {
    /// The frame with UTF-8 in place of the escapes in its header, which has been found to be JSON.
    func withoutUnicodeEscapes() throws(WireError) -> Frame {
        guard header.contains(UInt8(ascii: "\\")) else { return self }
        var text: [UInt8] = []
        text.reserveCapacity(header.count)
        var rest = header
        // A backslash stands within strings only, and begins an escape.
        while let backslash = rest.firstIndex(of: UInt8(ascii: "\\")) {
            text.append(contentsOf: rest[..<backslash])
            rest = rest[backslash...]
            if let (scalar, length) = rest.leadingUnicodeEscape {
                if let spelling = scalar.spelling {
                    text.append(contentsOf: spelling)
                } else {
                    text.append(contentsOf: rest.prefix(length))
                }
                rest = rest.dropFirst(length)
            } else {
                text.append(contentsOf: rest.prefix(2))
                rest = rest.dropFirst(2)
            }
        }
        text.append(contentsOf: rest)
        // No spelling is longer than its escape, so what fitted still fits.
        return text.count == header.count ? self : try Frame(header: text, body: body, limit: .max)
    }
}

extension ArraySlice<UInt8> {
    /// The character of the `\u` escape at the beginning, or of two that make a pair, and the count of their bytes.
    fileprivate var leadingUnicodeEscape: (Unicode.Scalar, length: Int)? {
        guard let unit = leadingCodeUnit else { return nil }
        if let scalar = Unicode.Scalar(unit) { return (scalar, 6) }
        guard let low = dropFirst(6).leadingCodeUnit, UTF16.isLeadSurrogate(unit), UTF16.isTrailSurrogate(low) else {
            return nil
        }
        return (UTF16.decode(UTF16.EncodedScalar([unit, low])), 12)
    }

    private var leadingCodeUnit: UInt16? {
        guard starts(with: [UInt8(ascii: "\\"), UInt8(ascii: "u")]), count >= 6 else { return nil }
        return UInt16(String(decoding: dropFirst(2).prefix(4), as: UTF8.self), radix: 16)
    }
}

extension Unicode.Scalar {
    /// How a JSON string has it without `\u`; nil where it can't.
    fileprivate var spelling: [UInt8]? {
        switch self {
        case "\"": Array(#"\""#.utf8)
        case "\\": Array(#"\\"#.utf8)
        case "\u{8}": Array(#"\b"#.utf8)
        case "\u{C}": Array(#"\f"#.utf8)
        case "\n": Array(#"\n"#.utf8)
        case "\r": Array(#"\r"#.utf8)
        case "\t": Array(#"\t"#.utf8)
        case "\u{0}"..<" ": nil
        default: Array(String(self).utf8)
        }
    }
}
