// LOC (RFC 1876): latitude and longitude in degrees, minutes and thousandths of seconds, altitude and sizes in
// centimetres. Minutes and seconds may be left out of each by itself.

import DNSCore

extension RDataParser {
    /// `d1 [m1 [s1]] {N|S} d2 [m2 [s2]] {E|W} alt[m] [size[m] [hp[m] [vp[m]]]]` (RFC 1876, section 3).
    mutating func parseLocation(from entry: inout Entry) throws(ParseFailure) {
        let latitude = try entry.takeAngle("a latitude", upTo: 90, positive: "N", negative: "S")
        let longitude = try entry.takeAngle("a longitude", upTo: 180, positive: "E", negative: "W")
        let altitude = try entry.takeCentimetres("an altitude in metres", -10_000_000...4_284_967_295)
        // RFC 1876, section 2: 1 m, 10 km and 10 m.
        var sizes: InlineArray<3, UInt8> = [0x12, 0x16, 0x13]
        for index in sizes.indices where !entry.isAtEnd {
            sizes[index] = RDataParser.exponentForm(try entry.takeCentimetres("a size in metres", 0...9_000_000_000))
        }
        buffer.append(UInt8(0))
        for index in sizes.indices { buffer.append(sizes[index]) }
        buffer.append(UInt32(truncatingIfNeeded: 1 << 31 + latitude))
        buffer.append(UInt32(truncatingIfNeeded: 1 << 31 + longitude))
        buffer.append(UInt32(truncatingIfNeeded: altitude + 10_000_000))
    }

    /// A digit and a power of ten, each in four bits.
    private static func exponentForm(_ centimetres: Int) -> UInt8 {
        var digit = centimetres
        var exponent: UInt8 = 0
        while digit > 9 {
            digit /= 10
            exponent += 1
        }
        return UInt8(digit) << 4 | exponent
    }
}

extension Entry {
    /// Takes an angle with its direction: thousandths of seconds, negative in the second direction.
    fileprivate mutating func takeAngle(
        _ what: String, upTo degrees: Int, positive: Character, negative: Character
    ) throws(ParseFailure) -> Int {
        let directions = "\(positive) or \(negative)"
        var parts: InlineArray<3, Int> = [0, 0, 0]
        var count = 0
        let first = next
        while true {
            let token = try takeWord(count == 0 ? what : "\(what) up to its direction, \(directions),")
            let text = octets(of: token)
            let letter = text.count == 1 ? text[0] & 0xDF : 0
            if count > 0, letter == positive.asciiValue || letter == negative.asciiValue {
                let angle = (parts[0] * 60 + parts[1]) * 60_000 + parts[2]
                guard angle <= degrees * 3_600_000 else {
                    throw fail(self[first], "\(what) is at most \(degrees) degrees")
                }
                return letter == positive.asciiValue ? angle : -angle
            }
            guard count < 3 else { throw fail(token, "\(directions) is expected, not \(quote(token))") }
            let limit = count == 0 ? degrees : count == 1 ? 59 : 59_999
            guard let number = text.fixedPoint(decimals: count == 2 ? 3 : 0), number <= limit else {
                let range = count == 0 ? "0 to \(degrees)" : count == 1 ? "0 to 59" : "0 to 59.999"
                let unit = count == 0 ? "degrees" : count == 1 ? "minutes" : "seconds"
                throw fail(token, "\(quote(token)) is no number of \(unit) from \(range), nor \(directions)")
            }
            parts[count] = number
            count += 1
        }
    }

    /// Takes metres with up to two decimals, and an `m` behind them or not.
    fileprivate mutating func takeCentimetres(_ what: String, _ range: ClosedRange<Int>) throws(ParseFailure) -> Int {
        let token = try takeWord(what)
        var text = octets(of: token)
        if text.count > 1, text[text.count - 1] & 0xDF == UInt8(ascii: "M") { text = text[0..<text.count - 1] }
        let isNegative = text.count > 1 && text[0] == UInt8(ascii: "-")
        if isNegative { text = text.suffix(from: 1) }
        guard let number = text.fixedPoint(decimals: 2), range.contains(isNegative ? -number : number) else {
            throw fail(
                token,
                "\(quote(token)) is not \(what) from \(range.lowerBound / 100).00 to \(Double(range.upperBound) / 100)")
        }
        return isNegative ? -number : number
    }
}

extension Octets {
    /// A decimal number with at most this many digits behind its point, in units of its last place; nil for anything else.
    fileprivate func fixedPoint(decimals: Int) -> Int? {
        var number = 0
        var digits = 0
        var behind = -1
        for index in 0..<count {
            let octet = self[index]
            if octet == UInt8(ascii: "."), behind < 0, decimals > 0, digits > 0 {
                behind = 0
                continue
            }
            guard ASCII.isDigit(octet), digits < 12, behind < decimals else { return nil }
            number = number * 10 + Int(octet &- 0x30)
            digits += 1
            if behind >= 0 { behind += 1 }
        }
        guard digits > 0 else { return nil }
        for _ in max(0, behind)..<decimals { number *= 10 }
        return number
    }
}
