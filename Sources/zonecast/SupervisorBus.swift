// The supervisor on the bus: it hears the children's names, kills on the manager's word, and tells the manager of deaths.
//
// A name on the bus is only a claim. Before anything is killed the daemon is asked which process is behind the l-name,
// on both sides: the one who asks must be our memmgr, the one to be killed must be our child.

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

    /// The process that may ask for kills.
    private let manager = Mutex<Int32?>(nil)

    /// Starts to connect, trying until it works or `leave`.
    init(path: String, mailbox: Mailbox, logger: Logger) {
        self.mailbox = mailbox
        self.logger = logger
        let task = Task { await self.live(path: path) }
        session.withLock { $0 = task }
    }

    /// Disconnects, or stops trying.
    func leave() {
        session.withLock { $0?.cancel() }
        if let connection = connection.withLock({ $0 }) {
            Task { await connection.close() }
        }
    }

    /// Who the manager is now.
    func setManager(_ process: Int32?) { manager.withLock { $0 = process } }

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

    private func live(path: String) async {
        guard let bus = await connect(path: path) else { return }
        connection.withLock { $0 = bus }
        do {
            try bus.subscribe(group: ChildHello.group)
            // The daemon handles our messages in order: with this answer we are in the group, and miss no hello.
            _ = try await bus.members(of: ChildHello.group)
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

    /// msgq needs some milliseconds from its start to its first answer.
    private func connect(path: String) async -> BusConnection? {
        while !Task.isCancelled {
            if let bus = try? await BusConnection.connect(path: path) { return bus }
            try? await Task.sleep(for: .milliseconds(3))
        }
        return nil
    }

    // MARK: Messages

    private func handle(_ message: IncomingMessage, on bus: BusConnection) async {
        guard message.kind == .command else { return }
        switch message.name {
        case ChildHello.command, ChildHello.answering:
            guard let name = message.params["name"]?.string, let lname = message.params["lname"]?.string,
                lname == message.from.text
            else { return refuse(message, on: bus, "\(message.name) needs a name and the sender's own lname") }
            let hello = ChildHello(name: name, lname: lname)
            mailbox.put(message.name == ChildHello.command ? .hello(hello) : .answering(hello))
            reply(message, on: bus)
        case UpgradeReport.command:
            mailbox.put(.upgradeAsked(by: message))
        case "kill":
            guard let lname = message.params["lname"]?.string.map(LName.init) else {
                return refuse(message, on: bus, "kill needs an lname")
            }
            guard await isManager(message.from, on: bus) else {
                logger.warning("refused to kill for a stranger", metadata: ["from": "\(message.from)"])
                return refuse(message, on: bus, "only the manager may ask for that")
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
            guard await isManager(message.from, on: bus) else {
                return refuse(message, on: bus, "only the manager may ask for that")
            }
            guard await process(of: lname, on: bus) == nil else {
                return refuse(message, on: bus, "\(lname) is on the bus")
            }
            mailbox.put(.endAwaited(lname: lname, by: message))
        default:
            refuse(message, on: bus, "unknown command '\(message.name)'")
        }
    }

    private func isManager(_ client: LName, on bus: BusConnection) async -> Bool {
        guard let asking = await process(of: client, on: bus) else { return false }
        return asking == manager.withLock { $0 }
    }

    /// The process behind an l-name, as the bus daemon has it from the kernel.
    private func process(of client: LName, on bus: BusConnection) async -> Int32? {
        let answer = try? await bus.call("pid", ["client": .string(client.text)], group: BusGroup.daemon)
        return answer?.integer.flatMap { Int32(exactly: $0) } ?? answer?["pid"]?.integer.flatMap { Int32(exactly: $0) }
    }

    private func reply(_ message: IncomingMessage, on bus: BusConnection) {
        // A connection that is lost ends the loop over its messages.
        try? bus.reply(to: message)
    }

    private func refuse(_ message: IncomingMessage, on bus: BusConnection, _ why: String) {
        try? bus.reply(to: message, errorCode: 1, why)
    }
}
