// A machine with a bus, a manager, consumers, callers, a supervisor and a disk. `perform` does one action and everything
// that follows from it within one process; what goes to another process waits in a queue for its own action.
//
// This file has the state, the clock and the dispatch. ManagerHands, ConsumerHands and Deaths carry out; Truth checks.

import Bus
import Generations

/// How a world is set up.
struct Setup: Hashable, Sendable {
    var releaseLimit = 4
    var historyLength = 1
    var buildLimit = 1
    var consumers: [ConsumerProcess.Nature] = [.sound, .sound]
    /// The bound of what waits in the bus for one client, nil for the usual.
    var backlog: Int?
    var fault: Fault?
    /// How long the manager's one timer runs.
    var timeout = 60_000
    /// How far the clock goes on with each step.
    var tick = 1

    var ledger: Ledger.Configuration {
        Ledger.Configuration(releaseLimit: releaseLimit, historyLength: historyLength, buildLimit: buildLimit)
    }
}

/// What happened, line by line.
final class Trace {
    var lines: [String] = []
}

/// The simulated world.
struct World<Bus: SimulatedBus> {
    let setup: Setup
    var bus: Bus
    var busStarts = 1
    var disk = Disk()
    var supervisor: SupervisorProcess
    var manager: ManagerProcess?
    var consumers: [ConsumerProcess] = []
    var callers: [CallerProcess] = []
    /// Connections of processes that are no more, which the bus has not read to their end.
    var ended: [Client] = []
    var lastConsumer = 0
    var lastCaller = 0

    /// Virtual time, in milliseconds.
    var now = 0
    var steps = 0
    /// Nothing goes wrong any more, and everything that can happen will.
    var isCalm = false
    /// A write of the manager's has failed.
    var diskHasFailed = false
    /// Frames read by processes, for the fault that loses some.
    var framesRead = 0

    var truth = Truth()
    var violations: [Violation] = []
    var coverage: Coverage
    /// Nil unless someone wants to read it.
    let trace: Trace?

    init(_ setup: Setup, traced: Bool = false) {
        self.setup = setup
        trace = traced ? Trace() : nil
        coverage = Coverage()
        bus = Bus(start: busStarts, backlog: setup.backlog)
        supervisor = SupervisorProcess(client: 0)
        beginSystem()
        for nature in setup.consumers { startConsumer(nature, isChild: true) }
        startManager()
    }

    /// Everything starts, as after a boot.
    mutating func beginSystem() {
        let (client, _) = bus.connect(as: .zonecast)
        supervisor = SupervisorProcess(client: client, missing: supervisor.missing)
        bus.subscribe(client, to: BusGroup.supervisor)
    }

    func note(_ line: @autoclosure () -> String) {
        trace?.lines.append(line())
    }

    mutating func violate(_ invariant: Invariant, _ text: String) {
        let violation = Violation(invariant: invariant, text: text, step: steps)
        note("  !! \(violation)")
        violations.append(violation)
    }

    /// Does an action; false when it makes no sense here.
    @discardableResult
    mutating func perform(_ action: Action) -> Bool {
        guard isPossible(action) else { return false }
        steps += 1
        now += setup.tick
        note("\(steps) \(action)")
        carryOut(action)
        checkStep()
        return true
    }

    private mutating func carryOut(_ action: Action) {
        switch action {
        case .busReads(let client, let all):
            repeat { bus.carryUp(client) } while all && bus.waitingAbove(client) > 0
        case .processReads(let client, let all):
            repeat { read(client) } while all && bus.waitingBelow(client) > 0
        case .managerTakesMail: tell(manager!.mail.removeFirst())
        case .managerWrites(let all): writeStep(all: all, fails: false)
        case .managerBuilds(let number, let all): buildStep(number, all: all)
        case .consumerWorks(let number, let task): work(number, task)
        case .supervisorReports: reportDeath()
        case .supervisorStartsConsumer:
            let nature = supervisor.missing.removeFirst()
            // In the calm someone has mended the program.
            startConsumer(isCalm ? .sound : nature, isChild: true)
        case .startManager: startManager()

        case .request(let request): startCaller(request)
        case .reload(let sources): ownLoad(sources)
        case .interrupt(let caller): endCaller(caller)
        case .join(let nature, let isChild): startConsumer(ConsumerProcess.Nature.allCases[nature], isChild: isChild)
        case .leave(let number): leave(number)

        case .diskFails:
            diskHasFailed = true
            writeStep(all: false, fails: true)
        case .buildDies: endBuild(reason: "killed by SIGKILL")
        case .buildFindsDiskFull: fillDisk()
        case .consumerRefuses(let number, let task): refuse(number, task)
        case .consumerTraps(let number): endConsumer(number, signal: 5, losing: 0)
        case .crash(let number, let signal, let losing): endConsumer(number, signal: signal, losing: losing)
        case .stop(let number): consumers[index(number)!].isStopped = true
        case .resume(let number): consumers[index(number)!].isStopped = false
        case .crashManager(let losing): endManager(losing: losing)
        case .crashBus: endBus()
        case .losePower(let reachedDisk):
            endBus()
            disk.losePower(reachedDisk: reachedDisk)
        case .loseRecord:
            disk.state.remove(.record)
            disk.state.flush()
            truth.recordWasLost = true
        case .loseFile(let directory, let isNoticed): loseFile(directory: directory, isNoticed: isNoticed)
        case .findLostFiles: findLostFiles()
        case .disconnect(let number):
            truth.unwanted.insert(consumers[index(number)!].id)
            tell(.disconnectRequested(consumers[index(number)!].id))
        case .name(let number): tell(.consumerNamed(consumers[index(number)!].id, "consumer.\(number)"))
        case .limitHistory: tell(.historyDropped(Set(manager!.ledger.historyFiles.map(\.generation))))
        case .judgeTrial(let good):
            let generation = manager!.watched!
            manager!.watched = nil
            tell(.trialJudged(generation, good ? .good : .bad(reason: "it answers too much SERVFAIL")))
        case .wait: wait()
        }
    }

