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
            target = former.last { $0.verdict == .good && $0.origin != current.origin }
        }
        guard let target else { return answer(id, problem: "the history is empty") }
        let changes = target.content.changes(from: headContent)
        open(id, zones: changes.keys.sorted(), step: .changing)
        for (zone, change) in changes.sorted(by: { $0.key < $1.key }) { self.change(zone, change, for: [id]) }
    }
}
