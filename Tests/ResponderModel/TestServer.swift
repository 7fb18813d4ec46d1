// Zones in a test's text, compiled and asked in memory. Images stand before a page that can't be read, so that a read
// behind one ends the test.

import DNSCore
import Glibc
import Responder
import ZoneFile
import ZoneImage

/// Bytes in memory that end where an unreadable page begins.
package final class GuardedBytes: @unchecked Sendable {
    // Sendable: written by init only, or by the one test that owns it.
    private let mapping: UnsafeMutableRawPointer
    private let mappedSize: Int
    private let base: UnsafeRawPointer
    package let buffer: UnsafeMutableRawBufferPointer

    package init(_ bytes: [UInt8]) {
        let page = Int(getpagesize())
        let used = (max(1, bytes.count) + page - 1) / page * page
        mappedSize = used + page
        let start = mmap(nil, mappedSize, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)
        guard let start, start != MAP_FAILED else { preconditionFailure("mmap: error \(errno)") }
        mapping = start
        guard mprotect(start + used, page, PROT_NONE) == 0 else { preconditionFailure("mprotect: error \(errno)") }
        base = UnsafeRawPointer(start) + used - bytes.count
        buffer = UnsafeMutableRawBufferPointer(start: start + used - bytes.count, count: bytes.count)
        buffer.copyBytes(from: bytes)
    }

    deinit {
        munmap(mapping, mappedSize)
    }

    package var bytes: ImageBytes { ImageBytes(base: base, count: buffer.count) }
}

/// A generation in memory, and a responder that answers from it.
package final class TestServer {
    /// Each zone as compiled, standing alone in its image.
    package let images: [GuardedBytes]
    private let directory: GuardedBytes
    private let generation: MemoryGeneration
    private var responder = Responder(capacity: 1)
    /// Every second query is answered as in a large generation.
    private var fetchesAhead = false
    /// Who asks.
    package var client: [UInt8] = [192, 0, 2, 99]
    package var options = ResponderOptions() {
        didSet { responder = Responder(capacity: 1, options: options) }
    }
    /// Seconds since 1970.
    package var time: UInt32 {
        get { responder.time }
        set { responder.time = newValue }
    }
    private let message = GuardedBytes([UInt8](repeating: 0, count: 65_535))
    private let datagram = GuardedBytes([UInt8](repeating: 0xEE, count: 4_096))
    private let stream = GuardedBytes([UInt8](repeating: 0xEE, count: 65_535))

    /// Zones from their text; the apex is the owner of the SOA record, which comes first.
    package convenience init(_ zones: String...) throws {
        try self.init(tables: zones.map { try TestServer.load($0) })
    }

    package convenience init(tables: [RecordTable], unavailable: [String] = []) throws {
        var compiled: [CompiledZone] = []
        for table in tables {
            let result = ZoneBuilder.build(table, options: BuildOptions(allowsMissingNS: true))
            guard let zone = result.zone else {
                throw WireError("the zone is refused: \(result.problems.map(\.message))")
            }
            compiled.append(zone)
        }
        try self.init(compiled: compiled, unavailable: unavailable)
    }

    package init(compiled: [CompiledZone], unavailable: [String] = []) throws {
        var places: [GuardedBytes] = []
        generation = try MemoryGeneration(compiled, unavailable: unavailable.map { try Name($0) }) { bytes in
            places.append(GuardedBytes(bytes))
            return places[places.count - 1].bytes
        }
        directory = places.removeLast()
        images = places
    }

    package static func load(_ text: String) throws -> RecordTable {
        let words = text.split(whereSeparator: \.isWhitespace)
        let isDirective = words.first == "$ORIGIN"
        return try ZoneLoader(origin: Name(String(words[isDirective ? 1 : 0]))).load(text: text, name: "test").records
    }

    /// The zone in image `index`.
    package func zone(_ index: Int = 0) -> ZoneView { ZoneView(bytes: images[index].bytes)! }

    /// The answer's bytes; empty when there is none. Query and answer end where unreadable pages begin.
    package func answer(_ query: [UInt8], over transport: Transport = .udp) -> [UInt8] {
        let place = UnsafeMutableRawBufferPointer(
            rebasing: message.buffer[(message.buffer.count - query.count)...])
        place.copyBytes(from: query)
        let bytes = UnsafeRawBufferPointer(place)
        let whole = (transport == .udp ? datagram : stream).buffer
        let size = transport == .udp ? options.largestPayload : whole.count
        let buffer = UnsafeMutableRawBufferPointer(rebasing: whole[(whole.count - size)...])
        responder.prepare(bytes, in: generation.view)
        if fetchesAhead { responder.fetchAhead() }
        fetchesAhead.toggle()
        let address = client.withUnsafeBytes { ClientAddress($0) }
        let outcome = responder.answer(0, to: bytes, over: transport, from: address, into: buffer)
        precondition(outcome.length <= buffer.count)
        return Array(buffer[..<outcome.length])
    }

    /// The answer to a query, which must be well-formed and echo the question.
    package func ask(_ query: TestQuery, over transport: Transport = .udp) throws -> WireMessage {
        let message = try WireMessage(answer(query.bytes, over: transport))
        guard message.id == query.id, message.isResponse,
            message.questions
                == [WireQuestion(name: wirePresentation(query.name), type: query.type, rrClass: query.rrClass)]
        else { throw WireError("the answer to \(query.text) does not belong to it") }
        return message
    }

    /// The answer to `"www.example. A +dnssec"` over UDP, or with `+tcp`, over TCP.
    package func ask(_ text: String) throws -> Reply {
        let isTCP = text.hasSuffix(" +tcp")
        return Reply(try ask(TestQuery(isTCP ? String(text.dropLast(5)) : text), over: isTCP ? .tcp : .udp))
    }
}

/// An answer as tests compare it: what it says, and its records as lines without regard to their order.
package struct Reply: Equatable, CustomStringConvertible {
    /// `NOERROR AA`, `NXDOMAIN AA`, `NOERROR TC`, …
    package let status: String
    package let answer: [String]
    package let authority: [String]
    package let additional: [String]
    package let message: WireMessage

    package init(_ message: WireMessage) {
        let names = [
            0: "NOERROR", 1: "FORMERR", 2: "SERVFAIL", 3: "NXDOMAIN", 4: "NOTIMP", 5: "REFUSED", 6: "YXDOMAIN",
            9: "NOTAUTH", 16: "BADVERS",
        ]
        status =
            (names[message.rcode] ?? "RCODE\(message.rcode)") + (message.isAuthoritative ? " AA" : "")
            + (message.isTruncated ? " TC" : "")
        answer = message.answer.map(\.text).sorted()
        authority = message.authority.map(\.text).sorted()
        additional = message.additional.map(\.text).sorted()
        self.message = message
    }

    package static func == (left: Reply, right: Reply) -> Bool { left.description == right.description }

    package var description: String {
        ([status] + answer + ["-"] + authority + ["-"] + additional).joined(separator: "\n")
    }
}
