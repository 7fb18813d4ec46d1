// The parameters of SVCB and HTTPS records (RFC 9460, section 2.1 and appendix A): keys with values, sorted by key on
// the wire, each kind of value with a form of its own.

import DNSCore

/// A SvcParamKey.
struct ServiceParameterKey: RawRepresentable, Hashable, Comparable {
    let rawValue: UInt16

    static let mandatory = ServiceParameterKey(rawValue: 0)
    static let alpn = ServiceParameterKey(rawValue: 1)
    static let noDefaultALPN = ServiceParameterKey(rawValue: 2)
    static let port = ServiceParameterKey(rawValue: 3)
    static let ipv4hint = ServiceParameterKey(rawValue: 4)
    static let ech = ServiceParameterKey(rawValue: 5)
    static let ipv6hint = ServiceParameterKey(rawValue: 6)
    static let dohpath = ServiceParameterKey(rawValue: 7)
    static let ohttp = ServiceParameterKey(rawValue: 8)
    static let tlsSupportedGroups = ServiceParameterKey(rawValue: 9)

    private static let names = [
        "mandatory", "alpn", "no-default-alpn", "port", "ipv4hint", "ech", "ipv6hint", "dohpath", "ohttp",
        "tls-supported-groups",
    ]

    static func < (left: Self, right: Self) -> Bool { left.rawValue < right.rawValue }

    /// The key's name, or `key` and its number.
    var description: String {
        let index = Int(rawValue)
        return index < Self.names.count ? Self.names[index] : "key\(rawValue)"
    }

    init(rawValue: UInt16) {
        self.rawValue = rawValue
    }

    /// A key from its name, or from `key` and a number without leading zeros; in lower case (RFC 9460, section 2.1).
    init?(_ text: String) {
        if let index = Self.names.firstIndex(of: text) {
            rawValue = UInt16(index)
        } else if text.hasPrefix("key"), let number = UInt16(text.dropFirst(3)), "key\(number)" == text {
            rawValue = number
        } else {
            return nil
        }
    }
}

/// One parameter with its value in wire form.
private struct ServiceParameter {
    let key: ServiceParameterKey
    let value: [UInt8]
    let token: Token
}

extension RDataParser {
    mutating func parseServiceParameters(from entry: inout Entry) throws(ParseFailure) {
        var parameters: [ServiceParameter] = []
        while !entry.isAtEnd { parameters.append(try parseParameter(from: &entry)) }
        parameters.sort { $0.key < $1.key }
        for (one, next) in zip(parameters, parameters.dropFirst()) where one.key == next.key {
            throw entry.fail(next.token, "the key \(next.key.description) stands twice")
        }
        if let complaint = ServiceParameters.complaint(about: parameters.map { ($0.key, $0.value) }),
            let place = parameters.first(where: { $0.key == complaint.key })
        {
            throw entry.fail(place.token, complaint.text)
        }
        for parameter in parameters {
            buffer.append(parameter.key.rawValue)
            buffer.append(UInt16(truncatingIfNeeded: parameter.value.count))
            for octet in parameter.value { buffer.append(octet) }
        }
    }

    /// `key`, `key=value` or `key="value"`.
    private func parseParameter(from entry: inout Entry) throws(ParseFailure) -> ServiceParameter {
        let token = try entry.takeWord("a parameter")
        let text = entry.octets(of: token)
        var equals = 0
        while equals < text.count, text[equals] != UInt8(ascii: "=") { equals += 1 }
        let name = text[0..<equals].text
        guard let key = ServiceParameterKey(name) else {
            throw entry.fail(
                token, "'\(name)' is no key of a parameter that is known; write key and its number for others")
        }
        var characters: [UInt8]?
        if equals < text.count {
            var value: [UInt8] = []
            var octets = UnescapedOctets(text.suffix(from: equals + 1), at: token.range.lowerBound + equals + 1)
            while let (octet, _) = try octets.next() { value.append(octet) }
            if equals == text.count - 1, !entry.isAtEnd, entry[entry.next].isQuoted,
                entry[entry.next].offset == token.range.upperBound
            {
                try entry.appendCharacters(of: try entry.take("a value"), to: &value)
            }
            characters = value
        }
        let isGeneric = name.lowercased().hasPrefix("key")
        do throws(ServiceValueError) {
            let value = try isGeneric ? characters ?? [] : ServiceValue.wire(of: characters, key: key)
            guard value.count <= 65535, ServiceValue.isValid(value, key: key) else {
                throw .wrongForm(
                    key == .dohpath ? "a path with the variable dns, such as /dns-query{?dns}," : "the right form")
            }
            return ServiceParameter(key: key, value: value, token: token)
        } catch {
            throw entry.fail(token, "\(name): \(error.message)")
        }
    }
}

/// The rules between parameters.
enum ServiceParameters {
    /// What is wrong, and the parameter that shows it.
    struct Complaint {
        let key: ServiceParameterKey
        let text: String
    }

    /// What is wrong with parameters in the order of their keys, each of which is right by itself; nil: nothing.
    static func complaint(about parameters: [(key: ServiceParameterKey, value: [UInt8])]) -> Complaint? {
        let keys = Set(parameters.map(\.key))
        if let mandatory = parameters.first, mandatory.key == .mandatory {
            for index in stride(from: 0, to: mandatory.value.count, by: 2) {
                let key = ServiceParameterKey(
                    rawValue: UInt16(mandatory.value[index]) << 8 | UInt16(mandatory.value[index + 1]))
                if !keys.contains(key) {
                    return Complaint(
                        key: .mandatory, text: "\(key.description) is said to be mandatory, but does not stand here")
                }
            }
        }
        if keys.contains(.noDefaultALPN), !keys.contains(.alpn) {
            return Complaint(
                key: .noDefaultALPN, text: "no-default-alpn needs alpn beside it (RFC 9460, section 7.1.1)")
        }
        return nil
    }

