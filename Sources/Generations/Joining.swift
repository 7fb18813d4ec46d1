// Consumers as the manager knows them: who is there, what each serves and holds, what it has not answered.
// A hold begins when `switch` is sent and ends when a report names the generation no longer, or with the connection;
// the latest full report is believed, except that what was sent and not answered stays held.

extension Ledger {
    /// What the manager knows of a consumer.
    struct ConsumerState: Hashable, Sendable {
        let id: ConsumerID
        var name: String?
        /// Nothing is sent to a consumer that has unsubscribed.
        var isSubscribed = true
        /// Whether what it serves and holds is known: it joined under this manager, or has answered `holding`.
        var isHeard: Bool
        /// It was cut off because it took too long; its `disconnected` is on the way.
        var isExpelled = false
        /// Why.
        var expulsion: String?
        /// Whether it was there when the manager began.
        var wasThere = false
        var serving: Generation?
        var holds: Set<Generation> = []
        /// The switches without an answer, in order.
        var unanswered: [Offer] = []
        var refusal: Refusal?
        /// What it has refused since it switched last.
        var refused: Set<Generation> = []
        /// Those of them that another consumer has switched to.
        var refusedAlone: Set<Generation> = []
        /// It refuses what others accept: nobody waits for it, and its refusals count for nothing, until it switches.
        var isSetAside = false

        struct Offer: Hashable, Sendable {
            let generation: Generation
            /// Sent to a joiner or to one that never served: its refusal returns nobody.
            let joining: Bool
        }

        struct Refusal: Hashable, Sendable {
            let generation: Generation
            let reason: String
        }

        /// Whether it is sent switches.
        var isTold: Bool { isSubscribed && isHeard && !isExpelled }

        /// Whether the roll-out of a generation waits for it.
        func isAwaited(for generation: Generation) -> Bool {
            guard isSubscribed, !isSetAside else { return false }
            if let serving, serving >= generation { return false }
            if let refusal, refusal.generation >= generation { return false }
            return true
        }
    }

    /// Whether a live consumer is known to hold the generation.
    func isHeld(_ generation: Generation) -> Bool {
        consumers.values.contains { $0.holds.contains(generation) }
    }

    mutating func noteRecovery() {
        if membersAreListed, consumers.values.allSatisfy(\.isHeard) { isRecovered = true }
    }

    mutating func membersListed(_ members: [ConsumerID]) {
        membersAreListed = true
        for member in members.sorted() where consumers[member] == nil {
            greet(member)
            consumers[member]?.wasThere = true
        }
    }

    mutating func subscribed(_ id: ConsumerID) {
        guard let known = consumers[id] else { return greet(id) }
        guard !known.isSubscribed else { return }
        consumers[id]?.isSubscribed = true
        sendCurrent(id, joining: true)
    }

    /// A joiner gets the current generation. Until every consumer from before the start is known, anyone may be one of
    /// them, and is first asked what it holds.
    private mutating func greet(_ id: ConsumerID) {
        consumers[id] = ConsumerState(id: id, isHeard: isRecovered)
        sendCurrent(id, joining: true)
        effects.append(.askHolding(id))
    }

    mutating func unsubscribed(_ id: ConsumerID) {
        // Left between our start and the list of members: it was a consumer, and may hold something.
        if !isRecovered, consumers[id] == nil { greet(id) }
        consumers[id]?.isSubscribed = false
        endTrial(for: id, "has left")
    }

    mutating func disconnected(_ id: ConsumerID) {
        endTrial(for: id, "is gone")
        guard let gone = consumers.removeValue(forKey: id) else { return }
        effects.append(.note(.left(Refuser(consumer: id, name: gone.name), reason: gone.expulsion)))
        departed.append(gone)
        // The supervisor reports a signal within moments; more than these are never waited for.
        if departed.count > 64 { departed.removeFirst() }
    }

    /// Sends the current generation, and from then on counts it as held.
    mutating func sendCurrent(_ id: ConsumerID, joining: Bool) {
        // Whoever has a newer one, from a trial or of a manager that is forgotten, gets the next one: numbers never go down.
        guard let current, let consumer = consumers[id], consumer.isTold,
            consumer.holds.allSatisfy({ $0 <= current.generation }),
            !consumer.unanswered.contains(where: { $0.generation == current.generation })
        else { return }
        let neverServed = consumer.serving == nil && consumer.refusal != nil
        let offer = ConsumerState.Offer(
            generation: current.generation, joining: joining || neverServed || consumer.isSetAside)
        consumers[id]?.holds.insert(current.generation)
        consumers[id]?.unanswered.append(offer)
        effects.append(.sendSwitch(id, current.message))
    }

