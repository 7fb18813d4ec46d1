// The command line and the life of the bus daemon: block signals, take the socket, start the event loop, wait.
//
// All that the daemon decides is in module Bus (`Router`); this folder is a shell around it.

import ArgumentParser
import Bus
import CommandOptions
import Glibc
import Logging
import Platform

@main
struct Msgq: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "msgq",
        abstract: "The message bus of Zonecast.",
        discussion: """
            Serves one bus on a UNIX stream socket, in the wire format of BIND 10's cc channel. It answers from the \
            first moment on and needs no configuration. It ends on SIGTERM, SIGINT, or when its owner sends `stop`.
            """,
        version: Version.of("msgq"))

    @Option(
        help: ArgumentHelp("The socket to serve; PATH.lock beside it keeps a second daemon away.", valueName: "path"),
        completion: .file())
    var socket: String

    @Option(help: ArgumentHelp("A group, by name or number, whose members may use the bus too.", valueName: "name"))
    var group: GroupName?

    @Option(help: ArgumentHelp("The longest frame.", valueName: "bytes"))
    var frameLimit = BusLimits().frame

    @Option(help: ArgumentHelp("How much may wait for one client before it is disconnected.", valueName: "bytes"))
    var backlogLimit = BusLimits().backlog

    @Option(
        help: ArgumentHelp("How much may be held for all clients; then the largest holder goes.", valueName: "bytes"))
    var totalLimit = BusLimits().total

    @Option(help: ArgumentHelp("How many subscriptions one client may have.", valueName: "count"))
    var subscriptionLimit = BusLimits().subscriptions

    func validate() throws {
        do {
            try StateFolder.checkSocketPath(socket)
        } catch .socketPathTooLong(_, let length, let limit) {
            throw ValidationError("The socket's path has \(length) bytes, and the kernel takes at most \(limit).")
        }
        let bounds = [
            ("--frame-limit", frameLimit, 65_537), ("--backlog-limit", backlogLimit, 1),
            ("--total-limit", totalLimit, 1), ("--subscription-limit", subscriptionLimit, 1),
        ]
        for (option, value, least) in bounds where value < least {
            throw ValidationError("\(option) is \(value), and must be at least \(least).")
        }
        if frameLimit > UInt32.max {
            throw ValidationError("--frame-limit is \(frameLimit), more than a frame's length field can say.")
        }
    }

    static func main() {
        Descriptors.prepare()
        // Before anything can start a thread: a thread inherits the mask.
        Signals.block()
        let command = Misspelling.parse(only: Msgq.self, ProgramArguments.all)
        bootstrapLogging(component: "msgq")
        let log = Logger(label: "msgq")
        do {
            try command.serve(log)
            ExitStatus.done.exit()
        } catch let error as PlatformError {
            log.critical("\(error)")
            error.exitStatus.exit()
        } catch {
            log.critical("\(error)")
            ExitStatus.failed.exit()
        }
    }

    /// Two for the socket and its lock, six for the event loop and the runtime, and some clients.
    private static let descriptors = 24

    private func serve(_ log: Logger) throws {
        log.starting(["socket": "\(socket)"])
        try Descriptors.require(Msgq.descriptors)
        let control = try InheritedDescriptor.take(Variable.busControl)
        let access = BusAccess(owner: geteuid(), group: group?.number, isSupervised: control != nil)
        let socket = try BusSocket.open(path: socket, group: access.group)
        // There is one thread so far, and nothing left to do that takes a privilege.
        try Sandbox.dropCapabilities()
        let (path, identity) = (socket.path, socket.identity)
        try Lifeline.watch { BusSocket.remove(path, identity) }
        let router = Router(start: startIdentity(), access: access, limits: limits)
        let server = try BusServer(router: router, socket: socket.descriptor, log: log) {
            // The main thread waits for this signal.
            _ = Glibc.kill(getpid(), SIGTERM)
        }
        if let control { try takeConnections(over: control, for: server, log) }
        log.info("serving", metadata: ["socket": "\(path)", "pid": "\(getpid())"])
        let ending = waitForEnd()
        BusSocket.remove(path, identity)
        log.info("ending", metadata: ["signal": "\(ending)", "clients": "\(server.clientCount())"])
    }

    /// Takes the connections that the supervisor makes, on a thread that waits for them.
    private func takeConnections(over control: Int32, for server: BusServer, _ log: Logger) throws {
        let thread = try DaemonThread(named: "connections") {
            do throws(PlatformError) {
                while let (message, connection) = try System.takePassed(over: control) {
                    guard connection >= 0, let handed = HandedConnection(text: message) else {
                        log.error("a connection from the supervisor that says not whose it is")
                        if connection >= 0 { close(connection) }
                        continue
                    }
                    server.adopt(connection, handed)
                }
            } catch {
                log.error("no more connections from the supervisor: \(error)")
            }
        }
        thread.detach()
    }

    private var limits: BusLimits {
        var limits = BusLimits()
        limits.frame = frameLimit
        limits.backlog = backlogLimit
        limits.total = totalLimit
        limits.subscriptions = subscriptionLimit
        return limits
    }

    /// Something that no earlier start of the daemon had: l-names begin with it.
    private func startIdentity() -> String {
        String(UInt64.random(in: .min ... .max), radix: 16)
    }

    private func waitForEnd() -> Signal {
        while true {
            let signal = Signals.next()
            // There is nothing to read anew.
            if signal != .hangUp { return signal }
        }
    }
}
