// A responder without sockets: for tools, for tests, and for who wants to know what authd would answer.

import DNSCore
import ZoneImage

/// Answers one query at a time, by the code with which authd answers.
public final class OfflineResponder {
    private let view: GenerationView
    /// What keeps the memory of `view`.
    private let owners: [AnyObject]
    private var responder: Responder
    private let datagram: UnsafeMutableRawBufferPointer
    private let stream: UnsafeMutableRawBufferPointer
    /// How many queries have come as far as a zone.
    public private(set) var lookups = 0

    /// A responder for zones just compiled.
    ///
    /// - Throws: `ImageError` when two zones have one apex.
    public convenience init(_ zones: [CompiledZone]) throws {
        try self.init(zones, options: ResponderOptions())
    }

    package convenience init(_ zones: [CompiledZone], options: ResponderOptions) throws {
        let blocks = MemoryBlocks()
        let generation = try MemoryGeneration(zones) { bytes in blocks.add(bytes) }
        self.init(generation.view, owners: [generation, blocks], options: options)
    }

    /// A responder for all zones of an image.
    package convenience init(image: ImageFile) throws {
        let blocks = MemoryBlocks()
        let generation = try MemoryGeneration(image: image) { bytes in blocks.add(bytes) }
        self.init(generation.view, owners: [generation, blocks, image], options: ResponderOptions())
    }

    /// A responder for a generation as it was published.
    package convenience init(generation: MappedGeneration) {
        self.init(generation.view, owners: [generation], options: ResponderOptions())
    }

    private init(_ view: GenerationView, owners: [AnyObject], options: ResponderOptions) {
        self.view = view
        self.owners = owners
        responder = Responder(capacity: 1, options: options)
        datagram = .allocate(byteCount: max(EDNS.minimumPayload, options.largestPayload), alignment: 16)
        stream = .allocate(byteCount: Int(UInt16.max), alignment: 16)
    }

    deinit {
        datagram.deallocate()
        stream.deallocate()
    }

    /// The answer to a message of at most 65,535 octets from 127.0.0.1, without the length that precedes it over TCP; empty
    /// when there is none.
    public func answer(_ message: [UInt8], over transport: Transport = .udp) -> [UInt8] {
        let buffer = transport == .udp ? datagram : stream
        // A copy of exactly its size, so that a sanitizer sees any read behind it.
        let query = UnsafeMutableRawBufferPointer.allocate(byteCount: message.count, alignment: 1)
        defer { query.deallocate() }
        query.copyBytes(from: message)
        let bytes = UnsafeRawBufferPointer(query)
        responder.prepare(bytes, in: view)
        if responder.hasZone(0) { lookups += 1 }
        let client = [127, 0, 0, 1 as UInt8].withUnsafeBytes { ClientAddress($0) }
        let outcome = responder.answer(0, to: bytes, over: transport, from: client, into: buffer)
        return Array(buffer[..<outcome.length])
    }
}

/// Blocks of memory that stay where they are.
private final class MemoryBlocks {
    private var blocks: [UnsafeMutableRawBufferPointer] = []

    func add(_ bytes: [UInt8]) -> ImageBytes {
        let block = UnsafeMutableRawBufferPointer.allocate(byteCount: max(1, bytes.count), alignment: 16)
        block.copyBytes(from: bytes)
        blocks.append(block)
        // Safe: the block is at least one octet long, so that it has an address.
        return ImageBytes(base: UnsafeRawPointer(block.baseAddress!), count: bytes.count)
    }

    deinit {
        for block in blocks { block.deallocate() }
    }
}
