// Turns the bytes of a channel into frames for its link.

import Bus
import Glibc
import NIOCore

/// The only handler in a bus channel's pipeline.
final class BusLinkHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    let link: BusLink
    private var decoder = FrameDecoder()
    private var failure: String?

    init(_ link: BusLink) {
        self.link = link
    }

    func channelActive(context: ChannelHandlerContext) {
        // NIO's sockets are inherited by children, and a child that held this one would keep us on the bus after our end.
        _ = try? context.pipeline.syncOperations.withUnsafeTransportIfAvailable(of: NIOBSDSocket.Handle.self) {
            fcntl($0, F_SETFD, FD_CLOEXEC)
        }
        link.begin()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard failure == nil else { return }
        decoder.append(unwrapInboundIn(data).readableBytesView)
        do {
            while let frame = try decoder.next() { try link.received(frame) }
        } catch {
            fail("the bus sent \(error)", context)
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        fail("\(error)", context)
    }

    func channelInactive(context: ChannelHandlerContext) {
        link.ended(reason: failure ?? "the bus closed the connection")
    }

    private func fail(_ reason: String, _ context: ChannelHandlerContext) {
        failure = failure ?? reason
        context.close(promise: nil)
    }
}
