// Addresses in rdata: IPv4, IPv6, ILNP locators, EUI and NSAP. All are as strict as inet_pton.

import DNSCore

extension Octets {
    /// The address that this dotted quad is; nil for anything else, leading zeros included.
    @inline(__always)
    var ipv4: UInt32? {
        var address: UInt32 = 0
        var number: UInt32 = 0
        var digits = 0
        var dots = 0
        for index in 0..<count {
            let octet = self[index]
            if ASCII.isDigit(octet) {
                if digits > 0, number == 0 { return nil }
                number = number &* 10 &+ UInt32(octet &- 0x30)
                digits += 1
                if number > 255 { return nil }
            } else if octet == UInt8(ascii: "."), digits > 0, dots < 3 {
                address = address << 8 | number
                (number, digits, dots) = (0, 0, dots + 1)
            } else {
                return nil
            }
        }
        return dots == 3 && digits > 0 ? address << 8 | number : nil
    }

    /// Why this looks like an IPv4 address and is none; nil where it does not look like one.
    var flawOfIPv4: String? {
        if ipv6 != nil { return "an IPv6 address needs type AAAA" }
        let parts = array.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        guard !isEmpty, parts.allSatisfy({ $0.allSatisfy(ASCII.isDigit) }) else { return nil }
        if parts.count != 4 || parts.contains(where: \.isEmpty) { return "it has four numbers with dots between them" }
        if parts.contains(where: { $0.count > 1 && $0.first == UInt8(ascii: "0") }) {
            return "leading zeros are not allowed"
        }
        return "its numbers are at most 255"
    }

    /// The same for an IPv6 address.
    var flawOfIPv6: String? { ipv4 != nil ? "an IPv4 address needs type A" : nil }

    /// The address in RFC 4291's forms, as its two halves.
    @inline(__always)
    var ipv6: (high: UInt64, low: UInt64)? {
        // Groups before and behind "::" are collected apart; 128 bits hold all groups of either part.
        var head: UInt128 = 0
        var tail: UInt128 = 0
        var headGroups = 0
        var tailGroups = 0
        var hasGap = false
        var index = 0
        if count >= 2, self[0] == UInt8(ascii: ":") {
            guard self[1] == UInt8(ascii: ":") else { return nil }
            hasGap = true
            index = 2
        }
        while index < count {
            let start = index
            var group: UInt32 = 0
            while index < count, let digit = self[index].hexValue {
                group = group << 4 | UInt32(digit)
                index += 1
                if index - start > 4 { return nil }
            }
            var bits: UInt128 = UInt128(group)
            var groups = 1
            if index < count, self[index] == UInt8(ascii: ".") {
                guard let quad = suffix(from: start).ipv4 else { return nil }
                (bits, groups, index) = (UInt128(quad), 2, count)
            } else if index == start {
                return nil
            }
            if hasGap {
                tail = tail << (16 * UInt128(groups)) | bits
                tailGroups += groups
            } else {
                head = head << (16 * UInt128(groups)) | bits
                headGroups += groups
            }
            if headGroups + tailGroups > 8 { return nil }
            if index == count { break }
            guard self[index] == UInt8(ascii: ":") else { return nil }
            index += 1
            if index < count, self[index] == UInt8(ascii: ":") {
                if hasGap { return nil }
                hasGap = true
                index += 1
            } else if index == count {
                return nil
            }
        }
        guard hasGap ? headGroups + tailGroups < 8 : headGroups == 8 else { return nil }
        let address = headGroups == 0 ? tail : head << (16 * UInt128(8 - headGroups)) | tail
        return (UInt64(truncatingIfNeeded: address >> 64), UInt64(truncatingIfNeeded: address))
    }
}

extension UInt8 {
    /// The value of this octet as a hexadecimal digit in either case.
    @inline(__always)
    var hexValue: UInt8? {
        if self &- 0x30 < 10 { return self &- 0x30 }
        let lower = self | 0x20
        return lower &- 0x61 < 6 ? lower &- 0x61 &+ 10 : nil
    }
}

