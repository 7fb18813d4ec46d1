// Loads on their way to a generation. A zone that is asked for twice before its build can start is built once, from the
// file named last; whatever is replaced before it is announced is told as superseded.
// Finished builds and unloads meet in the pending changes, which the next generation takes.

extension Ledger {
    /// A zone that waits for a build.
    struct QueuedLoad: Hashable, Sendable {
        var source: ZoneSource
        var isForced: Bool
        /// It is not built together with what others ask for.
        var isAlone: Bool
        /// Empty for a load that the ledger asked for itself.
        var requests: Set<RequestID>
        var renewal: Renewal?
    }

    /// A change of a zone that waits for its announcement, and those who asked for it.
    struct PendingChange: Hashable, Sendable {
        let change: Change
        var requests: Set<RequestID>
    }

    mutating func load(
        _ id: RequestID, _ sources: [ZoneSource], _ options: LoadOptions, _ large: Set<ZoneName>,
        trial: TrialConsumers? = nil
    ) {
        open(
            id, zones: sources.map(\.zone), step: .queued, isAllOrNothing: options.contains(.allOrNothing), trial: trial
        )
        let isForced = options.contains(.forced)
        for source in sources {
            if let waiting = queue[source.zone], waiting.source == source, waiting.renewal == nil {
                queue[source.zone]?.requests.insert(id)
                queue[source.zone]?.isForced = waiting.isForced || isForced
            } else {
                let isLarge = large.contains(source.zone) || head(of: source.zone)?.records ?? 0 >= Ledger.largeZone
                let load = QueuedLoad(source: source, isForced: isForced, isAlone: isLarge, requests: [id])
                let replaced = queue.updateValue(load, forKey: source.zone)
                finish(replaced?.requests.subtracting([id]) ?? [], source.zone, .superseded)
            }
        }
    }

    mutating func unload(_ id: RequestID, _ zones: [ZoneName]) {
        if requests[id] == nil {
            open(id, zones: zones, step: .changing)
        } else {
            extend(id, zones: zones, step: .changing)
        }
        for zone in Set(zones).sorted() {
            let waiting = queue.removeValue(forKey: zone)?.requests
            let built = stopWaitingForBuild(of: zone)
            finish((waiting ?? []).union(built ?? []), zone, .superseded)
            if waiting != nil || built != nil || pending[zone] != nil || isKnown(zone) {
                change(zone, .remove, for: [id])
            } else {
                finish([id], zone, .noSuchZone)
            }
        }
    }

    /// Notes a change for the next generation in place of an earlier one.
    mutating func change(_ zone: ZoneName, _ change: Change, for callers: Set<RequestID>) {
        var callers = callers
        if let earlier = pending[zone] {
            if earlier.change == change {
                callers.formUnion(earlier.requests)
            } else {
                finish(earlier.requests.subtracting(callers), zone, .superseded)
            }
        }
        pending[zone] = PendingChange(change: change, requests: callers)
        for caller in callers { requests[caller]?.steps[zone] = .changing }
    }

    /// Takes up what came of a build.
    mutating func take(_ build: Build, _ result: BuildResult) {
        let repeated = repeatedRequests(build, result)
        let spoiled = spoiledRequests(build, result)
        for zone in build.job.zones {
            let source = zone.source
            guard var callers = build.requests[source.zone] else { continue }
            if !callers.isDisjoint(with: repeated) {
                requeue(zone, for: callers)
                continue
            }
            let disappointed = callers.filter { spoiled[$0] != nil }
            if !disappointed.isEmpty {
                callers.subtract(disappointed)
                if withhold(zone, result, from: disappointed, spoiled), callers.isEmpty { continue }
            }
            switch result.outcomes[source.zone] ?? .failed(["the build gave no result for this zone"]) {
            case .built(let digest, let serial, let records):
                let version = ZoneVersion(
                    image: build.job.image, digest: digest, serial: serial, records: records,
                    file: zone.renewal.map(\.version.file) ?? source.file)
                if !zone.isForced, let same = head(of: source.zone), same.digest == digest, isSound(same) {
                    keep(same, source, for: callers)
                } else {
                    change(source.zone, .replace(version), for: callers)
                }
            case .unchanged:
                if let same = unchanged(zone) {
                    keep(same, source, for: callers)
                } else {
                    requeue(zone, for: callers)
                }
            case .failed(let problems):
                if zone.renewal == nil {
                    trouble(source.zone, file: source.file, problems.first ?? "the build failed")
                }
                finish(callers, source.zone, .failed(problems))
            }
        }
    }

    /// The content that a zone was found to have still; nil when it has been taken back or its image was lost meanwhile, so
    /// that the zone must be built again.
    private func unchanged(_ zone: BuildJob.Zone) -> ZoneVersion? {
        head(of: zone.source.zone).flatMap { $0.digest == zone.former?.digest && isSound($0) ? $0 : nil }
    }

