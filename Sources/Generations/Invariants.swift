// What must be true of a ledger after every event, whatever came before. Tests and the simulator ask after each step;
// what needs the other side's truth (what a consumer really maps) is checked there.

extension Ledger {
    /// The invariants that do not hold, in words; empty is good.
    public func checkInvariants() -> [String] {
        numbersGrow() + rolesAreBounded() + filesAreThere() + nobodyIsForgotten() + releasesEnd()
    }

    /// I4: generations are in order and below the numbers taken.
    private func numbersGrow() -> [String] {
        let announced = (former + [current].compactMap { $0 }).map(\.generation)
        var broken: [String] = []
        if zip(announced, announced.dropFirst()).contains(where: { $0 >= $1 }) {
            broken.append("I4: announced out of order: \(announced)")
        }
        if let newest = announced.last, newest > last {
            broken.append("I4: \(newest) is above the last number \(last)")
        }
        if let candidate = publication.candidate, let newest = announced.last, candidate.generation <= newest {
            broken.append("I4: candidate \(candidate.generation) is not above \(newest)")
        }
        return broken
    }

    /// I3: of the generations that added an image, at most R in release beside the current one.
    private func rolesAreBounded() -> [String] {
        let adding = inRelease.count { $0.addsImage } + (current?.addsImage == true ? 1 : 0)
        guard adding > configuration.releaseLimit + 1 else { return [] }
        return ["I3: \(adding) generations with an image of their own are current or in release"]
    }

    /// I2: what is named is there.
    private func filesAreThere() -> [String] {
        // The history of a record may name files that an earlier manager has unlinked.
        let announced = former.filter { $0.verdict != .bad } + [current].compactMap { $0 }
        let missing = announced.reduce(into: Set()) { $0.formUnion($1.files) }.subtracting(files)
        return missing.isEmpty ? [] : ["I2: named but gone: \(missing.sorted())"]
    }

    /// I3: every zone of every request that is not done is waited for somewhere.
    private func nobodyIsForgotten() -> [String] {
        var broken: [String] = []
        for request in requests.values {
            if request.isFinished { broken.append("I3: request \(request.id) is finished and not answered") }
            for (zone, step) in request.steps where !isCarried(request.id, zone, step) {
                broken.append("I3: request \(request.id) is forgotten for \(zone): \(step)")
            }
        }
        return broken
    }

    private func isCarried(_ id: RequestID, _ zone: ZoneName, _ step: Step) -> Bool {
        switch step {
        case .queued: queue[zone]?.requests.contains(id) == true
        case .building: build(of: zone)?.requests[zone]?.contains(id) == true
        case .changing:
            pending[zone]?.requests.contains(id) == true
                || publication.candidate?.changes[zone]?.requests.contains(id) == true
        case .rollingOut(let generation, _): rollouts.contains { $0.generation == generation }
        case .returning: returning != nil || !tried.isEmpty
        case .done: true
        }
    }

    /// I6: whoever holds a replaced generation is watched by its timer.
    private func releasesEnd() -> [String] {
        guard let current else { return [] }
        return consumers.values.filter { $0.isHeard && !$0.isExpelled }.flatMap { consumer in
            consumer.holds.filter { $0 < current.generation && timers[$0]?.concerns(consumer.id) != true }
                .map { "I6: \(consumer.id) holds \($0) and no timer watches it" }
        }
    }
}
