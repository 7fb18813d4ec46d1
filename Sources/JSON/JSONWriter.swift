// Writes JSON as the bus wants it: UTF-8 without `\u` escapes (control characters excepted), slashes unescaped, no white
// space, members sorted by the bytes of their names. Equal values have equal text.

extension JSONValue {
    /// The value as JSON text.
    public var text: [UInt8] {
        var text: [UInt8] = []
        write(to: &text)
        return text
    }

    private func write(to text: inout [UInt8]) {
        switch self {
        case .null: text.append(contentsOf: "null".utf8)
        case .bool(let value): text.append(contentsOf: value ? "true".utf8 : "false".utf8)
        case .integer(let value): text.append(contentsOf: String(value).utf8)
        // JSON has no infinities and no NaN.
        case .number(let value): text.append(contentsOf: value.isFinite ? String(value).utf8 : "null".utf8)
        case .string(let value): JSONValue.write(value, to: &text)
        case .array(let elements):
            text.append(UInt8(ascii: "["))
            for (index, element) in elements.enumerated() {
                if index > 0 { text.append(UInt8(ascii: ",")) }
                element.write(to: &text)
            }
            text.append(UInt8(ascii: "]"))
        case .object(let members):
            let sorted = members.sorted { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }
            text.append(UInt8(ascii: "{"))
            for (index, member) in sorted.enumerated() {
                if index > 0 { text.append(UInt8(ascii: ",")) }
                JSONValue.write(member.key, to: &text)
                text.append(UInt8(ascii: ":"))
                member.value.write(to: &text)
            }
            text.append(UInt8(ascii: "}"))
        }
    }

    private static func write(_ string: String, to text: inout [UInt8]) {
        text.append(UInt8(ascii: "\""))
        var rest = string.utf8[...]
        while let special = rest.firstIndex(where: mustBeEscaped) {
            text.append(contentsOf: rest[..<special])
            text.append(contentsOf: escape(rest[special]).utf8)
            rest = rest[rest.index(after: special)...]
        }
        text.append(contentsOf: rest)
        text.append(UInt8(ascii: "\""))
    }

    private static func mustBeEscaped(_ byte: UInt8) -> Bool {
        byte < 0x20 || byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\")
    }

    private static func escape(_ byte: UInt8) -> String {
        switch byte {
        case UInt8(ascii: "\""): "\\\""
        case UInt8(ascii: "\\"): "\\\\"
        case 0x0A: "\\n"
        case 0x0D: "\\r"
        case 0x09: "\\t"
        default: (byte < 0x10 ? "\\u000" : "\\u00") + String(byte, radix: 16)
        }
    }
}

extension JSONValue: CustomStringConvertible {
    public var description: String { String(decoding: text, as: UTF8.self) }
}
