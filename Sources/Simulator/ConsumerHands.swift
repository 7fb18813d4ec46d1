// The consumers' hands, callers and the supervisor: what each does with what it hears, and how each dies.

import Bus
import Generations

extension World {
    /// A process reads a frame.
    mutating func read(_ client: Client) {
        if setup.fault == .loseFrame, consumers.contains(where: { $0.client == client }) {
            framesRead += 1
            if framesRead.isMultiple(of: 11) { return bus.dropDown(client) }
        }
        for heard in bus.carryDown(client) {
            if manager?.client == client {
                managerHears(heard)
            } else if let index = consumers.firstIndex(where: { $0.client == client }) {
                consumerHears(consumers[index].number, heard)
            } else if let caller = callers.first(where: { $0.client == client }) {
                callerHears(caller, heard)
            } else if supervisor.client == client {
                supervisorHears(heard)
            }
        }
    }

    // MARK: Consumers

    mutating func startConsumer(_ nature: ConsumerProcess.Nature, isChild: Bool) {
        lastConsumer += 1
        let (client, lname) = bus.connect(as: isChild ? .authd : nil)
        bus.subscribe(client, to: BusGroup.consumers)
        note("    consumer \(lastConsumer) is \(lname), \(nature.rawValue)")
        consumers.append(
            ConsumerProcess(
                number: lastConsumer, client: client, id: ConsumerID(lname), nature: nature, isChild: isChild,
                startedAt: now, machine: Consumer(name: "consumer.\(lastConsumer)")))
    }

    mutating func leave(_ number: Int) {
        guard let index = index(number) else { return }
        consumers[index].isSubscribed = false
        bus.unsubscribe(consumers[index].client, from: BusGroup.consumers)
    }

    private mutating func consumerHears(_ number: Int, _ heard: Heard) {
        guard let index = index(number) else { return }
        switch heard {
        case .end: endConsumer(number, signal: 0, losing: 0)
        case .command(.switchTo(let message), _, let address): tell(number, .switchReceived(address, message))
        case .command(.holding, _, let address):
            if consumers[index].nature == .clumsy {
                bus.reply(consumers[index].client, to: address, .failure("no such command"))
            } else {
                tell(number, .holdingAsked(address))
            }
        case .command, .event, .answer: break
        }
    }

    mutating func tell(_ number: Int, _ event: Consumer<ReturnAddress>.Event) {
        guard let index = index(number) else { return }
        coverage.count(event, in: consumers[index].machine)
        note("    consumer \(number): \(event)")
        for effect in consumers[index].machine.handle(event) { carryOut(effect, at: index) }
    }

    private mutating func carryOut(_ effect: Consumer<ReturnAddress>.Effect, at index: Int) {
        let number = consumers[index].number
        let client = consumers[index].client
        switch effect {
        case .map(let message, _):
            consumers[index].mapped.insert(message.generation)
            consumers[index].tasks.append(effect)
        case .swap(let generation):
            consumers[index].tasks.append(effect)
            if setup.fault == .acknowledgeBeforeSwap { tell(number, .switched(generation)) }
        case .release(let generation):
            consumers[index].tasks.append(effect)
            if setup.fault == .releaseBeforeUnmap { tell(number, .released(generation)) }
        case .sendReleased(let message): bus.send(client, .released(message), to: BusGroup.manager)
        case .reply(let address, let reply):
            note("      consumer \(number) answers \(reply)")
            switch reply {
            case .switched(let answer):
                if consumers[index].answering != answer.generation {
                    violate(.i7, "consumer \(number) says that it answers from \(answer.generation), and does not")
                }
                bus.reply(client, to: address, .value(.switched(answer)))
            case .superseded: bus.reply(client, to: address, .failure(SwitchMessage.superseded))
            case .refused(let reason): bus.reply(client, to: address, .failure(reason))
            case .holding(let message): bus.reply(client, to: address, .value(.holds(message)))
            }
        }
    }

    /// A thread of a consumer does what it was given.
    mutating func work(_ number: Int, _ task: Int) {
        guard let index = index(number) else { return }
        switch consumers[index].tasks.remove(at: task) {
        case .map(let message, _): map(index, message)
        case .swap(let generation):
            consumers[index].answering = generation
            consumers[index].refused = nil
            consumers[index].missesFiles = false
            if setup.fault != .acknowledgeBeforeSwap { tell(number, .switched(generation)) }
        case .release(let generation):
            if consumers[index].answering == generation {
                violate(.i5, "consumer \(number) unmaps \(generation), from which it answers")
            }
            consumers[index].mapped.remove(generation)
            if setup.fault != .releaseBeforeUnmap { tell(number, .released(generation)) }
        case .reply, .sendReleased: break
        }
    }

