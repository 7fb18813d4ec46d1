// Fields whose form depends on a number before them: the gateways of IPSECKEY and AMTRELAY, and A6.

import DNSCore

extension RDataParser {
    /// A gateway's type, the key's algorithm, and the gateway (RFC 4025, section 3.1).
    mutating func parseIPSECKEYGateway(from entry: inout Entry, origin: Octets) throws(ParseFailure) {
        let kind = entry.isAtEnd ? nil : entry[entry.next]
        let type = try entry.takeNumber(upTo: 255, field: "gateway type")
        buffer.append(UInt8(truncatingIfNeeded: type))
        buffer.append(UInt8(truncatingIfNeeded: try entry.takeNumber(upTo: 255, field: "algorithm")))
        try parseGateway(ofType: type, statedAt: kind, from: &entry, origin: origin)
    }

    /// A discovery flag, a relay's type, and the relay (RFC 8777, section 4.3).
    mutating func parseAMTRelay(from entry: inout Entry, origin: Octets) throws(ParseFailure) {
        let discovery = try entry.takeNumber(upTo: 1, field: "discovery flag")
        let kind = entry.isAtEnd ? nil : entry[entry.next]
        let type = try entry.takeNumber(upTo: 127, field: "relay type")
        buffer.append(UInt8(truncatingIfNeeded: discovery << 7 | type))
        try parseGateway(ofType: type, statedAt: kind, from: &entry, origin: origin)
    }

    /// Nothing, an IPv4 address, an IPv6 address or a name, by the gateway's type.
    private mutating func parseGateway(
        ofType type: UInt64, statedAt kind: Token?, from entry: inout Entry, origin: Octets
    ) throws(ParseFailure) {
        switch type {
        case 0:
            let token = try entry.takeWord("'.', as type 0 is for none")
            if entry.octets(of: token).count != 1 || entry.octets(of: token)[0] != UInt8(ascii: ".") {
                throw entry.expected("'.', as type 0 is for none", token)
            }
        case 1: try parseIPv4(from: &entry)
        case 2: try parseIPv6(from: &entry)
        case 3: try parseName(from: &entry, origin: origin)
        default:
            let what = "a type from 0 to 3 (none, IPv4, IPv6, a name); others have the form \\# LENGTH HEX"
            throw kind.map { entry.expected(what, $0) } ?? entry.missing(what)
        }
    }

    /// The length of a prefix, the address behind it, and the name that has the prefix (RFC 2874, section 3.1).
    mutating func parseA6(from entry: inout Entry, origin: Octets) throws(ParseFailure) {
        let prefix = Int(try entry.takeNumber(upTo: 128, field: "prefix length"))
        buffer.append(UInt8(truncatingIfNeeded: prefix))
        if prefix < 128 {
            let token = try entry.takeWord("an IPv6 address", field: "suffix")
            guard let (high, low) = entry.octets(of: token).ipv6 else {
                throw entry.expected("an IPv6 address", token).about("suffix")
            }
            let suffix = (UInt128(high) << 64 | UInt128(low)) & (UInt128.max >> UInt128(prefix))
            let octets = (128 - prefix + 7) / 8
            for index in (0..<octets).reversed() {
                buffer.append(UInt8(truncatingIfNeeded: suffix >> UInt128(8 * index)))
            }
        }
        if prefix > 0 { try parseName(from: &entry, origin: origin) }
    }
}
