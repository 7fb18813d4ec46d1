// All that the process answers at: UDP threads and the TCP server, opened together and closed in the order that loses nothing.

import Logging
import NIOCore
import Platform
import Responder

/// The sockets of the process at work.
final class Front: Sendable {
    private let sockets: ServingSockets
    private let handover: Handover
    private let registry: CounterRegistry
    private let options: ResponderOptions
    private let keys: CookieKeys
    private let damage: DamageWatch
    /// Whether each UDP thread is bound to a processor.
    private let pins: Bool
    private let log: Logger
    private let udp = ReaderThreads()
    private let tcp: TCPServer

    init(
        sockets: ServingSockets, handover: Handover, registry: CounterRegistry, limits: TCPLimits,
        options: ResponderOptions, keys: CookieKeys, damage: DamageWatch, pins: Bool, log: Logger
    ) {
        self.sockets = sockets
        self.handover = handover
        self.registry = registry
        self.options = options
        self.keys = keys
        self.damage = damage
        self.pins = pins
        self.log = log
        tcp = TCPServer(
            threads: 1, handover: handover, registry: registry, limits: limits, options: options, keys: keys,
            damage: damage, log: log)
    }

    /// Starts to answer; `process` is the number of this responder among all of the system's.
    func open(as process: Int) throws {
        for (number, socket) in sockets.udp.enumerated() {
            let processor = pins ? UInt32((process - 1) * sockets.udp.count + number) : nil
            let worker = UDPWorker(
                socket: socket, slot: handover.addReader(), counters: registry.add(), ownEndpoints: sockets.endpoints,
                options: options, keys: keys, damage: damage, processor: processor, log: log)
            try udp.start(named: "udp.\(number + 1)") { worker.run(until: $0) }
        }
        for (number, socket) in sockets.tcp.enumerated() { try tcp.serve(socket, number: number + 1) }
        let addresses = sockets.endpoints.map(\.description).sorted().joined(separator: " ")
        log.info("answering", metadata: ["addresses": "\(addresses)", "udp_workers": "\(sockets.udp.count)"])
    }

    /// Reads no datagram any more, and returns when those that were read are answered.
    func stopUDP() { udp.stop() }

    /// Accepts no connection any more, and returns when those that there are have ended: see `TCPServer.drain`.
    func drainTCP(_ patience: DrainPatience) async { await tcp.drain(patience) }
}
