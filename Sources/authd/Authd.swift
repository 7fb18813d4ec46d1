// The responder's command line and the life of its process: take the sockets, join the bus, serve the first generation,
// then wait for a signal. All that is about DNS is in module Responder.

import ArgumentParser
import Bus
import BusClient
import CommandOptions
import DNSCore
import Glibc
import Logging
import Platform
import Responder

@main
struct Authd: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "authd",
        abstract: "Answers DNS queries from the zone images that memmgr publishes.",
        discussion: """
            Needs a running bus and manager in the same folder; 'zonecast' starts all of them. Sockets are taken from \
            the starter (LISTEN_FDS) if it passes any, else opened here. Nothing is answered before the first \
            generation is mapped. SIGTERM ends it; SIGUSR1 has it leave new queries to whoever shares its sockets, \
            end its TCP connections when they are quiet, and then itself.
            """,
        version: Version.of("authd"))

    @Option(
        help: ArgumentHelp("The system's folder, with the bus socket and the images.", valueName: "folder"),
        completion: .directory)
    var dir: String?

    @Option(
        help: ArgumentHelp(
            "An address to listen on, if no sockets are inherited: 127.0.0.1:5300, [::1]:53. May be repeated.",
            valueName: "address:port"))
    var listen: [String] = []

    @Option(
        help: ArgumentHelp("UDP sockets and threads for each address, if no sockets are inherited.", valueName: "n"))
    var workers = 1

    @OptionGroup var serving: ServingOptions

    func validate() throws {
        guard (1...256).contains(workers) else { throw ValidationError("--workers is 1 to 256.") }
        do {
            for text in listen { _ = try Endpoint(parsing: text) }
        } catch {
            throw ValidationError("\(error)")
        }
    }

    static func main() {
        Descriptors.prepare()
        // Before anything can start a thread: a thread inherits the mask.
        Signals.block(Authd.signals)
        let command = Misspelling.parse(only: Authd.self, ProgramArguments.all)
        bootstrapLogging(component: Environment[Variable.child] ?? "authd")
        let log = Logger(label: "authd")
        do {
            try command.serve(log)
        } catch let error as BusError {
            log.critical("\(error)")
            ExitStatus.noSystem.exit()
        } catch let error as PlatformError {
            log.critical("\(error)")
            error.exitStatus.exit()
        } catch {
            log.critical("\(error)")
            ExitStatus.failed.exit()
        }
    }

    private func serve(_ log: Logger) throws {
        let folder = try StateFolder(option: dir)
        let sockets = try ServingSockets(inherited: InheritedSockets.take(), listen: listen, workers: workers)
        log.starting(listening: sockets.endpoints)
        let keys = try CookieKeys(file: serving.cookieSecretFile)
        try Descriptors.require(Authd.descriptors)
        let bus = try InheritedDescriptor.take(Variable.bus) ?? connect(folder)
        try System.makeFolder(folder.images, mode: 0o700)
        // Until here the process has one thread, and has read nothing from strangers.
        try Sandbox.dropCapabilities()
        if !serving.noSandbox {
            let sandbox = try Sandbox.enter(
                readable: readableFolders(folder), calls: .responder, firstOwn: sockets.firstOwn)
            report(sandbox, log)
        }
        let limits = tcpLimits(sockets, log)
        try Lifeline.watch()
        try LostPages.survive()
        let (handover, registry, damage) = (Handover(), CounterRegistry(), DamageWatch())
        let front = Front(
            sockets: sockets, handover: handover, registry: registry, limits: limits, options: responderOptions,
            keys: keys, damage: damage, pins: serving.pin, log: log)
        let responder = Serving(
            folder: folder, busSocket: bus, handover: handover, registry: registry, damage: damage, front: front,
            addresses: sockets.endpoints.map(\.description).sorted(), log: log)
        Task { await responder.run() }
        while true {
            let signal = Signals.next(of: Authd.signals)
            switch signal {
            case .hangUp:
                reload(keys, log)
            case ChildSignal.expectSuccessor:
                responder.expectSuccessor()
            case ChildSignal.makeRoom:
                Task { await responder.makeRoom() }
            default:
                log.info("ending", metadata: ["signal": "\(signal)"])
                responder.stop()
                ExitStatus.done.exit()
            }
        }
    }

    private func tcpLimits(_ sockets: ServingSockets, _ log: Logger) -> TCPLimits {
        var limits = TCPLimits()
        limits.connections = serving.tcpConnections
        limits.connectionsPerClient = serving.tcpConnectionsPerClient
        limits.clientBits = (serving.tcpClientIpv4Prefix, serving.tcpClientIpv6Prefix)
        limits.idle = .seconds(Int64(serving.tcpIdle))
        limits.backlog = serving.tcpBacklog.bytes
        limits.backlogPerClient = serving.tcpBacklogPerClient.bytes
        limits.backlogOfAll = serving.tcpBacklogTotal.bytes
        if let descriptors = limits.bound(by: Descriptors.limit, used: Int(sockets.firstOwn)) {
            log.warning(
                "at most \(limits.connections) TCP connections: the limit on descriptors is \(descriptors); raise it with `ulimit -n`, or LimitNOFILE= under systemd"
            )
        }
        return limits
    }

    private static let signals = Signals.daemon + [ChildSignal.expectSuccessor, ChildSignal.makeRoom]

    /// Beside the listening sockets: the bus, two event loops, the runtime's, a new generation's files, and some connections.
    private static let descriptors = 32

    private func connect(_ folder: StateFolder) throws -> Int32 {
        do {
            return try System.connect(to: folder.socket).release()
        } catch PlatformError.system(let error) where error.call == .connect {
            throw BusError.noBus(path: folder.socket, reason: SystemError.text(of: error.code))
        }
    }

    /// The images; where the keys of cookies are, which are read again while serving; and the process's own threads: the runtime's
    /// library of queues looks at them, and ends the process if it may not (see CThreadFiles).
    private func readableFolders(_ folder: StateFolder) throws -> [String] {
        let always = [folder.images, "/proc/self/task"]
        guard let file = serving.cookieSecretFile else { return always }
        let parent = file.lastIndex(of: "/").map { $0 == file.startIndex ? "/" : String(file[..<$0]) } ?? "."
        return always + [parent]
    }

    private func report(_ sandbox: Sandbox, _ log: Logger) {
        if sandbox.landlockVersion == nil {
            log.warning("Landlock is not available; file access is limited by file permissions only")
        }
        if !sandbox.filtersCalls { log.warning("seccomp is not available; system calls are not filtered") }
        log.info(
            "in the sandbox",
            metadata: [
                "landlock": "\(sandbox.landlockVersion.map(String.init) ?? "none")",
                "seccomp": "\(sandbox.filtersCalls ? "filter" : "none")",
            ])
    }

    private func reload(_ keys: CookieKeys, _ log: Logger) {
        do {
            if try keys.reload() { log.info("the cookie keys were read again") }
        } catch {
            log.error("\(error); the cookie keys stay what they were")
        }
    }

    private var responderOptions: ResponderOptions {
        var options = ResponderOptions()
        options.largestPayload = serving.maxUdpPayload
        options.identity = serving.identity.map(\.pathOctets)
        options.version = serving.versionText.map(\.pathOctets)
        options.tellsGeneration = serving.tellGeneration
        // In units of 100 ms (RFC 7828, section 3.1).
        options.idleTimeout = UInt16(serving.tcpIdle * 10)
        options.access = AccessList(
            allowed: serving.allow.compactMap(AddressPrefix.init), denied: serving.deny.compactMap(AddressPrefix.init))
        if serving.rateLimit > 0 {
            var limit = RateLimit(answersPerSecond: serving.rateLimit)
            limit.slip = serving.rateLimitSlip
            limit.ipv4Bits = serving.rateLimitIpv4Prefix
            limit.ipv6Bits = serving.rateLimitIpv6Prefix
            limit.exempt = serving.rateLimitExempt.compactMap(AddressPrefix.init)
            options.rateTable = RateTable(limit)
        }
        return options
    }
}

extension AddressPrefix {
    fileprivate init?(_ argument: PrefixArgument) {
        self.init(octets: argument.octets, length: argument.length)
    }
}
