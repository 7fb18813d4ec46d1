// A generation that a consumer refuses, or dies of, is taken back: everyone is sent a new generation with the former
// content, and the failed one is durably marked bad by the same record that makes the new one current.
//
// Each return goes to content that is strictly older than what was refused, so that returns come to an end.

/// The Linux signals that say that a program went wrong by itself. SIGKILL and SIGTERM come from outside.
private enum FatalSignal: Int32 {
    case illegal = 4
    case trap = 5
    case abort = 6
    case bus = 7
    case segmentation = 11

    var name: String {
        switch self {
        case .illegal: "SIGILL"
        case .trap: "SIGTRAP"
        case .abort: "SIGABRT"
        case .bus: "SIGBUS"
        case .segmentation: "SIGSEGV"
        }
    }
}

extension Ledger {
    /// A return that has been decided and not yet announced.
    struct Return: Hashable, Sendable {
        let bad: Generation
        let digest: Digest
        let target: Generation
        let refuser: Refuser
        let reason: String
        /// The former content, without what was unloaded since.
        let content: Content
        /// The zones that go back.
        let changed: Set<ZoneName>
        /// Those of them that the former content does not have, though they were served well.
        let loses: Set<ZoneName>
    }

    /// Takes a generation back if it is the current one. A refusal of an older one says nothing new: the consumer will
    /// answer for the current one, which holds the same changes.
    mutating func takeBack(_ generation: Generation, _ refuser: Refuser, _ reason: String) {
        guard let current, current.generation == generation, returning == nil else { return }
        let target = former.last {
            $0.verdict == .good && $0.origin < current.origin && $0.content.images.isDisjoint(with: damaged)
        }
        let wasGood = current.verdict == .good
        self.current?.verdict = .bad
        refuseCallers(of: generation, refuser, reason, returns: target != nil)
        guard let target else {
            rollouts = []
            effects.append(.note(.nothingToReturnTo(generation)))
            return
        }
        abandonTrial()
        publication.candidate?.isAbandoned = true
        let content = keepingUnloads(target)
        let changed = Set(content.zonesDiffering(from: current.content))
        returning = Return(
            bad: generation, digest: current.digest, target: target.generation, refuser: refuser, reason: reason,
            content: content, changed: changed,
            loses: wasGood ? changed.filter { content.zones[$0] == nil } : [])
        effects.append(.note(.returning(from: generation, to: target.generation)))
    }

    private func keepingUnloads(_ target: Published) -> Content {
        let unloaded = unloads.filter { $0.value > target.generation && target.content.zones[$0.key] != nil }
        return target.content.applying(unloaded.mapValues { _ in .remove })
    }

    func origin(of generation: Generation) -> Generation {
        published(generation)?.origin ?? generation
    }

    /// The return has been announced.
    mutating func returned(_ done: Return, in generation: Generation) {
        refused = refusedWith(done)
        returning = nil
        answersMayBeDue = true
        for id in requests.keys.sorted() {
            for (zone, step) in requests[id]?.steps ?? [:] {
                guard case .returning(let result) = step else { continue }
                if case .unloaded = result {
                    requests[id]?.steps[zone] = .rollingOut(generation, .unloaded(generation))
                } else {
                    requests[id]?.steps[zone] = .done(result)
                }
            }
        }
    }

    func refusedWith(_ done: Return) -> [Record.Refused] {
        let by = done.refuser.name ?? done.refuser.consumer.lname
        let new = Record.Refused(generation: done.bad, digest: done.digest, by: by, reason: done.reason)
        return Array(([new] + refused).prefix(16))
    }

    /// The troubles once the candidate is announced.
    func troubles(after candidate: Candidate) -> [ZoneName: Trouble] {
        var troubles = troubles
        for zone in candidate.settles { troubles[zone] = nil }
        if case .returning(let done) = candidate.cause {
            let by = done.refuser.name ?? done.refuser.consumer.lname
            for zone in done.changed where current?.content.zones[zone] != nil {
                troubles[zone] = Trouble(
                    file: current?.content.zones[zone]?.file,
                    reason: "generation \(done.bad) was refused by \(by): \(done.reason)")
            }
        }
        // A zone that only this content would have brought is not ours.
        return troubles.filter { candidate.content.zones[$0.key] != nil || candidate.lost.contains($0.key) }
    }

    /// Tells those whose roll-out was refused, at once or when the return is announced. An unload lives on in it.
    private mutating func refuseCallers(
        of generation: Generation, _ refuser: Refuser, _ reason: String, returns: Bool
    ) {
        answersMayBeDue = true
        let open = Set(rollouts.map(\.generation))
        for id in requests.keys.sorted() {
            for (zone, step) in requests[id]?.steps ?? [:] {
                guard case .rollingOut(let rolling, let result) = step, open.contains(rolling) else { continue }
                let refusal = ZoneResult.refused(generation, by: refuser, reason: reason)
                if !returns {
                    requests[id]?.steps[zone] = .done(refusal)
                } else if case .unloaded = result {
                    requests[id]?.steps[zone] = .returning(result)
                } else {
                    requests[id]?.steps[zone] = .returning(refusal)
                }
            }
        }
    }

    /// The return cannot be written for now; its callers need not wait for it.
    mutating func endReturnForCallers() {
        answersMayBeDue = true
        for id in requests.keys.sorted() {
            for (zone, step) in requests[id]?.steps ?? [:] {
                guard case .returning(let result) = step else { continue }
                if case .unloaded = result { continue }
                requests[id]?.steps[zone] = .done(result)
            }
        }
    }

    /// Whether it may have died of a generation that was tried on it.
    private func hasNewer(_ consumer: ConsumerState) -> Bool {
        guard let current else { return false }
        return consumer.unanswered.contains { $0.generation > current.generation }
    }

    /// Weighs a child's death by a signal against the generation that it was answering from, or about to.
    mutating func childDied(_ id: ConsumerID, _ signal: Int32) {
        guard let signal = FatalSignal(rawValue: signal), let current else { return }
        let consumer: ConsumerState
        if let index = departed.lastIndex(where: { $0.id == id }) {
            consumer = departed.remove(at: index)
        } else if let live = consumers[id] {
            consumer = live
        } else {
            return
        }
        weigh(consumer, signal, against: current)
        consumers[id]?.unanswered = []
        // If it lives all the same, it must not go on answering from what it has.
        if consumers[id]?.isExpelled == false { expel(id, reason: "was reported to have died of \(signal.name)") }
    }

    private mutating func weigh(_ consumer: ConsumerState, _ signal: FatalSignal, against current: Published) {
        let refuser = Refuser(consumer: consumer.id, name: consumer.name)
        endTrial(for: consumer.id, "died of \(signal.name)")
        let offer = consumer.unanswered.last { $0.generation == current.generation }
        if let offer, !offer.joining {
            effects.append(.note(.refused(refuser, current.generation, reason: "died of \(signal.name)")))
            takeBack(current.generation, refuser, "died of \(signal.name) before it had answered")
        } else if offer != nil || consumer.serving == current.generation, !hasNewer(consumer) {
            self.current?.deaths += 1
            guard let deaths = self.current?.deaths, deaths >= configuration.deathLimit else { return }
            let reason = "\(deaths) consumers died of it, the last of \(signal.name)"
            effects.append(.note(.refused(refuser, current.generation, reason: reason)))
            takeBack(current.generation, refuser, reason)
        }
    }
}
