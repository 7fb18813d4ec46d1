// Builds: several at once, so that one that takes long does not hold up other zones. What is asked for together is built
// together, in one image. Requests for zones that are built quickly share a build when they wait at the same time; one
// with a large zone has a build of its own, and one of the slots is never used for such. A zone is never in two builds.

extension Ledger {
    /// A build that is running.
    struct Build: Hashable, Sendable {
        let job: BuildJob
        /// It was not to be shared.
        let isAlone: Bool
        /// Who waits for which zone. A zone that is not listed any more was unloaded meanwhile.
        var requests: [ZoneName: Set<RequestID>]
    }

    /// From so many records on, a zone is taken to be large.
    static let largeZone = 20_000

    /// The build that somebody waits for to have a zone.
    func build(of zone: ZoneName) -> Build? { builds.values.first { $0.requests[zone] != nil } }

    /// The zones that are being built, and wanted.
    var zonesBeingBuilt: Set<ZoneName> { builds.values.reduce(into: []) { $0.formUnion($1.requests.keys) } }

    /// Nobody wants any more what a build makes of a zone; those who did, nil when it is not being built.
    @discardableResult
    mutating func stopWaitingForBuild(of zone: ZoneName) -> Set<RequestID>? {
        guard let number = build(of: zone)?.job.generation else { return nil }
        return builds[number]?.requests.removeValue(forKey: zone)
    }

    /// Starts what can be built now.
    mutating func startBuilds() {
        guard builds.count < configuration.buildLimit, !queue.isEmpty else { return }
        let running = zonesBeingBuilt
        let groups = Ledger.groups(of: queue.mapValues(\.requests)).filter { $0.allSatisfy { !running.contains($0) } }
        let alone = groups.filter { group in group.contains { queue[$0]?.isAlone == true } }
        let shared = groups.filter { group in !group.contains { queue[$0]?.isAlone == true } }
        // Neither kind takes the last slot from the other.
        let share = max(1, configuration.buildLimit - 1)
        if !shared.isEmpty, alone.isEmpty || builds.isEmpty || builds.values.count(where: { !$0.isAlone }) < share {
            startBuild(of: shared.flatMap(\.self), isAlone: false)
        }
        for group in alone
        where builds.count < configuration.buildLimit && builds.values.count(where: \.isAlone) < share {
            startBuild(of: group, isAlone: true)
        }
    }

    private mutating func startBuild(of zones: [ZoneName], isAlone: Bool) {
        let loads = zones.sorted().compactMap { zone in queue.removeValue(forKey: zone).map { (zone, $0) } }
        let generation = takeNumber()
        let job = BuildJob(
            generation: generation, image: .image(of: generation),
            zones: loads.map { zone, load in
                BuildJob.Zone(
                    source: load.source, former: head(of: zone).flatMap { isSound($0) ? $0 : nil },
                    isForced: load.isForced, renewal: load.renewal)
            })
        builds[generation] = Build(
            job: job, isAlone: isAlone,
            requests: Dictionary(uniqueKeysWithValues: loads.map { ($0.0, $0.1.requests) }))
        for (zone, load) in loads {
            for caller in load.requests { requests[caller]?.steps[zone] = .building }
        }
        effects.append(.startBuild(job))
    }

    /// Zones that are to be built together: those of one request, and of all requests that share a zone with it. In the order of
    /// their first zones.
    private static func groups(of zones: [ZoneName: Set<RequestID>]) -> [[ZoneName]] {
        var byRequest: [RequestID: [ZoneName]] = [:]
        for (zone, requests) in zones { for request in requests { byRequest[request, default: []].append(zone) } }
        var left = Set(zones.keys)
        var groups: [[ZoneName]] = []
        for zone in zones.keys.sorted() where left.remove(zone) != nil {
            var (group, taken, head) = ([zone], Set<RequestID>(), 0)
            while head < group.count {
                for request in zones[group[head]] ?? [] where taken.insert(request).inserted {
                    group += (byRequest[request] ?? []).filter { left.remove($0) != nil }
                }
                head += 1
            }
            groups.append(group.sorted())
        }
        return groups
    }

    mutating func buildFailed(_ generation: Generation, _ reason: String) {
        guard let build = builds.removeValue(forKey: generation) else { return }
        // One of those that shared the build may have ended it for all: each is tried by itself.
        if !build.isAlone, Ledger.groups(of: build.requests).count > 1 {
            for zone in build.job.zones {
                guard let callers = build.requests[zone.source.zone] else { continue }
                requeue(zone, for: callers, isAlone: true)
            }
            return
        }
        let outcomes = build.job.zones.map { ($0.source.zone, BuildOutcome.failed([reason])) }
        take(build, BuildResult(outcomes: Dictionary(outcomes, uniquingKeysWith: { first, _ in first })))
    }

    mutating func buildFinished(_ generation: Generation, _ result: BuildResult) {
        guard let build = builds.removeValue(forKey: generation) else { return }
        if result.outcomes.values.contains(where: { if case .built = $0 { true } else { false } }) {
            files.insert(build.job.image)
            note(result.copied, in: build.job.image)
        }
        take(build, result)
    }
}
