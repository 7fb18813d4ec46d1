// Puts the parts of the process together: bus, keeper of generations, workers.

import Bus
import BusClient
import Logging
import Platform
import Responder

/// The running responder.
struct Serving: Sendable {
    let folder: StateFolder
    /// Connected to the bus.
    let busSocket: Int32
    let sockets: ServingSockets
    let handover: Handover
    let limits: TCPLimits
    let options: ResponderOptions
    let keys: CookieKeys
    /// Whether each UDP thread is bound to a processor.
    let pins: Bool
    let log: Logger

    /// Serves until the bus is lost, and then ends the process: the supervisor starts another.
    func run() async {
        do {
            let bus = try await BusConnection.connect(socket: busSocket, path: folder.socket)
            let registry = CounterRegistry()
            let hello = ChildHello.own(lname: "\(bus.lname)")
            if let hello {
                try bus.send(command: ChildHello.command, JSONValue(encoding: hello), group: ChildHello.group)
            }
            let keeper = GenerationKeeper(
                name: hello?.name ?? "authd", folder: folder.images, handover: handover, registry: registry, bus: bus,
                log: log
            ) { try await startWorkers(registry, number: hello?.number ?? 1) }
            try bus.subscribe(group: BusGroup.consumers)
            try await keeper.run()
            let reason = await bus.lost()
            log.critical("\(reason)")
            ExitStatus.failed.exit()
        } catch let error as BusError {
            log.critical("\(error)")
            if case .noBus = error { ExitStatus.noSystem.exit() }
            ExitStatus.failed.exit()
        } catch {
            log.critical("\(error)")
            ExitStatus.failed.exit()
        }
    }

    /// Starts the threads that answer; `number` is that of this responder among all of the system's.
    private func startWorkers(_ registry: CounterRegistry, number process: Int) async throws {
        for (number, socket) in sockets.udp.enumerated() {
            let processor = pins ? UInt32((process - 1) * sockets.udp.count + number) : nil
            let worker = UDPWorker(
                socket: socket, slot: handover.addReader(), counters: registry.add(), ownEndpoints: sockets.endpoints,
                options: options, keys: keys, processor: processor, log: log)
            try DaemonThread(named: "udp.\(number + 1)") { worker.run() }.detach()
        }
        let server = TCPServer(
            threads: 1, handover: handover, registry: registry, limits: limits, options: options,
            keys: keys, log: log)
        for socket in sockets.tcp { try await server.serve(socket) }
        let addresses = sockets.endpoints.map(\.description).sorted().joined(separator: " ")
        log.info("answering", metadata: ["addresses": "\(addresses)", "udp_workers": "\(sockets.udp.count)"])
    }
}