    private mutating func map(_ index: Int, _ message: SwitchMessage) {
        let number = consumers[index].number
        let generation = message.generation
        if !lostFiles(of: generation).isEmpty {
            fail(number, generation, "no such file")
            if let index = self.index(number) { consumers[index].missesFiles = true }
            return
        }
        if bus.isConnected(consumers[index].client) { checkFiles(of: message, for: consumers[index]) }
        let isPoisoned = truth.isPoisoned(generation)
        switch consumers[index].nature {
        case .refusing where isPoisoned: fail(number, generation, "bad digest")
        case .trapping where isPoisoned: endConsumer(number, signal: 5, losing: 0)
        default: tell(number, .mapped(generation))
        }
    }

    mutating func refuse(_ number: Int, _ task: Int) {
        guard let index = index(number), case .map(let message, _) = consumers[index].tasks.remove(at: task) else {
            return
        }
        fail(number, message.generation, "no memory")
    }

    private mutating func fail(_ number: Int, _ generation: Generation, _ reason: String) {
        guard let index = index(number) else { return }
        consumers[index].mapped.remove(generation)
        consumers[index].refused = generation
        consumers[index].missesFiles = false
        tell(number, .mapFailed(generation, reason: reason))
    }

    // MARK: Callers

    mutating func startCaller(_ request: Action.Request) {
        lastCaller += 1
        let (client, _) = bus.connect(as: nil)
        let message: Message =
            switch request {
            case .load(let sources, let options): .load(sources, options)
            case .tryOut(let sources, let options, let consumers): .tryOut(sources, options, on: consumers)
            case .unload(let zones): .unload(zones)
            case .rollBack(let generation, let newSerials): .rollBack(generation, newSerials: newSerials)
            }
        bus.ask(client, message, of: .group(BusGroup.manager), .request)
        callers.append(CallerProcess(number: lastCaller, client: client))
    }

    private mutating func callerHears(_ caller: CallerProcess, _ heard: Heard) {
        switch heard {
        case .answer(_, let reply):
            truth.lastReply = reply
            endCaller(caller.number)
        case .end: endCaller(caller.number)
        case .command, .event: break
        }
    }

    mutating func endCaller(_ number: Int) {
        guard let index = callers.firstIndex(where: { $0.number == number }) else { return }
        end(callers.remove(at: index).client, losing: 0)
    }

    // MARK: The supervisor

    private mutating func supervisorHears(_ heard: Heard) {
        switch heard {
        case .end: endBus()
        case .command(.kill(let lname), _, let address):
            let child = consumers.first { $0.id.lname == lname && $0.isChild }
            if let child { endConsumer(child.number, signal: 9, losing: 0) }
            bus.reply(supervisor.client, to: address, child == nil ? .failure("no child of mine") : .value(.done))
        case .command, .event, .answer: break
        }
    }

    mutating func reportDeath() {
        let death = supervisor.deaths.removeFirst()
        bus.send(supervisor.client, .childDied(lname: death.lname, signal: death.signal), to: BusGroup.manager)
    }

    // MARK: Deaths

    /// A process has ended: its connection is for the bus to read to the end.
    private mutating func end(_ client: Client, losing frames: Int) {
        bus.close(client, losing: frames)
        ended.append(client)
    }

    mutating func endConsumer(_ number: Int, signal: Int32, losing frames: Int) {
        guard let index = index(number) else { return }
        let gone = consumers.remove(at: index)
        note("    consumer \(number) is no more")
        end(gone.client, losing: frames)
        guard gone.isChild else { return }
        if signal != 0 { supervisor.deaths.append(SupervisorProcess.Death(lname: gone.id.lname, signal: signal)) }
        supervisor.missing.append(gone.nature)
    }

    mutating func endManager(losing frames: Int) {
        guard let gone = manager else { return }
        manager = nil
        end(gone.client, losing: frames)
    }

    /// The bus dies, the supervisor ends all others, and starts them again.
    mutating func endBus() {
        manager = nil
        for consumer in consumers where consumer.isChild { supervisor.missing.append(consumer.nature) }
        consumers = []
        callers = []
        ended = []
        supervisor.deaths = []
        busStarts += 1
        bus = Bus(start: busStarts, backlog: isCalm ? nil : setup.backlog)
        beginSystem()
    }
}
