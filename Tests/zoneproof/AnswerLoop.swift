// Answers one query over and over, with everything made ready before: what is left is what an answer costs.

import DNSCore
import Responder
import ResponderModel
import ZoneImage

/// A responder with one query.
final class AnswerLoop {
    private let memory: [GuardedBytes]
    private let generation: MemoryGeneration
    private var responder: Responder
    private let query: GuardedBytes
    private let buffer: UnsafeMutableRawBufferPointer
    private let client: ClientAddress
    private let transport: Transport

    init(_ kind: AnswerKind) throws {
        let records = ModelComparison.signed(AnswerKind.records, kind.chain)
        guard let zone = ZoneBuilder.build(try ModelComparison.table(records)).zone else {
            throw WireError("the zone is refused")
        }
        var memory: [GuardedBytes] = []
        generation = try MemoryGeneration([zone]) { bytes in
            memory.append(GuardedBytes(bytes))
            return memory[memory.count - 1].bytes
        }
        self.memory = memory
        responder = Responder(capacity: 1, options: kind.options)
        responder.time = 1_800_000_000
        query = GuardedBytes(kind.query)
        buffer = .allocate(byteCount: kind.transport == .udp ? 1232 : 65_535, alignment: 16)
        client = [192, 0, 2, 99 as UInt8].withUnsafeBytes { ClientAddress($0) }
        transport = kind.transport
    }

    deinit {
        buffer.deallocate()
    }

    /// Answers `times` times; the octets of the last answer.
    func run(_ times: Int) -> Int {
        let view = generation.view
        let message = UnsafeRawBufferPointer(query.buffer)
        var length = 0
        for _ in 0..<times {
            responder.prepare(message, in: view)
            length = responder.answer(0, to: message, over: transport, from: client, into: buffer).length
        }
        return length
    }
}
