// DNS over TCP (RFC 7766): a thread accepts, SwiftNIO reads and writes, the responder answers. Pipelined queries are answered in order;
// a peer that does not read is not read from.

import CLinux
import DNSCore
import Glibc
import Logging
import NIOCore
import NIOPosix
import Platform
import Responder
import Synchronization

/// The bounds that keep TCP clients from using up the process.
struct TCPLimits: Sendable {
    /// Connections at a time, of all clients.
    var connections = 1024
    /// Connections at a time of one client.
    var connectionsPerClient = 100
    /// How long a connection may be silent (RFC 7766, section 6.2.3), and how long a message may take to come whole.
    var idle = TimeAmount.seconds(10)
    /// Answers that wait for a slow reader before the connection is no longer read, in bytes.
    var backlog = 256 * 1024
}

/// Serves the listening TCP sockets of the process.
final class TCPServer: Sendable {
    private let group: MultiThreadedEventLoopGroup
    private let handover: Handover
    private let registry: CounterRegistry
    private let limits: TCPLimits
    private let options: ResponderOptions
    private let keys: CookieKeys
    private let log: Logger
    private let responders = ThreadSpecificVariable<LoopResponder>()
    private let connections: ConnectionTable
    private let acceptors = ReaderThreads()
    /// Connections that were accepted and are not yet in the table.
    private let arriving = Atomic<Int>(0)
    private static let mostArriving = 64
    /// How long a connection may be silent; set when the process is about to end.
    private let farewell = Mutex<Farewell?>(nil)

    init(
        threads: Int, handover: Handover, registry: CounterRegistry, limits: TCPLimits, options: ResponderOptions,
        keys: CookieKeys, log: Logger
    ) {
        group = MultiThreadedEventLoopGroup(numberOfThreads: threads)
        self.handover = handover
        self.registry = registry
        self.limits = limits
        connections = ConnectionTable(limits: limits)
        self.options = options
        self.keys = keys
        self.log = log
    }

    /// Starts to accept at a listening socket. Its flags stay what they are: others share them.
    func serve(_ socket: Int32, number: Int) throws(PlatformError) {
        try acceptors.start(named: "tcp.\(number)") { [self] end in
            var client = zc_address()
            while !end.isWanted {
                let connection = unsafe zc_socket_accept(socket, &client)
                if connection >= 0 { take(connection, from: ClientAddress(client)) } else { pause(after: -connection) }
            }
        }
    }

    /// Hands an accepted connection to an event loop.
    private func take(_ connection: Int32, from client: ClientAddress) {
        let taken = arriving.add(1, ordering: .relaxed).newValue
        let bootstrap = ClientBootstrap(group: group)
            .channelOption(.tcpOption(.tcp_nodelay), value: 1)
            .channelOption(.allowRemoteHalfClosure, value: true)
            .channelOption(.writeBufferWaterMark, value: .init(low: limits.backlog / 2, high: limits.backlog))
            .channelInitializer { [self] channel in setUp(channel, client) }
        let future = bootstrap.withConnectedSocket(connection)
        future.whenComplete { [self] _ in arriving.subtract(1, ordering: .relaxed) }
        // Connections that are accepted faster than they can be set up wait in the kernel.
        if taken > TCPServer.mostArriving { _ = try? future.wait() }
    }

    private func setUp(_ channel: any Channel, _ client: ClientAddress) -> EventLoopFuture<Void> {
        let activity = ConnectionActivity()
        guard connections.add(channel, from: client, activity) else {
            return channel.eventLoop.makeFailedFuture(TooManyConnections())
        }
        channel.closeFuture.whenComplete { [self] _ in connections.remove(channel) }
        return channel.eventLoop.makeCompletedFuture {
            let operations = channel.pipeline.syncOperations
            try operations.addHandler(IdleStateHandler(allTimeout: limits.idle))
            try operations.addHandler(
                TCPConnection(
                    responder: loopResponder(), client: client, activity: activity, patience: limits.idle,
                    farewell: farewell.withLock { $0 }))
        }
    }

    private func pause(after code: Int32) {
        // A client that has gone again, or a signal, which is looked at by whoever called.
        if [EINTR, ECONNABORTED, EPROTO].contains(code) { return }
        log.error("could not accept a connection: \(SystemError.text(of: code))")
        _ = try? WakeUp.wait(for: [], milliseconds: 100)
    }

