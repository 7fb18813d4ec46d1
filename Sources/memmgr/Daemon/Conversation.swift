// What the manager says and hears on the bus: questions and their answers, membership events, commands.

import Bus
import BusClient
import DNSCore
import Generations
import JSON
import Logging
import Platform

extension Manager {
    // MARK: Asking

    func ask(_ question: Question, _ command: String, _ params: JSONValue = .null, to client: LName) throws(BusError) {
        questions[try bus.ask(command, params, to: client)] = question
    }

    func ask(_ question: Question, _ command: String, _ params: JSONValue, group: String) throws(BusError) {
        questions[try bus.ask(command, params, group: group)] = question
    }

    // MARK: Hearing

    func take(_ message: IncomingMessage) {
        switch message.kind {
        case .answer(let call, let result):
            guard let question = questions.removeValue(forKey: call) else { return }
            answered(question, result)
        case .notification:
            if let event = MembershipEvent(message) { take(event) }
        case .command:
            command(message)
        }
    }

    private func take(_ event: MembershipEvent) {
        switch event {
        case .subscribed(let client, BusGroup.consumers): tell(.consumerSubscribed(ConsumerID(client.text)))
        case .unsubscribed(let client, BusGroup.consumers): unsubscribed(ConsumerID(client.text))
        case .disconnected(let client):
            for id in callers.forget(client) { tell(.callerLeft(id)) }
            disconnected(ConsumerID(client.text))
            refused.remove(client)
        case .connected, .subscribed, .unsubscribed: break
        }
    }

    private func answered(_ question: Question, _ result: Result<JSONValue, BusError>) {
        switch question {
        case .predecessors:
            if let names = names(result, of: "managers") { take(managers: names) }
        case .members:
            if let names = names(result, of: "consumers") { tell(.membersListed(names.map { ConsumerID($0) })) }
        case .switching(let consumer, let generation):
            switch result {
            case .success:
                logSwitch(generation, consumer)
                tell(.switchAnswered(consumer, generation, .switched))
            case .failure(.remote(_, SwitchMessage.superseded)):
                tell(.switchAnswered(consumer, generation, .superseded))
            case .failure(let error):
                failed(error, consumer) { .switchAnswered(consumer, generation, .refused(reason: $0)) }
            }
        case .holding(let consumer):
            do {
                tell(.holdingAnswered(consumer, try result.get().decode()))
            } catch {
                failed(error, consumer) { .holdingRefused(consumer, reason: $0) }
            }
        case .naming(let consumer):
            // Those that no supervisor has started say it themselves.
            if case .success(let value) = result, let name = value["name"]?.string {
                tell(.consumerNamed(consumer, name))
            }
        case .killing(let consumer):
            if case .failure(let error) = result, error != .noSuchRecipient {
                log.info("not killed: \(error)", metadata: ["lname": "\(consumer)"])
            }
            try? ask(
                .disconnecting(consumer), "disconnect", ["client": .string(consumer.lname)], group: BusGroup.daemon)
        case .disconnecting(let consumer):
            if case .failure(let error) = result {
                log.info("not disconnected: \(error)", metadata: ["lname": "\(consumer)"])
            }
        case .unsubscribing(let consumer):
            let members = (try? result.get())?.array ?? []
            if !leaving.contains(consumer), !members.contains(.string(consumer.lname)) {
                tell(.consumerUnsubscribed(consumer))
            }
        case .ending(let consumer):
            // With or without a supervisor, there is no more to know.
            leaving.remove(consumer)
            tell(.consumerDisconnected(consumer))
        }
    }

    private func names(_ result: Result<JSONValue, BusError>, of group: String) -> [String]? {
        if case .success(let value) = result, let names = value.array { return names.compactMap(\.string) }
        mailbox.put(.busLost(reason: "the bus does not tell who the \(group) are: \(result)"))
        return nil
    }

    private func take(managers names: [String]) {
        guard names.contains(bus.lname.text) else {
            let reason =
                "the bus did not let this process join the group \(BusGroup.manager): "
                + (names.first.map { "\($0) is in it" } ?? "only a memmgr that zonecast has started may, or the owner's")
            return mailbox.put(.busLost(reason: reason))
        }
        cutOff(names.filter { $0 != bus.lname.text })
    }

    /// This process has the lock, so whoever else is in the group is a manager that has ended, and the bus has not noticed.
    /// What it had still sent must not reach a consumer after what this one sends: it is dropped with the connection.
    private func cutOff(_ predecessors: [String]) {
        do {
            for lname in predecessors {
                log.info("cutting off what the manager before had sent", metadata: ["lname": "\(lname)"])
                try ask(
                    .disconnecting(ConsumerID(lname)), "disconnect", ["client": .string(lname)], group: BusGroup.daemon)
            }
            try ask(.members, "members", ["group": .string(BusGroup.consumers)], group: BusGroup.daemon)
        } catch {
            mailbox.put(.busLost(reason: "\(error)"))
        }
    }

