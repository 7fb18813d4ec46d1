// Loads on their way to a generation. All loads that wait when a build can start share it; a zone that is asked for
// twice is built once, from the file named last; whatever is replaced before it is announced is told as superseded.
// Finished builds and unloads meet in the pending changes, which the next generation takes.

extension Ledger {
    /// A zone that waits for a build.
    struct QueuedLoad: Hashable, Sendable {
        var source: ZoneSource
        /// Empty for a load that the ledger asked for itself.
        var requests: Set<RequestID>
    }

    /// The build that is running.
    struct Build: Hashable, Sendable {
        let job: BuildJob
        /// Who waits for which zone. A zone that is not listed any more was unloaded meanwhile.
        var requests: [ZoneName: Set<RequestID>]
    }

    /// A change of a zone that waits for its announcement, and those who asked for it.
    struct PendingChange: Hashable, Sendable {
        let change: Change
        var requests: Set<RequestID>
    }

    mutating func load(_ id: RequestID, _ sources: [ZoneSource]) {
        open(id, zones: sources.map(\.zone), step: .queued)
        for source in sources {
            if queue[source.zone]?.source == source {
                queue[source.zone]?.requests.insert(id)
            } else {
                let replaced = queue.updateValue(QueuedLoad(source: source, requests: [id]), forKey: source.zone)
                finish(replaced?.requests.subtracting([id]) ?? [], source.zone, .superseded)
            }
        }
    }

    mutating func unload(_ id: RequestID, _ zones: [ZoneName]) {
        open(id, zones: zones, step: .changing)
        for zone in Set(zones).sorted() {
            let waiting = queue.removeValue(forKey: zone)?.requests
            let built = building?.requests.removeValue(forKey: zone)
            finish((waiting ?? []).union(built ?? []), zone, .superseded)
            let isKnown = waiting != nil || built != nil || pending[zone] != nil || head(of: zone) != nil
            if isKnown || troubles[zone] != nil || headContent.zones[zone] != nil {
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

    mutating func startBuild() {
        guard building == nil, !queue.isEmpty else { return }
        let loads = queue.sorted { $0.key < $1.key }
        queue = [:]
        let generation = takeNumber()
        let zones = loads.map { BuildJob.Zone(source: $0.value.source, former: head(of: $0.key)) }
        let job = BuildJob(generation: generation, image: .image(of: generation), zones: zones)
        building = Build(
            job: job, requests: Dictionary(uniqueKeysWithValues: loads.map { ($0.key, $0.value.requests) }))
        for (zone, load) in loads {
            for caller in load.requests { requests[caller]?.steps[zone] = .building }
        }
        effects.append(.startBuild(job))
    }

    mutating func buildFailed(_ generation: Generation, _ reason: String) {
        guard let build = building, build.job.generation == generation else { return }
        let outcomes = build.job.zones.map { ($0.source.zone, BuildOutcome.failed([reason])) }
        take(build, BuildResult(outcomes: Dictionary(outcomes, uniquingKeysWith: { first, _ in first })))
    }

    mutating func buildFinished(_ generation: Generation, _ result: BuildResult) {
        guard let build = building, build.job.generation == generation else { return }
        if result.outcomes.values.contains(where: { if case .built = $0 { true } else { false } }) {
            files.insert(build.job.image)
        }
        take(build, result)
    }

    private mutating func take(_ build: Build, _ result: BuildResult) {
        building = nil
        for zone in build.job.zones {
            let source = zone.source
            guard let callers = build.requests[source.zone] else { continue }
            switch result.outcomes[source.zone] ?? .failed(["the build gave no result for this zone"]) {
            case .built(let digest, let serial, let records):
                let version = ZoneVersion(
                    image: build.job.image, digest: digest, serial: serial, records: records, file: source.file)
                if let same = head(of: source.zone), same.digest == digest {
                    keep(same, source, for: callers)
                } else {
                    change(source.zone, .replace(version), for: callers)
                }
            case .unchanged:
                if let same = head(of: source.zone), same.digest == zone.former?.digest {
                    keep(same, source, for: callers)
                } else {
                    // What it was compared with has been taken back meanwhile: build it again.
                    requeue(source, for: callers)
                }
            case .failed(let problems):
                trouble(source, problems.first ?? "the build failed")
                finish(callers, source.zone, .failed(problems))
            }
        }
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
            current?.content.zones[zone]?.file = source.file
            recordIsStale = true
        }
        let generation = current?.generation ?? .none
        answersMayBeDue = true
        for caller in callers {
            requests[caller]?.steps[zone] = .rollingOut(generation, .unchanged(generation, version))
        }
    }

    private mutating func requeue(_ source: ZoneSource, for callers: Set<RequestID>) {
        if queue[source.zone] != nil {
            finish(callers, source.zone, .superseded)
        } else {
            queue[source.zone] = QueuedLoad(source: source, requests: callers)
            for caller in callers { requests[caller]?.steps[source.zone] = .queued }
        }
    }

    mutating func trouble(_ source: ZoneSource, _ reason: String) {
        troubles[source.zone] = Trouble(file: source.file, reason: reason)
        publication.candidate?.settles.remove(source.zone)
        recordIsStale = true
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
