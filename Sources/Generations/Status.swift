// A snapshot of the ledger for people and programs; its keys are part of the command line's contract: only ever added.

/// What `memmgr status` shows.
public struct Status: Codable, Hashable, Sendable {
    public struct Zone: Codable, Hashable, Sendable {
        public enum State: String, Codable, Hashable, Sendable {
            /// Served, and the last load went well.
            case good
            /// Served from an older load; the last one failed.
            case stale
            /// There are consumers, and none of them answers from a generation that has it: all have refused.
            case unserved
            /// It was good once, and there is no version left to be served.
            case missing
        }

        public let zone: ZoneName
        public let state: State
        public let file: String?
        public let serial: UInt32?
        public let records: Int?
        public let image: FileName?
        public let problem: String?
    }

    public struct Consumer: Codable, Hashable, Sendable {
        public enum State: String, Codable, Hashable, Sendable {
            /// Was there before the manager and has not told what it holds.
            case unknown
            /// Has not answered the switch to the current generation.
            case switching
            /// Serves the generation that is on trial.
            case trying
            case serving
            /// Refused the current generation.
            case refused
            /// Refuses what others accept, and is not waited for.
            case setAside = "set_aside"
            /// Has unsubscribed and is sent nothing more.
            case left
            /// Was cut off.
            case expelled
        }

        public let consumer: ConsumerID
        public let name: String?
        public let serving: Generation?
        public let holds: [Generation]
        public let state: State
        public let problem: String?
    }

    public struct Trial: Codable, Hashable, Sendable {
        public let generation: Generation
        public let consumers: [String]
    }

    public struct Building: Codable, Hashable, Sendable {
        public let generation: Generation
        public let zones: [ZoneName]
    }

    /// How many zones are in which state.
    public struct Counts: Codable, Hashable, Sendable {
        public let serving: Int
        public let stale: Int
        public let failed: Int

        public var all: Int { serving + stale + failed }
    }

    public let generation: Generation?
    public let digest: Digest?
    public let counts: Counts
    /// How many zones there are, and how many of them at least one consumer answers from a good version.
    public let zoneCount: Int
    public let servedCount: Int
    /// Those that were asked for.
    public let zones: [Zone]
    /// Names that were asked for and of which there is no zone.
    public let unknownZones: [ZoneName]
    /// How many more there are of what was asked for.
    public let omittedZones: Int
    public let consumers: [Consumer]
    public let inRelease: [Generation]
    public let history: [Generation]
    /// The builds that are running.
    public let builds: [Building]
    /// The generation on trial, and the names of those that serve it.
    public let trial: Trial?
    /// Zones that wait for a build.
    public let queued: [ZoneName]
    /// Zones whose new content is built and waits for the announcement.
    public let waiting: [ZoneName]
    /// Whether all consumers from before the manager's start are known.
    public let recovered: Bool

    enum CodingKeys: String, CodingKey {
        case generation, digest, counts, zones, consumers, history, builds, trial, queued, waiting, recovered
        case inRelease = "in_release"
        case zoneCount = "zone_count"
        case servedCount = "served_count"
        case unknownZones = "unknown_zones"
        case omittedZones = "omitted"
    }
}

extension Status {
    /// Which zones a status lists.
    public enum Selection: Hashable, Sendable {
        case all
        /// Those that fail or are stale, up to a number.
        case troubled(limit: Int)
        case named([ZoneName])
    }
}

extension Ledger {
    public var status: Status { status(of: .all) }

    /// The status with some of the zones, of which there may be many.
    public func status(of selection: Status.Selection) -> Status {
        switch selection {
        case .all: return status(zones: zones)
        case .troubled(let limit):
            let names = unanimousRefusal == nil ? lost.union(troubles.keys).sorted() : zones.map(\.zone)
            return status(zones: names.prefix(limit).compactMap(zone), omitted: max(0, names.count - limit))
        case .named(let names):
            let names = Set(names).sorted()
            return status(zones: names.compactMap(zone), unknown: names.filter { zone($0) == nil })
        }
    }

    private var zones: [Status.Zone] {
        let content = current?.content ?? Content()
        let names = lost.isEmpty ? content.names : (content.names + lost).sorted()
        return names.compactMap(zone)
    }

    /// A zone of the current generation, or one that has no good version; nil if there is no such zone.
    private func zone(_ name: ZoneName) -> Status.Zone? {
        let version = current?.content.zones[name]
        let trouble = troubles[name]
        if version == nil, !lost.contains(name) { return nil }
        return Status.Zone(
            zone: name,
            state: version == nil ? .missing : unanimousRefusal != nil ? .unserved : trouble == nil ? .good : .stale,
            file: version?.file ?? trouble?.file, serial: version?.serial, records: version?.records,
            image: version?.image, problem: trouble?.reason ?? unanimousRefusal)
    }

