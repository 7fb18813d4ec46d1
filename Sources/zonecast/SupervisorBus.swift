// The supervisor on the bus: it hears the children's names, kills on the manager's word, and tells the manager of deaths.
//
// Who has sent what is the daemon's word, which has it from us or from the kernel: a command is carried out if the role of
// its sender may have that done, and a child is known by the connection that we have given to it, whatever it says. Before
// anything is killed the daemon is asked which process is behind the l-name.

import Bus
import BusClient
import JSON
import Logging
import Platform
import Synchronization

/// One connection of the supervisor to one bus daemon.
final class SupervisorBus: Sendable {
    private let mailbox: Mailbox
    private let logger: Logger
    private let connection = Mutex<BusConnection?>(nil)
    private let session = Mutex<Task<Void, Never>?>(nil)
    private let refused = Mutex<Set<LName>>([])
    private static let mostRefused = 1000

    /// The children's names by their l-names.
    private let names = Mutex<[String: String]>([:])

    /// Goes on with a connection that was handed to the daemon; without one starts to connect, trying until it works or
    /// `leave`.
    init(path: String, connection: Int32?, mailbox: Mailbox, logger: Logger) {
        self.mailbox = mailbox
        self.logger = logger
        let task = Task { await self.live(path: path, connection) }
        session.withLock { $0 = task }
    }

    /// Disconnects, or stops trying.
    func leave() {
        session.withLock { $0?.cancel() }
        if let connection = connection.withLock({ $0 }) {
            Task { await connection.close() }
        }
    }

    /// Tells the manager that a child died of a signal.
    func report(_ death: ChildDeath) {
        guard let connection = connection.withLock({ $0 }) else { return }
        do {
            try connection.send(
                command: ChildDeath.command,
                [
                    "name": .string(death.name), "lname": .string(death.lname),
                    "signal": .integer(Int64(death.signal)),
                ], group: ChildDeath.group)
        } catch {
            logger.warning("could not tell the manager of a death", metadata: ["reason": "\(error)"])
        }
    }

    /// Tells how far an upgrade has come.
    func answer(_ message: IncomingMessage, _ report: UpgradeReport) {
        guard let connection = connection.withLock({ $0 }), let value = try? JSONValue(encoding: report) else { return }
        // A connection that is lost ends the loop over its messages.
        try? connection.reply(to: message, with: value)
    }

    /// Tells those who have asked for it that a child has ended.
    func confirmEnd(to messages: [IncomingMessage]) {
        guard let connection = connection.withLock({ $0 }) else { return }
        for message in messages { reply(message, on: connection) }
    }

    // MARK: The life of the connection

    private func live(path: String, _ socket: Int32?) async {
        guard let bus = await connect(path: path, socket) else { return }
        connection.withLock { $0 = bus }
        do {
            try bus.subscribe(group: ChildHello.group)
            // The daemon handles our messages in order: with this answer we are in the group, and miss no hello.
            guard try await bus.members(of: ChildHello.group).contains(bus.lname) else {
                mailbox.put(.busLost(self, reason: "the bus has another supervisor"))
                return
            }
            // After a change of the supervisor its children are there, and have said theirs.
            for member in try await bus.members() where member != bus.lname {
                if let process = await process(of: member, on: bus) {
                    mailbox.put(.found(process: process, lname: member))
                }
            }
        } catch {
            mailbox.put(.busLost(self, reason: "\(error)"))
            return
        }
        mailbox.put(.busJoined(self))
        for await message in bus.incoming { await handle(message, on: bus) }
        mailbox.put(.busLost(self, reason: "\(await bus.lost())"))
    }

    /// Nil when the daemon has ended before its first answer, which is heard of otherwise too.
    private func connect(path: String, _ socket: Int32?) async -> BusConnection? {
        if let socket {
            return try? await BusConnection.connect(socket: socket, path: path, introducingSenders: true)
        }
        // msgq needs some milliseconds from its start to its first answer.
        while !Task.isCancelled {
            if let bus = try? await BusConnection.connect(path: path, introducingSenders: true) { return bus }
            try? await Task.sleep(for: .milliseconds(3))
        }
        return nil
    }

    // MARK: Messages

    private func handle(_ message: IncomingMessage, on bus: BusConnection) async {
        guard message.kind == .command else { return }
        // One that has gone waits for nothing.
        guard let sender = message.sender else { return }
        guard Permissions.allows(sender.role, message.name, of: .zonecast) else {
            note(refused: message, of: sender)
            return refuse(message, on: bus, "\(message.name) is not for \(sender.role)")
        }
        switch message.name {
        case ChildHello.command, ChildHello.answering:
            guard let name = sender.name else { return refuse(message, on: bus, "not a child of this zonecast") }
            let hello = ChildHello(name: name, lname: message.from.text)
            names.withLock { $0[message.from.text] = name }
            mailbox.put(message.name == ChildHello.command ? .hello(hello) : .answering(hello))
            reply(message, on: bus)
        case ChildHello.nameCommand:
            let lname = message.params["lname"]?.string ?? ""
            guard let name = names.withLock({ $0[lname] }) else {
                return refuse(message, on: bus, "no child of zonecast has the l-name '\(lname)'")
            }
            try? bus.reply(to: message, with: ["name": .string(name)])
        case UpgradeReport.command:
            mailbox.put(.upgradeAsked(by: message))
        case "kill":
            guard let lname = message.params["lname"]?.string.map(LName.init) else {
                return refuse(message, on: bus, "kill needs an lname")
            }
            guard let process = await process(of: lname, on: bus) else {
                return refuse(message, on: bus, "\(lname) is not on the bus")
            }
            mailbox.put(.kill(process: process, lname: lname))
            reply(message, on: bus)
        case ChildDeath.awaitCommand:
            guard let lname = message.params["lname"]?.string.map(LName.init) else {
                return refuse(message, on: bus, "\(ChildDeath.awaitCommand) needs an lname")
            }
            guard await process(of: lname, on: bus) == nil else {
                return refuse(message, on: bus, "\(lname) is on the bus")
            }
            mailbox.put(.endAwaited(lname: lname, by: message))
        default:
            refuse(message, on: bus, "unknown command '\(message.name)'")
        }
    }

    /// The process behind an l-name, as the bus daemon has it from the kernel.
    private func process(of client: LName, on bus: BusConnection) async -> Int32? {
        let answer = try? await bus.call("pid", ["client": .string(client.text)], group: BusGroup.daemon)
        return answer?.integer.flatMap { Int32(exactly: $0) } ?? answer?["pid"]?.integer.flatMap { Int32(exactly: $0) }
    }

    /// Once for each client, as none must be able to fill the log.
    private func note(refused message: IncomingMessage, of sender: Sender) {
        let isNew = refused.withLock { $0.count < Self.mostRefused && $0.insert(message.from).inserted }
        guard isNew else { return }
        let client: Logger.Metadata = ["lname": "\(message.from)", "uid": "\(sender.uid)"]
        logger.warning("refused \(message.name) from \(sender.role)", metadata: client)
    }

    private func reply(_ message: IncomingMessage, on bus: BusConnection) {
        // A connection that is lost ends the loop over its messages.
        try? bus.reply(to: message)
    }

    private func refuse(_ message: IncomingMessage, on bus: BusConnection, _ why: String) {
        try? bus.reply(to: message, errorCode: 1, why)
    }
}
