// Fields with a vocabulary: types, bitmaps of types, and the mnemonics of small registries.

import DNSCore

/// A small registry of numbers with names.
struct NumberRegistry: Sendable {
    let names: [(name: StaticString, number: UInt16)]

    /// DNSSEC algorithms.
    static let algorithms = NumberRegistry(
        names: [
            ("DELETE", 0), ("RSAMD5", 1), ("DH", 2), ("DSA", 3), ("ECC", 4), ("RSASHA1", 5), ("DSA-NSEC3-SHA1", 6),
            ("NSEC3DSA", 6), ("RSASHA1-NSEC3-SHA1", 7), ("NSEC3RSASHA1", 7), ("RSASHA256", 8), ("RSASHA512", 10),
            ("ECC-GOST", 12), ("ECCGOST", 12), ("ECDSAP256SHA256", 13), ("ECDSAP384SHA384", 14), ("ED25519", 15),
            ("ED448", 16), ("SM2SM3", 17), ("ECC-GOST12", 23), ("INDIRECT", 252), ("PRIVATEDNS", 253),
            ("PRIVATEOID", 254),
        ])
    /// Digest types of DS.
    static let digestTypes = NumberRegistry(
        names: [
            ("SHA-1", 1), ("SHA1", 1), ("SHA-256", 2), ("SHA256", 2), ("GOST", 3), ("SHA-384", 4), ("SHA384", 4),
            ("GOST12", 5), ("SM3", 6),
        ])
    /// Certificate types (RFC 4398, section 2.1).
    static let certificateTypes = NumberRegistry(
        names: [
            ("PKIX", 1), ("SPKI", 2), ("PGP", 3), ("IPKIX", 4), ("ISPKI", 5), ("IPGP", 6), ("ACPKIX", 7),
            ("IACPKIX", 8), ("URI", 253), ("OID", 254),
        ])
    /// Schemes of DSYNC (RFC 9859, section 2.2).
    static let schemes = NumberRegistry(names: [("NOTIFY", 1)])

    /// The number for a name in any case.
    func number(of text: Octets) -> UInt16? {
        names.first { text.equalsIgnoringCase($0.name) }?.number
    }
}

extension RDataParser {
    /// A number, or its mnemonic. The registry is asked for only if it is no number: that is the rare case.
    @inline(__always)
    mutating func parseMnemonic(
        _ registry: @autoclosure () -> NumberRegistry, upTo maximum: UInt64, from entry: inout Entry
    ) throws(ParseFailure) {
        let token = try entry.takeWord("a number from 0 to \(maximum) or a mnemonic")
        let text = entry.octets(of: token)
        guard let number = text.decimal ?? registry().number(of: text).map(UInt64.init), number <= maximum else {
            throw entry.expected("a number from 0 to \(maximum) or a mnemonic", token)
        }
        if maximum > 255 {
            buffer.append(UInt16(truncatingIfNeeded: number))
        } else {
            buffer.append(UInt8(truncatingIfNeeded: number))
        }
    }

    /// A type by its mnemonic or as `TYPE…`.
    mutating func parseType(from entry: inout Entry) throws(ParseFailure) {
        buffer.append(try takeType(from: &entry).rawValue)
    }

    @inline(__always)
    private func takeType(from entry: inout Entry) throws(ParseFailure) -> RRType {
        let token = try entry.takeWord("an RR type")
        guard let type = mnemonics.type(of: entry.octets(of: token)) else { throw entry.unknownType(token) }
        return type
    }

    /// The types at a name, in any order, as windows of 256 bits (RFC 4034, section 4.1.2).
    mutating func parseTypeBitmap(from entry: inout Entry) throws(ParseFailure) {
        // The bits are set in `typeBits`, which has a bit for every type there is, and cleared as they are taken out.
        var windows = 256..<0x100
        defer { if !windows.isEmpty { clearTypeBits(windows) } }
        while !entry.isAtEnd {
            let type = Int(try takeType(from: &entry).rawValue)
            typeBits[type / 8] |= 0x80 >> UInt8(type % 8)
            let window = type >> 8
            windows =
                windows.isEmpty
                ? window..<window + 1 : min(windows.lowerBound, window)..<max(windows.upperBound, window + 1)
        }
        for window in windows {
            var length = 32
            while length > 0, typeBits[window * 32 + length - 1] == 0 { length -= 1 }
            if length == 0 { continue }
            buffer.append(UInt8(truncatingIfNeeded: window))
            buffer.append(UInt8(truncatingIfNeeded: length))
            for index in 0..<length { buffer.append(typeBits[window * 32 + index]) }
        }
    }

    private mutating func clearTypeBits(_ windows: Range<Int>) {
        for index in windows.lowerBound * 32..<windows.upperBound * 32 { typeBits[index] = 0 }
    }

    /// The types at a name as one bitmap of up to 128 bits (RFC 2535, section 5.2).
    mutating func parseOldTypeBitmap(from entry: inout Entry) throws(ParseFailure) {
        let start = buffer.count
        while !entry.isAtEnd {
            let token = entry[entry.next]
            let type = Int(try takeType(from: &entry).rawValue)
            guard (1..<128).contains(type) else {
                throw entry.expected("a type from 1 to 127 (RFC 2535, section 5.2)", token)
            }
            while buffer.count < start + type / 8 + 1 { buffer.append(UInt8(0)) }
            buffer[start + type / 8] |= 0x80 >> UInt8(type % 8)
        }
    }
}