    mutating func switchAnswered(_ id: ConsumerID, _ generation: Generation, _ answer: SwitchAnswer) {
        guard let consumer = consumers[id],
            let index = consumer.unanswered.firstIndex(where: { $0.generation == generation })
        else { return }
        let offer = consumers[id]!.unanswered.remove(at: index)
        switch answer {
        case .switched:
            consumers[id]!.serving = generation
            consumers[id]!.refusal = nil
            consumers[id]!.refused = []
            consumers[id]!.refusedAlone = []
            consumers[id]!.isSetAside = false
            compareRefusals(of: generation)
            trialAnswered(id, generation)
        case .superseded where index + 1 < consumer.unanswered.count:
            // A consumer answers so when it maps nothing of it: never did, or has let go.
            consumers[id]!.holds.remove(generation)
        case .superseded:
            didRefuse(id, offer, reason: "answered \"superseded\" though no later switch was sent")
        case .refused(let reason):
            didRefuse(id, offer, reason: reason)
        }
    }

    private mutating func didRefuse(_ id: ConsumerID, _ offer: ConsumerState.Offer, reason: String) {
        consumers[id]?.holds.remove(offer.generation)
        consumers[id]?.refusal = ConsumerState.Refusal(generation: offer.generation, reason: reason)
        let refuser = Refuser(consumer: id, name: consumers[id]?.name)
        effects.append(.note(.refused(refuser, offer.generation, reason: reason)))
        consumers[id]?.refused.insert(offer.generation)
        compareRefusals(of: offer.generation)
        if let current, current.generation == offer.generation { effects.append(.checkFiles(current.files)) }
        // What is wrong with a generation whose files are lost is known, and no other content is better for that.
        let isLost = current?.files.isDisjoint(with: damaged) == false
        if !offer.joining, !isLost, consumers[id]?.isSetAside == false { takeBack(offer.generation, refuser, reason) }
        endTrial(for: id, "refused it: \(reason)")
    }

    /// Sets those aside that have refused what others accept too often in a row.
    private mutating func compareRefusals(of generation: Generation) {
        guard consumers.values.contains(where: { $0.serving == generation && !$0.refused.contains(generation) }) else {
            return
        }
        for id in consumers.keys.sorted() where consumers[id]?.refused.contains(generation) == true {
            consumers[id]?.refusedAlone.insert(generation)
            guard let consumer = consumers[id], !consumer.isSetAside,
                consumer.refusedAlone.count >= configuration.refusalLimit
            else { continue }
            consumers[id]?.isSetAside = true
            effects.append(.note(.setAside(Refuser(consumer: id, name: consumer.name))))
        }
    }

    /// The answer to `holding` makes a consumer known. No other report can: a `switch` of the manager before may still
    /// be on its way to the consumer, but not any more when it answers a question that was sent after it.
    mutating func holdingAnswered(_ id: ConsumerID, _ report: HoldingMessage) {
        let wasHeard = consumers[id]?.isHeard ?? true
        consumers[id]?.isHeard = true
        named(id, report.name)
        consumers[id]?.name = report.name
        believe(id, serving: report.serving, holds: report.holds)
        if !wasHeard { sendCurrent(id, joining: false) }
    }

    /// The name of one that has not said it itself.
    mutating func named(_ id: ConsumerID, _ name: String) {
        guard let consumer = consumers[id], consumer.name == nil else { return }
        consumers[id]?.name = name
        effects.append(.note(.joined(Refuser(consumer: id, name: name), wasThere: consumer.wasThere)))
    }

    /// Takes a consumer's full report for the truth.
    mutating func believe(_ id: ConsumerID, serving: Generation?, holds: [Generation]) {
        guard var state = consumers[id] else { return }
        state.serving = serving
        state.holds = Set(holds).union(state.unanswered.map(\.generation))
        if let serving { state.holds.insert(serving) }
        consumers[id] = state
        if let largest = state.holds.max(), largest > last, largest <= .largestBelievable {
            effects.append(.note(.renumbered(after: largest, saidBy: id)))
            last = largest
            claimed = largest
        }
    }

    mutating func holdingRefused(_ id: ConsumerID, _ reason: String) {
        // A consumer whose holds stay unknown would keep every file for ever.
        guard let consumer = consumers[id], !consumer.isHeard, !consumer.isExpelled else { return }
        expel(id, reason: "cannot tell what it holds: \(reason)")
    }

    mutating func expel(_ id: ConsumerID, reason: String) {
        endTrial(for: id, reason)
        consumers[id]?.isExpelled = true
        consumers[id]?.expulsion = reason
        effects.append(.disconnectAndKill(id, name: consumers[id]?.name, reason: reason))
    }
}
