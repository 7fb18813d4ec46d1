// The main thread's loop: signals, ends of children, letters from the bus and time become events of Supervision, whose
// actions are carried out here.

import Bus
import Glibc
import Logging
import Platform

/// Runs one system.
final class Supervisor {
    /// Blocked in all threads and read from a descriptor.
    static let signals: [Signal] = [.terminate, .interrupt, .hangUp, .child]

    private let programs: Programs
    private let sockets: ListeningSockets
    private let processes: Int
    private let serviceManager: ServiceManager
    private let logger: Logger
    private let lifeline: Lifeline
    private let mailbox: Mailbox
    private let pending: SignalDescriptor
    private let beginning = ContinuousClock.now

    private var supervision: Supervision
    private var children: [Part: ChildProcess] = [:]
    private var lnames: [Part: String] = [:]
    /// Responders that are to be sent SIGHUP as soon as they have said hello.
    private var hangUpOwed: Set<Part> = []
    /// Who waits for the end of the child with an l-name.
    private var endAwaited: [String: [IncomingMessage]] = [:]
    private var bus: SupervisorBus?
    private var outcome: ExitStatus?

    init(
        programs: Programs, sockets: ListeningSockets, processes: Int, serviceManager: ServiceManager, logger: Logger
    ) throws(PlatformError) {
        self.programs = programs
        self.sockets = sockets
        self.processes = processes
        self.serviceManager = serviceManager
        self.logger = logger
        lifeline = try Lifeline()
        mailbox = try Mailbox()
        pending = try SignalDescriptor(Self.signals)
        supervision = Supervision(processes: processes)
    }

    /// Starts everything and returns when everything has ended.
    func run(zones: ZonesToLoad) throws(PlatformError) -> ExitStatus {
        let opening = try Opening(
            programs: programs, zones: zones, responders: (1...processes).map { "\(Part.authd($0))" },
            example: sockets.example, lifeline: lifeline, serviceManager: serviceManager, logger: logger)
        try opening.start()
        defer { opening.cancel() }
        tell(.begin)
        while true {
            if let outcome { return outcome }
            _ = try WakeUp.wait(for: [pending.number, mailbox.descriptor], milliseconds: millisecondsLeft())
            // The bus first: a child's name counts even if its death has come in the meantime.
            for letter in mailbox.empty() { read(letter) }
            while let (signal, sender) = pending.next() { take(signal, from: sender, opening) }
            try reap()
            tell(.time)
        }
    }

    private var now: Duration { ContinuousClock.now - beginning }

    private func millisecondsLeft() -> Int32? {
        guard let deadline = supervision.nextDeadline else { return nil }
        let left = max(.zero, deadline - now)
        // Rounded up, or else the loop would spin through the last millisecond.
        return Int32(clamping: Int64((left / .milliseconds(1)).rounded(.up)))
    }

    // MARK: Events

    private func take(_ signal: Signal, from sender: Int32, _ opening: Opening) {
        switch signal {
        case .terminate, .interrupt:
            logger.info("ending", metadata: ["signal": "\(signal)", "sender": "\(sender)"])
            opening.cancel()
            do { try serviceManager.tellStopping() } catch { logger.warning("\(error)") }
            tell(.stopRequested)
        case .hangUp:
            logger.info(
                "asking the manager to load changed zones, and the responders to read their cookie keys",
                metadata: ["sender": "\(sender)"])
            children[.memmgr]?.send(.hangUp)
            for (part, child) in children where part != .msgq && part != .memmgr {
                // One that has just been started may not be ready for the signal, which would end it.
                if lnames[part] != nil { child.send(.hangUp) } else { hangUpOwed.insert(part) }
            }
        default:
            break  // SIGCHLD; one may stand for several, so all children are looked at in any case
        }
    }

