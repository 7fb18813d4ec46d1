// Draws the next action: mostly work that goes on by itself, now and then something that people do or that goes wrong.

import Generations

/// A seeded source of actions.
struct Scheduler {
    var random: SplitMix64
    private var left: Int
    /// At least one process is killed in each run: when so many steps are left.
    private let crashAt: Int
    private var nextSerial: UInt32 = 2
    /// How often something out of the ordinary happens: some runs are rough, some are not.
    private let roughness: Int
    /// Much of what is loaded in this run is poison to some.
    private let isPoisonous: Bool
    /// Whoever is stopped in this run stays so, and managers die when someone is: recovery takes long.
    private let isSluggish: Bool
    /// The bus comes late to what those have sent that have ended.
    private let isLateToTheDead: Bool

    init(random: SplitMix64, steps: Int) {
        self.random = random
        left = steps
        crashAt = max(1, self.random.below(max(1, steps)))
        roughness = 3 + self.random.below(12)
        isSluggish = self.random.oneIn(4)
        isLateToTheDead = self.random.oneIn(4)
        isPoisonous = isSluggish ? !self.random.oneIn(4) : self.random.oneIn(4)
    }

    /// The next action; nil at the end of the schedule.
    mutating func next<Bus>(_ world: World<Bus>) -> Action? {
        while left > 0 {
            left -= 1
            if left == crashAt, let crash = crash(world) { return crash }
            if isRare(world.manager?.ledger.phase), random.oneIn(3) { return dwell(world) }
            if !random.oneIn(roughness) {
                if let action = work(world) { return action }
                return random.oneIn(3) ? .wait : ask()
            }
            if let action = disturb(world) { return action }
        }
        return nil
    }

    private mutating func work<Bus>(_ world: World<Bus>) -> Action? {
        var actions = world.work(all: !random.oneIn(4))
        if isLateToTheDead, !random.oneIn(12) {
            actions.removeAll { if case .busReads(let client, _) = $0 { world.ended.contains(client) } else { false } }
        }
        return actions.isEmpty ? nil : actions[random.below(actions.count)]
    }

    /// States in which few runs ever are, and none for long.
    private func isRare(_ phase: Ledger.Phase?) -> Bool {
        phase == .abandonedDirectory || phase == .abandonedRecord
    }

    /// What seldom comes while such a state lasts.
    private mutating func dwell<Bus>(_ world: World<Bus>) -> Action {
        switch random.below(9) {
        case 0: .request(.unload(zones()))
        case 1: .request(.rollBack(nil))
        case 2: .buildDies
        case 3: .diskFails
        case 4: .limitHistory
        case 5: .loseFile(directory: random.oneIn(2), isNoticed: true)
        case 6: .disconnect(consumer: consumer(world)?.number ?? 0)
        case 7: .name(consumer: consumer(world)?.number ?? 0)
        default: .wait
        }
    }

    private mutating func disturb<Bus>(_ world: World<Bus>) -> Action? {
        switch random.below(51) {
        case 0..<12: return ask()
        case 12: return .reload(sources())
        case 13: return world.callers.randomElement(using: &random).map { .interrupt(caller: $0.number) }
        case 14..<17:
            guard world.consumers.count < 4 else { return nil }
            return .join(nature: random.below(4), isChild: random.oneIn(2))
        case 17: return random.oneIn(3) ? consumer(world).map { .leave(consumer: $0.number) } : nil
        case 18..<20: return .diskFails
        case 20, 49, 50: return .buildDies
        case 21: return .buildFindsDiskFull
        case 22..<24: return consumer(world).map { .consumerRefuses($0.number, task: 0) }
        case 24..<27: return consumer(world).map { .consumerTraps($0.number) }
        case 27..<30: return consumer(world).map { .stop(consumer: $0.number) }
        case 30..<33 where isSluggish:
            return world.consumers.contains(where: \.isStopped) ? .crashManager(losing: 0) : nil
        case 30..<33 where isLateToTheDead && random.oneIn(2): return .crashManager(losing: 0)
        case 30..<33: return consumer(world).map { .resume(consumer: $0.number) }
        case 33..<37: return crash(world)
        case 37: return .loseRecord
        case 38: return .limitHistory
        case 39: return .judgeTrial(good: !random.oneIn(3))
        case 44, 45: return .loseFile(directory: random.oneIn(3), isNoticed: random.oneIn(2))
        case 46: return .findLostFiles
        case 48: return consumer(world).map { .name(consumer: $0.number) }
        case 47: return random.oneIn(2) ? consumer(world).map { .disconnect(consumer: $0.number) } : nil
        default: return .wait
        }
    }

    private mutating func ask() -> Action {
        switch random.below(10) {
        case 0: .request(.unload(zones()))
        case 1: .request(.rollBack(nil, newSerials: random.oneIn(2)))
        case 2: .request(.load(sources(), .forced))
        case 5, 6: .request(.tryOut(sources(), random.oneIn(4) ? .allOrNothing : [], on: trialConsumers()))
        case 3, 4: .request(.load(sources(), .allOrNothing))
        default: .request(.load(sources()))
        }
    }

    private mutating func trialConsumers() -> Ledger.TrialConsumers {
        random.oneIn(4) ? .named("consumer.\(1 + random.below(3))") : .count(1 + random.below(2))
    }

    private mutating func zones() -> [ZoneName] {
        let chosen = ["a.", "b.", "c."].filter { _ in random.oneIn(2) }
        return (chosen.isEmpty ? ["a."] : chosen).map { ZoneName($0) }
    }

    private mutating func sources() -> [ZoneSource] {
        zones().map { zone in
            nextSerial += UInt32(random.below(3))
            while isPoisonous, ZoneText(serial: nextSerial) != .poisoned, !random.oneIn(5) { nextSerial += 1 }
            return ZoneSource(zone: zone, file: "/\(nextSerial)")
        }
    }

    private mutating func consumer<Bus>(_ world: World<Bus>) -> ConsumerProcess? {
        world.consumers.randomElement(using: &random)
    }

    private mutating func crash<Bus>(_ world: World<Bus>) -> Action? {
        let losing = random.oneIn(2) ? 0 : random.below(3)
        switch random.below(16) {
        case 0..<6:
            return world.manager == nil ? consumerCrash(world, losing) : .crashManager(losing: losing)
        case 6..<13: return consumerCrash(world, losing)
        case 13: return .crashBus
        default: return .losePower(reachedDisk: random.oneIn(2))
        }
    }

    private mutating func consumerCrash<Bus>(_ world: World<Bus>, _ losing: Int) -> Action? {
        let signal: Int32 = [9, 11, 7][random.below(3)]
        return consumer(world).map { .crash(consumer: $0.number, signal: signal, losing: losing) }
    }
}
