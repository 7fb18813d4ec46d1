// Which files of the image folder are still needed (invariant I2). References are not counted up and down but found
// anew from everything that can name a file, so that no path through the ledger can forget one; what is ours and is
// not found is unlinked. Generations are few and name few files, so this costs little.

extension Ledger {
    /// Every file that something names.
    var referenced: Set<FileName> {
        var needed = doubtful
        for published in former + tried + [current].compactMap({ $0 }) { needed.formUnion(published.files) }
        if let candidate = publication.candidate {
            needed.formUnion(candidate.content.images)
            needed.insert(.directory(of: candidate.generation))
        }
        for case .replace(let version) in pending.values.map(\.change) { needed.insert(version.image) }
        needed.formUnion(copies.values.map(\.image))
        needed.formUnion(queue.values.compactMap { $0.renewal?.version.image })
        needed.formUnion(builds.values.flatMap { $0.job.zones.compactMap { $0.renewal?.version.image } })
        if current == nil { needed.formUnion(firstContent.images) }
        return needed
    }

    /// Whether it is known which files the live consumers hold. A generation from a record that was lost has files
    /// that nobody can name any more; until it is released, everything stays.
    var holdsAreKnown: Bool {
        isRecovered && consumers.values.allSatisfy { consumer in consumer.holds.allSatisfy { isKnown($0) } }
    }

    private func isKnown(_ generation: Generation) -> Bool {
        published(generation) != nil || trial?.generation == generation
    }

    mutating func sweep() {
        // While there is no record, the names on disk are all that remembers which numbers were used.
        guard holdsAreKnown, current != nil else { return }
        let garbage = files.subtracting(referenced)
        guard !garbage.isEmpty else { return }
        files.subtract(garbage)
        damaged.subtract(garbage)
        effects.append(.unlink(garbage.sorted()))
    }
}