    // MARK: Consumers that leave without an answer
    //
    // One that dies of a new generation refuses it. That must be known before its absence lets the roll-out end well; but
    // the bus tells of a closed connection first, and the supervisor of the signal when the process is gone.

    private func owesAnswer(_ consumer: ConsumerID) -> Bool {
        questions.values.contains { if case .switching(consumer, _) = $0 { true } else { false } }
    }

    /// Closing a connection begins with leaving its groups. The bus answers after it has told of all that.
    private func unsubscribed(_ consumer: ConsumerID) {
        guard owesAnswer(consumer) else { return tell(.consumerUnsubscribed(consumer)) }
        try? ask(.unsubscribing(consumer), "members", ["group": .string(BusGroup.consumers)], group: BusGroup.daemon)
    }

    private func disconnected(_ consumer: ConsumerID) {
        // If it owes an answer, the failure of that question comes too.
        if !owesAnswer(consumer), !leaving.contains(consumer) { tell(.consumerDisconnected(consumer)) }
    }

    private func left(_ consumer: ConsumerID) {
        guard leaving.insert(consumer).inserted else { return }
        try? ask(
            .ending(consumer), ChildDeath.awaitCommand, ["lname": .string(consumer.lname)], group: BusGroup.supervisor)
    }

    /// A question to a consumer that failed: it is gone, or it has said no.
    private func failed(_ error: any Error, _ consumer: ConsumerID, _ refusal: (String) -> Ledger.Event) {
        switch error as? BusError {
        case .recipientGone, .noSuchRecipient: left(consumer)
        case .lost, .closed: break
        default: tell(refusal("\(error)"))
        }
    }

    // MARK: Commands

    private func command(_ message: IncomingMessage) {
        // Whoever has gone waits for nothing, and what it may do is not known any more.
        guard let sender = message.sender else { return }
        do {
            guard Permissions.allows(sender.role, message.name, of: .memmgr) else {
                if refused.insert(message.from).inserted {
                    let client: Logger.Metadata = ["lname": "\(message.from)", "uid": "\(sender.uid)"]
                    log.error("refused \(message.name) from \(sender.role)", metadata: client)
                }
                return try bus.reply(to: message, errorCode: 1, "\(message.name) is not for \(sender.role)")
            }
            switch message.name {
            case ReleasedMessage.name:
                tell(.released(ConsumerID(message.from.text), try message.params.decode()))
                try bus.reply(to: message)
            case ChildDeath.command:
                let death = try message.params.decode(ChildDeath.self)
                log.info(
                    "\(death.name) died of \(Signal(rawValue: death.signal))", metadata: ["lname": "\(death.lname)"])
                departures[death.name] = "died of \(Signal(rawValue: death.signal))"
                tell(.childDied(ConsumerID(death.lname), signal: death.signal))
                try bus.reply(to: message)
            case "load", "unload", "rollback", "disconnect": try change(message)
            case "progress": try bus.reply(to: message, with: progress(for: message.from))
            case "status":
                guard let selection = StatusReply.selection(message.params) else {
                    return try bus.reply(
                        to: message, errorCode: 1, "status takes {\"zones\":[name]}, \"summary\" or \"troubled\"")
                }
                let status = ledger.status(of: selection)
                noteWork(on: status.zones.count)
                let reply = StatusReply.status(status, selection, examined: examined, sizes: sizes)
                try bus.reply(to: message, with: Discretion.answer(reply, to: sender))
            case "history":
                tell(.historyDropped(exceedingHistory))
                try bus.reply(to: message, with: HistoryReply.history(ledger.history))
            case "list":
                try bus.reply(to: message, with: Discretion.answer(StatusReply.list(ledger.status), to: sender))
            case "ping": try bus.reply(to: message, with: message.params)
            default: try bus.reply(to: message, errorCode: 2, "memmgr has no command '\(message.name)'")
            }
        } catch {
            try? bus.reply(to: message, errorCode: 1, "\(error)")
        }
    }

    private func change(_ message: IncomingMessage) throws(BusError) {
        switch message.name {
        case "load": try load(message, message.params)
        case "unload": try unload(message)
        case "disconnect": try disconnect(message)
        default: try rollBack(message)
        }
    }

