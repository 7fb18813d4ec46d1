// How long a former generation is remembered: while it is held, while it is one of the last K good contents, and
// while it is what a refusal of the current one would return to. And the way back by an operator's wish.

extension Ledger {
    /// Forgets former generations that nothing needs.
    mutating func forgetUnneeded() {
        guard isRecovered, let current else { return }
        var needed = consumers.values.reduce(into: historyKept(current)) { $0.formUnion($1.holds) }
        if let returning { needed.insert(returning.target) }
        former.removeAll { !needed.contains($0.generation) }
        if !unloads.isEmpty {
            let oldest = former.first?.generation ?? current.generation
            unloads = unloads.filter { $0.value > oldest }
        }
    }

    /// The newest good contents that differ from the current one and from each other.
    private func historyKept(_ current: Published) -> Set<Generation> {
        // While the current generation has not proven itself, there is always one to return to.
        let count = max(configuration.historyLength, current.verdict == .good ? 0 : 1)
        var origins: Set<Generation> = [current.origin]
        var kept: Set<Generation> = []
        for published in former.reversed() where published.verdict == .good && kept.count < count {
            if origins.insert(published.origin).inserted { kept.insert(published.generation) }
        }
        return kept
    }

    /// Publishes the content of a former generation again, under a new number.
    mutating func rollBack(_ id: RequestID, to wanted: Generation?) {
        guard let current else { return answer(id, problem: "nothing has been published yet") }
        let target: Published?
        if let wanted {
            target = published(wanted)
            if target == nil { return answer(id, problem: "generation \(wanted) is not in the history") }
            if target?.verdict == .bad { return answer(id, problem: "generation \(wanted) was refused") }
        } else {
            // The empty generation that every system begins with is nothing to go back to unasked.
            target = former.last {
                $0.verdict == .good && $0.origin != current.origin && !$0.content.zones.isEmpty
            }
        }
        guard let target else { return answer(id, problem: "the history is empty") }
        let changes = target.content.changes(from: headContent)
        guard !changes.isEmpty else {
            return answer(id, problem: "generation \(target.generation) has the content that is served already")
        }
        // What is on its way would undo it, in part or as a whole.
        for zone in Set(queue.keys).union(pending.keys).union(building?.requests.keys.map { $0 } ?? []).sorted() {
            let waiting = queue.removeValue(forKey: zone)?.requests ?? []
            let built = building?.requests.removeValue(forKey: zone) ?? []
            finish(waiting.union(built).union(pending.removeValue(forKey: zone)?.requests ?? []), zone, .superseded)
        }
        open(id, zones: changes.keys.sorted(), step: .changing)
        for (zone, change) in changes.sorted(by: { $0.key < $1.key }) { self.change(zone, change, for: [id]) }
    }
}

// MARK: Told to people

/// A generation that is remembered, the current one included.
public struct HistoryEntry: Hashable, Sendable {
    /// A zone that has another version there than in the current generation.
    public struct Difference: Hashable, Sendable {
        public let zone: ZoneName
        /// Nil where the zone is not there.
        public let serial: UInt32?
        public let currentSerial: UInt32?
    }

    public let generation: Generation
    public let digest: Digest
    public let role: Role
    /// A consumer has refused it, and nothing returns to it.
    public let isRefused: Bool
    public let zones: Int
    /// In the order of the zones' names.
    public let differences: [Difference]
}

extension Ledger {
    /// All generations that are remembered, the newest first.
    public var history: [HistoryEntry] {
        guard let current else { return [] }
        return ([current] + former.reversed()).map { published in
            let differences = published.content.changes(from: current.content).keys.sorted().map { zone in
                HistoryEntry.Difference(
                    zone: zone, serial: published.content.zones[zone]?.serial,
                    currentSerial: current.content.zones[zone]?.serial)
            }
            return HistoryEntry(
                generation: published.generation, digest: published.digest,
                role: role(of: published.generation) ?? .history,
                isRefused: published.verdict == .bad, zones: published.content.zones.count, differences: differences)
        }
    }
}
