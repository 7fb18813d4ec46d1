// The main thread's loop: signals, ends of children, letters from the bus and time become events of Supervision, whose
// actions are carried out here.

import Bus
import Glibc
import Logging
import Platform

/// Runs one system.
final class Supervisor {
    /// Blocked in all threads and read from a descriptor.
    static let signals: [Signal] = [.terminate, .interrupt, .hangUp, .child, upgradeSignal]

    /// Asks for an upgrade.
    static let upgradeSignal = Signal.userDefined2

    private let programs: Programs
    private var assets: Assets
    private let zones: ZonesToLoad
    private let serviceManager: ServiceManager
    private let logger: Logger
    private let mailbox: Mailbox
    private let pending: SignalDescriptor
    private let beginning = ContinuousClock.now

    private var supervision: Supervision
    private var children: [Part: ChildProcess] = [:]
    private var lnames: [Part: String] = [:]
    /// Parts that are to be sent SIGHUP as soon as they have said hello. (A manager that is started looks for changed files anyway.)
    private var hangUpOwed: Set<Part> = []
    /// Who waits for the end of the child with an l-name.
    private var endAwaited: [String: [IncomingMessage]] = [:]
    private var bus: SupervisorBus?
    /// The socket of the bus that we have joined.
    private var busSocket: FileIdentity?
    /// How often it is looked whether that is still there: who is started after it is gone can't join.
    private static let lookEvery: Int32 = 1000
    private var busControl: BusControl
    private var rehearsal: RunningRehearsal?
    /// Nil when all that the command line asks for was done before this process took over.
    private var opening: Opening?
    private var outcome: ExitStatus?

    init(
        programs: Programs, assets: consuming Assets, zones: ZonesToLoad, serviceManager: ServiceManager,
        logger: Logger
    ) throws(PlatformError) {
        self.programs = programs
        self.zones = zones
        supervision = Supervision(processes: assets.processes)
        self.assets = assets
        self.serviceManager = serviceManager
        self.logger = logger
        mailbox = try Mailbox()
        busControl = try BusControl()
        pending = try SignalDescriptor(Self.signals)
    }

    /// Starts everything, or goes on with what the program before has left, and returns when everything has ended.
    func run(takingOver estate: Estate?) throws(PlatformError) -> ExitStatus {
        if estate?.isReady != true { try startOpening() }
        defer { opening?.cancel() }
        if let estate {
            takeOver(estate)
            // The news of an end may have gone with the program before.
            try reap()
        } else {
            tell(.begin)
        }
        while true {
            if let outcome { return outcome }
            _ = try WakeUp.wait(for: [pending.number, mailbox.descriptor], milliseconds: millisecondsLeft())
            // The bus first: a child's name counts even if its death has come in the meantime.
            for letter in mailbox.empty() { read(letter) }
            while let (signal, sender) = pending.next() { take(signal, from: sender) }
            try reap()
            if isBusSocketGone { tell(.busSocketGone) }
            tell(.time)
        }
    }

    /// Without the folder, no bus could be started in place of the one that works.
    private var isBusSocketGone: Bool {
        guard let busSocket else { return false }
        return FileIdentity(of: programs.folder.socket) != busSocket && System.isFolder(programs.folder.path)
    }

    private func startOpening() throws(PlatformError) {
        let opening = try Opening(
            programs: programs, zones: zones, assets, serviceManager: serviceManager, logger: logger)
        self.opening = opening
        try opening.start()
    }

    private var now: Duration { ContinuousClock.now - beginning }

    private func millisecondsLeft() -> Int32? {
        let look = busSocket.map { _ in Self.lookEvery }
        guard let deadline = supervision.nextDeadline else { return look }
        let left = max(.zero, deadline - now)
        // Rounded up, or else the loop would spin through the last millisecond.
        return min(Int32(clamping: Int64((left / .milliseconds(1)).rounded(.up))), look ?? .max)
    }

    // MARK: Events

    private func take(_ signal: Signal, from sender: Int32) {
        switch signal {
        case .terminate, .interrupt:
            logger.info("ending", metadata: ["signal": "\(signal)", "sender": "\(sender)"])
            opening?.cancel()
            do { try serviceManager.tellStopping() } catch { logger.warning("\(error)") }
            tell(.stopRequested)
        case .hangUp:
            logger.info(
                "asking the manager to load changed zones, and the responders to read their cookie keys",
                metadata: ["sender": "\(sender)"])
            for (part, child) in children where part == .memmgr || part.isResponder {
                // One that has just been started may not be ready for the signal, which would end it.
                if lnames[part] != nil { child.send(.hangUp) } else { hangUpOwed.insert(part) }
            }
        case Self.upgradeSignal:
            logger.info("asked for an upgrade", metadata: ["sender": "\(sender)"])
            tell(.upgradeRequested)
        default:
            break  // SIGCHLD; one may stand for several, so all children are looked at in any case
        }
    }

