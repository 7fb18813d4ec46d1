// Files that were deleted or damaged while the manager ran. Consumers that have mapped them go on answering; one that
// joins refuses. So the zones of a lost image are built again from their master files, and the current generation is
// replaced when all of these builds have ended: a zone that could not be built is then served in an older version, or is lost.

extension Ledger {
    /// Takes note of files that are gone or damaged, and has built again what was in them.
    mutating func filesLost(_ names: Set<FileName>) {
        let names = names.intersection(files).subtracting(damaged)
        guard !names.isEmpty else { return }
        damaged.formUnion(names)
        copies = copies.filter { !names.contains($0.value.image) }
        for index in former.indices where !former[index].files.isDisjoint(with: names) { former[index].verdict = .bad }
        abandonCandidate(with: names)
        for (zone, change) in pending.sorted(by: { $0.key < $1.key }) {
            guard let version = change.change.version, names.contains(version.image) else { continue }
            pending[zone] = nil
            rebuild(zone, version, for: change.requests)
        }
        let content = current?.content ?? firstContent
        let zones = content.zones.filter { names.contains($0.value.image) }.sorted { $0.key < $1.key }
        for (zone, version) in zones {
            trouble(zone, file: version.file, "its image is gone or damaged")
            // A build that runs finds it unchanged, and is asked again then.
            if pending[zone] == nil, queue[zone] == nil, build(of: zone) == nil { rebuild(zone, version, for: []) }
        }
        if current == nil {
            lost.formUnion(zones.map(\.key))
            firstContent = firstContent.applying(Dictionary(uniqueKeysWithValues: zones.map { ($0.key, .remove) }))
        }
        if !zones.isEmpty { effects.append(.note(.filesLost(zones.map(\.key)))) }
    }

    /// What is being written, and names lost files, will not be announced.
    private mutating func abandonCandidate(with names: Set<FileName>) {
        if let candidate = publication.candidate,
            !candidate.content.images.isDisjoint(with: names) || names.contains(.directory(of: candidate.generation))
        {
            abandonTrial()
            publication.candidate?.isAbandoned = true
        }
        guard let lost = returning, !lost.content.images.isDisjoint(with: names) else { return }
        returning = nil
        takeBack(lost.bad, lost.refuser, lost.reason)
        if returning == nil { endReturnForCallers() }
    }

    private mutating func rebuild(_ zone: ZoneName, _ version: ZoneVersion, for callers: Set<RequestID>) {
        guard let file = version.file else {
            return finish(callers, zone, .failed(["its image is gone, and it is not known from which file it came"]))
        }
        queue[zone] = QueuedLoad(
            source: ZoneSource(zone: zone, file: file), isForced: false, isAlone: version.records >= Ledger.largeZone,
            requests: callers)
        for caller in callers { requests[caller]?.steps[zone] = .queued }
    }

    /// Whether the image that a version is in is there and whole.
    func isSound(_ version: ZoneVersion) -> Bool {
        files.contains(version.image) && !damaged.contains(version.image)
    }

    /// What must happen to the zones of the current content that are in lost images, beside the changes that are about to be
    /// published; nil while one of them is being built, or waits to be published.
    func repair(of content: Content, beside changes: [ZoneName: PendingChange]) -> [ZoneName: Change]? {
        guard !damaged.isEmpty, !damaged.isDisjoint(with: content.images) else { return [:] }
        var repair: [ZoneName: Change] = [:]
        for (zone, version) in content.zones where damaged.contains(version.image) && changes[zone] == nil {
            if queue[zone] != nil || build(of: zone) != nil { return nil }
            // What was tried and given up is released only by the next announcement, which a new image may have to wait for.
            if let waiting = pending[zone], trialConsumers(of: waiting) == nil, tried.isEmpty { return nil }
            let older = former.reversed().lazy.compactMap { $0.content.zones[zone] }.first(where: isSound)
            repair[zone] = older.map { .replace($0) } ?? .remove
        }
        return repair
    }

    /// Has a consumer cut off because an operator wants it.
    mutating func disconnectRequested(_ id: ConsumerID) {
        guard let consumer = consumers[id], !consumer.isExpelled else { return }
        expel(id, reason: "was to be disconnected by an operator's wish")
    }
}
