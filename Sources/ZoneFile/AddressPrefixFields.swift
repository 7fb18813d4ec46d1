// APL (RFC 3123): lists of address prefixes, each with its family and perhaps negated.

import DNSCore

extension RDataParser {
    /// Items of the form `[!]afi:address/prefix`, to the end; none is a list too (RFC 3123, section 5).
    mutating func parseAddressPrefixes(from entry: inout Entry) throws(ParseFailure) {
        while !entry.isAtEnd {
            let token = try entry.takeWord("an address prefix")
            guard appendAddressPrefix(entry.octets(of: token)) else {
                throw entry.expected("a prefix such as 1:192.0.2.0/24 or !2:2001:db8::/32", token)
            }
        }
    }

    private mutating func appendAddressPrefix(_ text: Octets) -> Bool {
        let isNegated = text.count > 0 && text[0] == UInt8(ascii: "!")
        let item = isNegated ? text.suffix(from: 1) : text
        guard item.count > 2, item[1] == UInt8(ascii: ":"),
            let slash = (0..<item.count).last(where: { item[$0] == UInt8(ascii: "/") }), slash > 2,
            let length = item.suffix(from: slash + 1).decimal
        else { return false }
        let address = item[2..<slash]
        var octets: [UInt8]
        switch item[0] {
        case UInt8(ascii: "1"):
            guard let ipv4 = address.ipv4, length <= 32 else { return false }
            octets = (0..<4).map { UInt8(truncatingIfNeeded: ipv4 >> UInt32(24 - 8 * $0)) }
        case UInt8(ascii: "2"):
            guard let ipv6 = address.ipv6, length <= 128 else { return false }
            octets = [ipv6.high, ipv6.low].flatMap { half in
                (0..<8).map { UInt8(truncatingIfNeeded: half >> UInt64(56 - 8 * $0)) }
            }
        default: return false
        }
        // Zeros at the end are not sent (section 4).
        while octets.last == 0 { octets.removeLast() }
        buffer.append(UInt16(item[0] &- 0x30))
        buffer.append(UInt8(length))
        buffer.append(UInt8(octets.count) | (isNegated ? 0x80 : 0))
        for octet in octets { buffer.append(octet) }
        return true
    }
}

extension RDataText {
    /// Items to the end; false if one of them is cut short. Items of other families, and such as would be read back to other
    /// octets, have no text.
    mutating func printAddressPrefixes() -> Bool {
        while position < rdata.count {
            guard let family = takeNumber(octets: 2), let length = takeNumber(octets: 1),
                let flags = takeNumber(octets: 1), let address = take(Int(flags & 0x7F))
            else { return false }
            let size = family == 1 ? 4 : 16
            guard family == 1 || family == 2, length <= size * 8, address.count <= size, address.last != 0 else {
                isExact = false
                continue
            }
            let octets = Array(address) + Array(repeating: 0, count: size - address.count)
            let text = family == 1 ? octets.map { String($0) }.joined(separator: ".") : IPv6Text.text(of: octets)
            append(word: "\(flags & 0x80 != 0 ? "!" : "")\(family):\(text)/\(length)")
        }
        return true
    }
}
