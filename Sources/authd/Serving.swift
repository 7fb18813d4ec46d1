// Puts the parts of the process together: bus, keeper of generations, front; and lets the process be replaced by another.

import Bus
import BusClient
import JSON
import Logging
import Platform
import Responder
import Synchronization

/// The running responder.
final class Serving: Sendable {
    private let folder: StateFolder
    /// Connected to the bus.
    private let busSocket: Int32
    private let handover: Handover
    private let registry: CounterRegistry
    private let damage: DamageWatch
    private let front: Front
    /// What it listens on.
    private let addresses: [String]
    private let log: Logger
    private let succession = Mutex(Succession())
    /// Has what all threads read, so it stays as long as the process, also without a bus.
    private let keeper = Mutex<GenerationKeeper?>(nil)

    /// What is known of the process that is to replace this one.
    private struct Succession {
        var isAnnounced = false
        var hasCome = false
        var busIsLost = false
    }

    init(
        folder: StateFolder, busSocket: Int32, handover: Handover, registry: CounterRegistry, damage: DamageWatch,
        front: Front, addresses: [String], log: Logger
    ) {
        self.damage = damage
        self.folder = folder
        self.busSocket = busSocket
        self.handover = handover
        self.registry = registry
        self.front = front
        self.addresses = addresses
        self.log = log
    }

    /// Serves until the bus is lost, and then ends the process, as the supervisor starts another: unless one is announced, for
    /// which this one waits.
    func run() async {
        do {
            let bus = try await BusConnection.connect(
                socket: busSocket, path: folder.socket, introducingSenders: true)
            let hello = ChildHello.own(lname: "\(bus.lname)")
            if let hello {
                try bus.send(command: ChildHello.command, JSONValue(encoding: hello), group: ChildHello.group)
            }
            let keeper = GenerationKeeper(
                name: hello?.name ?? "authd", folder: folder.images, handover: handover, registry: registry,
                damage: damage, bus: bus, addresses: addresses, log: log
            ) { [front] in
                try front.open(as: hello?.number ?? 1)
                guard let hello else { return }
                try bus.send(command: ChildHello.answering, JSONValue(encoding: hello), group: ChildHello.group)
            }
            self.keeper.withLock { $0 = keeper }
            damage.start { await keeper.measure() }
            Task { await keeper.measureEverySecond() }
            try bus.subscribe(group: BusGroup.consumers)
            try await keeper.run()
            await outlive("\(await bus.lost())")
        } catch let error as BusError {
            await outlive("\(error)", .noSystem(if: error))
        } catch {
            await outlive("\(error)")
        }
    }

    // MARK: Being replaced

    /// Another process is going to take this one's place: the loss of the bus is no reason to end any more.
    func expectSuccessor() {
        succession.withLock { $0.isAnnounced = true }
        log.info("to be replaced")
    }

    /// The other process answers: leaves everything new to it, ends what has come over TCP, and then the process.
    func makeRoom() async {
        let busIsLost = succession.withLock { succession in
            succession.hasCome = true
            return succession.busIsLost
        }
        front.stopUDP()
        await front.drainTCP(busIsLost ? .offTheBus : .onTheBus)
        log.info("replaced")
        ExitStatus.done.exit()
    }

    /// Called when the bus is lost. Returns if this process is to go on without it.
    private func outlive(_ reason: String, _ status: ExitStatus = .failed) async {
        let hasCome = succession.withLock { succession in
            succession.busIsLost = true
            return succession.hasCome
        }
        guard await isToBeReplaced else {
            log.critical("\(reason)")
            status.exit()
        }
        log.notice("\(reason); answering until another process does")
        if hasCome { await front.drainTCP(.offTheBus) }
    }

    /// Whether a successor is announced. It is before the bus ends; but the main thread, which takes the signal, may not have come
    /// to it, or to noting it.
    private var isToBeReplaced: Bool {
        get async {
            let waits = [ChildSignal.expectSuccessor, ChildSignal.makeRoom].contains(where: Signals.isPending)
            if waits || succession.withLock({ $0.isAnnounced || $0.hasCome }) { return true }
            try? await Task.sleep(for: .milliseconds(5))
            return succession.withLock { $0.isAnnounced || $0.hasCome }
        }
    }

    /// Leaves what comes over UDP from now on to the next process, and returns when the rest is answered.
    func stop() { front.stopUDP() }
}

extension ExitStatus {
    fileprivate static func noSystem(if error: BusError) -> ExitStatus {
        if case .noBus = error { .noSystem } else { .failed }
    }
}
