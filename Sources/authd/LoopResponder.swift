// A responder for the connections of one event loop: a message in, a message with its length in front out.

import DNSCore
import Glibc
import NIOCore
import Responder

/// What one event loop answers with.
final class LoopResponder: @unchecked Sendable {
    // Sendable: made on its loop's thread, found by that thread only, and used by that loop's handlers.

    private var responder: Responder
    private let slot: ReaderSlot
    private let counters: Counters
    private let keys: CookieKeys
    private let damage: DamageWatch
    private var seenKeys: UInt64 = 0
    private let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: Int(UInt16.max), alignment: 8)

    init(slot: ReaderSlot, counters: Counters, options: ResponderOptions, keys: CookieKeys, damage: DamageWatch) {
        self.damage = damage
        responder = Responder(capacity: 1, options: options)
        self.slot = slot
        self.counters = counters
        self.keys = keys
    }

    deinit {
        unsafe buffer.deallocate()
    }

    /// Clients that want to know how long a connection may be silent are asked to close it from now on (RFC 7828, section 3.3.2).
    func askToClose() { responder.idleTimeout = 0 }

    /// Answers one message; nil when there is nothing to say.
    func answer(_ message: ByteBuffer, from client: ClientAddress, allocator: ByteBufferAllocator) -> ByteBuffer? {
        guard let generation = slot.enter() else { return nil }
        defer { slot.leave() }
        keys.update(&responder, &seenKeys)
        responder.time = UInt32(truncatingIfNeeded: Glibc.time(nil))
        return message.withUnsafeReadableBytes { message in
            unsafe responder.prepare(message, in: generation)
            var outcome = unsafe responder.answer(0, to: message, over: .tcp, from: client, into: buffer)
            let written = unsafe UnsafeRawBufferPointer(rebasing: buffer[..<outcome.length])
            if unsafe damage.hasNews || damage.contradicts(written, of: responder.zone(0), in: generation) {
                damage.suspect()
                responder.withdrawZone(0)
                outcome = unsafe responder.answer(0, to: message, over: .tcp, from: client, into: buffer)
            }
            counters.count(responder.questionType(0), outcome, over: .tcp)
            guard outcome.length > 0 else { return nil }
            var answer = allocator.buffer(capacity: outcome.length + 2)
            answer.writeInteger(UInt16(truncatingIfNeeded: outcome.length))
            unsafe answer.writeBytes(UnsafeRawBufferPointer(rebasing: buffer[..<outcome.length]))
            return answer
        }
    }
}
