// authd as a consumer of generations: carries out what the protocol's state machine asks for. Mapping, prefaulting and
// unmapping happen on a thread of their own, so that neither workers nor the bus wait for them.

import Bus
import BusClient
import Generations
import JSON
import Logging
import NIOPosix
import Platform
import Synchronization
import ZoneImage

/// Keeps the generations that are mapped, and hands the current one to the workers.
actor GenerationKeeper {
    private let folder: String
    private let handover: Handover
    private let registry: CounterRegistry
    private let damage: DamageWatch
    private let bus: BusConnection
    private let name: String
    /// What the process listens on.
    private let addresses: [String]
    private let log: Logger
    /// For what blocks: page faults of a whole image may take a second.
    private let mapper = NIOThreadPool(numberOfThreads: 1)
    private var consumer: Consumer<IncomingMessage>
    private var mapped: [Generation: Mapped] = [:]
    private var serving: Generation?
    private let onFirst: @Sendable () async throws -> Void

    private struct Mapped {
        let files: MappedGeneration
        var published: PublishedGeneration?
        /// What is served of it instead, where its images are damaged.
        var remains: MappedGeneration.Remains?
    }

    /// `onFirst` starts the workers: no socket is read before there is something to answer from.
    init(
        name: String, folder: String, handover: Handover, registry: CounterRegistry, damage: DamageWatch,
        bus: BusConnection, addresses: [String], log: Logger, onFirst: @escaping @Sendable () async throws -> Void
    ) {
        self.name = name
        self.addresses = addresses
        self.folder = folder
        self.handover = handover
        self.registry = registry
        self.damage = damage
        self.bus = bus
        self.log = log
        self.onFirst = onFirst
        consumer = Consumer(name: name)
        mapper.start()
    }

    /// Handles what comes in over the bus until it is lost.
    func run() async throws {
        for await message in bus.incoming where message.kind == .command {
            // One that has gone waits for nothing; a manager that comes after it says all that matters again.
            guard let sender = message.sender else { continue }
            guard Permissions.allows(sender.role, message.name, of: .consumer) else {
                log.warning("refused \(message.name) from \(sender.role)", metadata: ["lname": "\(message.from)"])
                try bus.reply(to: message, errorCode: 1, "\(message.name) is not for \(sender.role)")
                continue
            }
            switch message.name {
            case SwitchMessage.name:
                do {
                    try await handle(.switchReceived(message, message.params.decode()))
                } catch let error as BusError {
                    try bus.reply(to: message, "\(error)")
                }
            case HoldingMessage.name:
                try await handle(.holdingAsked(message))
            case "stats":
                try bus.reply(to: message, with: stats)
            default:
                try bus.reply(to: message, errorCode: 2, "authd has no command '\(message.name)'")
            }
        }
    }

    private var stats: JSONValue {
        let counters = registry.totals.mapValues { JSONValue.integer(Int64(clamping: $0)) }
        return [
            "name": .string(name), "counters": .object(counters), "version": .string(Version.text),
            "started": .string(Version.start), "addresses": .array(addresses.map { .string($0) }),
        ]
    }

    private func handle(_ event: Consumer<IncomingMessage>.Event) async throws {
        for effect in consumer.handle(event) { try await carryOut(effect) }
    }

    private func carryOut(_ effect: Consumer<IncomingMessage>.Effect) async throws {
        switch effect {
        case .map(let message, let prefault):
            // Not awaited: while files are mapped, questions and a newer switch are answered.
            Task { try await self.map(message, prefault) }
        case .swap(let generation):
            try await swap(to: generation)
        case .release(let generation):
            Task { try await self.release(generation) }
        case .reply(let message, let reply):
            try answer(message, reply)
        case .sendReleased(let message):
            try bus.send(
                command: ReleasedMessage.name, JSONValue(encoding: message), group: BusGroup.manager)
        }
    }

    private func map(_ message: SwitchMessage, _ prefault: Consumer<IncomingMessage>.Prefault) async throws {
        do {
            mapped[message.generation] = Mapped(files: try await openWithRetry(message, prefault))
        } catch let error as ImageError {
            log.error("refused generation \(message.generation): \(error)")
            return try await handle(.mapFailed(message.generation, reason: "\(error)"))
        }
        try await handle(.mapped(message.generation))
        if prefault == .behind { prefaultBehind(message.generation) }
    }

    /// Maps the files of a generation. Where descriptors or memory are short, which says nothing about the files, it tries again
    /// until they are not.
    private func openWithRetry(
        _ message: SwitchMessage, _ prefault: Consumer<IncomingMessage>.Prefault
    ) async throws -> MappedGeneration {
        var delay = Duration.milliseconds(100)
        while true {
            do {
                return try await open(message, prefault)
            } catch let error as ImageError where error.isShortage {
                log.warning("generation \(message.generation) is not mapped yet: \(error); trying again")
                try await Task.sleep(for: delay)
                delay = min(delay * 2, .seconds(2))
            }
        }
    }

    /// Maps the files of a generation. A function of its own, so that its reference to the former files ends with it.
    private func open(
        _ message: SwitchMessage, _ prefault: Consumer<IncomingMessage>.Prefault
    ) async throws -> MappedGeneration {
        let former = serving.flatMap { mapped[$0]?.files }
        return try await mapper.runIfActive { [folder] in
            let files = try MappedGeneration(
                folder: folder, name: message.directory.string, digest: message.digest.hex, previous: former)
            if prefault == .before { try files.prefault(except: former) }
            return files
        }
    }

    /// Makes a generation resident that is served already. The mapper's one thread ends this before it unmaps anything.
    private func prefaultBehind(_ generation: Generation) {
        guard let files = mapped[generation]?.files else { return }
        mapper.submit { [log] _ in
            do { try files.prefault() } catch { log.warning("could not prefault: \(error)") }
        }
    }

    private func swap(to generation: Generation) async throws {
        guard let files = mapped[generation]?.files else { return }
        // It may share an image with the former one that was damaged meanwhile.
        let remains = files.remains()
        let published = PublishedGeneration(remains?.view ?? files.view)
        mapped[generation]?.remains = remains
        mapped[generation]?.published = published
        let isFirst = handover.publish(published) == nil
        serving = generation
        if isFirst { try await onFirst() }
        log.info("serving generation \(generation)", metadata: ["zones": "\(files.view.directory.zoneCount)"])
        try await handle(.switched(generation))
    }

    /// Waits until no thread reads the generation, and unmaps what no other generation shares.
    private func release(_ generation: Generation) async throws {
        if let published = mapped[generation]?.published {
            // A batch takes microseconds: a thread that is still there has lost its processor.
            while handover.isRead(published) { try await Task.sleep(for: .microseconds(500)) }
            published.free()
        }
        guard let unmapping = mapped.removeValue(forKey: generation).map({ Unmapping($0.files) }) else { return }
        try await mapper.runIfActive { unmapping.run() }
        try await handle(.released(generation))
    }

    // MARK: Damage

    /// Measures the images now and then: where a file was cut within a page, nothing is lost that would be noticed.
    func measureEverySecond() async {
        while true {
            try? await Task.sleep(for: .seconds(1))
            await measure()
        }
    }

    /// Serves what is left of the images, where they are not whole any more.
    func measure() async {
        let lostPages = LostPages.count
        if let serving, let served = mapped[serving], let remains = served.files.remains(),
            remains.lengths != served.remains?.lengths
        {
            let published = PublishedGeneration(remains.view)
            let former = handover.publish(published)
            mapped[serving]?.published = published
            mapped[serving]?.remains = remains
            log.critical(
                "images are damaged: their zones answer SERVFAIL; load them with --force",
                metadata: ["images": "\(remains.damaged.joined(separator: " "))"])
            if let former {
                while handover.isRead(former) { try? await Task.sleep(for: .microseconds(500)) }
                former.free()
            }
            // Threads read what it refers to no more.
            withExtendedLifetime(served.remains) {}
        }
        damage.settle(lostPages)
    }

    /// The last reference to mapped files, on its way to the thread that unmaps them.
    private final class Unmapping: Sendable {
        private let files: Mutex<MappedGeneration?>

        init(_ files: MappedGeneration) {
            self.files = Mutex(files)
        }

        func run() { files.withLock { $0 = nil } }
    }

    private func answer(_ message: IncomingMessage, _ reply: Consumer<IncomingMessage>.Reply) throws {
        switch reply {
        case .switched(let value): try bus.reply(to: message, with: JSONValue(encoding: value))
        case .holding(let value): try bus.reply(to: message, with: JSONValue(encoding: value))
        case .superseded: try bus.reply(to: message, SwitchMessage.superseded)
        case .refused(let reason): try bus.reply(to: message, reason)
        }
    }
}
