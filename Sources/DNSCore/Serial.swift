// SOA serial numbers, which wrap around.

/// An SOA serial number with the arithmetic of RFC 1982.
public struct Serial: RawRepresentable, Hashable, Sendable, Codable {
    public let rawValue: UInt32

    public init(rawValue: UInt32) {
        self.rawValue = rawValue
    }

    /// True when the serial is newer than `other` (RFC 1982, section 3.2). At a distance of exactly 2^31 neither is.
    public func isNewer(than other: Serial) -> Bool {
        let distance = rawValue &- other.rawValue
        return distance != 0 && distance < 1 << 31
    }
}

extension Serial: CustomStringConvertible {
    public var description: String { String(rawValue) }
}
