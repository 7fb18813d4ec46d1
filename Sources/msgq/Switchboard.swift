// Connects the router to channels: events in, one at a time, and effects out.
//
// Carrying out an effect can cause events: a failing write makes NIO read what its peer still had sent, and report it on
// the spot. Such events wait until the effects in hand have been carried out, or else a frame could overtake another
// that the router had sent before it.

import Bus
import Logging
import NIOCore
import Platform

/// The daemon's side of all connections; lives on one event loop.
final class Switchboard {
    private struct Line {
        let channel: any Channel
        let lname: LName
        let credentials: Credentials
        var warned = false
    }

    private var router: Router
    private let log: Logger
    private let stop: () -> Void

    private var lines: [ClientID: Line] = [:]
    private var lastClient: UInt64 = 0

    private var events: [Router.Event] = []
    private var working = false
    private var unflushed: Set<ClientID> = []
    private var flushing = false
    /// Octets that were carried since memory was given back last.
    private var carried = 0
    /// From so many on, the C library may keep much memory that is of no use any more.
    private static let largeWork = 4 << 20

    let frameLimit: Int

    init(router: Router, log: Logger, stop: @escaping () -> Void) {
        self.router = router
        self.log = log
        self.stop = stop
        frameLimit = router.limits.frame
    }

    var clientCount: Int { lines.count }

    func nextClient() -> ClientID {
        lastClient += 1
        return ClientID(lastClient)
    }

    // MARK: Events

    func connected(
        _ client: ClientID, _ channel: any Channel, _ credentials: Credentials, as appointment: Appointment? = nil
    ) {
        // The line has to be there before the router can want to write to it or end it.
        lines[client] = Line(channel: channel, lname: LName(""), credentials: credentials)
        post(.connected(client, credentials, as: appointment))
        if let lname = router.lname(of: client) {
            lines[client] = Line(channel: channel, lname: lname, credentials: credentials)
            log.debug("connected", metadata: description(client))
        }
        flush()
    }

    func closed(_ client: ClientID) {
        guard lines[client] != nil else { return }
        log.debug("closed", metadata: description(client))
        lines[client] = nil
        post(.closed(client))
        // Whoever has sent much has mostly come for that.
        if carried >= Switchboard.largeWork {
            carried = 0
            ProcessMemory.giveBack()
        }
    }

    /// Handles an event now, or after those in hand.
    func post(_ event: Router.Event) {
        events.append(event)
        guard !working else { return }
        working = true
        var next = 0
        while next < events.count {
            carryOut(router.handle(events[next]))
            next += 1
        }
        events.removeAll()
        working = false
    }

    // MARK: Effects

    private func carryOut(_ effects: [Router.Effect]) {
        for effect in effects {
            switch effect {
            case .deliver(let frame, let recipients): write(frame, recipients)
            case .disconnect(let client, let reason): disconnect(client, reason)
            case .ignore(let client, let what): ignore(client, what)
            case .stop(let client):
                log.info("stop", metadata: description(client))
                stop()
            }
        }
    }

    /// Hands a frame to the recipients' channels, which share its bytes.
    private func write(_ frame: Frame, _ recipients: [ClientID]) {
        let buffer = ByteBuffer(bytes: frame.wire)
        carried += frame.wire.count
        for recipient in recipients {
            guard let channel = lines[recipient]?.channel else { continue }
            unflushed.insert(recipient)
            channel.write(buffer).assumeIsolated().whenComplete { _ in
                _ = self.router.handle(.written(recipient))
            }
        }
    }

    /// Sends what was written, and then ends those who have let too much gather.
    func flush() {
        guard !flushing else { return }
        flushing = true
        defer { flushing = false }
        repeat {
            while let client = unflushed.popFirst() { lines[client]?.channel.flush() }
            let effects = router.enforceLimits()
            if effects.isEmpty, unflushed.isEmpty { return }
            carryOut(effects)
        } while true
    }

    private func disconnect(_ client: ClientID, _ reason: DisconnectReason) {
        log.warning("disconnected: \(reason)", metadata: description(client))
        lines.removeValue(forKey: client)?.channel.close(promise: nil)
    }

    /// Says so once per client: a client must not be able to fill the log.
    private func ignore(_ client: ClientID, _ what: String) {
        guard lines[client]?.warned == false else { return }
        lines[client]?.warned = true
        log.warning("ignored \(what)", metadata: description(client))
    }

    func note(_ client: ClientID, _ error: String) {
        log.debug("\(error)", metadata: description(client))
    }

    private func description(_ client: ClientID) -> Logger.Metadata {
        guard let line = lines[client] else { return [:] }
        return ["client": "\(line.lname)", "pid": "\(line.credentials.pid)", "uid": "\(line.credentials.uid)"]
    }
}
