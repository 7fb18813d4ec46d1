// The values of SVCB's parameters, by the form that ServiceParameterKeys.swift gives each key.

import DNSCore

/// What is wrong with a value.
struct ServiceValueError: Error {
    let message: String

    init(_ message: String) {
        self.message = message
    }
}

/// The values of the known keys, between their forms.
enum ServiceValue {
    /// The wire form of a value in presentation form, escapes of strings resolved; nil where there was no `=`.
    static func wire(of characters: [UInt8]?, key: ServiceParameterKey) throws(ServiceValueError) -> [UInt8] {
        if key.form == .empty {
            if characters.map(\.isEmpty) == false { throw ServiceValueError("unexpected value: this key has none") }
            return []
        }
        if key.form == .segments, characters ?? [] == [] { return [] }
        guard let characters, !characters.isEmpty else { throw ServiceValueError("expected a value") }
        switch key.form {
        case .keys:
            var keys: [ServiceParameterKey] = []
            for item in try items(of: characters) {
                guard let key = ServiceParameterKey(item) else {
                    throw ServiceValueError("unknown key '\(PrintableText.of(item[...], upTo: 40))'")
                }
                keys.append(key)
            }
            return keys.sorted().flatMap { [UInt8($0.rawValue >> 8), UInt8($0.rawValue & 0xFF)] }
        case .protocols, .segments:
            let names = try items(of: characters)
            if names.contains(where: { $0.count > 255 }) {
                throw ServiceValueError("an item of the list is longer than 255 octets")
            }
            return names.flatMap { [UInt8($0.count)] + $0 }
        case .number:
            return try numbers([characters])
        case .differentNumbers:
            return try numbers(try items(of: characters))
        case .ipv4Addresses:
            var value: [UInt8] = []
            for item in try items(of: characters) {
                guard let address = withOctets(item, { $0.ipv4 }) else { throw expected("IPv4 addresses", item) }
                for shift in [24, 16, 8, 0] { value.append(UInt8(truncatingIfNeeded: address >> UInt32(shift))) }
            }
            return value
        case .ipv6Addresses:
            var value: [UInt8] = []
            for item in try items(of: characters) {
                guard let address = withOctets(item, { $0.ipv6 }) else { throw expected("IPv6 addresses", item) }
                for half in [address.high, address.low] {
                    for shift in stride(from: 56, through: 0, by: -8) {
                        value.append(UInt8(truncatingIfNeeded: half >> UInt64(shift)))
                    }
                }
            }
            return value
        case .base64:
            var decoder = Base64Decoder()
            var buffer = RDataBuffer()
            let wrong = withOctets(characters) { decoder.decode($0, values: .standard, into: &buffer) }
            guard wrong == nil, decoder.isWhole else { throw expected("base64", characters) }
            return buffer.octets.array
        case .template, .characters, .empty:
            return characters
        }
    }

    private static func expected(_ what: String, _ found: [UInt8]) -> ServiceValueError {
        ServiceValueError("expected \(what), found '\(PrintableText.of(found[...], upTo: 40))'")
    }

    /// True if the octets are a value that the key can have.
    static func isValid(_ value: [UInt8], key: ServiceParameterKey) -> Bool { flaw(of: value, key: key) == nil }

