// IPv6 addresses as people write them.

/// The text of IPv6 addresses as RFC 5952 wants it.
enum IPv6Text {
    /// The text of an address of 16 octets.
    static func text(of octets: [UInt8]) -> String {
        precondition(octets.count == 16)
        let groups = (0..<8).map { UInt16(octets[2 * $0]) << 8 | UInt16(octets[2 * $0 + 1]) }
        var gap = 0..<0
        var start = 0
        while start < 8 {
            var end = start
            while end < 8, groups[end] == 0 { end += 1 }
            if end - start > max(gap.count, 1) { gap = start..<end }
            start = end + 1
        }
        func words(_ part: ArraySlice<UInt16>) -> String { part.map { String($0, radix: 16) }.joined(separator: ":") }
        if gap.isEmpty { return words(groups[...]) }
        return words(groups[..<gap.lowerBound]) + "::" + words(groups[gap.upperBound...])
    }
}
