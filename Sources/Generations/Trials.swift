// Trials (`memmgr load --canary`): a generation is first sent to a few consumers, and becomes the current one when it has been
// watched there and found good. Meanwhile it has the building role: nothing else is published, and joiners get the current
// generation. When one of the few refuses it, dies or leaves, takes too long, or is judged to do worse with it than the others,
// when the one who asked has gone, when a rollback is asked for, or the manager ends, it is given up: everyone is sent the
// former content under a number above it, as numbers never go down.

extension Ledger {
    /// On whom a generation is tried.
    public enum TrialConsumers: Hashable, Sendable {
        /// The one of this name.
        case named(String)
        /// So many, the first by name.
        case count(Int)
    }

    /// A trial that is under way.
    struct Trial: Hashable, Sendable {
        /// Who was sent the generation.
        let chosen: Set<ConsumerID>
        /// Those of them that have not answered.
        var awaited: Set<ConsumerID>
    }

    /// What the daemon finds about a generation that it was asked to watch.
    public enum TrialJudgement: Hashable, Sendable {
        case good
        case bad(reason: String)
    }

    /// The generation on trial, and with whom; nil when there is none.
    public var trial: (generation: Generation, consumers: [ConsumerID])? {
        guard case .trying(let candidate, _, let trial) = publication else { return nil }
        return (candidate.generation, trial.chosen.sorted())
    }

    /// Those who asked for what is on trial.
    public var trialRequests: Set<RequestID> {
        guard case .trying(let candidate, _, _) = publication else { return [] }
        return candidate.changes.values.reduce(into: []) { $0.formUnion($1.requests) }
    }

    /// The consumers that a change is to be tried on: only if all who asked for it want that; of several wishes the first counts.
    func trialConsumers(of change: PendingChange) -> TrialConsumers? {
        let wishes = change.requests.sorted().map { requests[$0]?.trial }
        return wishes.contains(nil) ? nil : wishes.first ?? nil
    }

    /// Whether all who wanted a change to be tried have gone.
    func isUnwanted(_ change: PendingChange) -> Bool {
        !change.requests.isEmpty && change.requests.allSatisfy { requests[$0]?.isGone == true }
    }

    /// Those of the changes that can be published together: all that need no trial, else those of one trial.
    func together(_ changes: [ZoneName: PendingChange]) -> ([ZoneName: PendingChange], TrialConsumers?) {
        let plain = changes.filter { trialConsumers(of: $0.value) == nil }
        guard plain.isEmpty, let first = changes.min(by: { $0.key < $1.key }) else { return (plain, nil) }
        let consumers = trialConsumers(of: first.value)
        return (changes.filter { trialConsumers(of: $0.value) == consumers }, consumers)
    }

    // MARK: From the record to the judgement

    /// Makes the trial known to the next manager: the record has it among the generations that may be held.
    mutating func recordTrial(_ candidate: Candidate, _ digest: Digest) {
        guard let current else { return }
        let revision = writeRecord(
            of: current, troubles: troubles, lost: lost, trial: trialGeneration(candidate, digest))
        publication = .recordingTrial(candidate, digest, revision: revision)
    }

    private func trialGeneration(_ candidate: Candidate, _ digest: Digest) -> Published {
        Published(
            generation: candidate.generation, digest: digest, content: candidate.content, origin: candidate.origin,
            addsImage: candidate.addsImage, verdict: .bad)
    }

    /// Sends the generation to those that it is tried on.
    mutating func beginTrial(_ candidate: Candidate, _ digest: Digest) {
        var candidate = candidate
        guard let wish = candidate.trial, let current else { return }
        let able = consumers.values.filter { $0.isTold && $0.serving == current.generation && $0.unanswered.isEmpty }
            .sorted { ($0.name ?? $0.id.lname) < ($1.name ?? $1.id.lname) }
        let chosen =
            switch wish {
            case .named(let name): able.filter { $0.name == name }
            case .count(let count): Array(able.prefix(count))
            }
        let isUnwanted = candidate.changes.values.contains(where: isUnwanted)
        let ids = isUnwanted ? [] : Set(chosen.map(\.id))
        candidate.isTried = !ids.isEmpty
        publication = .trying(candidate, digest, Trial(chosen: ids, awaited: ids))
        if isUnwanted { return endTrial(reason: Ledger.callerHasLeft, onlyUnwanted: true) }
        guard !chosen.isEmpty else {
            let whom = if case .named(let name) = wish { "no consumer \(name)" } else { "no consumer" }
            return endTrial(reason: "\(whom) serves the current generation, so that there is none to try it on")
        }
        for id in ids.sorted() {
            consumers[id]?.holds.insert(candidate.generation)
            consumers[id]?.unanswered.append(
                ConsumerState.Offer(generation: candidate.generation, joining: false))
            effects.append(.sendSwitch(id, trialGeneration(candidate, digest).message))
        }
        effects.append(.armTimer(candidate.generation))
        effects.append(.note(.tried(candidate.generation, on: chosen.map { $0.name ?? $0.id.lname })))
    }