    func index(_ number: Int) -> Int? { consumers.firstIndex { $0.number == number } }

    private mutating func wait() {
        guard let (generation, due) = nextTimer else { return }
        now = max(now, due)
        if isCalm { checkPatience() }
        manager!.timers[generation] = nil
        tell(.timerFired(generation))
    }

    var nextTimer: (Generation, Int)? {
        guard setup.fault != .stopTimer else { return nil }
        return manager?.timers.min { ($0.value, $0.key) < ($1.value, $1.key) }.map { ($0.key, $0.value) }
    }
}

// MARK: What can happen

extension World {
    /// Whether an action makes sense now.
    func isPossible(_ action: Action) -> Bool {
        func alive(_ number: Int) -> ConsumerProcess? { index(number).map { consumers[$0] } }
        switch action {
        case .busReads(let client, _): return bus.waitingAbove(client) > 0
        case .processReads(let client, _): return bus.waitingBelow(client) > 0 && canRead(client)
        case .managerTakesMail: return manager?.mail.isEmpty == false
        case .managerWrites: return manager?.disk.isEmpty == false
        case .managerBuilds(let number, _): return manager?.builds.indices.contains(number) == true
        case .buildDies, .buildFindsDiskFull: return manager?.builds.isEmpty == false
        case .consumerWorks(let number, let task):
            return alive(number).map { !$0.isStopped && $0.tasks.indices.contains(task) } ?? false
        case .consumerRefuses(let number, let task):
            guard let consumer = alive(number), !consumer.isStopped, consumer.tasks.indices.contains(task),
                case .map = consumer.tasks[task]
            else { return false }
            return true
        case .supervisorReports: return !supervisor.deaths.isEmpty
        case .supervisorStartsConsumer: return !supervisor.missing.isEmpty
        case .startManager: return manager == nil
        case .request, .join: return true
        case .reload: return manager != nil
        case .interrupt(let caller): return callers.contains { $0.number == caller }
        case .leave(let number): return alive(number)?.isSubscribed ?? false
        case .diskFails:
            switch manager?.disk.first {
            case .directory, .record: return true
            default: return false
            }
        case .consumerTraps(let number):
            guard let consumer = alive(number), !consumer.isStopped, consumer.nature == .trapping else { return false }
            return consumer.answering.map { truth.isPoisoned($0) } ?? false
        case .crash(let number, _, _): return alive(number) != nil
        case .stop(let number): return alive(number)?.isStopped == false
        case .resume(let number): return alive(number)?.isStopped == true
        case .crashManager: return manager != nil
        case .crashBus, .losePower: return true
        // Without a record, the names on disk are all that remembers the numbers: who deletes both gets what he asks for.
        case .loseRecord: return manager == nil && truth.lostFiles.isEmpty
        case .limitHistory, .findLostFiles: return manager != nil
        case .loseFile: return manager != nil && !truth.recordWasLost
        case .disconnect(let number), .name(let number): return manager != nil && alive(number) != nil
        case .judgeTrial: return manager?.watched != nil
        case .wait: return nextTimer != nil
        }
    }

    private func canRead(_ client: Client) -> Bool {
        !consumers.contains { $0.client == client && $0.isStopped }
    }

    /// Every step that goes on by itself.
    func work(all: Bool) -> [Action] {
        var actions: [Action] = []
        for client in clients {
            if bus.waitingAbove(client) > 0 { actions.append(.busReads(client: client, all: all)) }
            if bus.waitingBelow(client) > 0, canRead(client) { actions.append(.processReads(client: client, all: all)) }
        }
        if manager != nil {
            if manager?.mail.isEmpty == false { actions.append(.managerTakesMail) }
            if manager?.disk.isEmpty == false { actions.append(.managerWrites(all: all)) }
            for number in (manager?.builds ?? []).indices { actions.append(.managerBuilds(number, all: all)) }
            if isCalm, manager?.watched != nil { actions.append(.judgeTrial(good: true)) }
        } else if isPossible(.startManager) {
            actions.append(.startManager)
        }
        for consumer in consumers where !consumer.isStopped {
            for task in consumer.tasks.indices { actions.append(.consumerWorks(consumer.number, task: task)) }
        }
        if !supervisor.deaths.isEmpty { actions.append(.supervisorReports) }
        if !supervisor.missing.isEmpty { actions.append(.supervisorStartsConsumer) }
        return actions
    }

    /// Every connection on which something may wait, in the order in which they were made.
    private var clients: [Client] {
        var clients = ended
        clients.append(supervisor.client)
        if let client = manager?.client { clients.append(client) }
        for consumer in consumers { clients.append(consumer.client) }
        for caller in callers { clients.append(caller.client) }
        return clients
    }
}
