// Answering callers: each request ends with one answer (invariants I3 and I7), when the last of its zones has a result.

extension Ledger {
    mutating func open(
        _ id: RequestID, zones: [ZoneName], step: Step, isAllOrNothing: Bool = false, trial: TrialConsumers? = nil
    ) {
        assert(requests[id] == nil, "a request identifier is used twice")
        var seen: Set<ZoneName> = []
        let order = zones.filter { seen.insert($0).inserted }
        let steps = Dictionary(uniqueKeysWithValues: order.map { ($0, step) })
        answersMayBeDue = true
        requests[id] = Request(id: id, order: order, isAllOrNothing: isAllOrNothing, trial: trial, steps: steps)
    }

    /// Adds zones to a request that is open.
    mutating func extend(_ id: RequestID, zones: [ZoneName], step: Step) {
        for zone in zones where requests[id]?.steps[zone] == nil {
            requests[id]?.order.append(zone)
            requests[id]?.steps[zone] = step
        }
    }

    mutating func finish(_ callers: Set<RequestID>, _ zone: ZoneName, _ result: ZoneResult) {
        answersMayBeDue = true
        for caller in callers { requests[caller]?.steps[zone] = .done(result) }
    }

    mutating func answer(_ id: RequestID, problem: String) {
        effects.append(.answerCaller(id, Answer(generation: nil, problem: problem, zones: [], consumers: [])))
    }

    mutating func answerCallers() {
        guard answersMayBeDue else { return }
        answersMayBeDue = false
        let open = Set(rollouts.map(\.generation))
        for id in requests.keys.sorted() {
            guard var request = requests[id] else { continue }
            for (zone, step) in request.steps {
                if case .rollingOut(let generation, let result) = step, !open.contains(generation) {
                    request.steps[zone] = .done(result)
                }
            }
            requests[id] = request
            guard request.isFinished else { continue }
            requests[id] = nil
            effects.append(.answerCaller(id, answer(to: request)))
        }
    }

    private func answer(to request: Request) -> Answer {
        let zones = request.order.compactMap { zone -> ZoneAnswer? in
            guard case .done(let result) = request.steps[zone] else { return nil }
            return ZoneAnswer(zone: zone, result: result)
        }
        let generation = zones.compactMap(\.result.generation).max()
        return Answer(
            generation: generation, problem: nil, zones: zones,
            consumers: generation.map(consumerAnswers) ?? [])
    }

    /// Who follows a generation, who refused it, who has not answered.
    private func consumerAnswers(for generation: Generation) -> [ConsumerAnswer] {
        consumers.values.filter(\.isSubscribed).sorted { $0.id < $1.id }.map { consumer in
            let outcome: ConsumerAnswer.Outcome
            if consumer.isSetAside {
                outcome = .setAside(reason: consumer.refusal?.reason ?? "")
            } else if let refusal = consumer.refusal, refusal.generation >= generation {
                outcome = .refused(reason: refusal.reason)
            } else if consumer.isAwaited(for: generation) {
                outcome = .laggard
            } else {
                outcome = .switched
            }
            return ConsumerAnswer(
                consumer: consumer.id, name: consumer.name, serving: consumer.serving, outcome: outcome)
        }
    }

    /// How far a request is, nil if it is answered or unknown.
    public func progress(of id: RequestID) -> Progress? {
        guard let request = requests[id] else { return nil }
        var phase = Progress.Phase.switching
        var generation: Generation?
        for step in request.steps.values {
            switch step {
            case .queued: phase = .queued
            case .building where phase != .queued: phase = .building
            case .changing where phase == .switching: phase = .waiting
            case .rollingOut(let rolling, _): generation = max(generation ?? rolling, rolling)
            case .building, .changing, .returning, .done: break
            }
        }
        let running = request.steps.keys.lazy.compactMap { build(of: $0)?.job.generation }.first
        return Progress(
            phase: phase, generation: generation, build: running, consumers: generation.map(consumerAnswers) ?? [])
    }
}

extension Ledger.ZoneResult {
    /// The generation that the result speaks of.
    var generation: Generation? {
        switch self {
        case .published(let generation, _), .unchanged(let generation, _), .unloaded(let generation): generation
        case .refused(let generation, _, _), .trialFailed(let generation, _): generation
        case .superseded, .failed, .withheld, .noSuchZone: nil
        }
    }
}