    private func reap() throws(PlatformError) {
        for (part, child) in children {
            guard let end = try child.end() else { continue }
            children[part] = nil
            if part == .memmgr { bus?.setManager(nil) }
            let lname = lnames.removeValue(forKey: part)
            hangUpOwed.remove(part)
            if case .died(let signal) = end, part != .msgq, let lname {
                bus?.report(ChildDeath(name: "\(part)", lname: lname, signal: signal.rawValue))
            }
            // After the report, so that who waits for this has heard of the signal.
            if let lname, let waiting = endAwaited.removeValue(forKey: lname) { bus?.confirmEnd(to: waiting) }
            logger.debug("\(part) \(end)", metadata: ["pid": "\(child.id)"])
            tell(.ended(part, end))
        }
    }

    private func read(_ letter: Mailbox.Letter) {
        switch letter {
        case .busJoined(let sender):
            if sender === bus { tell(.busJoined) }
        case .busLost(let sender, let reason):
            guard sender === bus else { return }
            logger.debug("off the bus", metadata: ["reason": "\(reason)"])
            tell(.busLost)
        case .hello(let hello):
            guard let part = children.keys.first(where: { "\($0)" == hello.name }) else { return }
            lnames[part] = hello.lname
            if hangUpOwed.remove(part) != nil { children[part]?.send(.hangUp) }
        case .endAwaited(let lname, let message):
            if let part = lnames.first(where: { $0.value == lname.text })?.key {
                endAwaited[lname.text, default: []].append(message)
                // Off the bus it is of no use. Nearly always it is dying already, which this does not change.
                children[part]?.send(.kill)
            } else {
                bus?.confirmEnd(to: [message])
            }
        case .kill(let process, let lname):
            guard let (part, child) = children.first(where: { $0.value.id == process }) else {
                logger.warning(
                    "asked to kill what is not a child of ours", metadata: ["lname": "\(lname)", "pid": "\(process)"])
                return
            }
            logger.warning(
                "killing \(part), as the manager asks", metadata: ["lname": "\(lname)", "pid": "\(process)"])
            child.send(.kill)
        }
    }

    // MARK: Actions

    private func tell(_ event: Supervision.Event) {
        for action in supervision.handle(event, at: now) { perform(action) }
    }

    private func perform(_ action: Supervision.Action) {
        switch action {
        case .start(let part): start(part)
        case .send(let signal, let part): children[part]?.send(signal)
        case .joinBus: bus = SupervisorBus(path: programs.folder.socket, mailbox: mailbox, logger: logger)
        case .leaveBus:
            bus?.leave()
            endAwaited = [:]
            bus = nil
        case .note(let note): log(note)
        case .finish(let status): outcome = status
        }
    }

    private func start(_ part: Part) {
        var given: [Int32] = []
        if case .authd(let number) = part { given = sockets.share(of: number - 1, among: processes) }
        do throws(PlatformError) {
            let child = try ChildProcess(programs.command(for: part, sockets: given, lifeline: lifeline))
            children[part] = child
            if part == .memmgr { bus?.setManager(child.id) }
            logger.info("started \(part)", metadata: ["pid": "\(child.id)"])
        } catch {
            logger.error("\(part): \(error)")
            // As a shell would put it: 126, "can't be run".
            tell(.ended(part, .exited(126)))
        }
    }

    private func log(_ note: Supervision.Note) {
        switch note {
        case .ended(let part, let end):
            logger.info("\(part) \(end)")
        case .restarting(let part, let end, let delay):
            logger.warning("\(part) \(end); starting it again", metadata: ["after_ms": "\(delay.wholeMilliseconds)"])
        case .systemEnds(let why):
            logger.error("\(why): ending all parts, to start anew")
        case .systemRestarts(let delay):
            logger.warning("starting the system again", metadata: ["after_ms": "\(delay.wholeMilliseconds)"])
        case .killing(let parts):
            let names = parts.map { "\($0)" }.joined(separator: ",")
            logger.warning("killing what has not ended", metadata: ["parts": "\(names)"])
        case .neverAnswered:
            logger.error("the bus daemon did not come up (see its own line above): giving up")
        }
    }
}

extension Duration {
    var wholeMilliseconds: Int { Int(self / .milliseconds(1)) }
}
