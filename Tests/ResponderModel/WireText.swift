// Records as a line of text, so that tests can say what they expect the way a master file would.

extension WireRecord {
    /// `owner TTL TYPE rdata`. Signatures are cut down to the type covered and the labels.
    package var text: String { "\(owner) \(ttl) \(wireTypeName(type)) \(rdataText)" }

    private var rdataText: String {
        switch type {
        case 1: return rdata.map(String.init).joined(separator: ".")
        case 28: return hexWords.joined(separator: ":")
        case 2, 5, 12, 39: return wirePresentation(rdata)
        case 6:
            let (primary, rest) = splitName(rdata[...])
            let (mailbox, numbers) = splitName(rest)
            let words = stride(from: 0, to: 20, by: 4).map { String(word32(Array(numbers), at: $0)) }
            return ([primary, mailbox] + words).joined(separator: " ")
        case 15: return "\(word16(0)) \(wirePresentation(Array(rdata[2...])))"
        case 33: return "\(word16(0)) \(word16(2)) \(word16(4)) \(wirePresentation(Array(rdata[6...])))"
        case 16:
            var strings: [String] = []
            var position = 0
            while position < rdata.count {
                let end = position + 1 + Int(rdata[position])
                strings.append("\"" + String(decoding: rdata[(position + 1)..<end], as: UTF8.self) + "\"")
                position = end
            }
            return strings.joined(separator: " ")
        case 46: return "\(wireTypeName(UInt16(word16(0)))) \(rdata[3])"
        case 47:
            let (next, _) = splitName(rdata[...])
            return next
        default: return "\\# \(rdata.count) " + rdata.map { String(Int($0) + 256, radix: 16).dropFirst() }.joined()
        }
    }

    private var hexWords: [String] {
        stride(from: 0, to: rdata.count - 1, by: 2).map { String(word16($0), radix: 16) }
    }

    private func word16(_ place: Int) -> Int { Int(rdata[place]) << 8 | Int(rdata[place + 1]) }

    private func word32(_ bytes: [UInt8], at place: Int) -> UInt32 {
        bytes[place..<(place + 4)].reduce(0) { $0 << 8 | UInt32($1) }
    }

    private func splitName(_ bytes: ArraySlice<UInt8>) -> (String, ArraySlice<UInt8>) {
        var position = bytes.startIndex
        while bytes[position] != 0 { position += 1 + Int(bytes[position]) }
        return (wirePresentation(Array(bytes[...position])), bytes[(position + 1)...])
    }
}

/// The mnemonics that tests write.
package let wireTypes: [String: UInt16] = [
    "A": 1, "NS": 2, "CNAME": 5, "SOA": 6, "PTR": 12, "HINFO": 13, "MINFO": 14, "MX": 15, "TXT": 16, "RP": 17,
    "AFSDB": 18, "AAAA": 28, "SRV": 33, "NAPTR": 35, "DNAME": 39, "OPT": 41, "DS": 43, "RRSIG": 46, "NSEC": 47,
    "DNSKEY": 48, "TLSA": 52, "ZONEMD": 63, "SVCB": 64, "HTTPS": 65, "ANY": 255, "AXFR": 252, "IXFR": 251, "CAA": 257,
    "TSIG": 250, "MAILB": 253, "KEY": 25, "NSEC3": 50, "NSEC3PARAM": 51,
]

package func wireTypeName(_ type: UInt16) -> String {
    wireTypes.first { $0.value == type }?.key ?? "TYPE\(type)"
}

package func wireTypeNumber(_ text: some StringProtocol) -> UInt16 {
    if let number = wireTypes[String(text)] { return number }
    guard text.hasPrefix("TYPE"), let number = UInt16(text.dropFirst(4)) else {
        preconditionFailure("the test does not know the type \(text)")
    }
    return number
}
