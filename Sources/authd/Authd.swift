// The responder's command line and the life of its process: take the sockets, join the bus, serve the first generation,
// then wait for a signal. All that is about DNS is in module Responder.

import ArgumentParser
import Bus
import BusClient
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
            generation is mapped.
            """)

    @Option(help: ArgumentHelp("The system's folder, with the bus socket and the images.", valueName: "folder"))
    var dir: String?

    @Option(
        help: ArgumentHelp(
            "An address to listen on, if no sockets are inherited: 127.0.0.1:5300, [::1]:53. May be repeated.",
            valueName: "address:port"))
    var listen: [String] = []

    @Option(
        help: ArgumentHelp("UDP sockets and threads for each address, if no sockets are inherited.", valueName: "n"))
    var workers = 1

    @Option(help: ArgumentHelp("TCP connections at a time.", valueName: "n"))
    var tcpConnections = TCPLimits().connections

    @Option(help: ArgumentHelp("Seconds after which a silent TCP connection is closed.", valueName: "s"))
    var tcpIdle = 10

    @Option(
        help: ArgumentHelp(
            "The most octets of an answer over UDP, 512 to 4096; also offered to others.", valueName: "n"))
    var maxUdpPayload = EDNS.defaultPayload

    @Option(
        help: ArgumentHelp(
            "The server's name, told to those who ask by NSID, id.server or hostname.bind. Default: not told.",
            valueName: "text"))
    var identity: String?

    @Option(
        help: ArgumentHelp(
            "What version.server and version.bind are answered with. Default: not told.", valueName: "text"))
    var versionText: String?

    @Option(
        help: ArgumentHelp(
            "A file with one or two keys of 32 hexadecimal digits, each on a line: the first makes cookies, both verify "
                + "them. Servers that share an address share it. Default: a random key for this process.",
            valueName: "file"))
    var cookieSecretFile: String?

    func validate() throws {
        guard (512...4096).contains(maxUdpPayload) else { throw ValidationError("--max-udp-payload is 512 to 4096.") }
        for (option, text) in [("--identity", identity), ("--version-text", versionText)] {
            guard let text else { continue }
            guard (1...ResponderOptions.longestText).contains(text.utf8.count) else {
                throw ValidationError("\(option) takes 1 to \(ResponderOptions.longestText) octets of text.")
            }
        }
        guard (1...256).contains(workers) else { throw ValidationError("--workers is 1 to 256.") }
        guard tcpConnections > 0 else { throw ValidationError("--tcp-connections is at least 1.") }
        guard (1...3600).contains(tcpIdle) else { throw ValidationError("--tcp-idle is 1 to 3600 seconds.") }
        do {
            for text in listen { _ = try Endpoint(parsing: text) }
        } catch {
            throw ValidationError("\(error)")
        }
    }

    static func main() {
        // Before anything can start a thread: a thread inherits the mask.
        Signals.block()
        let command = parseOrExit()
        bootstrapLogging(component: Environment[Variable.child] ?? "authd")
        let log = Logger(label: "authd")
        do {
            try command.serve(log)
        } catch let error as PlatformError {
            log.critical("\(error)")
            error.exitStatus.exit()
        } catch {
            log.critical("\(error)")
            ExitStatus.failed.exit()
        }
    }

    private func serve(_ log: Logger) throws {
        try Lifeline.watch()
        let folder = try StateFolder(option: dir)
        let sockets = try ServingSockets(inherited: InheritedSockets.take(), listen: listen, workers: workers)
        var limits = TCPLimits()
        limits.connections = tcpConnections
        limits.idle = .seconds(Int64(tcpIdle))
        let handover = Handover()
        let responder = Serving(
            folder: folder, sockets: sockets, handover: handover, limits: limits, options: try responderOptions(log),
            log: log)
        Task { await responder.run() }
        var signal = Signals.next()
        while signal == .hangUp { signal = Signals.next() }
        log.info("ending", metadata: ["signal": "\(signal)"])
        // The batches in hand are finished; what comes later stays in the sockets for the next process.
        for _ in 0..<100 where handover.isBusy { _ = try? WakeUp.wait(for: [], milliseconds: 1) }
        ExitStatus.done.exit()
    }

    private func responderOptions(_ log: Logger) throws -> ResponderOptions {
        var options = ResponderOptions()
        options.largestPayload = maxUdpPayload
        options.identity = identity.map { Array($0.utf8) }
        options.version = versionText.map { Array($0.utf8) }
        // In units of 100 ms (RFC 7828, section 3.1).
        options.idleTimeout = UInt16(tcpIdle * 10)
        guard let cookieSecretFile else {
            options.cookieSecrets = .random()
            return options
        }
        let file = try System.open(cookieSecretFile, O_RDONLY)
        let text = String(decoding: try System.readToEnd(file.number, of: cookieSecretFile), as: UTF8.self)
        guard let secrets = CookieSecrets(text: text) else {
            log.critical(
                "\(cookieSecretFile): expected one or two keys of 32 hexadecimal digits, each on a line of its own")
            ExitStatus.failed.exit()
        }
        options.cookieSecrets = secrets
        return options
    }
}
