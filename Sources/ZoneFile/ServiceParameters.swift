// The parameters of SVCB and HTTPS records (RFC 9460, section 2.1 and appendix A): keys with values, sorted by key on
// the wire, each kind of value with a form of its own.

import DNSCore

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
            throw entry.fail(next.token, "\(next.key.description) is given twice")
        }
        // Of an alias nobody looks at parameters (RFC 9460, section 2.4.2).
        let isAlias = buffer.count > 1 && buffer[0] == 0 && buffer[1] == 0
        if !isAlias, let complaint = ServiceParameters.complaint(about: parameters.map { ($0.key, $0.value) }),
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
        let name = text[0..<equals].array
        guard let key = ServiceParameterKey(name) else {
            let found = PrintableText.of(name[...], upTo: 40)
            throw entry.fail(token, "unknown key '\(found)' (use keyNNNNN for keys without a name)")
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
        do throws(ServiceValueError) {
            let isGeneric = ServiceParameterKey.isGeneric(name)
            let value = try isGeneric ? characters ?? [] : ServiceValue.wire(of: characters, key: key)
            if value.count > 65535 { throw ServiceValueError("the value is longer than 65535 octets") }
            if let flaw = ServiceValue.flaw(of: value, key: key) { throw ServiceValueError(flaw) }
            return ServiceParameter(key: key, value: value, token: token)
        } catch {
            throw entry.fail(token, error.message).about(key.description)
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
                    return Complaint(key: .mandatory, text: "mandatory lists \(key.description), which is not given")
                }
            }
        }
        if keys.contains(.noDefaultALPN), !keys.contains(.alpn) {
            return Complaint(key: .noDefaultALPN, text: "no-default-alpn needs alpn (RFC 9460, section 7.1.1)")
        }
        return nil
    }

    /// The same for valid rdata.
    static func complaint(aboutRData rdata: [UInt8]) -> Complaint? {
        if rdata[0] == 0, rdata[1] == 0 { return nil }
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
