// One client's connection: bytes to frames, and frames to the switchboard.

import Bus
import NIOCore

/// The only handler in a client's pipeline.
final class ClientHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    private let switchboard: Switchboard
    private let client: ClientID
    private var decoder: FrameDecoder
    /// What the switchboard was last told about the memory of unfinished input.
    private var reported = 0
    private var failed = false

    /// What the supervisor says of the connection, if it has handed it over.
    private let handed: HandedConnection?

    init(_ switchboard: Switchboard, _ handed: HandedConnection? = nil) {
        self.switchboard = switchboard
        self.handed = handed
        client = switchboard.nextClient()
        decoder = FrameDecoder(limit: switchboard.frameLimit)
    }

    func channelActive(context: ChannelHandlerContext) {
        if let handed {
            return switchboard.connected(client, context.channel, handed.credentials, as: handed.appointment)
        }
        let credentials = try? context.pipeline.syncOperations.withUnsafeTransportIfAvailable(
            of: NIOBSDSocket.Handle.self
        ) { Credentials(peerOf: $0) }
        guard let credentials = credentials ?? nil else {
            context.close(promise: nil)
            return
        }
        switchboard.connected(client, context.channel, credentials)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard !failed else { return }
        decoder.append(unwrapInboundIn(data).readableBytesView)
        do {
            while let frame = try decoder.next() { switchboard.post(.received(client, frame)) }
        } catch {
            failed = true
            switchboard.post(.malformed(client, error))
        }
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        if decoder.held != reported {
            reported = decoder.held
            switchboard.post(.incoming(client, bytes: reported))
        }
        switchboard.flush()
    }

    /// Every error is the end of its connection, which `channelInactive` reports.
    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        switchboard.note(client, "\(error)")
        context.close(promise: nil)
    }

    func channelInactive(context: ChannelHandlerContext) {
        switchboard.closed(client)
        switchboard.flush()
    }
}
