// One DNS client over TCP (RFC 7766): pipelined queries are answered in order, a peer that does not read is not read from, and
// when the process is about to end, so does the connection, between two messages.

import NIOCore
import Responder

/// Tells connections that they are to end.
struct Farewell: Sendable {
    let quiet: TimeAmount
}

/// One client: octets to messages, messages to answers.
final class TCPConnection: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private let responder: LoopResponder
    private let client: ClientAddress
    private let activity: ConnectionActivity
    private let table: ConnectionTable
    /// How long a message may take from its first octet to its last, and an answer until the client has taken it.
    private let patience: TimeAmount
    private var received = ByteBuffer()
    /// Closes the connection unless the message that has begun comes to its end.
    private var deadline: Scheduled<Void>?
    /// A read that waits until the client has taken what was written.
    private var isHeldBack = false
    /// Closes the connection unless the client takes what waits for it.
    private var unread: Scheduled<Void>?
    /// What waits, as the table knows it, in bytes.
    private var waiting = 0
    private var inputClosed = false
    /// All is said, and the client knows: what still comes is not answered.
    private var outputClosed = false
    /// The process is about to end, and with it this connection as soon as it is quiet.
    private var farewell: Farewell?
    private var leaving: Scheduled<Void>?

    init(
        responder: LoopResponder, client: ClientAddress, activity: ConnectionActivity, table: ConnectionTable,
        patience: TimeAmount, farewell: Farewell?
    ) {
        self.responder = responder
        self.client = client
        self.activity = activity
        self.table = table
        self.patience = patience
        self.farewell = farewell
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        deadline?.cancel()
        leaving?.cancel()
        unread?.cancel()
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
        // A message that was long leaves no room behind that others could use.
        if received.readableBytes == 0 { received = ByteBuffer() } else { received.discardReadBytes() }
        awaitRest(context, isNew: wrote)
        activity.note(isUnfinished: received.readableBytes > 0, isNew: wrote, isBusy: waiting > 0)
        noteWaiting(context)
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

    /// Has the table know what waits for the client, and sees to it that it does not wait for ever. Where clients read, nothing does.
    private func noteWaiting(_ context: ChannelHandlerContext) {
        let written = (try? context.channel.syncOptions?.getOption(.bufferedWritableBytes)) ?? 0
        let now = written == 0 ? 0 : written + received.readableBytes
        guard now != waiting else { return }
        waiting = now
        activity.note(isBusy: now > 0)
        table.note(context.channel, waiting: now)
        guard now > 0, unread == nil, context.channel.isActive else { return }
        unread = context.eventLoop.scheduleTask(in: patience) { [channel = context.channel] in
            channel.close(promise: nil)
        }
        // After all that waits by now: when it has gone, all of that has.
        context.writeAndFlush(wrapOutboundOut(ByteBuffer())).assumeIsolated().whenSuccess { [self] in
            unread?.cancel()
            unread = nil
            noteWaiting(context)
        }
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
            if outputClosed {
                context.close(promise: nil)
            } else if context.channel.isWritable {
                closeAfterAnswers(context)
            }
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
        leaving = context.eventLoop.assumeIsolated().scheduleTask(in: farewell.quiet) { self.takeLeave(context) }
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
