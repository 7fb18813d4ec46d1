// The event loop around the router: accepts connections, feeds events, carries out effects.
//
// One event loop, so one thread, runs everything, and the router's order is the order of all that happens. Output that
// a socket does not take waits in its channel; the router counts it and ends whoever lets too much gather. Reading
// never stops. Frames that arrive in one go are flushed in one go.

import Bus
import Glibc
import Logging
import NIOCore
import NIOPosix

/// A running bus.
struct BusServer: Sendable {
    private let loop: any EventLoop
    private let switchboard: NIOLoopBound<Switchboard>

    /// How many connections may wait to be accepted; the kernel cuts it to net.core.somaxconn.
    private static let acceptBacklog: Int32 = 4096

    /// Serves a bound socket; `stop` is called when a client that may do so asks for the daemon's end.
    init(router: Router, socket: Int32, log: Logger, stop: @escaping @Sendable () -> Void) throws {
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        let loop = group.next()
        self.loop = loop
        let switchboard = try loop.submit {
            NIOLoopBound(Switchboard(router: router, log: log, stop: stop), eventLoop: loop)
        }.wait()
        self.switchboard = switchboard
        _ = try ServerBootstrap(group: group)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(ClientHandler(switchboard.value))
                }
            }
            .withBoundSocket(socket).wait()
        // NIO listens with a backlog of 128, and a UNIX socket refuses what exceeds it.
        _ = listen(socket, BusServer.acceptBacklog)
    }

    /// Serves a connection that the supervisor has made, and which it now owns.
    func adopt(_ connection: Int32, _ handed: HandedConnection) {
        let (loop, switchboard) = (loop, switchboard)
        loop.execute {
            let bootstrap = ClientBootstrap(group: loop).channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(ClientHandler(switchboard.value, handed))
                }
            }
            _ = bootstrap.withConnectedSocket(connection)
        }
    }

    /// How many clients are connected.
    func clientCount() -> Int {
        (try? loop.submit { switchboard.value.clientCount }.wait()) ?? 0
    }
}
