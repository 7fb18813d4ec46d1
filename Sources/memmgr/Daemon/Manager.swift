// The manager: turns what happens into events for the ledger, and carries out what the ledger asks for. What is decided is
// decided there (module Generations); this actor knows processes, files, timers and the bus.
//
//     bus ──┐                                             ┌──▶ bus: switch, holding, answers, notifications
//     disk ─┼──▶ mailbox ──▶ one at a time ──▶ ledger ────┼──▶ disk thread: directories, record, unlinking
//     build ┘                                  (pure)     ├──▶ build process
//     timers, signals                                     └──▶ timers, log
//
// What the disk thread is given is done in that order. Answers from the bus come through the mailbox too, in the order of
// the bus (`BusConnection.ask`): the ledger may trust that a report is newer than the one before.

import Bus
import BusClient
import Generations
import JSON
import Logging
import NIOPosix
import Platform
import ZoneImage

/// The manager of one image folder.
actor Manager {
    /// What the command line says.
    struct Settings: Sendable {
        let folder: StateFolder
        /// The connection to the bus that the supervisor has made for us.
        let busSocket: Int32?
        let ledger: Ledger.Configuration
        let releaseTimeout: Duration
        let history: HistoryLimits
        let zones: BuildOptions
        /// Folders of files that may be included, beside that of each zone's own file.
        let includeFrom: [String]
        let buildNice: Int32
        /// The most address space of a build, in bytes.
        let buildMemory: Int
        /// How long a build may take; nil: as long as it wants.
        let buildTimeLimit: Duration?
    }

    let settings: Settings
    let mailbox: Mailbox
    let bus: BusConnection
    let log: Logger
    let images: ImageFolder
    let builds: BuildRunner
    /// The thread on which everything happens that waits for the disk, one after the other.
    let disk = NIOThreadPool(numberOfThreads: 1)
    let directories: DiskValue<DirectoryWriter>
    let records: DiskValue<RecordFile>
    let journal: SharedJournal
    let publishLog: DiskValue<PublishLog>
    /// When generations were announced, as long as they are being rolled out.
    var announcements: [Generation: ContinuousClock.Instant] = [:]

    var ledger: Ledger
    /// Questions on the bus that have not been answered.
    var questions: [CallID: Question] = [:]
    /// Consumers that left the bus without an answer to a switch, and whose supervisor is asked for the reason.
    var leaving: Set<ConsumerID> = []
    /// Clients whose commands were refused, each of which is logged once.
    var refused: Set<LName> = []
    var callers = Callers()
    var timers: [Generation: (number: Int, task: Task<Void, Never>)] = [:]
    var timersStarted = 0
    /// How far each build is.
    var progress: [Generation: BuildProgress] = [:]
    /// The zones that each build copies from other images.
    var copying: [Generation: [ZoneName: ZoneVersion]] = [:]
    /// The memory of large work will be given back soon.
    var isGivingBack = false
    /// What became of consumers that are gone, by their names.
    var departures: [String: String] = [:]
    /// The zones whose files are being looked at for changes.
    var examined: Set<ZoneName> = []
    /// The size of each zone within its image, as far as it was built by this process.
    var sizes: [ZoneName: Int] = [:]

    /// What was asked of whom.
    enum Question {
        /// Who else manages; answered before anything is sent to a consumer.
        case predecessors
        case members
        case switching(ConsumerID, Generation)
        case holding(ConsumerID)
        /// The supervisor is asked for the name of one that has not said it.
        case naming(ConsumerID)
        /// The supervisor was asked to kill; then the bus is asked to disconnect.
        case killing(ConsumerID)
        case disconnecting(ConsumerID)
        /// The bus is asked whether one that has unsubscribed is still there.
        case unsubscribing(ConsumerID)
        /// The supervisor answers when the process has ended.
        case ending(ConsumerID)
    }

    /// Connects and manages until the end of the process, whose exit status is returned.
    static func live(_ settings: Settings, mailbox: Mailbox, log: Logger) async -> ExitStatus {
        do {
            let bus = try await join(settings)
            if let hello = ChildHello.own(lname: bus.lname.text) {
                try bus.send(command: ChildHello.command, JSONValue(encoding: hello), group: ChildHello.group)
            }
            let manager = try Manager(settings, mailbox: mailbox, bus: bus, log: log)
            return await manager.run()
        } catch let error as BusError {
            log.critical("\(error)")
            if case .noBus = error { return .noSystem }
            return .failed
        } catch let error as PlatformError {
            log.critical("\(error)")
            return error.exitStatus
        } catch {
            log.critical("\(error)")
            return .failed
        }
    }

    private static func join(_ settings: Settings) async throws(BusError) -> BusConnection {
        let path = settings.folder.socket
        guard let socket = settings.busSocket else {
            return try await BusConnection.connect(path: path, introducingSenders: true)
        }
        return try await BusConnection.connect(socket: socket, path: path, introducingSenders: true)
    }

    private var firstEffects: [Ledger.Effect]

    private init(_ settings: Settings, mailbox: Mailbox, bus: BusConnection, log: Logger) throws {
        self.settings = settings
        self.mailbox = mailbox
        self.bus = bus
        self.log = log
        images = ImageFolder(path: settings.folder.images)
        try settings.folder.removeLeftovers()
        var file = RecordFile(folder: settings.folder)
        var record: Record?
        do {
            record = try file.read()
        } catch let error as StateFileError {
            // Serving what is found on disk is better than not serving.
            let aside = try file.setAside()
            log.error("\(error); it is now \(aside), and the newest generation in the folder is served")
        }
        var journal = SourceJournal(
            path: settings.folder.sources, options: settings.zones, includeFrom: settings.includeFrom)
        let startup = try images.startup(record: record, journal: &journal)
        (ledger, firstEffects) = Ledger.start(settings.ledger, startup)
        self.journal = SharedJournal(journal)
        builds = try BuildRunner(
            journal: self.journal, timeLimit: settings.buildTimeLimit,
            progress: { mailbox.put(.buildProgress($0, $1)) },
            finished: { mailbox.put(.buildFinished($0)) })
        directories = DiskValue(DirectoryWriter(folder: images, resuming: record))
        records = DiskValue(file)
        publishLog = DiskValue(PublishLog(path: settings.folder.publishLog))
        disk.start()
    }

    private func run() async -> ExitStatus {
        do {
            // In this order: whoever joins while the members are being listed is in the list or announced, or both.
            try bus.subscribe(group: BusGroup.membership)
            try bus.subscribe(group: BusGroup.manager)
            try ask(.predecessors, "members", ["group": .string(BusGroup.manager)], group: BusGroup.daemon)
        } catch {
            log.critical("\(error)")
            return .failed
        }
        let (bus, mailbox) = (bus, mailbox)
        Task {
            for await message in bus.incoming { mailbox.put(.message(message)) }
            mailbox.put(.busLost(reason: "\(await bus.lost())"))
        }
        log.info("managing", metadata: ["folder": "\(settings.folder.path)", "pid": "\(ProcessNumber.own)"])
        logStart()
        carryOut(firstEffects)
        findChangedSources()
        verifyImages()
        noteWork(on: ledger.zoneCount)
        mailbox.put(.event(.historyDropped(exceedingHistory)))
        for await mail in mailbox.mail {
            if let status = handle(mail) {
                builds.kill()
                await bus.close()
                return status
            }
        }
        return .failed
    }

    /// Handles one thing; the exit status when it was the last.
    private func handle(_ mail: Mail) -> ExitStatus? {
        switch mail {
        case .message(let message): take(message)
        case .event(let event): tell(event)
        case .buildProgress(let generation, let progress): self.progress[generation] = progress
        case .buildFinished(let result): buildFinished(result)
        case .trialWatched(let generation, let figures, let judgement): trialWatched(generation, figures, judgement)
        case .timer(let generation, let number): timerFired(generation, number)
        case .workDone: giveMemoryBack()
        case .reload:
            log.info("looking for changed files")
            findLostFiles()
            findChangedSources()
        case .changedSources(let sources, let large): loadChanged(sources, large)
        case .streamed(let message, let result):
            // The bus is lost where an answer can't be sent, which is another mail.
            switch result {
            case .success(let params): try? load(message, params)
            case .failure(let error): try? bus.reply(to: message, errorCode: 1, "\(error)")
            }
        case .stop:
            return .done
        case .busLost(let reason):
            log.critical("\(reason)")
            return .failed
        }
        return nil
    }

    /// Tells the ledger and does what follows.
    func tell(_ event: Ledger.Event) { tell([event]) }

    /// The same for events that belong together.
    func tell(_ events: [Ledger.Event]) {
        carryOut(ledger.handle(events))
    }
}

/// A value that is used on the disk thread only.
final class DiskValue<Value: Sendable>: @unchecked Sendable {
    // Sendable: `use` is called on the one thread of `Manager.disk`, or before it has been started.
    private var value: Value

    init(_ value: Value) { self.value = value }

    func use<Result>(_ body: (inout Value) throws -> Result) rethrows -> Result { try body(&value) }
}