    private func reap() throws(PlatformError) {
        for (part, child) in children {
            guard let end = try child.end() else { continue }
            children[part] = nil
            let lname = lnames.removeValue(forKey: part)
            hangUpOwed.remove(part)
            if case .died(let signal) = end, part != .msgq, let lname {
                bus?.report(ChildDeath(name: "\(part)", lname: lname, signal: signal.rawValue))
            }
            // After the report, so that who waits for this has heard of the signal.
            if let lname, let waiting = endAwaited.removeValue(forKey: lname) { bus?.confirmEnd(to: waiting) }
            logger.debug("\(part) \(end)", metadata: ["pid": "\(child.id)"])
            tell(part == .rehearsal ? .rehearsed(problem: problem(with: end)) : .ended(part, end))
        }
    }

    private func read(_ letter: Mailbox.Letter) {
        switch letter {
        case .busJoined(let sender):
            guard sender === bus else { return }
            busSocket = FileIdentity(of: programs.folder.socket)
            tell(.busJoined)
        case .busLost(let sender, let reason):
            guard sender === bus else { return }
            logger.debug("off the bus", metadata: ["reason": "\(reason)"])
            tell(.busLost)
        case .hello(let hello):
            guard let part = children.keys.first(where: { "\($0)" == hello.name }) else { return }
            lnames[part] = hello.lname
            if hangUpOwed.remove(part) != nil { children[part]?.send(.hangUp) }
        case .answering(let hello):
            guard let part = lnames.first(where: { $0.value == hello.lname })?.key else { return }
            tell(.answering(part))
        case .found(let process, let lname):
            guard let part = children.first(where: { $0.value.id == process })?.key else { return }
            lnames[part] = lname.text
            if hangUpOwed.remove(part) != nil { children[part]?.send(.hangUp) }
        case .upgradeAsked(let message):
            bus?.answer(message, UpgradeReport(supervision.upgrade, missing: supervision.missing))
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
        case .joinBus: joinBus()
        case .leaveBus:
            bus?.leave()
            endAwaited = [:]
            bus = nil
            busSocket = nil
        case .setAside(let number): setAside(number)
        case .becomeNew: becomeNew()
        case .note(let note): log(note)
        case .finish(let status): outcome = status
        }
    }

    private func joinBus() {
        var connection: Int32?
        if busControl.isServed {
            do {
                connection = try busControl.connect().release()
            } catch {
                logger.error("no connection to the bus: \(error)")
            }
        }
        bus = SupervisorBus(path: programs.folder.socket, connection: connection, mailbox: mailbox, logger: logger)
    }

    private func start(_ part: Part) {
        var given: [Int32] = []
        if case .authd(let number) = part {
            let isShared = assets.sockets.repair(shareOf: number - 1, among: assets.processes, logger: logger)
            given = assets.sockets.share(of: number - 1, among: assets.processes)
            // They hold what was damaged, and are given the other one when they are started again.
            if isShared { for (other, child) in children where other.isAnswering { child.send(.terminate) } }
        }
        do {
            let command = programs.command(for: part, sockets: given, assets)
            let child = try process(of: part, command)
            children[part] = child
            logger.info("started \(part)", metadata: ["pid": "\(child.id)"])
        } catch {
            logger.error("\(part): \(error)")
            if part == .rehearsal { return tell(.rehearsed(problem: "\(error)")) }
            // As a shell would put it: 126, "can't be run".
            tell(.ended(part, .exited(126)))
        }
    }

    private func process(of part: Part, _ command: ChildCommand) throws -> ChildProcess {
        switch part {
        case .rehearsal:
            let rehearsal = try RunningRehearsal(command, inheriting: estate.sealed())
            self.rehearsal = rehearsal
            return rehearsal.child
        case .msgq:
            return try busControl.startDaemon(command)
        case .memmgr, .authd, .outgoing:
            guard busControl.isServed else { return try ChildProcess(command) }
            let role: BusRole = part == .memmgr ? .memmgr : .authd
            let (uid, gid) = programs.identity
            return try busControl.start(command, as: Appointment(role, name: "\(part)"), uid: uid, gid: gid)
        }
    }

    // MARK: Upgrades