    /// Why the octets are not a value that the key can have; nil if they are.
    static func flaw(of value: [UInt8], key: ServiceParameterKey) -> String? {
        switch key.form {
        case .keys:
            guard !value.isEmpty, value.count % 2 == 0 else { return "expected keys of two octets each" }
            let keys = pairs(value)
            if keys.contains(0) { return "mandatory must not list itself (RFC 9460, section 8)" }
            return isAscending(keys) ? nil : "a key is listed twice"
        case .protocols: return items(in: value)?.isEmpty == false ? nil : "expected a list of protocols"
        case .segments: return items(in: value) != nil ? nil : "expected a list of path segments"
        case .empty: return value.isEmpty ? nil : "unexpected value: this key has none"
        case .number: return value.count == 2 ? nil : "expected a number of two octets"
        case .ipv4Addresses: return isWhole(value, 4) ? nil : "expected addresses of four octets each"
        case .ipv6Addresses: return isWhole(value, 16) ? nil : "expected addresses of 16 octets each"
        case .base64: return value.isEmpty ? "expected a value" : nil
        case .differentNumbers:
            guard isWhole(value, 2) else { return "expected numbers of two octets each" }
            return isAscending(pairs(value).sorted()) ? nil : "a number is listed twice"
        case .template:
            return isDoHPath(value) ? nil : "expected a path with the variable dns, such as /dns-query{?dns}"
        case .characters: return nil
        }
    }

    private static func isWhole(_ value: [UInt8], _ size: Int) -> Bool { !value.isEmpty && value.count % size == 0 }

    private static func pairs(_ value: [UInt8]) -> [UInt16] {
        stride(from: 0, to: value.count, by: 2).map { UInt16(value[$0]) << 8 | UInt16(value[$0 + 1]) }
    }

    private static func isAscending(_ numbers: [UInt16]) -> Bool {
        zip(numbers, numbers.dropFirst()).allSatisfy { $0 < $1 }
    }

    /// A path of DNS over HTTPS is relative, and a template with the variable `dns` (RFC 9461, section 5).
    private static func isDoHPath(_ value: [UInt8]) -> Bool {
        guard value.first == UInt8(ascii: "/") else { return false }
        return value.split(separator: UInt8(ascii: "{")).dropFirst().contains { part in
            let variables = part.prefix { $0 != UInt8(ascii: "}") }
            return variables.count < part.count
                && variables.drop { !$0.isLetterOrDigit }.split(separator: UInt8(ascii: ",")).contains {
                    $0.elementsEqual("dns".utf8)
                }
        }
    }

    /// The items of a list on the wire, each of which has its length before it; nil when it is damaged.
    static func items(in value: [UInt8]) -> [ArraySlice<UInt8>]? {
        var names: [ArraySlice<UInt8>] = []
        var position = 0
        while position < value.count {
            let end = position + 1 + Int(value[position])
            guard value[position] > 0, end <= value.count else { return nil }
            names.append(value[(position + 1)..<end])
            position = end
        }
        return names
    }

    /// The items of a comma-separated list, in which `\,` and `\\` stand for themselves (RFC 9460, appendix A.1).
    private static func items(of characters: [UInt8]) throws(ServiceValueError) -> [[UInt8]] {
        var items: [[UInt8]] = [[]]
        var octets = characters.makeIterator()
        while let octet = octets.next() {
            if octet == UInt8(ascii: ",") {
                items.append([])
            } else if octet == UInt8(ascii: "\\") {
                guard let escaped = octets.next(), escaped == octet || escaped == UInt8(ascii: ",") else {
                    throw ServiceValueError("expected ',' or '\\' after a '\\' of the list")
                }
                items[items.count - 1].append(escaped)
            } else {
                items[items.count - 1].append(octet)
            }
        }
        if items.contains([]) { throw ServiceValueError("an item of the list is empty") }
        return items
    }

    private static func numbers(_ items: [[UInt8]]) throws(ServiceValueError) -> [UInt8] {
        var value: [UInt8] = []
        for item in items {
            guard let number = withOctets(item, { $0.decimal }), number <= 65535 else {
                throw expected("a number from 0 to 65535", item)
            }
            value += [UInt8(number >> 8), UInt8(number & 0xFF)]
        }
        return value
    }

    private static func withOctets<Result>(_ array: [UInt8], _ body: (Octets) -> Result) -> Result {
        // Safe: the view ends with the closure, and one octet more makes sure that there is a base address.
        unsafe (array + [0]).withUnsafeBufferPointer {
            body(unsafe Octets(start: $0.baseAddress.unsafelyUnwrapped, count: array.count))
        }
    }
}