    /// Leaves new connections to whoever shares the sockets, closes those that there are when they are quiet, and returns when
    /// none is left. What has been asked is answered. May be called again with less patience.
    func drain(_ patience: DrainPatience) async {
        acceptors.stop()
        while arriving.load(ordering: .relaxed) > 0 { try? await Task.sleep(for: .milliseconds(1)) }
        let farewell = Farewell(quiet: patience.quiet)
        self.farewell.withLock { $0 = farewell }
        for channel in connections.channels { channel.pipeline.fireUserInboundEventTriggered(farewell) }
        let end = ContinuousClock.now + patience.limit
        while !connections.channels.isEmpty, ContinuousClock.now < end {
            try? await Task.sleep(for: .milliseconds(10))
        }
        // A client that never pauses is left between two of its messages.
        if patience.quiet > .zero, !connections.channels.isEmpty { await drain(.offTheBus) }
    }

    /// The responder of the event loop that runs this.
    private func loopResponder() -> LoopResponder {
        if let responder = responders.currentValue { return responder }
        let responder = LoopResponder(
            slot: handover.addReader(), counters: registry.add(), options: options, keys: keys)
        responders.currentValue = responder
        return responder
    }
}

/// How long clients are waited for when the process is to end.
struct DrainPatience: Sendable {
    /// The silence after which a connection is closed.
    let quiet: TimeAmount
    /// How long all of it may take.
    let limit: Duration

    /// New generations still come: what is answered is as new as what others answer.
    static let onTheBus = DrainPatience(quiet: .seconds(2), limit: .seconds(30))
    /// What is answered may be older than what others answer, so nothing is waited for but messages that have begun.
    static let offTheBus = DrainPatience(quiet: .zero, limit: .seconds(2))
}

/// Tells connections that they are to end.
struct Farewell: Sendable {
    let quiet: TimeAmount
}

/// A connection beyond the cap, which is closed at once.
private struct TooManyConnections: Error {}

/// What one event loop answers with.
final class LoopResponder: @unchecked Sendable {
    // Sendable: made on its loop's thread, found by that thread only, and used by that loop's handlers.

    private var responder: Responder
    private let slot: ReaderSlot
    private let counters: Counters
    private let keys: CookieKeys
    private var seenKeys: UInt64 = 0
    private let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: Int(UInt16.max), alignment: 8)

    init(slot: ReaderSlot, counters: Counters, options: ResponderOptions, keys: CookieKeys) {
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
            let outcome = unsafe responder.answer(0, to: message, over: .tcp, from: client, into: buffer)
            counters.count(responder.questionType(0), outcome, over: .tcp)
            guard outcome.length > 0 else { return nil }
            var answer = allocator.buffer(capacity: outcome.length + 2)
            answer.writeInteger(UInt16(truncatingIfNeeded: outcome.length))
            unsafe answer.writeBytes(UnsafeRawBufferPointer(rebasing: buffer[..<outcome.length]))
            return answer
        }
    }
}

