// `zonecast run`, which is also what `zonecast` alone does: options, checks, and then the supervisor.

import ArgumentParser
import CLinux
import CommandOptions
import Glibc
import Logging
import Platform

struct Run: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Run the system until it is told to stop.",
        discussion: """
            Zones given here are loaded at the start and stay in the system until `memmgr unload`. When all that is \
            done, one line that begins with `ready` goes to standard output. Logs go to standard error. SIGHUP has \
            changed zone files loaded again; SIGTERM and Ctrl-C end everything.
            """)

    @Option(
        help: ArgumentHelp(
            "Where the system keeps its socket, images and records.",
            discussion: """
                Default: ZONECAST_DIR, else /var/lib/zonecast for root, else a folder below the user's state folder.
                """), completion: .directory)
    var dir: String?

    @Option(
        help: ArgumentHelp(
            "Answer here, over UDP and TCP; may be repeated.",
            discussion: "Default: 127.0.0.1:5300. Sockets inherited from systemd come on top of what is given here.",
            valueName: "address:port"),
        transform: { try Endpoint(argument: $0) })
    var listen: [Endpoint] = []

    @Option(
        help: ArgumentHelp(
            "UDP sockets, each with its thread, for each address in each responder.",
            discussion: "Default: one a processor, 8 at most.", valueName: "n"))
    var workers: Int?

    @Option(help: ArgumentHelp("Responders, each a process of its own.", valueName: "m"))
    var processes: Int = 1

    @Option(
        help: ArgumentHelp("Load the zones of this list: one a line, `ORIGIN FILE`.", valueName: "file"),
        completion: .file())
    var list: String?

    @Option(help: ArgumentHelp("Run all but zonecast itself as this user (for root only).", valueName: "name"))
    var user: String?

    @OptionGroup(title: "Options of the responders") var serving: ServingOptions

    @OptionGroup(title: "Options of the manager") var managing: ManagingOptions

    @Argument(help: ArgumentHelp("Master files to load.", valueName: "zonefile"), completion: .file())
    var zoneFiles: [String] = []

    func validate() throws {
        if let workers, !(1...64).contains(workers) { throw ValidationError("--workers goes from 1 to 64.") }
        guard (1...64).contains(processes) else { throw ValidationError("--processes goes from 1 to 64.") }
    }

    func run() throws {
        // Before any thread is there, so that all of them leave the signals to the main thread. A rehearsal has none to wait for.
        if !Rehearsal.isThis { Signals.block(Supervisor.signals) }
        bootstrapLogging(component: "zonecast")
        let status: ExitStatus
        do {
            status = try supervise()
        } catch let error as PlatformError {
            fail(error.description, error.exitStatus)
        } catch let error as UnknownEstate {
            fail(error.description, .failed)
        }
        status.exit()
    }

    /// Beside the listening sockets: the bus, an event loop, the runtime's and its reserve, pipes to children; and each child
    /// has the same limit, and needs no more than this.
    private static let descriptors = 40

    private func supervise() throws -> ExitStatus {
        let logger = Logger(label: "zonecast")
        InheritedCapabilities.withhold()
        let serviceManager = ServiceManager()
        let folder = try StateFolder(option: dir)
        let account = try user.map { try Account(named: $0) }
        let estate = try Estate.take()
        // Better said now than by responders that end as soon as they have begun.
        if let file = serving.cookieSecretFile { _ = try System.open(file, O_RDONLY | O_NONBLOCK) }
        // A successor gets the command line of its predecessor, and the files may be gone by then.
        if estate == nil, !Rehearsal.isThis { checkFiles() }
        let workers = workers ?? min(8, Int(zc_processor_count()))
        let programs = try Programs(
            folder: folder, workers: workers, account: account, managing: managing, serving: serving)
        if Rehearsal.isThis {
            try Rehearsal.perform(programs)
            return .done
        }
        let assets =
            if let estate { try takeOver(estate, in: folder, account, logger) } else {
                try newAssets(in: folder, account, workers: workers, logger)
            }
        if account == nil, geteuid() == 0, estate == nil {
            logger.warning("everything runs as root: with --user NAME, only zonecast does")
        }
        let supervisor = try Supervisor(
            programs: programs, assets: assets, zones: ZonesToLoad(files: zoneFiles, list: list),
            serviceManager: serviceManager, logger: logger)
        return try supervisor.run(takingOver: estate)
    }

    /// Makes sure that what is to be loaded is there, before anything starts: a misspelt word must not begin a server.
    private func checkFiles() {
        for file in zoneFiles + (list.map { [$0] } ?? []) {
            switch (System.status(of: file)?.st_mode).map({ $0 & S_IFMT }) {
            case S_IFREG, S_IFDIR: continue
            case nil where !file.contains("/") && !file.contains("."):
                let names = Misspelling.subcommands(of: Zonecast.self)
                let nearest = Spelling.nearest(to: file, among: names).map { "Did you mean '\($0)'?" }
                Misspelling.end(
                    Zonecast.self,
                    "There is no file '\(file)', and no such subcommand. "
                        + (nearest ?? "The subcommands are \(names.joined(separator: ", "))."))
            case nil: Misspelling.end(Zonecast.self, "There is no file '\(file)'.")
            default: Misspelling.end(Zonecast.self, "'\(file)' is not a master file, nor a folder of them.")
            }
        }
    }

    /// Goes on with what a running system has. Its version may have left parts of the folder to root, or open to others.
    private func takeOver(
        _ estate: Estate, in folder: StateFolder, _ account: Account?, _ logger: Logger
    ) throws -> Assets {
        try secure(folder, for: account?.owner ?? .own, logger)
        let assets = try Assets(estate, in: folder, logger: logger)
        logger.starting(listening: assets.sockets.endpoints)
        return assets
    }

    /// Opens what a new system needs, and makes sure that it is alone.
    private func newAssets(
        in folder: StateFolder, _ account: Account?, workers: Int, _ logger: Logger
    ) throws -> Assets {
        // Before anything of ours is open.
        let foreign = try System.openDescriptors()
        let owner = account?.owner ?? .own
        try folder.make(for: owner)
        // Who is not root can change nothing of others', but would be refused the lock without a word on what to do.
        if geteuid() != 0 { try secure(folder, for: owner, logger) }
        let lock = try lock(folder)
        try expectNoBus(folder)
        if geteuid() == 0 { try secure(folder, for: owner, logger) }
        // Whoever may use the folder may know who has it.
        try lock.give(to: owner)
        let inherited = try InheritedSockets.take()
        let endpoints = listen.isEmpty && inherited.isEmpty ? [Endpoint.standard] : listen
        logger.starting(listening: inherited.map(\.endpoint) + endpoints)
        let sockets = try ListeningSockets(
            inherited: inherited, opening: endpoints, socketsEach: workers * processes, logger: logger)
        try Descriptors.require(Self.descriptors)
        sockets.warnOfIdleWorkers(workers, processes: processes, logger: logger)
        let processes = sockets.usefulProcesses(of: processes, logger: logger)
        let digits = (0..<32).map { _ in String(UInt8.random(in: 0..<16), radix: 16) }
        let secret = try SealedMemory(Array(digits.joined().utf8), named: "secret")
        let lifeline = try Lifeline()
        return Assets(
            lock: lock, sockets: sockets, processes: processes, lifeline: lifeline, secret: secret, foreign: foreign)
    }

    /// Makes the folder one that the system can use, and others can't.
    private func secure(_ folder: StateFolder, for owner: FolderOwner, _ logger: Logger) throws(PlatformError) {
        guard try folder.secure(for: owner) else { return }
        logger.warning(
            "other users can look into the state folder, which holds other files too: move them away, or chmod it to 0700",
            metadata: ["folder": "\(folder.path)"])
    }

    /// Makes sure that no bus daemon is left here: neither one that was started by hand, which ours would have to fight,
    /// nor one whose supervisor was killed a moment ago.
    private func expectNoBus(_ folder: StateFolder) throws(PlatformError) {
        do throws(PlatformError) {
            // What is not there has no holder; made here, it would be root's.
            guard FileIdentity(of: folder.socket + ".lock") != nil else { return }
            try Patience.whileLeftoversEnd(if: \.isLocked) { () throws(PlatformError) in
                _ = try FileLock(path: folder.socket + ".lock")
            }
        } catch {
            guard case .locked(_, let holder) = error else { throw error }
            fail(
                "a bus daemon\(holder.map { " (process \($0))" } ?? "") runs at \(folder.socket) already: stop it, or "
                    + "choose another folder with --dir", .failed)
        }
    }

    /// Makes sure that no second supervisor works in this folder.
    private func lock(_ folder: StateFolder) throws(PlatformError) -> FileLock {
        do throws(PlatformError) {
            return try FileLock(path: folder.lock)
        } catch {
            guard case .locked(_, let holder) = error else { throw error }
            fail(
                "another zonecast\(holder.map { " (process \($0))" } ?? "") runs in \(folder.path): "
                    + "stop it, or choose another folder with --dir", .failed)
        }
    }
}

extension Endpoint {
    /// Where the system answers when nothing else is said: a port that needs no privilege.
    static let standard = Endpoint(address: [127, 0, 0, 1], port: 5300)

    /// Reads a command-line argument.
    init(argument: String) throws {
        do {
            try self.init(parsing: argument)
        } catch {
            throw ValidationError(error.description)
        }
    }
}
