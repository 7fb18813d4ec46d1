// The manager's hands: from what it hears to events of its ledger, and from the ledger's effects to the bus, the disk,
// builds and timers. The same translation as in the daemon (memmgr's Manager, Conversation and Effects).

import Bus
import Generations

extension World {
    mutating func startManager() {
        let (client, lname) = bus.connect(as: .memmgr)
        // What an earlier manager has renamed may not be durable yet; what is found must be before it is trusted.
        if setup.fault != .trustWhatIsFound {
            disk.images.flush()
            disk.state.flush()
        }
        var startup = disk.startup()
        if setup.fault == .reuseNumbers {
            startup = Ledger.Startup()
        }
        let (ledger, effects) = Ledger.start(setup.ledger, startup)
        manager = ManagerProcess(client: client, lname: lname, startedAt: now, ledger: ledger)
        truth.managerStarted(at: now)
        if let current = ledger.status.generation { truth.noteAnnounced(current) }
        note("    the manager is \(lname), and finds \(startup.names.count) files")
        bus.subscribe(client, to: BusGroup.membership)
        bus.subscribe(client, to: BusGroup.manager)
        if setup.fault == .skipPredecessors {
            listConsumers()
        } else {
            bus.ask(client, .members(group: BusGroup.manager), of: .group(BusGroup.daemon), .predecessors)
        }
        carryOut(effects)
    }

    /// What the managers before have sent must not reach a consumer after what this one sends: whatever the bus has not
    /// read of it is dropped with their connections.
    private mutating func cutOff(_ predecessors: [String]) {
        for lname in predecessors {
            bus.ask(manager!.client, .disconnect(lname: lname), of: .group(BusGroup.daemon), .cuttingOff)
        }
        listConsumers()
    }

    private mutating func listConsumers() {
        bus.ask(
            manager!.client, .members(group: BusGroup.consumers), of: .group(BusGroup.daemon), .members)
    }

    mutating func tell(_ event: Ledger.Event) {
        guard manager != nil else { return }
        var event = event
        if setup.fault == .loseDisconnect, case .consumerDisconnected = event { return }
        if setup.fault == .hearRefusalAsSuccess, case .switchAnswered(let id, let generation, .refused) = event {
            event = .switchAnswered(id, generation, .switched)
        }
        coverage.count(event, in: manager!.ledger)
        note("    ledger: \(event)")
        let effects = manager!.ledger.handle(event)
        carryOut(effects)
    }

    mutating func carryOut(_ effects: [Ledger.Effect]) {
        for effect in effects where manager != nil {
            note("      \(effect.summary)")
            carryOut(effect)
        }
    }

    private mutating func carryOut(_ effect: Ledger.Effect) {
        let client = manager!.client
        switch effect {
        case .startBuild(let job): manager!.builds.append(ManagerProcess.BuildWork(job: job))
        case .writeDirectory(let job): manager!.disk.append(.directory(job, nil, .create))
        case .writeRecord(let record):
            if setup.fault == .announceBeforeRecord {
                manager!.mail.append(.recordWritten(revision: record.revision))
            }
            manager!.disk.append(.record(record, .create))
        case .sendSwitch(let id, let message): sendSwitch(id, message)
        case .askHolding(let id):
            if setup.fault == .skipHoldingQuestion {
                let nothing = HoldingMessage(name: id.lname, serving: nil, holds: [])
                manager!.mail.append(.holdingAnswered(id, nothing))
            } else {
                bus.ask(client, .holding, of: .client(LName(id.lname)), .holding(id))
            }
        case .unlink(let names):
            if setup.fault != .neverUnlink { manager!.disk.append(.unlink(names)) }
        case .checkFiles(let files): manager!.disk.append(.check(files))
        case .watchTrial(let generation, _): manager!.watched = generation
        case .armTimer(let generation):
            manager!.timers[generation] = now + (setup.fault == .hurryTimer ? 0 : setup.timeout)
        case .cancelTimer(let generation): manager!.timers[generation] = nil
        case .disconnectAndKill(let id, _, let reason):
            checkExpulsion(of: id, reason)
            bus.ask(client, .kill(lname: id.lname), of: .group(BusGroup.supervisor), .killing(id))
        case .announceZoneUpdates(let updates):
            bus.send(client, .zonesUpdated(count: updates.count), to: BusGroup.zoneChanges)
        case .answerCaller(let id, let answer): self.answer(id, answer)
        case .note(.announced(let announcement)): checkReleases(at: announcement.generation)
        case .note: break
        }
    }