/// One client: octets to messages, messages to answers.
final class TCPConnection: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private let responder: LoopResponder
    private let client: ClientAddress
    private let activity: ConnectionActivity
    /// How long a message may take from its first octet to its last.
    private let patience: TimeAmount
    private var received = ByteBuffer()
    /// Closes the connection unless the message that has begun comes to its end.
    private var deadline: Scheduled<Void>?
    /// A read that waits until the client has taken what was written.
    private var isHeldBack = false
    private var inputClosed = false
    /// All is said, and the client knows: what still comes is not answered.
    private var outputClosed = false
    /// The process is about to end, and with it this connection as soon as it is quiet.
    private var farewell: Farewell?
    private var leaving: Scheduled<Void>?

    init(
        responder: LoopResponder, client: ClientAddress, activity: ConnectionActivity, patience: TimeAmount,
        farewell: Farewell?
    ) {
        self.responder = responder
        self.client = client
        self.activity = activity
        self.patience = patience
        self.farewell = farewell
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        deadline?.cancel()
        leaving?.cancel()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        if outputClosed { return }
        var octets = unwrapInboundIn(data)
        received.writeBuffer(&octets)
        answerWhole(context)
    }

    /// Answers the messages that have come whole, as long as the client takes answers. When it returns and the channel is
    /// writable, no whole message is left.
    private func answerWhole(_ context: ChannelHandlerContext) {
        var wrote = false
        while let batch = answerUntilFull(context) {
            if batch == 0 { break }
            wrote = true
            // A flush may make room at once, and whoever waited for the news of that would wait for ever.
            context.flush()
        }
        received.discardReadBytes()
        awaitRest(context, isNew: wrote)
        activity.note(isBusy: received.readableBytes > 0 || !context.channel.isWritable)
        if !context.channel.isWritable, !isHeldBack {
            isHeldBack = true
            context.channel.setOption(.autoRead, value: false).whenFailure { _ in }
        }
        if inputClosed, context.channel.isWritable { closeAfterAnswers(context) } else { leaveWhenQuiet(context) }
    }

    /// Answers messages until no whole one is left or no more answers are taken: how many; nil when the connection ends.
    private func answerUntilFull(_ context: ChannelHandlerContext) -> Int? {
        var count = 0
        while context.channel.isWritable, let message = received.readLengthPrefixedSlice(as: UInt16.self) {
            guard let answer = responder.answer(message, from: client, allocator: context.channel.allocator) else {
                // No answer is due to what is no query; a peer that sends such a thing is not speaking DNS.
                context.flush()
                context.close(promise: nil)
                return nil
            }
            context.write(wrapOutboundOut(answer), promise: nil)
            count += 1
        }
        return count
    }

    /// Gives a message that has begun its time. `isNew`: it is not the one that was waited for before.
    private func awaitRest(_ context: ChannelHandlerContext, isNew: Bool) {
        if isNew || received.readableBytes == 0 {
            deadline?.cancel()
            deadline = nil
        }
        guard received.readableBytes > 0, deadline == nil else { return }
        deadline = context.eventLoop.scheduleTask(in: patience) { [channel = context.channel] in
            channel.close(promise: nil)
        }
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        guard context.channel.isWritable, isHeldBack else { return }
        isHeldBack = false
        answerWhole(context)
        if !isHeldBack { context.channel.setOption(.autoRead, value: true).whenFailure { _ in } }
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        switch event {
        case is IdleStateHandler.IdleStateEvent:
            context.close(promise: nil)
        case let event as ChannelEvent where event == .inputClosed:
            // A client may close its side after its last query and still wants the answers (RFC 7766, section 6.2.4).
            inputClosed = true
            if outputClosed { context.close(promise: nil) } else if context.channel.isWritable { closeAfterAnswers(context) }
        case let event as Farewell:
            farewell = event
            responder.askToClose()
            leaveWhenQuiet(context)
        default:
            context.fireUserInboundEventTriggered(event)
        }
    }

    /// Once the process is about to end: closes the connection when nothing has come for a while, and no message has begun.
    private func leaveWhenQuiet(_ context: ChannelHandlerContext) {
        leaving?.cancel()
        guard let farewell, received.readableBytes == 0, context.channel.isWritable else { return }
        if farewell.quiet == .zero { return takeLeave(context) }
        let context = NIOLoopBound(context, eventLoop: context.eventLoop)
        leaving = context.value.eventLoop.scheduleTask(in: farewell.quiet) { [self] in
            takeLeave(context.value)
        }
    }

    /// Ends the connection from our side, and waits for the client to do the same: closed at once, with something of the client's
    /// on its way, it would be reset, and answers that are on theirs be lost.
    private func takeLeave(_ context: ChannelHandlerContext) {
        guard !outputClosed else { return }
        outputClosed = true
        let channel = context.channel
        context.writeAndFlush(wrapOutboundOut(ByteBuffer())).whenComplete { _ in
            channel.close(mode: .output, promise: nil)
        }
        context.eventLoop.scheduleTask(in: TCPConnection.lastPatience) { channel.close(promise: nil) }
    }

    private static let lastPatience = TimeAmount.seconds(1)

    private func closeAfterAnswers(_ context: ChannelHandlerContext) {
        context.writeAndFlush(wrapOutboundOut(ByteBuffer())).whenComplete { [channel = context.channel] _ in
            channel.close(promise: nil)
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        context.close(promise: nil)
    }
}

extension ClientAddress {
    fileprivate init(_ address: zc_address) {
        var octets = address.address
        self = unsafe withUnsafeBytes(of: &octets) { octets in
            // Safe: an IPv4 address takes the first 4 of 16 octets.
            unsafe ClientAddress(
                UnsafeRawBufferPointer(rebasing: octets[..<(address.family == UInt8(ZC_IPV4) ? 4 : 16)]))
        }
    }
}
