// What an upgrade adds to the supervision: it has the shape of a restart, only that nobody is missed meanwhile.
//
//     upgrade → the new zonecast rehearses → this process becomes it → each responder is set aside and goes on
//             → memmgr, and with another msgq the whole bus, end and start → new responders start
//             → one answers → the one set aside makes room → none is left: done

import Platform

extension Supervision {
    mutating func requestUpgrade(at now: Duration) -> [Action] {
        upgrade.request()
        guard alive[.rehearsal] != nil else { return rehearse(at: now) }
        // What is being tried may have been replaced since.
        rehearsesAgain = true
        return [.send(.kill, .rehearsal)]
    }

    /// Has the new zonecast rehearse, if that is wanted and nothing stands in its way: it is begun as soon as there is a bus,
    /// and when those that make room have ended.
    mutating func rehearse(at now: Duration) -> [Action] {
        guard upgrade.isWanted, phase == .running, alive[.rehearsal] == nil, makingRoom.isEmpty else {
            return []
        }
        limits[.rehearsal] = now + Self.rehearsalPatience
        return start(.rehearsal, at: now)
    }

    mutating func rehearsed(_ problem: String?, at now: Duration) -> [Action] {
        alive[.rehearsal] = nil
        limits[.rehearsal] = nil
        let isOutdated = rehearsesAgain
        rehearsesAgain = false
        // Without the bus it comes to nothing, and is begun again when all is up.
        guard phase == .running else { return nextStage(at: now) }
        if isOutdated { return rehearse(at: now) }
        if let problem { return fail(problem) }
        // Begun again when they have ended.
        return makingRoom.isEmpty ? [.becomeNew] : []
    }

    mutating func fail(_ reason: String) -> [Action] {
        upgrade.fail(reason)
        return [.note(.upgradeFailed(reason))]
    }

    mutating func takeOver(_ system: RunningSystem, at now: Duration) -> [Action] {
        // All have lived, as far as we know.
        alive = Dictionary(uniqueKeysWithValues: system.parts.map { ($0, now - RestartDelay.aLife) })
        answering = system.answering
        inherited = system
        upgrade = UpgradeState(number: system.upgrades, isReplacing: true, includesBus: system.hasOldBus)
        busHasWorked = true
        phase = .waitingForBus(until: now + Self.busPatience)
        return setAside() + [.joinBus]
    }

    /// Has the responders that answer go on, whatever becomes of the rest, until others answer in their place.
    mutating func setAside() -> [Action] {
        var actions: [Action] = []
        for case .authd(let number) in responders where answering.remove(.authd(number)) != nil {
            // Nobody makes room while a supervisor is taken over: see `rehearse`.
            alive[.outgoing(number)] = alive.removeValue(forKey: .authd(number))
            actions += [.setAside(number), .send(ChildSignal.expectSuccessor, .outgoing(number))]
        }
        return actions
    }

    /// Ends what others are to take the places of.
    mutating func replaceParts(of system: RunningSystem, at now: Duration) -> [Action] {
        inherited = nil
        let note = Action.note(.replacing(withBus: system.hasOldBus))
        if system.hasOldBus {
            laterStages = [responders, [.memmgr], [.msgq]]
            phase = .stopping(killAt: nil)
            return [note, .leaveBus] + nextStage(at: now)
        }
        return [note] + replaceSilent(at: now)
    }

    /// Ends the manager and the responders that do not answer, and has others take their places.
    mutating func replaceSilent(at now: Duration) -> [Action] {
        var actions: [Action] = []
        for part in inOrder([.memmgr] + responders) where alive[part] != nil && !answering.contains(part) {
            replaced.insert(part)
            limits[part] = now + Self.stopPatience
            actions.append(.send(.terminate, part))
        }
        return actions + startMissing(at: now)
    }

    mutating func answers(_ part: Part, at now: Duration) -> [Action] {
        guard case .authd(let number) = part, alive[part] != nil, !replaced.contains(part) else { return [] }
        answering.insert(part)
        let old = Part.outgoing(number)
        guard alive[old] != nil, makingRoom.insert(old).inserted else { return concludeUpgrade() }
        limits[old] = now + Self.outgoingPatience
        return [.send(ChildSignal.makeRoom, old)]
    }

    /// New parts that neither answer nor end are replaced once more, perhaps by better ones.
    mutating func retryUpgrade(at now: Duration) -> [Action] {
        guard let answersDue, answersDue <= now else { return [] }
        self.answersDue = nil
        guard upgrade.isReplacing, responders.contains(where: { !answering.contains($0) }) else { return [] }
        return [.note(.retrying(missing))] + replaceSilent(at: now)
    }

    mutating func concludeUpgrade() -> [Action] {
        guard upgrade.isReplacing, missing.isEmpty else { return [] }
        upgrade.isReplacing = false
        answersDue = nil
        return [.note(.upgraded)]
    }

    /// Who an upgrade waits for: old ones that are still there, new ones that do not answer yet.
    var missing: [Part] {
        inOrder(responders.filter { !answering.contains($0) } + alive.keys.filter(\.isOutgoing))
    }
}
