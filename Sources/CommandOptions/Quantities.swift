// Sizes and spans of time on command lines: `500M`, `7d`.

import ArgumentParser

/// A number of bytes, such as `4096`, `500M` or `2G`; units are powers of 1024.
package struct ByteCount: ExpressibleByArgument, CustomStringConvertible, Sendable {
    package let description: String
    package let bytes: Int

    /// A number that is set by the program: in the largest unit that it is a multiple of.
    package init(bytes: Int) {
        let unit = [("T", 40), ("G", 30), ("M", 20), ("K", 10)].first { bytes >= 1 << $0.1 && bytes % (1 << $0.1) == 0 }
        description = unit.map { "\(bytes >> $0.1)\($0.0)" } ?? "\(bytes)"
        self.bytes = bytes
    }

    /// Nil for anything but a number, with K, M, G or T behind it or nothing, that comes to at most 2^62.
    package init?(argument: String) {
        let units = [("Kk", 1 << 10), ("Mm", 1 << 20), ("Gg", 1 << 30), ("Tt", 1 << 40)]
        guard let bytes = scaled(argument, units) else { return nil }
        description = argument
        self.bytes = bytes
    }
}

/// A span of time, such as `90s`, `30m`, `12h` or `7d`.
package struct TimeSpan: ExpressibleByArgument, CustomStringConvertible, Sendable {
    package let description: String
    package let seconds: Int

    /// Nil for anything but a number with s, m, h or d behind it; a number alone is seconds.
    package init?(argument: String) {
        guard let seconds = scaled(argument, [("s", 1), ("m", 60), ("h", 3600), ("d", 86400)]) else { return nil }
        description = argument
        self.seconds = seconds
    }
}

/// A number and perhaps a unit, by octets: as a `Character`, the Kelvin sign equals K.
private func scaled(_ text: String, _ units: [(letters: String, factor: Int)]) -> Int? {
    let octets = Array(text.utf8)
    let unit = octets.last.flatMap { last in units.first { $0.letters.utf8.contains(last) }?.factor }
    let digits = unit == nil ? octets[...] : octets.dropLast()
    guard !digits.isEmpty, digits.allSatisfy({ $0 &- 0x30 < 10 }),
        let number = Int(String(decoding: digits, as: UTF8.self))
    else { return nil }
    let (value, overflow) = number.multipliedReportingOverflow(by: unit ?? 1)
    return overflow || value > 1 << 62 ? nil : value
}