    private mutating func sendSwitch(_ id: ConsumerID, _ message: SwitchMessage) {
        var message = message
        if setup.fault == .mixUpGenerations, truth.announced[message.generation] != nil {
            message = SwitchMessage(
                generation: message.generation, directory: message.directory, digest: Digest(number: 0xDEAD))
        }
        checkSwitch(message, to: id)
        if setup.fault == .unlinkBeforeRelease {
            for older in truth.named.keys where older < message.generation { unlink(.directory(of: older)) }
        }
        if setup.fault == .assumeSwitched {
            manager!.mail.append(.switchAnswered(id, message.generation, .switched))
        }
        if setup.fault == .assumeReleased {
            let generation = message.generation
            let report = ReleasedMessage(generation: generation, serving: generation, holds: [generation])
            manager!.mail.append(.released(id, report))
        }
        bus.ask(
            manager!.client, .switchTo(message), of: .client(LName(id.lname)), .switching(id, message.generation))
    }

    private mutating func answer(_ id: RequestID, _ answer: Ledger.Answer) {
        guard let caller = manager!.callers[id] else {
            return violate(.i3, "request \(id) is answered twice")
        }
        checkAnswer(answer, to: id)
        if setup.fault == .loseAnswer { return }
        if setup.fault != .answerTwice { manager!.callers[id] = nil }
        if setup.fault == .answerTwice, truth.answered.contains(id) {
            return violate(.i3, "request \(id) is answered twice")
        }
        truth.answered.insert(id)
        if let address = caller { bus.reply(manager!.client, to: address, .value(.answer(answer))) }
        if setup.fault == .answerTwice { self.answer(id, answer) }
    }

    // MARK: Hearing

    mutating func managerHears(_ heard: Heard) {
        switch heard {
        case .end: endManager(losing: 0)
        case .event(.subscribed(let client, BusGroup.consumers)): tell(.consumerSubscribed(ConsumerID(client.text)))
        case .event(.unsubscribed(let client, BusGroup.consumers)):
            tell(.consumerUnsubscribed(ConsumerID(client.text)))
        case .event(.disconnected(let client)):
            for id in (manager?.trials.removeValue(forKey: client.text) ?? []).sorted() { tell(.callerLeft(id)) }
            tell(.consumerDisconnected(ConsumerID(client.text)))
        case .event: break
        case .answer(let question, let reply): managerIsAnswered(question, reply)
        case .command(let message, let from, let address): managerIsAsked(message, ConsumerID(from), address)
        }
    }

    private mutating func managerIsAnswered(_ question: Question, _ reply: Reply) {
        switch (question, reply) {
        case (.predecessors, .value(.names(let names))):
            cutOff(names.filter { $0 != manager?.lname })
        case (.members, .value(.names(let names))):
            tell(.membersListed(names.map { ConsumerID($0) }))
            forgetLeavers()
        case (.switching(let id, let generation), .value): tell(.switchAnswered(id, generation, .switched))
        case (.switching(let id, let generation), .failure(SwitchMessage.superseded)):
            tell(.switchAnswered(id, generation, .superseded))
        case (.switching(let id, let generation), .failure(let reason)):
            tell(.switchAnswered(id, generation, .refused(reason: reason)))
        case (.holding(let id), .value(.holds(let report))): tell(.holdingAnswered(id, report))
        case (.holding(let id), .failure(let reason)): tell(.holdingRefused(id, reason: reason))
        case (.switching(let id, _), .gone), (.holding(let id), .gone): tell(.consumerDisconnected(id))
        case (.killing(let id), _):
            guard let client = manager?.client else { return }
            bus.ask(client, .disconnect(lname: id.lname), of: .group(BusGroup.daemon), .disconnecting(id))
        case (.predecessors, _), (.cuttingOff, _), (.members, _), (.holding, _), (.disconnecting, _), (.request, _):
            break
        }
    }

