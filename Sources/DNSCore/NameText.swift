// The presentation form of names (RFC 1035, section 5.1; RFC 4343, section 2.1): dots between labels, `\X` and `\DDD`
// for octets that would be misread. Master files, command lines and logs go through here.

/// Why a text is no domain name.
public enum NameTextError: Error, Equatable, Sendable {
    case empty
    case emptyLabel
    case labelTooLong
    case nameTooLong
    case badEscape
}

extension NameTextError: CustomStringConvertible {
    public var description: String {
        switch self {
        case .empty: "the name is empty (write '.' for the root)"
        case .emptyLabel: "empty label: two dots in a row, or a dot at the start"
        case .labelTooLong: "a label is longer than 63 octets"
        case .nameTooLong: "the name is longer than 255 octets in wire form"
        case .badEscape: "invalid escape: '\\' must be followed by a character, or by three digits up to 255"
        }
    }
}

extension Name {
    /// A name from its presentation form; one that does not end in a dot is taken as relative to `origin`.
    ///
    /// - Throws: `NameTextError`.
    public init(_ text: String, relativeTo origin: Name = .root) throws(NameTextError) {
        try self.init(octets: Array(text.utf8), relativeTo: origin)
    }

    /// The same from octets, which need not be UTF-8.
    public init(octets: some Collection<UInt8>, relativeTo origin: Name = .root) throws(NameTextError) {
        var wire: [UInt8] = []
        try Name.appendWire(ofText: octets, relativeTo: origin, to: &wire)
        self.init(uncheckedWire: wire)
    }

    /// Parses presentation form and appends the wire form to `wire`.
    ///
    /// `@` has no meaning here: it is the master file's word for the origin, not a name.
    public static func appendWire(
        ofText text: some Collection<UInt8>, relativeTo origin: Name, to wire: inout [UInt8]
    ) throws(NameTextError) {
        guard let first = text.first else { throw .empty }
        let start = wire.count
        if text.count == 1, first == UInt8(ascii: ".") {
            wire.append(0)
            return
        }
        var labelStart = wire.count
        wire.append(0)
        var rest = text.makeIterator()
        var endedWithDot = false
        while let octet = rest.next() {
            endedWithDot = octet == UInt8(ascii: ".")
            if endedWithDot {
                try closeLabel(from: labelStart, in: &wire)
                labelStart = wire.count
                wire.append(0)
                continue
            }
            guard octet == UInt8(ascii: "\\") else {
                wire.append(octet)
                continue
            }
            guard let escaped = rest.next() else { throw .badEscape }
            guard ASCII.isDigit(escaped) else {
                wire.append(escaped)
                continue
            }
            guard let tens = rest.next(), let ones = rest.next(), ASCII.isDigit(tens), ASCII.isDigit(ones) else {
                throw .badEscape
            }
            let value = Int(escaped - 0x30) * 100 + Int(tens - 0x30) * 10 + Int(ones - 0x30)
            guard let octet = UInt8(exactly: value) else { throw .badEscape }
            wire.append(octet)
        }
        if !endedWithDot {
            try closeLabel(from: labelStart, in: &wire)
            wire.append(contentsOf: origin.wire)
        }
        if wire.count - start > maximumLength { throw .nameTooLong }
    }

    private static func closeLabel(from start: Int, in wire: inout [UInt8]) throws(NameTextError) {
        let length = wire.count - start - 1
        if length == 0 { throw .emptyLabel }
        if length > maximumLabelLength { throw .labelTooLong }
        wire[start] = UInt8(length)
    }
}

extension Name: CustomStringConvertible {
    /// The absolute presentation form, with a dot at the end.
    public var description: String {
        var text: [UInt8] = []
        Name.appendText(ofWire: wire, to: &text)
        return String(decoding: text, as: UTF8.self)
    }

    /// Appends the absolute presentation form of a valid uncompressed name in wire form.
    public static func appendText(ofWire wire: some Collection<UInt8>, to text: inout [UInt8]) {
        var octets = wire.makeIterator()
        var isRoot = true
        while let length = octets.next(), length != 0 {
            isRoot = false
            for _ in 0..<length {
                guard let octet = octets.next() else { return }
                appendEscaped(octet, to: &text)
            }
            text.append(UInt8(ascii: "."))
        }
        if isRoot { text.append(UInt8(ascii: ".")) }
    }

    private static func appendEscaped(_ octet: UInt8, to text: inout [UInt8]) {
        switch octet {
        case UInt8(ascii: "."), UInt8(ascii: "\\"), UInt8(ascii: "\""), UInt8(ascii: ";"), UInt8(ascii: "("),
            UInt8(ascii: ")"), UInt8(ascii: "@"), UInt8(ascii: "$"):
            text.append(UInt8(ascii: "\\"))
            text.append(octet)
        case 0x21...0x7E:
            text.append(octet)
        default:
            text.append(UInt8(ascii: "\\"))
            text.append(0x30 + octet / 100)
            text.append(0x30 + octet / 10 % 10)
            text.append(0x30 + octet % 10)
        }
    }
}
