// Text of strangers on its way to a terminal or a log: what can be seen stays as it is; control characters, characters that
// turn the direction of text, and octets that are not UTF-8 become `\DDD`, as a master file would have them.

/// Text that cannot steer a terminal, nor hide what it says.
public enum PrintableText {
    /// Some octets and how they are shown.
    struct Cell {
        let text: String
        /// How many octets it stands for.
        let octets: Int
        /// How many columns it takes.
        let columns: Int
    }

    /// The text with all that cannot be seen escaped.
    public static func of(_ text: String) -> String {
        of(Array(text.utf8)[...], upTo: .max)
    }

    /// The same for octets, of which at most `limit` are shown.
    static func of(_ octets: ArraySlice<UInt8>, upTo limit: Int) -> String {
        var text = ""
        var rest = octets.prefix(limit)
        while !rest.isEmpty {
            let cell = cell(rest)
            text += cell.text
            rest = rest.dropFirst(cell.octets)
        }
        return octets.count > limit ? text + "…" : text
    }

    /// How the first character of `octets`, which are not empty, is shown.
    static func cell(_ octets: ArraySlice<UInt8>) -> Cell {
        let first = octets[octets.startIndex]
        if first >= 0x20, first < 0x7F { return Cell(text: String(UnicodeScalar(first)), octets: 1, columns: 1) }
        if first >= 0xC2 {
            let length = first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4
            if let text = String(validating: octets.prefix(length), as: UTF8.self), text.unicodeScalars.count == 1,
                let scalar = text.unicodeScalars.first, isVisible(scalar)
            {
                return Cell(text: text, octets: length, columns: columns(of: scalar))
            }
        }
        var escape: [UInt8] = []
        appendEscaped(first, to: &escape)
        return Cell(text: String(decoding: escape, as: UTF8.self), octets: 1, columns: 4)
    }

    /// Marks stand above or below the character before them.
    static func columns(of scalar: Unicode.Scalar) -> Int {
        switch scalar.properties.generalCategory {
        case .nonspacingMark, .enclosingMark: 0
        default: 1
        }
    }

    private static func isVisible(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.properties.generalCategory {
        case .control, .format, .surrogate, .privateUse, .unassigned, .lineSeparator, .paragraphSeparator: false
        default: true
        }
    }

    /// `\DDD` for an octet.
    static func appendEscaped(_ octet: UInt8, to text: inout [UInt8]) {
        text.append(UInt8(ascii: "\\"))
        text.append(0x30 + octet / 100)
        text.append(0x30 + octet / 10 % 10)
        text.append(0x30 + octet % 10)
    }
}