    /// The same for valid rdata.
    static func complaint(aboutRData rdata: [UInt8]) -> Complaint? {
        var position = 2
        while position < rdata.count, rdata[position] != 0 { position += 1 + Int(rdata[position]) }
        position += 1
        var parameters: [(ServiceParameterKey, [UInt8])] = []
        while position + 4 <= rdata.count {
            let key = ServiceParameterKey(rawValue: UInt16(rdata[position]) << 8 | UInt16(rdata[position + 1]))
            let end = position + 4 + (Int(rdata[position + 2]) << 8 | Int(rdata[position + 3]))
            guard end <= rdata.count else { break }
            parameters.append((key, Array(rdata[(position + 4)..<end])))
            position = end
        }
        return complaint(about: parameters)
    }
}

/// What is wrong with a value.
enum ServiceValueError: Error {
    case missing
    case unwanted
    case wrongForm(String)

    var message: String {
        switch self {
        case .missing: "a value is expected"
        case .unwanted: "this key has no value"
        case .wrongForm(let what): "\(what) is expected as its value"
        }
    }
}

/// The values of the known keys, between their forms.
enum ServiceValue {
    /// The wire form of a value in presentation form, escapes of strings resolved; nil where there was no `=`.
    static func wire(of characters: [UInt8]?, key: ServiceParameterKey) throws(ServiceValueError) -> [UInt8] {
        switch key {
        case .noDefaultALPN, .ohttp:
            if characters.map(\.isEmpty) == false { throw .unwanted }
            return []
        default: break
        }
        guard let characters, !characters.isEmpty else { throw .missing }
        switch key {
        case .mandatory:
            let keys = try items(of: characters).map { ServiceParameterKey(String(decoding: $0, as: UTF8.self)) }
            if keys.contains(nil) { throw .wrongForm("a list of keys") }
            return keys.compactMap(\.self).sorted().flatMap { [UInt8($0.rawValue >> 8), UInt8($0.rawValue & 0xFF)] }
        case .alpn:
            let names = try items(of: characters)
            if names.contains(where: { $0.isEmpty || $0.count > 255 }) { throw .wrongForm("a list of protocols") }
            return names.flatMap { [UInt8($0.count)] + $0 }
        case .port:
            return try numbers([characters])
        case .tlsSupportedGroups:
            return try numbers(try items(of: characters))
        case .ipv4hint:
            var value: [UInt8] = []
            for item in try items(of: characters) {
                guard let address = withOctets(item, { $0.ipv4 }) else { throw .wrongForm("a list of IPv4 addresses") }
                for shift in [24, 16, 8, 0] { value.append(UInt8(truncatingIfNeeded: address >> UInt32(shift))) }
            }
            return value
        case .ipv6hint:
            var value: [UInt8] = []
            for item in try items(of: characters) {
                guard let address = withOctets(item, { $0.ipv6 }) else { throw .wrongForm("a list of IPv6 addresses") }
                for half in [address.high, address.low] {
                    for shift in stride(from: 56, through: 0, by: -8) {
                        value.append(UInt8(truncatingIfNeeded: half >> UInt64(shift)))
                    }
                }
            }
            return value
        case .ech:
            var decoder = Base64Decoder()
            var buffer = RDataBuffer()
            let wrong = withOctets(characters) { decoder.decode($0, values: .standard, into: &buffer) }
            guard wrong == nil, decoder.isWhole else { throw .wrongForm("base64") }
            return buffer.octets.array
        default:
            return characters
        }
    }

    /// True if the octets are a value that the key can have (RFC 9460, sections 7 and 8).
    static func isValid(_ value: [UInt8], key: ServiceParameterKey) -> Bool {
        switch key {
        case .mandatory:
            guard !value.isEmpty, value.count % 2 == 0 else { return false }
            let keys = stride(from: 0, to: value.count, by: 2).map { UInt16(value[$0]) << 8 | UInt16(value[$0 + 1]) }
            return keys[0] != 0 && zip(keys, keys.dropFirst()).allSatisfy { $0 < $1 }
        case .alpn: return protocols(in: value) != nil
        case .noDefaultALPN, .ohttp: return value.isEmpty
        case .port: return value.count == 2
        case .ipv4hint: return !value.isEmpty && value.count % 4 == 0
        case .ipv6hint: return !value.isEmpty && value.count % 16 == 0
        case .ech: return !value.isEmpty
        case .tlsSupportedGroups: return !value.isEmpty && value.count % 2 == 0
        case .dohpath: return isDoHPath(value)
        default: return true
        }
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

    /// The protocols of an alpn value; nil when it is damaged.
    static func protocols(in value: [UInt8]) -> [ArraySlice<UInt8>]? {
        var names: [ArraySlice<UInt8>] = []
        var position = 0
        while position < value.count {
            let end = position + 1 + Int(value[position])
            guard value[position] > 0, end <= value.count else { return nil }
            names.append(value[(position + 1)..<end])
            position = end
        }
        return names.isEmpty ? nil : names
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
                    throw .wrongForm("',' or '\\' behind the '\\' of a list")
                }
                items[items.count - 1].append(escaped)
            } else {
                items[items.count - 1].append(octet)
            }
        }
        if items.contains([]) { throw .wrongForm("something between the commas of a list") }
        return items
    }

    private static func numbers(_ items: [[UInt8]]) throws(ServiceValueError) -> [UInt8] {
        var value: [UInt8] = []
        for item in items {
            guard let number = withOctets(item, { $0.decimal }), number <= 65535 else {
                throw .wrongForm("a number up to 65535")
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