    /// What the program that this process becomes would take over now.
    private var estate: Estate {
        let children = children.filter { $0.key != .rehearsal }.map { part, child in
            Estate.Child(
                part: "\(part)", process: child.id, answers: supervision.answering.contains(part))
        }
        return assets.estate(
            children: children, serviceManager: serviceManager, isReady: opening?.isReady ?? true,
            upgrades: supervision.upgrade.number, busControl: busControl.descriptors)
    }

    private func takeOver(_ estate: Estate) {
        var system = Supervision.RunningSystem(upgrades: estate.upgrades)
        for child in estate.children {
            guard let part = Part(child.part, processes: assets.processes) else { continue }
            children[part] = ChildProcess(inherited: child.process)
            system.parts.insert(part)
            if child.answers { system.answering.insert(part) }
        }
        if let ends = estate.busControl {
            do { busControl = try BusControl(inherited: ends) } catch { logger.error("\(error)") }
        }
        if let msgq = children[.msgq] { system.hasOldBus = !busControl.isServed || !msgq.runs(programs.msgq) }
        logger.notice("took over from the zonecast before", metadata: ["pid": "\(getpid())"])
        tell(.takeOver(system))
    }

    private func setAside(_ number: Int) {
        children[.outgoing(number)] = children.removeValue(forKey: .authd(number))
        lnames[.outgoing(number)] = lnames.removeValue(forKey: .authd(number))
    }

    /// What speaks against becoming the new zonecast, whose rehearsal has ended so; nil if nothing does.
    private func problem(with end: ProcessEnd) -> String? {
        let lines = (try? rehearsal?.text())?.split(separator: "\n").map(String.init) ?? []
        rehearsal = nil
        if end == .exited(ExitStatus.done.rawValue), lines.last == Rehearsal.consent { return nil }
        for line in lines.prefix(Rehearsal.mostLines) { logger.warning("\(Part.rehearsal) says: \(line)") }
        let how = end == .exited(ExitStatus.done.rawValue) ? "did not say that it can take over" : "\(end)"
        return "\(Part.rehearsal) \(how)" + (lines.last.map { ": \($0.prefix(300))" } ?? "")
    }

    /// Returns only if that fails.
    private func becomeNew() {
        let isReady = opening?.isReady ?? true
        do {
            let memory = try estate.sealed()
            // Its command must not be left without a parent that knows of it.
            opening?.end()
            logger.notice("becoming the new zonecast", metadata: ["program": "\(programs.zonecast)"])
            try ProcessImage.replace(
                with: programs.zonecast, ProgramArguments.all,
                variables: [Variable.estate: "\(memory.descriptor)", Variable.notifySocket: serviceManager.socket],
                keeping: assets.descriptors + [memory.descriptor] + busControl.descriptors)
        } catch {
            if !isReady { do { try startOpening() } catch { logger.error("\(error)") } }
            tell(.upgradeFailed("\(error)"))
        }
    }

    private func log(_ note: Supervision.Note) {
        switch note {
        case .ended(let part, let end):
            let isBad = part.isOutgoing && end != .exited(ExitStatus.done.rawValue)
            logger.log(level: isBad ? .warning : .info, "\(part) \(end)")
        case .restarting(let part, let end, let delay):
            logger.warning("\(part) \(end); starting it again", metadata: ["after_ms": "\(delay.wholeMilliseconds)"])
        case .systemEnds(let why):
            logger.error("\(why): ending all parts, to start anew")
        case .busSocketGone:
            logger.error(
                "the bus socket was removed or replaced: starting the bus and the manager again; the responders continue to answer",
                metadata: ["socket": "\(programs.folder.socket)"])
        case .systemRestarts(let delay):
            let level: Logger.Level = supervision.upgrade.isReplacing && delay == .zero ? .info : .warning
            logger.log(level: level, "starting the system again", metadata: ["after_ms": "\(delay.wholeMilliseconds)"])
        case .killing(let parts):
            let names = parts.map { "\($0)" }.joined(separator: ",")
            logger.warning("killing what has not ended", metadata: ["parts": "\(names)"])
        case .neverAnswered:
            logger.error("the bus daemon did not come up (see its own line above): giving up")
        case .replacing(let withBus):
            logger.notice("replacing the parts\(withBus ? " and the bus, whose program is another" : "")")
        case .retrying(let parts):
            let names = parts.map { "\($0)" }.joined(separator: ",")
            logger.warning("the upgrade does not come to its end: trying once more", metadata: ["missing": "\(names)"])
        case .upgraded:
            logger.notice("upgraded: every part runs the programs of today")
        case .upgradeFailed(let reason):
            logger.error("no upgrade: \(reason); everything goes on as it was")
        }
    }
}

extension Duration {
    var wholeMilliseconds: Int { Int(self / .milliseconds(1)) }
}
