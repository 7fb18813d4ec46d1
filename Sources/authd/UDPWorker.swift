// One thread, one UDP socket: a batch of datagrams in, a batch of answers out. Nothing in the loop locks, allocates or
// counts references.

import CLinux
import DNSCore
import Glibc
import Logging
import Platform
import Responder
import Synchronization

/// Answers what arrives at one UDP socket.
struct UDPWorker: Sendable {
    let socket: Int32
    let slot: ReaderSlot
    let counters: Counters
    /// All addresses that the process listens on: packets from there are never answered.
    let ownEndpoints: [Endpoint]
    let options: ResponderOptions
    let keys: CookieKeys
    let damage: DamageWatch
    /// The processor that the thread is bound to, counted modulo those that there are.
    let processor: UInt32?
    let log: Logger

    /// As many datagrams as one system call takes in; more gains nothing measurable.
    static let batchSize: UInt32 = 32
    /// The longest query that is looked at, in octets; a longer one is malformed for any purpose of ours.
    static let largestQuery: UInt32 = 4096

    /// Serves until told to stop. For a thread of its own.
    func run(until end: EndOfReading) {
        if let processor, zc_thread_bind(processor) < 0 {
            log.warning("a UDP worker can't be bound to a processor", metadata: ["processor": "\(processor)"])
        }
        guard
            let batch = unsafe zc_batch_create(
                UDPWorker.batchSize, UDPWorker.largestQuery, UInt32(options.largestPayload))
        else {
            log.critical("no memory for a UDP worker")
            ExitStatus.failed.exit()
        }
        let own = ownEndpoints.map(\.cAddress)
        _ = unsafe zc_batch_set_own_addresses(batch, own, UInt32(own.count))
        var responder = Responder(capacity: Int(UDPWorker.batchSize), options: options)
        var seenKeys: UInt64 = 0
        while !end.isWanted {
            let count = unsafe zc_udp_receive(batch, socket, -1, 1)
            guard count > 0 else {
                if count < 0 { pause(after: -count) }
                continue
            }
            keys.update(&responder, &seenKeys)
            unsafe answer(batch.pointee.messages, count: Int(count), &responder)
            let failures = unsafe batch.pointee.sendFailures
            _ = unsafe zc_udp_send(batch, socket)
            let failed = unsafe batch.pointee.sendFailures - failures
            if failed > 0 { counters.countSendFailures(Int(failed)) }
            slot.leave()
        }
        unsafe zc_batch_destroy(batch)
    }

    /// Answers a batch. What the image holds is prefetched step by step for all of it: see QuerySteps.swift.
    @inline(__always)
    private func answer(_ messages: UnsafeMutablePointer<zc_message>, count: Int, _ responder: inout Responder) {
        // A worker is started after the first generation was published.
        guard let generation = slot.enter() else { return }
        responder.time = UInt32(truncatingIfNeeded: Glibc.time(nil))
        // Safe: the batch has `count` messages, and their buffers are as long as it was created with.
        for index in 0..<count {
            unsafe responder.read(index, received(messages[index]), in: generation)
        }
        for index in 0..<count { responder.findEntry(index, in: generation) }
        for index in 0..<count { responder.findZone(index, in: generation) }
        for index in 0..<count { responder.findBucket(index, in: generation) }
        if generation.isLarge {
            for index in 0..<count { responder.findNode(index) }
            for index in 0..<count { responder.findNode(index) }
            for index in 0..<count { responder.findParts(index) }
            for index in 0..<count { responder.findTargets(index) }
            for index in 0..<count { responder.findAddresses(index) }
        }
        for index in 0..<count {
            let message = unsafe messages[index]
            guard message.fromOwn == 0, message.sourcePort != 0, message.truncated == 0 else {
                counters.countDropped()
                continue
            }
            var outcome = unsafe respond(to: message, index, &responder)
            let written = unsafe UnsafeRawBufferPointer(start: message.out, count: outcome.length)
            if unsafe damage.contradicts(written, of: responder.zone(index), in: generation) {
                damage.suspect()
                responder.withdrawZone(index)
                outcome = unsafe respond(to: message, index, &responder)
            }
            unsafe messages[index].outLength = UInt32(truncatingIfNeeded: outcome.length)
            counters.count(responder.questionType(index), outcome, over: .udp)
        }
        if damage.hasNews { unsafe withdrawZones(messages, count: count, &responder) }
    }

    @inline(__always)
    private func respond(to message: zc_message, _ index: Int, _ responder: inout Responder) -> Outcome {
        unsafe responder.answer(
            index, to: received(message), over: .udp, from: client(of: message),
            into: UnsafeMutableRawBufferPointer(start: message.out, count: options.largestPayload))
    }

    /// Answers a batch again whose answers were made while pages were lost.
    @inline(never)
    private func withdrawZones(
        _ messages: UnsafeMutablePointer<zc_message>, count: Int, _ responder: inout Responder
    ) {
        damage.suspect()
        for index in 0..<count where unsafe messages[index].outLength > 0 {
            responder.withdrawZone(index)
            let outcome = unsafe respond(to: messages[index], index, &responder)
            unsafe messages[index].outLength = UInt32(truncatingIfNeeded: outcome.length)
        }
    }

    @inline(__always)
    private func received(_ message: zc_message) -> UnsafeRawBufferPointer {
        unsafe UnsafeRawBufferPointer(start: message.in, count: Int(message.inLength))
    }

    @inline(__always)
    private func client(of message: zc_message) -> ClientAddress {
        var source = message.source
        return unsafe withUnsafeBytes(of: &source) { source in
            // Safe: an IPv4 address takes the first 4 of 16 octets.
            unsafe ClientAddress(
                UnsafeRawBufferPointer(rebasing: source[..<(message.family == UInt8(ZC_IPV4) ? 4 : 16)]))
        }
    }

    /// A socket that can't be read for a moment is no reason to spin, nor to give up.
    private func pause(after code: Int32) {
        log.error("could not receive: \(SystemError.text(of: code))")
        _ = try? WakeUp.wait(for: [], milliseconds: 100)
    }
}
