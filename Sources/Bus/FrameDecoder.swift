// Cuts a byte stream into frames. It takes bytes in any pieces, never reserves memory on the mere word of a length field, and
// judges a length as soon as it has arrived.

/// An incremental decoder for one connection.
public struct FrameDecoder: Sendable {
    /// The most that the length field of a frame may say.
    public let limit: Int

    private var bytes: [UInt8] = []
    /// Where the next frame begins in `bytes`.
    private var start = 0

    public init(limit: Int = Frame.defaultLimit) {
        self.limit = limit
    }

    /// How many bytes wait for the rest of their frame.
    public var pending: Int { bytes.count - start }

    /// The memory that these take; what is reserved ahead included.
    public var held: Int { pending == 0 ? 0 : bytes.capacity }

    /// What an idle connection may keep reserved: thousands of them must cost little.
    private static let idleCapacity = 4096

    /// Takes what has arrived.
    public mutating func append(_ more: some Collection<UInt8>) {
        if start > 0 {
            bytes.removeFirst(start)
            start = 0
        }
        bytes.append(contentsOf: more)
    }

    /// The next whole frame, or nil until more has arrived.
    ///
    /// After an error the stream is worth nothing any more.
    public mutating func next() throws(WireError) -> Frame? {
        guard let (total, headerLength) = try Frame.lengths(bytes[start...], limit: limit) else { return nil }
        let end = start + 4 + total
        guard bytes.count >= end else {
            // A quarter of it has really come. Growing by doubling would copy that, and more, twice again.
            if bytes.count >= end / 4 { bytes.reserveCapacity(end) }
            return nil
        }
        if start == 0, bytes.count == end {
            // The usual case, and the one that matters for large frames: what has arrived is the frame.
            let wire = bytes
            bytes = []
            return Frame(checked: wire, headerLength: headerLength)
        }
        let wire = Array(bytes[start..<end])
        start = end
        if start == bytes.count {
            bytes.removeAll(keepingCapacity: bytes.capacity <= FrameDecoder.idleCapacity)
            start = 0
        }
        return Frame(checked: wire, headerLength: headerLength)
    }
}
