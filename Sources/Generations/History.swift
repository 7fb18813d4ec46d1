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

    /// Lets generations of the history go, but for what a refusal of the current one would return to.
    mutating func drop(_ generations: Set<Generation>) {
        for index in former.indices where generations.contains(former[index].generation) {
            former[index].isDropped = true
        }
    }

    /// The newest good contents that differ from the current one and from each other.
    private func historyKept(_ current: Published) -> Set<Generation> {
        // While the current generation has not proven itself, there is always one to return to.
        let needed = current.verdict == .good ? 0 : 1
        let count = max(configuration.historyLength, needed)
        var origins: Set<Generation> = [current.origin]
        var contents: Set<Int> = [current.content.signature]
        var kept: Set<Generation> = []
        for published in former.reversed() where published.verdict == .good && kept.count < count {
            guard origins.insert(published.origin).inserted, contents.insert(published.content.signature).inserted
            else {
                continue
            }
            if published.isDropped, kept.count >= needed { break }
            kept.insert(published.generation)
        }
        return kept
    }

    /// Publishes the zones of a former generation again, under a new number. Zones that were not there then stay: only an
    /// unload takes a zone away.
    mutating func rollBack(_ id: RequestID, to wanted: Generation?, newSerials: Bool) {
        guard current != nil else { return answer(id, problem: "nothing has been published yet") }
        // Whoever goes back does not want what is newer than all.
        let canGoBack = wanted.map { published($0).map { $0.verdict != .bad } ?? false } ?? true
        if canGoBack { endTrial(reason: "a rollback was asked for") }
        let changes: [ZoneName: Change]
        if let wanted {
            guard let target = published(wanted) else {
                return answer(id, problem: "generation \(wanted) is not in the history")
            }
            if target.verdict == .bad { return answer(id, problem: "generation \(wanted) was refused") }
            changes = self.changes(backTo: target)
            if changes.isEmpty {
                return answer(id, problem: "the content of generation \(wanted) is served already")
            }
        } else {
            var found: [ZoneName: Change] = [:]
            for published in former.reversed() where published.verdict == .good && found.isEmpty {
                found = self.changes(backTo: published)
            }
            if found.isEmpty { return answer(id, problem: "the history has no other content to roll back to") }
            changes = found
        }
        // What is on its way would undo it, in part or as a whole.
        for zone in Set(queue.keys).union(pending.keys).union(zonesBeingBuilt).sorted() {
            let waiting = queue.removeValue(forKey: zone)?.requests ?? []
            let built = stopWaitingForBuild(of: zone) ?? []
            finish(waiting.union(built).union(pending.removeValue(forKey: zone)?.requests ?? []), zone, .superseded)
        }
        if newSerials { return renew(changes.compactMapValues(\.version), for: id) }
        open(id, zones: changes.keys.sorted(), step: .changing)
        for (zone, change) in changes.sorted(by: { $0.key < $1.key }) { self.change(zone, change, for: [id]) }
    }
}

extension Ledger {
    /// Has versions built with serials above those that are served.
    private mutating func renew(_ versions: [ZoneName: ZoneVersion], for id: RequestID) {
        open(id, zones: versions.keys.sorted(), step: .queued, isAllOrNothing: true)
        for (zone, version) in versions {
            let served = head(of: zone)?.serial ?? version.serial
            // By the arithmetic of serials (RFC 1982, section 3.2); where that says nothing, what is served counts.
            let serial = Int32(bitPattern: version.serial &- served) > 0 ? version.serial : served
            queue[zone] = QueuedLoad(
                source: ZoneSource(zone: zone, file: version.file ?? ""), isForced: false,
                isAlone: version.records >= Ledger.largeZone, requests: [id],
                renewal: Renewal(version: version, serial: serial &+ 1))
        }
    }

    /// The zones whose content was another one then.
    private func changes(backTo target: Published) -> [ZoneName: Change] {
        target.content.changes(from: headContent).filter { zone, change in
            guard case .replace(let version) = change else { return false }
            return headContent.zones[zone]?.digest != version.digest
        }
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
    /// A consumer has refused it, its trial was given up, or files of it are lost: nothing returns to it.
    public let isRefused: Bool
    public let zones: Int
    /// In the order of the zones' names.
    public let differences: [Difference]
}

extension Ledger {
    /// The generations that are kept for nothing but a rollback, the newest first, and the files of each.
    public var historyFiles: [(generation: Generation, files: Set<FileName>)] {
        former.reversed().filter { role(of: $0.generation) == .history }.map { ($0.generation, $0.files) }
    }

    /// The files of the current generation, and of those that are being released.
    public var filesInUse: Set<FileName> {
        let releasing = former.filter { role(of: $0.generation) != .history }
        return releasing.reduce(into: current?.files ?? []) { $0.formUnion($1.files) }
    }

    /// All generations that are remembered, the newest first.
    public var history: [HistoryEntry] {
        guard let current else { return [] }
        return ([current] + former.reversed()).map { published in
            let differing = published.content.zonesDiffering(from: current.content)
            let differences = differing.sorted().map { zone in
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
