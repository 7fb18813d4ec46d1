// The frame on the wire: u32 total, u16 header length, header, body.

import Bus
import TestSupport
import Testing

@Suite struct FrameTests {
    /// What the decoder makes of bytes that arrive in one piece.
    private func decode(_ bytes: [UInt8], limit: Int = Frame.defaultLimit) throws(WireError) -> [Frame] {
        var decoder = FrameDecoder(limit: limit)
        decoder.append(bytes)
        var frames: [Frame] = []
        while let frame = try decoder.next() { frames.append(frame) }
        return frames
    }

    @Test func `the length does not count itself`() throws {
        let frame = try Frame(header: "{}".utf8, body: "body".utf8)
        #expect(frame.wire == [0, 0, 0, 8, 0, 2] + Array("{}body".utf8))
        #expect(frame.headerText == "{}")
        #expect(frame.bodyText == "body")
    }

    @Test func `a body may be empty`() throws {
        let frame = try Frame(header: "{}".utf8, body: [])
        #expect(try decode(frame.wire) == [frame])
        #expect(frame.body.isEmpty)
    }

    @Test(arguments: UInt64(1)...64)
    func `frames survive any cut of the stream`(seed: UInt64) throws {
        var random = SplitMix64(seed: seed)
        let frames = try (0..<Int.random(in: 1...20, using: &random)).map { _ in
            let header = (0..<Int.random(in: 1...300, using: &random)).map { _ in
                UInt8.random(in: 0...255, using: &random)
            }
            let body = (0..<Int.random(in: 0...900, using: &random)).map { _ in
                UInt8.random(in: 0...255, using: &random)
            }
            return try Frame(header: header, body: body)
        }
        var rest = frames.flatMap(\.wire)[...]
        var decoder = FrameDecoder()
        var decoded: [Frame] = []
        while !rest.isEmpty {
            let count = min(rest.count, Int.random(in: 1...700, using: &random))
            decoder.append(rest.prefix(count))
            rest = rest.dropFirst(count)
            while let frame = try decoder.next() { decoded.append(frame) }
        }
        #expect(decoded == frames, "seed \(seed)")
        #expect(decoder.pending == 0, "seed \(seed)")
    }

    @Test(arguments: UInt64(1)...200)
    func `random bytes never trap`(seed: UInt64) {
        var random = SplitMix64(seed: seed)
        var bytes = (0..<400).map { _ in UInt8.random(in: 0...255, using: &random) }
        // Small lengths, so that the decoder gets beyond them.
        for index in stride(from: 0, to: 400, by: 8) { bytes.replaceSubrange(index..<index + 3, with: [0, 0, 0]) }
        var decoder = FrameDecoder()
        while let piece = bytes.indices.randomElement(using: &random) {
            decoder.append(bytes.prefix(piece + 1))
            bytes.removeFirst(piece + 1)
            do { while let frame = try decoder.next() { _ = try? HeaderMembers(frame) } } catch { return }
        }
    }

    @Test func `a length of 4 GiB is refused before anything is reserved for it`() {
        #expect(throws: WireError.frameTooLong(length: 0xFFFF_FFFF, limit: Frame.defaultLimit)) {
            try decode([0xFF, 0xFF, 0xFF, 0xFF])
        }
    }

    @Test func `the limit itself is allowed, one more is not`() throws {
        let frame = try Frame(header: "{}".utf8, body: [UInt8](repeating: 0, count: 96))
        #expect(try decode(frame.wire, limit: 100) == [frame])
        #expect(throws: WireError.frameTooLong(length: 100, limit: 99)) { try decode(frame.wire, limit: 99) }
        #expect(throws: WireError.frameTooLong(length: 101, limit: 100)) {
            try Frame(header: "{}".utf8, body: [UInt8](repeating: 0, count: 97), limit: 100)
        }
    }

    @Test func `a frame without a header is refused`() {
        #expect(throws: WireError.frameTooShort(length: 1)) { try decode([0, 0, 0, 1]) }
        #expect(throws: WireError.emptyHeader) { try decode([0, 0, 0, 2, 0, 0]) }
        #expect(throws: WireError.emptyHeader) { try Frame(header: [], body: []) }
    }

    @Test func `a header longer than its frame is refused`() {
        #expect(throws: WireError.headerOverrun(header: 9, frame: 10)) { try decode([0, 0, 0, 10, 0, 9]) }
    }

    @Test func `a header has at most 65535 bytes`() throws {
        let longest = [UInt8](repeating: 0x20, count: 65535)
        #expect(try decode(Frame(header: longest, body: []).wire).count == 1)
        #expect(throws: WireError.headerTooLong(length: 65536)) { try Frame(header: longest + [0x20], body: []) }
    }

    @Test func `half a frame waits, and is counted`() throws {
        let frame = try Frame(header: "{}".utf8, body: "body".utf8)
        var decoder = FrameDecoder()
        for (index, byte) in frame.wire.dropLast().enumerated() {
            decoder.append([byte])
            #expect(try decoder.next() == nil)
            #expect(decoder.pending == index + 1)
        }
        decoder.append(frame.wire.suffix(1))
        #expect(try decoder.next() == frame)
    }
}
