// The registry of SvcParamKeys (IANA's "Service Parameter Keys (SvcParamKeys)", RFC 9460, section 14.3): one table from which
// keys are named, and their values are read, printed and checked. A new key is a new line here.

/// How the value of a key is written, and what it is on the wire.
enum ServiceValueForm {
    /// Keys in ascending order, none of them twice or `mandatory` itself (RFC 9460, section 8).
    case keys
    /// A list of protocol names, each with its length (section 7.1.1).
    case protocols
    /// No value at all.
    case empty
    /// A number of 16 bits (section 7.2).
    case number
    /// Lists of addresses (section 7.3).
    case ipv4Addresses, ipv6Addresses
    /// Octets as base64.
    case base64
    /// A relative URI template with the variable `dns` (RFC 9461, section 5).
    case template
    /// A list of different numbers of 16 bits.
    case differentNumbers
    /// A list of path segments, each with its length; none at all is the root.
    case segments
    /// Any octets, as a string.
    case characters
}

/// A SvcParamKey.
struct ServiceParameterKey: RawRepresentable, Hashable, Comparable {
    let rawValue: UInt16

    static let mandatory = ServiceParameterKey(rawValue: 0)
    static let alpn = ServiceParameterKey(rawValue: 1)
    static let noDefaultALPN = ServiceParameterKey(rawValue: 2)

    /// The registry; the index is the number.
    private static let registry: [(name: String, form: ServiceValueForm)] = [
        ("mandatory", .keys), ("alpn", .protocols), ("no-default-alpn", .empty), ("port", .number),
        ("ipv4hint", .ipv4Addresses), ("ech", .base64), ("ipv6hint", .ipv6Addresses), ("dohpath", .template),
        ("ohttp", .empty), ("tls-supported-groups", .differentNumbers), ("docpath", .segments), ("pvd", .empty),
        ("oots", .characters),
    ]

    static func < (left: Self, right: Self) -> Bool { left.rawValue < right.rawValue }

    /// The key's name, or `key` and its number.
    var description: String {
        let index = Int(rawValue)
        return index < Self.registry.count ? Self.registry[index].name : "key\(rawValue)"
    }

    /// The form of its value; any string for keys that are not in the registry.
    var form: ServiceValueForm {
        let index = Int(rawValue)
        return index < Self.registry.count ? Self.registry[index].form : .characters
    }

    init(rawValue: UInt16) {
        self.rawValue = rawValue
    }

    /// A key from its name, or from `key` and a number without leading zeros; in lower case (RFC 9460, section 2.1).
    init?(_ text: some Collection<UInt8>) {
        if let index = Self.registry.firstIndex(where: { text.elementsEqual($0.name.utf8) }) {
            rawValue = UInt16(index)
        } else if Self.isGeneric(text), let number = UInt16(String(decoding: text.dropFirst(3), as: UTF8.self)),
            text.elementsEqual("key\(number)".utf8)
        {
            rawValue = number
        } else {
            return nil
        }
    }

    /// True for text that begins as `key` and a number do: then the value is octets, whatever the key is.
    static func isGeneric(_ text: some Collection<UInt8>) -> Bool { text.starts(with: "key".utf8) }
}