    func load(_ message: IncomingMessage, _ params: JSONValue) throws(BusError) {
        if StreamedFiles.isIn(params) { return store(message) }
        let sources: [ZoneSource]
        let trial: LoadRequest.Trial?
        let warnings: WarningPolicy
        do {
            warnings = try LoadRequest.warnings(params)
            sources = try LoadRequest.sources(params)
            trial = try LoadRequest.trial(params, among: ledger.consumerNames)
        } catch {
            return try bus.reply(to: message, errorCode: 1, "\(error)")
        }
        let options = LoadRequest.options(params)
        let prunes = LoadRequest.prunes(params) ? reconcile(with: sources).removed : []
        if trial != nil, !prunes.isEmpty {
            return try bus.reply(to: message, errorCode: 1, "a load with a canary can't unload zones")
        }
        log.info("loading", metadata: ["zones": "\(sources.count)", "first": "\(sources[0].zone)"])
        findLostFiles()
        guard let trial else {
            let id = callers.add(
                message, "load", zones: sources.map(\.zone), pruning: prunes,
                isAllOrNothing: options.contains(.allOrNothing), warnings: warnings)
            return tell(.loadRequested(id, sources, options, large: LargeFiles.zones(ofRequest: sources)))
        }
        let id = callers.add(
            message, "load", zones: sources.map(\.zone), hold: trial.hold, leastQuestions: trial.least,
            warnings: warnings)
        let large = LargeFiles.zones(ofRequest: sources)
        tell(.trialRequested(id, sources, options, on: trial.consumers, large: large))
    }

    /// Makes files of the texts of a load, which then goes on.
    private func store(_ message: IncomingMessage) {
        let files = StreamedFiles(path: settings.folder.streamed)
        let (mailbox, params, kept) = (mailbox, message.params, Set(ledger.sources.map(\.file)))
        onDisk {
            files.tidy(keeping: kept)
            mailbox.put(.streamed(message, Result { () throws(PlatformError) in try files.storing(params) }))
        }
    }

    private func reconcile(with sources: [ZoneSource]) -> Reconciliation {
        Generations.reconcile(
            wanted: Dictionary(sources.map { ($0.zone, $0.file) }) { $1 }, have: ledger.zoneFiles)
    }

    private func unload(_ message: IncomingMessage) throws(BusError) {
        let names = (message.params["zones"]?.array ?? []).map { $0.string.flatMap(LoadRequest.zone) }
        let zones = names.compactMap { $0 }
        guard !zones.isEmpty, zones.count == names.count else {
            return try bus.reply(to: message, errorCode: 1, "unload takes {\"zones\":[name]}")
        }
        let id = callers.add(message, "unload", zones: zones)
        log.info("unloading", metadata: ["zones": "\(zones.count)", "first": "\(zones[0])"])
        tell(.unloadRequested(id, zones))
    }

    /// Cuts off all consumers of a name; whether they come back is the supervisor's business.
    private func disconnect(_ message: IncomingMessage) throws(BusError) {
        guard let name = message.params["name"]?.string else {
            return try bus.reply(to: message, errorCode: 1, "disconnect takes {\"name\":consumer}")
        }
        let consumers = ledger.consumers(named: name)
        guard !consumers.isEmpty else {
            return try bus.reply(to: message, errorCode: 1, LoadRequest.unknownConsumer(name, ledger.consumerNames))
        }
        for consumer in consumers { tell(.disconnectRequested(consumer)) }
        try bus.reply(to: message, with: ["consumers": .array(consumers.map { .string($0.lname) })])
    }

    private func rollBack(_ message: IncomingMessage) throws(BusError) {
        var target: Generation?
        if let wanted = message.params["to"], wanted != .null {
            guard let number = wanted.integer, number > 0 else {
                return try bus.reply(to: message, errorCode: 1, "rollback takes {\"to\":generation}, or nothing")
            }
            target = Generation(UInt64(number))
        }
        let newSerials: Bool
        do {
            newSerials = try LoadRequest.wantsNewSerials(message.params)
        } catch {
            return try bus.reply(to: message, errorCode: 1, "\(error)")
        }
        tell(.historyDropped(exceedingHistory))
        let id = callers.add(message, "rollback", zones: [])
        log.info("rolling back", metadata: ["to": "\(target?.description ?? "the content before")"])
        tell(.rollbackRequested(id, to: target, newSerials: newSerials))
    }

    /// How far the newest request of a client is.
    private func progress(for client: LName) -> JSONValue {
        guard let id = callers.newest(of: client), let progress = ledger.progress(of: id) else { return .null }
        return ProgressReply.progress(
            progress, build: progress.phase == .building ? progress.build.flatMap { self.progress[$0] } : nil)
    }

    func answer(_ id: RequestID, _ answer: Ledger.Answer) {
        noteWork(on: answer.zones.count)
        guard let caller = callers.remove(id) else { return }
        // What the manager began by itself, or whose caller has gone, is in the log.
        guard let message = caller.message else { return }
        let reply = LoadReply.reply(answer, caller: caller, now: ContinuousClock.now)
        try? bus.reply(to: message, with: Discretion.answer(reply, to: message.sender))
    }
}
