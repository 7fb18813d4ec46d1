// DNS over TCP (RFC 7766): a thread accepts connections, and hands them to the event loops of SwiftNIO; at the end of the process
// they are left in order. (SwiftNIO would accept by itself, but makes the listening socket non-blocking, which is that of other
// processes too, and asserts that there are none who accept.)

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
    /// The leading bits of an address that make a client.
    var clientBits = (ipv4: 32, ipv6: 64)
    /// How long a connection may be silent (RFC 7766, section 6.2.3), how long a message may take to come whole, and how long an
    /// answer may wait for the client.
    var idle = TimeAmount.seconds(10)
    /// Answers that wait for a slow reader before the connection is no longer read, in bytes.
    var backlog = 256 << 10
    /// What waits for one client, and for all, before the connections with the most are closed, in bytes.
    var backlogPerClient = 4 << 20
    var backlogOfAll = 64 << 20

    /// What the kernel keeps of a connection's answers and queries, in bytes. (It doubles both for what it needs itself.) By default it
    /// would go to several MiB for each.
    static let kernelBuffers = (answers: 64 << 10, queries: 32 << 10)

    /// Descriptors that are kept for files to map, the log, and connections that have just come.
    static let reserve = 128

    /// Bounds the connections by the descriptors that are left.
    ///
    /// - Returns: the limit on descriptors, if there are too few for the connections that are wanted.
    mutating func bound(by descriptors: Int, used: Int) -> Int? {
        let reserve = min(TCPLimits.reserve, max(48, descriptors / 4))
        let most = max(1, descriptors - used - reserve)
        guard most < connections else { return nil }
        connections = most
        return descriptors
    }
}

/// Serves the listening TCP sockets of the process.
final class TCPServer: Sendable {
    private let group: MultiThreadedEventLoopGroup
    private let handover: Handover
    private let registry: CounterRegistry
    private let limits: TCPLimits
    private let options: ResponderOptions
    private let keys: CookieKeys
    private let damage: DamageWatch
    private let log: Logger
    private let responders = ThreadSpecificVariable<LoopResponder>()
    private let connections: ConnectionTable
    private let acceptors = ReaderThreads()
    /// Connections that were accepted and are not yet in the table.
    private let arriving = Atomic<Int>(0)
    private static let mostArriving = 16
    /// How often the kernel had no connection to give, though there was one.
    private let refusals = Atomic<Int>(0)
    /// How long a connection may be silent; set when the process is about to end.
    private let farewell = Mutex<Farewell?>(nil)

    init(
        threads: Int, handover: Handover, registry: CounterRegistry, limits: TCPLimits, options: ResponderOptions,
        keys: CookieKeys, damage: DamageWatch, log: Logger
    ) {
        group = MultiThreadedEventLoopGroup(numberOfThreads: threads)
        self.handover = handover
        self.registry = registry
        self.limits = limits
        connections = ConnectionTable(limits: limits)
        self.options = options
        self.keys = keys
        self.damage = damage
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
            .channelOption(.socketOption(.so_sndbuf), value: TCPLimits.kernelBuffers.answers)
            .channelOption(.socketOption(.so_rcvbuf), value: TCPLimits.kernelBuffers.queries)
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
                    responder: loopResponder(), client: client, activity: activity, table: connections,
                    patience: limits.idle, farewell: farewell.withLock { $0 }))
        }
    }

    private func pause(after code: Int32) {
        // A client that has gone again, or a signal, which is looked at by whoever called.
        if [EINTR, ECONNABORTED, EPROTO].contains(code) { return }
        // It may last: a line every ten seconds says as much as one each time.
        let times = refusals.add(1, ordering: .relaxed).oldValue
        if times % 100 == 0 { log.error("could not accept a connection: \(SystemError.text(of: code))") }
        _ = try? WakeUp.wait(for: [], milliseconds: 100)
    }

    /// Leaves new connections to whoever shares the sockets, closes those that there are when they are quiet, and returns when
    /// none is left. What has been asked is answered. May be called again with less patience.
    func drain(_ patience: DrainPatience) async {
        acceptors.stop()
        while arriving.load(ordering: .relaxed) > 0 { try? await Task.sleep(for: .milliseconds(1)) }
        await sayFarewell(Farewell(quiet: patience.quiet), until: .now + patience.limit)
        // Clients that never pause are left between two of their messages.
        await sayFarewell(Farewell(quiet: .zero), until: .now + patience.last)
    }

    /// Returns when no connection is left, or at the end of the time.
    private func sayFarewell(_ farewell: Farewell, until end: ContinuousClock.Instant) async {
        self.farewell.withLock { $0 = farewell }
        for channel in connections.channels { channel.pipeline.fireUserInboundEventTriggered(farewell) }
        while !connections.channels.isEmpty, ContinuousClock.now < end {
            try? await Task.sleep(for: .milliseconds(10))
        }
    }

    /// The responder of the event loop that runs this.
    private func loopResponder() -> LoopResponder {
        if let responder = responders.currentValue { return responder }
        let responder = LoopResponder(
            slot: handover.addReader(), counters: registry.add(), options: options, keys: keys, damage: damage)
        responders.currentValue = responder
        return responder
    }
}

/// How long clients are waited for when the process is to end.
struct DrainPatience: Sendable {
    /// The silence after which a connection is closed.
    let quiet: TimeAmount
    /// How long such silences are waited for.
    let limit: Duration
    /// How long clients may then take to close their side.
    let last = Duration.seconds(1)

    /// New generations still come: what is answered is as new as what others answer.
    static let onTheBus = DrainPatience(quiet: .seconds(2), limit: .seconds(30))
    /// What is answered may be older than what others answer, so nothing is waited for but what has come already: a turn of the event
    /// loop finds it.
    static let offTheBus = DrainPatience(quiet: .milliseconds(1), limit: .milliseconds(100))
}

/// A connection beyond the cap, which is closed at once.
private struct TooManyConnections: Error {}

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