    /// One of the chosen answers from the generation now.
    mutating func trialAnswered(_ id: ConsumerID, _ generation: Generation) {
        guard case .trying(let candidate, let digest, var trial) = publication, candidate.generation == generation,
            trial.awaited.remove(id) != nil
        else { return }
        publication = .trying(candidate, digest, trial)
        guard trial.awaited.isEmpty else { return }
        effects.append(.cancelTimer(generation))
        effects.append(.watchTrial(generation, consumers: trial.chosen.sorted()))
    }

    mutating func trialJudged(_ generation: Generation, _ judgement: TrialJudgement) {
        guard case .trying(let candidate, let digest, let trial) = publication,
            candidate.generation == generation, trial.awaited.isEmpty
        else { return }
        switch judgement {
        case .bad(let reason): endTrial(reason: reason)
        case .good:
            var published = trialGeneration(candidate, digest)
            published.verdict = .open
            let revision = writeRecord(of: published, troubles: troubles(after: candidate), lost: candidate.lost)
            publication = .recordingGeneration(candidate, digest, revision: revision)
        }
    }

    // MARK: Giving up

    /// Ends a trial because of one of its consumers; nothing if it has none of that name.
    mutating func endTrial(for id: ConsumerID, _ reason: String) {
        guard case .trying(_, _, let trial) = publication, trial.chosen.contains(id) else { return }
        endTrial(reason: "\(consumers[id]?.name ?? id.lname) \(reason)")
    }

    mutating func trialTimedOut(_ generation: Generation) {
        guard case .trying(let candidate, _, let trial) = publication, candidate.generation == generation else {
            return
        }
        let laggards = trial.awaited.sorted().map { consumers[$0]?.name ?? $0.lname }
        if !laggards.isEmpty {
            endTrial(reason: "\(laggards.joined(separator: ", ")) has not answered the switch to it")
        }
    }

    /// Gives the trial up, tells the callers, and has everyone sent the former content again. With `onlyUnwanted`, what others want to
    /// be tried waits for the next.
    mutating func endTrial(reason: String, onlyUnwanted: Bool = false) {
        guard case .trying(let candidate, let digest, let trial) = publication else { return }
        if !trial.awaited.isEmpty { effects.append(.cancelTimer(candidate.generation)) }
        publication = .idle
        rememberTrial(candidate, digest)
        // The record names its files until there is another one.
        doubtful = candidate.content.images.union([.directory(of: candidate.generation)])
        recordIsStale = true
        answersMayBeDue = true
        effects.append(.note(.trialEnded(candidate.generation, reason: reason)))
        for (zone, change) in candidate.changes {
            if onlyUnwanted, !isUnwanted(change) {
                giveBack(zone, change)
                continue
            }
            let result = ZoneResult.trialFailed(candidate.generation, reason: reason)
            // Those who were sent it are on their way back until the next announcement.
            for id in change.requests {
                requests[id]?.steps[zone] = candidate.isTried ? .returning(result) : .done(result)
            }
            guard case .replace(let version) = change.change, pending[zone] == nil else { continue }
            trouble(zone, file: version.file, "the trial of generation \(candidate.generation) was given up: \(reason)")
        }
    }

    /// Keeps a generation that consumers may serve and that will never be announced, until they have let go of it.
    mutating func rememberTrial(_ candidate: Candidate, _ digest: Digest) {
        if candidate.isTried { tried.append(trialGeneration(candidate, digest)) }
    }

    /// What the candidate builds upon was refused: its changes wait for the next.
    mutating func abandonTrial() {
        guard case .trying(let candidate, let digest, let trial) = publication else { return }
        if !trial.awaited.isEmpty { effects.append(.cancelTimer(candidate.generation)) }
        rememberTrial(candidate, digest)
        giveBack(candidate)
    }

    /// The one who asked has gone: what it wanted to be tried is not.
    mutating func callerLeft(_ id: RequestID) {
        guard let request = requests[id], request.trial != nil else { return }
        requests[id]?.isGone = true
        if publication.candidate?.changes.values.contains(where: isUnwanted) == true {
            endTrial(reason: Ledger.callerHasLeft, onlyUnwanted: true)
        }
        for zone in request.order {
            if queue[zone]?.requests == [id] { queue[zone] = nil }
            if build(of: zone)?.requests[zone] == [id] { stopWaitingForBuild(of: zone) }
            if pending[zone]?.requests == [id] { pending[zone] = nil }
            let isCarried =
                queue[zone]?.requests.contains(id) == true || build(of: zone)?.requests[zone]?.contains(id) == true
                || pending[zone]?.requests.contains(id) == true
                || publication.candidate?.changes[zone]?.requests.contains(id) == true
            switch requests[id]?.steps[zone] {
            case .queued, .building, .changing:
                if !isCarried { finish([id], zone, .failed([Ledger.callerHasLeft])) }
            case .rollingOut, .returning, .done, nil: break
            }
        }
    }

    static let callerHasLeft = "the command that asked for it has ended"
}