    /// What one of them says, when there are consumers and all of them have refused and answer nothing.
    private var unanimousRefusal: String? {
        let group = consumers.values.filter(\.isSubscribed)
        guard group.allSatisfy({ $0.serving == nil && $0.refusal != nil }),
            let one = group.min(by: { $0.id < $1.id }), let refusal = one.refusal
        else { return nil }
        return "\(one.name ?? one.id.lname) answers nothing: \(refusal.reason)"
    }

    /// How many zones at least one consumer answers: those of the newest generation that one serves.
    private var servedCount: Int {
        let serving = consumers.values.filter { $0.isSubscribed && !$0.isExpelled }.compactMap(\.serving)
        guard let newest = serving.max() else { return 0 }
        if newest == current?.generation { return current?.content.zones.count ?? 0 }
        return published(newest)?.content.zones.count ?? 0
    }

    private func status(
        zones: [Status.Zone], unknown: [ZoneName] = [], omitted: Int = 0
    ) -> Status {
        let content = current?.content ?? Content()
        let stale = troubles.keys.count { content.zones[$0] != nil }
        let failed = lost.count { content.zones[$0] == nil }
        let releasing = inRelease.map(\.generation)
        let waiting = Set(pending.keys).union(publication.candidate?.changes.keys.map { $0 } ?? [])
        return Status(
            generation: current?.generation, digest: current?.digest,
            counts: unanimousRefusal == nil
                ? Status.Counts(serving: content.zones.count - stale, stale: stale, failed: failed)
                : Status.Counts(serving: 0, stale: 0, failed: content.zones.count + failed),
            zoneCount: content.zones.count + failed, servedCount: servedCount, zones: zones,
            unknownZones: unknown, omittedZones: omitted,
            consumers: consumers.values.sorted { $0.id < $1.id }.map(describe), inRelease: releasing,
            history: former.map(\.generation).filter { !releasing.contains($0) },
            builds: builds.values.sorted { $0.job.generation < $1.job.generation }.map {
                Status.Building(generation: $0.job.generation, zones: $0.job.zones.map(\.source.zone))
            },
            trial: trial.map { Status.Trial(generation: $0.generation, consumers: $0.consumers.map(name)) },
            queued: queue.keys.sorted(), waiting: waiting.sorted(), recovered: isRecovered)
    }

    private func describe(_ consumer: ConsumerState) -> Status.Consumer {
        let state: Status.Consumer.State
        if consumer.isExpelled {
            state = .expelled
        } else if !consumer.isSubscribed {
            state = .left
        } else if !consumer.isHeard {
            state = .unknown
        } else if consumer.isSetAside {
            state = .setAside
        } else if let refusal = consumer.refusal, refusal.generation == current?.generation {
            state = .refused
        } else {
            let isCurrent = consumer.serving != nil && consumer.serving == current?.generation
            state = isCurrent ? .serving : consumer.serving == trial?.generation && trial != nil ? .trying : .switching
        }
        return Status.Consumer(
            consumer: consumer.id, name: consumer.name, serving: consumer.serving, holds: consumer.holds.sorted(),
            state: state, problem: consumer.refusal?.reason)
    }

    /// The zones that were good once and have no version.
    public var lostZones: Set<ZoneName> { lost }

    /// All zones, each with the file that it comes from; nil where that is not known.
    public var zoneFiles: [ZoneName: String?] {
        Dictionary(uniqueKeysWithValues: zones.map { ($0.zone, $0.file) })
    }

    /// The zone set with its sources, for a reload of everything.
    public var sources: [ZoneSource] {
        zones.compactMap { zone in zone.file.map { ZoneSource(zone: zone.zone, file: $0) } }
    }

    /// What a consumer calls itself, or its l-name as long as it has not told.
    public func name(of consumer: ConsumerID) -> String { consumers[consumer]?.name ?? consumer.lname }

    /// The names of those that have told one, sorted.
    public var consumerNames: [String] { consumers.values.compactMap(\.name).sorted() }

    /// The consumers of a name, or the one with this l-name.
    public func consumers(named name: String) -> [ConsumerID] {
        consumers.values.filter { $0.name == name || $0.id.lname == name }.map(\.id).sorted()
    }

    /// How many zones there are.
    public var zoneCount: Int { (current?.content ?? firstContent).zones.count + lost.count }

    /// Whether anything is being built.
    public var isBuilding: Bool { !builds.isEmpty }

    /// All files of the current generation.
    public var currentFiles: Set<FileName> { current?.files ?? [] }

    /// The images of the current generation.
    public var images: Set<FileName> { current?.content.images ?? [] }

    /// What a generation is at the moment, nil if it is not remembered.
    public func role(of generation: Generation) -> Role? {
        if current?.generation == generation { return .current }
        if publication.candidate?.generation == generation || builds[generation] != nil {
            return .building
        }
        guard published(generation) != nil else { return nil }
        return isHeld(generation) ? .releasing : .history
    }
}
