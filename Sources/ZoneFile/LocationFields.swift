// LOC (RFC 1876): latitude and longitude in degrees, minutes and thousandths of seconds, altitude and sizes in
// centimetres. Minutes and seconds may be left out of each by itself.

import DNSCore

extension RDataParser {
    /// `d1 [m1 [s1]] {N|S} d2 [m2 [s2]] {E|W} alt[m] [size[m] [hp[m] [vp[m]]]]` (RFC 1876, section 3).
    mutating func parseLocation(from entry: inout Entry) throws(ParseFailure) {
        let latitude = try entry.takeAngle("latitude", upTo: 90, positive: "N", negative: "S")
        let longitude = try entry.takeAngle("longitude", upTo: 180, positive: "E", negative: "W")
        let altitude = try entry.takeCentimetres("altitude", -10_000_000...4_284_967_295)
        // RFC 1876, section 2: 1 m, 10 km and 10 m.
        var sizes: InlineArray<3, UInt8> = [0x12, 0x16, 0x13]
        for (index, field) in ["size", "horizontal precision", "vertical precision"].enumerated() where !entry.isAtEnd {
            sizes[index] = RDataParser.exponentForm(try entry.takeCentimetres(field, 0...9_000_000_000))
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
        _ field: String, upTo degrees: Int, positive: Character, negative: Character
    ) throws(ParseFailure) -> Int {
        let directions = "\(positive) or \(negative)"
        var parts: InlineArray<3, Int> = [0, 0, 0]
        var count = 0
        let first = next
        while true {
            let token = try takeWord(count == 0 ? "degrees from 0 to \(degrees)" : directions, field: field)
            let text = octets(of: token)
            let letter = text.count == 1 ? text[0] & 0xDF : 0
            if count > 0, letter == positive.asciiValue || letter == negative.asciiValue {
                let angle = (parts[0] * 60 + parts[1]) * 60_000 + parts[2]
                guard angle <= degrees * 3_600_000 else {
                    throw fail(self[first], "more than \(degrees) degrees").about(field)
                }
                return letter == positive.asciiValue ? angle : -angle
            }
            guard count < 3 else { throw expected(directions, token).about(field) }
            let limit = count == 0 ? degrees : count == 1 ? 59 : 59_999
            guard let number = text.fixedPoint(decimals: count == 2 ? 3 : 0), number <= limit else {
                let range = count == 0 ? "0 to \(degrees)" : count == 1 ? "0 to 59" : "0 to 59.999"
                let unit = count == 0 ? "degrees" : count == 1 ? "minutes" : "seconds"
                throw expected("\(unit) from \(range)\(count == 0 ? "" : ", or \(directions)")", token).about(field)
            }
            parts[count] = number
            count += 1
        }
    }

    /// Takes metres with up to two decimals, and an `m` after them or not.
    fileprivate mutating func takeCentimetres(_ field: String, _ range: ClosedRange<Int>) throws(ParseFailure) -> Int {
        let what = "metres from \(range.lowerBound / 100).00 to \(Double(range.upperBound) / 100)"
        let token = try takeWord(what, field: field)
        var text = octets(of: token)
        if text.count > 1, text[text.count - 1] & 0xDF == UInt8(ascii: "M") { text = text[0..<text.count - 1] }
        let isNegative = text.count > 1 && text[0] == UInt8(ascii: "-")
        if isNegative { text = text.suffix(from: 1) }
        guard let number = text.fixedPoint(decimals: 2), range.contains(isNegative ? -number : number) else {
            throw expected(what, token).about(field)
        }
        return isNegative ? -number : number
    }
}

extension Octets {
    /// A decimal number with at most this many digits after its point, in units of its last place; nil for anything else.
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

extension RDataText {
    /// The whole rdata; false if it is not of version 0's length. Values that no text stands for have none here.
    mutating func printLocation() -> Bool {
        let octets = Array(rest())
        guard let version = octets.first else { return false }
        if version != 0 {
            // Nothing is known of other versions (RFC 1876, section 2).
            isExact = false
            return true
        }
        guard octets.count == 16 else { return false }
        func number(at index: Int) -> Int { octets[index..<index + 4].reduce(0) { $0 << 8 | Int($1) } }
        let (latitude, longitude) = (number(at: 4) - 1 << 31, number(at: 8) - 1 << 31)
        let sizes = octets[1...3].map(RDataText.centimetres)
        guard abs(latitude) <= 90 * 3_600_000, abs(longitude) <= 180 * 3_600_000, !sizes.contains(nil) else {
            isExact = false
            return true
        }
        append(word: RDataText.angle(latitude, "N", "S"))
        append(word: RDataText.angle(longitude, "E", "W"))
        append(word: RDataText.metres(number(at: 12) - 10_000_000))
        for size in sizes { append(word: RDataText.metres(size ?? 0)) }
        return true
    }

    /// The centimetres that a digit and a power of ten stand for; nil if they are undefined, or not as we would write them.
    private static func centimetres(_ octet: UInt8) -> Int? {
        let (digit, exponent) = (Int(octet >> 4), Int(octet & 0xF))
        guard digit <= 9, exponent <= 9, digit > 0 || exponent == 0 else { return nil }
        return (0..<exponent).reduce(digit) { value, _ in value * 10 }
    }

    private static func angle(_ milliseconds: Int, _ positive: String, _ negative: String) -> String {
        let size = abs(milliseconds)
        let (degrees, minutes) = (size / 3_600_000, size / 60_000 % 60)
        let (seconds, rest) = (size / 1000 % 60, size % 1000)
        let decimals = String(1000 + rest).dropFirst()
        return "\(degrees) \(minutes) \(seconds).\(decimals) \(milliseconds < 0 ? negative : positive)"
    }

    /// Whole metres without decimals.
    private static func metres(_ centimetres: Int) -> String {
        let (whole, rest) = abs(centimetres).quotientAndRemainder(dividingBy: 100)
        let decimals = rest == 0 ? "" : "." + String(100 + rest).dropFirst()
        return "\(centimetres < 0 ? "-" : "")\(whole)\(decimals)m"
    }
}