extension RDataParser {
    @inline(__always)
    mutating func parseIPv4(from entry: inout Entry) throws(ParseFailure) {
        let token = try entry.takeWord("an IPv4 address")
        guard let address = entry.octets(of: token).ipv4 else {
            throw entry.expected("an IPv4 address", token, because: entry.octets(of: token).flawOfIPv4)
        }
        buffer.append(address)
    }

    @inline(__always)
    mutating func parseIPv6(from entry: inout Entry) throws(ParseFailure) {
        let token = try entry.takeWord("an IPv6 address")
        guard let address = entry.octets(of: token).ipv6 else {
            throw entry.expected("an IPv6 address", token, because: entry.octets(of: token).flawOfIPv6)
        }
        buffer.append(address.high)
        buffer.append(address.low)
    }

    /// Four groups of one to four hexadecimal digits with colons between (RFC 6742, section 2.1.2).
    mutating func parseLocator(from entry: inout Entry) throws(ParseFailure) {
        let token = try entry.takeWord("four groups of hexadecimal digits")
        let text = entry.octets(of: token)
        var groups = 0
        var digits = 0
        var group: UInt16 = 0
        var isValid = true
        for index in 0...text.count where isValid {
            if index < text.count, let digit = text[index].hexValue {
                group = group << 4 | UInt16(digit)
                digits += 1
                isValid = digits <= 4
            } else {
                isValid = digits > 0 && (index == text.count || text[index] == UInt8(ascii: ":"))
                buffer.append(group)
                (group, digits, groups) = (0, 0, groups + 1)
            }
        }
        guard isValid, groups == 4 else {
            throw entry.expected("four groups of hexadecimal digits, such as 2001:0db8:0000:0001", token)
        }
    }

    /// Pairs of hexadecimal digits with hyphens between (RFC 7043, section 3.2).
    mutating func parseEUI(octets: Int, from entry: inout Entry) throws(ParseFailure) {
        let token = try entry.takeWord("\(octets) pairs of hexadecimal digits with hyphens between them")
        let text = entry.octets(of: token)
        let failure = entry.expected("\(octets) pairs of hexadecimal digits with hyphens between them", token)
        guard text.count == octets * 3 - 1 else { throw failure }
        for index in 0..<octets {
            guard let high = text[index * 3].hexValue, let low = text[index * 3 + 1].hexValue,
                index == octets - 1 || text[index * 3 + 2] == UInt8(ascii: "-")
            else { throw failure }
            buffer.append(high << 4 | low)
        }
    }

    /// `0x` and pairs of hexadecimal digits with dots anywhere between (RFC 1706, section 7).
    mutating func parseNSAP(from entry: inout Entry) throws(ParseFailure) {
        let token = try entry.takeWord("an NSAP address")
        let text = entry.octets(of: token)
        guard text.hasPrefixIgnoringCase("0x"), appendDottedHex(text.suffix(from: 2)) else {
            throw entry.expected("0x and pairs of hexadecimal digits", token)
        }
    }

    /// An ATM address in E.164 form (`+` and digits) or as an end system address (pairs of hexadecimal digits).
    mutating func parseATMA(from entry: inout Entry) throws(ParseFailure) {
        let token = try entry.takeWord("an ATM address")
        let text = entry.octets(of: token)
        var isValid: Bool
        if text[0] == UInt8(ascii: "+") {
            buffer.append(UInt8(1))
            isValid = true
            for index in 1..<text.count where text[index] != UInt8(ascii: ".") {
                isValid = isValid && ASCII.isDigit(text[index])
                buffer.append(text[index])
            }
            isValid = isValid && buffer.count > 1
        } else {
            buffer.append(UInt8(0))
            isValid = appendDottedHex(text)
        }
        if !isValid {
            throw entry.expected("'+' and digits, or pairs of hexadecimal digits", token)
        }
    }

    /// Appends pairs of hexadecimal digits, with dots anywhere; false if they are none.
    private mutating func appendDottedHex(_ text: Octets) -> Bool {
        let start = buffer.count
        var pending: UInt8?
        for index in 0..<text.count where text[index] != UInt8(ascii: ".") {
            guard let digit = text[index].hexValue else { return false }
            if let high = pending {
                buffer.append(high << 4 | digit)
                pending = nil
            } else {
                pending = digit
            }
        }
        return pending == nil && buffer.count > start
    }
}