    /// Who had left the group before the manager listened is unknown to it, and keeps its pages without their files.
    private mutating func forgetLeavers() {
        guard let known = manager?.ledger.status.consumers.map(\.consumer) else { return }
        for index in consumers.indices where !consumers[index].isSubscribed {
            if !known.contains(consumers[index].id) { consumers[index].isForgotten = true }
        }
    }

    private mutating func managerIsAsked(_ message: Message, _ id: ConsumerID, _ address: ReturnAddress) {
        switch message {
        case .released(let report): tell(.released(id, report))
        case .childDied(let lname, let signal): tell(.childDied(ConsumerID(lname), signal: signal))
        case .load(let sources, let options):
            findLostFiles()
            let told = setup.fault == .publishTheRest ? options.subtracting(.allOrNothing) : options
            take(address, isAllOrNothing: options.contains(.allOrNothing)) {
                .loadRequested($0, sources, told, large: ZoneText.large(sources))
            }
        case .tryOut(let sources, let options, let consumers):
            findLostFiles()
            manager!.trials[id.lname, default: []].insert(RequestID(manager!.lastRequest + 1))
            take(address, isAllOrNothing: options.contains(.allOrNothing)) {
                .trialRequested($0, sources, options, on: consumers, large: ZoneText.large(sources))
            }
        case .unload(let zones): take(address) { .unloadRequested($0, zones) }
        case .rollBack(let generation, let newSerials):
            take(address, isAllOrNothing: newSerials) {
                .rollbackRequested($0, to: generation, newSerials: newSerials)
            }
        default: break
        }
    }

    mutating func ownLoad(_ sources: [ZoneSource]) { take(nil) { .loadRequested($0, sources) } }

    private mutating func take(
        _ address: ReturnAddress?, isAllOrNothing: Bool = false, _ event: (RequestID) -> Ledger.Event
    ) {
        manager!.lastRequest += 1
        let id = RequestID(manager!.lastRequest)
        manager!.callers[id] = .some(address)
        truth.answered.remove(id)
        if isAllOrNothing { truth.allOrNothing.insert(id) }
        tell(event(id))
    }
}

extension Digest {
    /// A digest that is this number.
    init(number: UInt64) {
        let digits = String(number, radix: 16)
        guard let digest = Digest(hex: String(repeating: "0", count: 16 - digits.count) + digits) else {
            preconditionFailure("sixteen digits are a digest")
        }
        self = digest
    }
}

extension Ledger.Effect {
    /// The effect in a line.
    var summary: String {
        switch self {
        case .startBuild(let job): "build \(job.image) for \(job.zones.map(\.source.zone.presentation))"
        case .writeDirectory(let job): "write \(job.directory)"
        case .writeRecord(let record):
            "write record \(record.revision), current \(record.current?.generation.description ?? "none")"
        case .sendSwitch(let id, let message): "send switch \(message.generation) to \(id)"
        case .askHolding(let id): "ask \(id) what it holds"
        case .unlink(let names): "unlink \(names.map(\.string).joined(separator: " "))"
        case .checkFiles(let names): "look for \(names.sorted().map(\.string).joined(separator: " "))"
        case .armTimer(let generation): "arm timer \(generation)"
        case .watchTrial(let generation, _): "watch the trial of \(generation)"
        case .cancelTimer(let generation): "cancel timer \(generation)"
        case .disconnectAndKill(let id, _, let reason): "cut off \(id): \(reason)"
        case .announceZoneUpdates(let updates): "tell \(updates.count) zone updates"
        case .answerCaller(let id, let answer):
            "answer \(id): \(answer.problem ?? answer.zones.map { "\($0.zone) \($0.result)" }.joined(separator: ", "))"
        case .note(let note): "note \(note)"
        }
    }
}
