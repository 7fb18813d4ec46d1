// One message on the bus as bytes. The format is that of BIND 10's cc channel:
//
//     0        4      6            6+H              4+T
//     +--------+------+------------+----------------+
//     | T      | H    | header     | body           |
//     | u32 be | u16  | H bytes    | T-2-H bytes    |
//     +--------+------+------------+----------------+
//
// T does not count itself. The header is one JSON object of 1 to 65,535 bytes, the body is any bytes, and may be empty.
// A frame keeps its bytes as they travel, in one array: passing it on to thousands of recipients copies nothing.

/// A whole frame.
public struct Frame: Hashable, Sendable {
    /// All bytes, lengths included.
    public let wire: [UInt8]

    /// Where the header stands in `wire`.
    public let headerRange: Range<Int>

    /// The bytes before the header.
    static let prefixLength = 6

    /// The most bytes that a header may have.
    public static let headerLimit = 65535

    /// The most that the first length field may say, unless configured otherwise.
    public static let defaultLimit = 80 << 20

    public var header: ArraySlice<UInt8> { wire[headerRange] }
    public var body: ArraySlice<UInt8> { wire[headerRange.upperBound...] }

    /// Makes a frame.
    public init(
        header: some Collection<UInt8>, body: some Collection<UInt8>, limit: Int = Frame.defaultLimit
    ) throws(WireError) {
        let headerLength = header.count
        let total = 2 + headerLength + body.count
        guard headerLength > 0 else { throw .emptyHeader }
        guard headerLength <= Frame.headerLimit else { throw .headerTooLong(length: headerLength) }
        guard total <= limit, total <= UInt32.max else { throw .frameTooLong(length: total, limit: limit) }
        var wire: [UInt8] = []
        wire.reserveCapacity(4 + total)
        for shift in [24, 16, 8, 0] { wire.append(UInt8(truncatingIfNeeded: total >> shift)) }
        for shift in [8, 0] { wire.append(UInt8(truncatingIfNeeded: headerLength >> shift)) }
        wire.append(contentsOf: header)
        wire.append(contentsOf: body)
        self.wire = wire
        self.headerRange = Frame.prefixLength..<Frame.prefixLength + headerLength
    }

    /// Takes bytes whose lengths the decoder has checked.
    init(checked wire: [UInt8], headerLength: Int) {
        self.wire = wire
        self.headerRange = Frame.prefixLength..<Frame.prefixLength + headerLength
    }

    /// The lengths at the beginning of a frame, checked as far as they have arrived.
    static func lengths(
        _ bytes: ArraySlice<UInt8>, limit: Int
    ) throws(WireError) -> (total: Int, header: Int)? {
        guard bytes.count >= 4 else { return nil }
        let start = bytes.startIndex
        let total = bytes[start..<start + 4].reduce(0) { $0 << 8 | Int($1) }
        guard total <= limit else { throw .frameTooLong(length: total, limit: limit) }
        guard total >= 2 else { throw .frameTooShort(length: total) }
        guard bytes.count >= 6 else { return nil }
        let header = Int(bytes[start + 4]) << 8 | Int(bytes[start + 5])
        guard header > 0 else { throw .emptyHeader }
        guard header <= total - 2 else { throw .headerOverrun(header: header, frame: total) }
        return (total, header)
    }
}