    /// The requests for all or nothing with a zone that must be built again: so must all their zones, and with these all
    /// zones of other such requests that share one.
    private func repeatedRequests(_ build: Build, _ result: BuildResult) -> Set<RequestID> {
        var found: Set<RequestID> = []
        for zone in build.job.zones {
            guard case .unchanged = result.outcomes[zone.source.zone], unchanged(zone) == nil else { continue }
            found.formUnion(strictRequests(for: zone, build))
        }
        var known = 0
        while known < found.count {
            known = found.count
            for zone in build.job.zones {
                let strict = strictRequests(for: zone, build)
                if !strict.isDisjoint(with: found) { found.formUnion(strict) }
            }
        }
        return found
    }

    private func strictRequests(for zone: BuildJob.Zone, _ build: Build) -> Set<RequestID> {
        (build.requests[zone.source.zone] ?? []).filter { requests[$0]?.isAllOrNothing == true }
    }

    /// The requests for all or nothing with a zone that failed, and which zone that is.
    private func spoiledRequests(_ build: Build, _ result: BuildResult) -> [RequestID: ZoneName] {
        var found: [RequestID: ZoneName] = [:]
        for zone in build.job.zones {
            switch result.outcomes[zone.source.zone] {
            case .built, .unchanged: continue
            case .failed, nil: break
            }
            for caller in strictRequests(for: zone, build) { found[caller] = found[caller] ?? zone.source.zone }
        }
        return found
    }

    /// Answers those who get nothing, as they asked for all or nothing: true if the zone itself is good.
    private mutating func withhold(
        _ zone: BuildJob.Zone, _ result: BuildResult, from callers: Set<RequestID>, _ spoiled: [RequestID: ZoneName]
    ) -> Bool {
        let name = zone.source.zone
        switch result.outcomes[name] {
        case .built, .unchanged:
            for caller in callers { finish([caller], name, .withheld(because: spoiled[caller] ?? name)) }
            return true
        case .failed(let problems):
            finish(callers, name, .failed(problems))
        case nil:
            finish(callers, name, .failed(["the build gave no result for this zone"]))
        }
        return false
    }

    /// The content of a zone is what it would become anyway: its callers share that one's fate.
    private mutating func keep(_ version: ZoneVersion, _ source: ZoneSource, for callers: Set<RequestID>) {
        let zone = source.zone
        if pending[zone] != nil {
            pending[zone]?.requests.formUnion(callers)
            for caller in callers { requests[caller]?.steps[zone] = .changing }
            return
        }
        guard current != nil, returning == nil else {
            // What it equals is not announced yet and has no callers of its own: ask for it as for a change.
            return change(zone, .replace(version), for: callers)
        }
        if troubles.removeValue(forKey: zone) != nil { recordIsStale = true }
        if publication.candidate?.changes[zone] != nil {
            publication.candidate?.changes[zone]?.requests.formUnion(callers)
            for caller in callers { requests[caller]?.steps[zone] = .changing }
            return
        }
        if current?.content.zones[zone] == version, version.file != source.file {
            current?.content.setFile(of: zone, to: source.file)
            recordIsStale = true
        }
        let generation = current?.generation ?? .none
        answersMayBeDue = true
        for caller in callers {
            requests[caller]?.steps[zone] = .rollingOut(generation, .unchanged(generation, version))
        }
    }

    /// Has a zone built again: what it was compared with has been taken back meanwhile.
    mutating func requeue(_ zone: BuildJob.Zone, for callers: Set<RequestID>, isAlone: Bool = false) {
        let source = zone.source
        if let waiting = queue[source.zone], waiting.source == source, waiting.renewal == zone.renewal {
            queue[source.zone]?.requests.formUnion(callers)
            for caller in callers { requests[caller]?.steps[source.zone] = .queued }
        } else if queue[source.zone] != nil {
            finish(callers, source.zone, .superseded)
        } else {
            queue[source.zone] = QueuedLoad(
                source: source, isForced: zone.isForced, isAlone: isAlone, requests: callers, renewal: zone.renewal)
            for caller in callers { requests[caller]?.steps[source.zone] = .queued }
        }
    }

    /// Notes why the newest load of a zone is not served. A zone whose first load fails is not added by that: its parent
    /// answers, or nobody.
    mutating func trouble(_ zone: ZoneName, file: String?, _ reason: String) {
        guard isKnown(zone) else { return }
        troubles[zone] = Trouble(file: file, reason: reason)
        publication.candidate?.settles.remove(zone)
        recordIsStale = true
    }

    /// Whether a zone is one of ours: it is served, is about to be, or was good once.
    private func isKnown(_ zone: ZoneName) -> Bool {
        head(of: zone) != nil || headContent.zones[zone] != nil || lost.contains(zone)
    }

    /// Whether the next announcements lead to this content of a zone, unless something else comes.
    public func isAhead(_ digest: Digest?, of zone: ZoneName) -> Bool {
        digest != nil && head(of: zone)?.digest == digest
    }

    /// The version of a zone that the next announcements lead to, unless something else comes.
    func head(of zone: ZoneName) -> ZoneVersion? {
        switch pending[zone]?.change {
        case .replace(let version): version
        case .remove: nil
        case nil: headContent.zones[zone]
        }
    }

    /// The content that the pending changes will be applied to.
    var headContent: Content {
        if let candidate = publication.candidate, !candidate.isAbandoned { return candidate.content }
        if let returning { return returning.content }
        return current?.content ?? firstContent
    }
}
