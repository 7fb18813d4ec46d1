// How a manager begins: from the record and from the files on disk. The last generation is published again under its
// number if its files are whole, without parsing. Every consumer that is already there is asked what it holds, and
// until all have answered or are gone nothing is deleted; publishing goes on meanwhile. One that had unsubscribed
// before the start is not found any more: it keeps valid pages, since files are never reused, but no files.

extension Ledger {
    /// What a manager finds when it starts. Temporary files (their names begin with a dot) are not listed; the daemon
    /// has removed them. It has also flushed both folders: what an earlier manager has just renamed can be seen, and is
    /// announced without being written again, but would not have survived a loss of power.
    public struct Startup: Sendable {
        /// The record, nil if there is none or it cannot be read.
        public var record: Record?
        /// All names in the image folder.
        public var names: [FileName]
        /// Those of them whose size and header digest are right.
        public var intact: Set<FileName>
        /// Without a record: the content of the newest directory file that is whole.
        public var found: [ZoneName: ZoneVersion]?

        public init(
            record: Record? = nil, names: [FileName] = [], intact: Set<FileName> = [],
            found: [ZoneName: ZoneVersion]? = nil
        ) {
            self.record = record
            self.names = names
            self.intact = intact
            self.found = found
        }
    }

    /// Begins. The effects come first of all; then `membersListed` is due.
    public static func start(_ configuration: Configuration, _ startup: Startup) -> (Ledger, [Effect]) {
        let numbers = startup.names.compactMap(\.generation) + [startup.record?.last ?? .none]
        var ledger = Ledger(configuration: configuration, last: numbers.max() ?? .none)
        ledger.files = Set(startup.names.filter { $0.generation != nil })
        ledger.damaged = ledger.files.subtracting(startup.intact)
        if let record = startup.record {
            ledger.resume(record, startup.intact)
        } else if let found = startup.found {
            ledger.salvage(Content(found), startup.intact)
        }
        let effects = ledger.settle()
        return (ledger, effects)
    }

    private mutating func resume(_ record: Record, _ intact: Set<FileName>) {
        revision = record.revision
        refused = record.refused
        troubles = Dictionary(record.troubles.map { ($0.zone, $0.value) }, uniquingKeysWith: { _, last in last })
        former = record.former.map { Published($0.announced, record.content(of: $0), mayBeHeld: $0.held) }
            .sorted { $0.generation < $1.generation }
        // A generation without its files is nothing to return to.
        for index in former.indices where !former[index].files.isSubset(of: intact) { former[index].verdict = .bad }
        listedLost = Set(troubles.keys.filter { record.content.zones[$0] == nil })
        lost = listedLost.filter { zone in
            // A record of an earlier version does not say which of them were good once; its history may know.
            record.lost?.contains(zone)
                ?? record.former.contains { $0.announced.verdict == .good && record.content(of: $0).zones[zone] != nil }
        }
        guard let announced = record.current else { return }
        // What was on trial when the manager ended is given up.
        tried = former.filter { $0.generation > announced.generation }
        former.removeAll { $0.generation > announced.generation }
        let last = Published(announced, record.content, mayBeHeld: true)
        if last.files.isSubset(of: intact) {
            current = last
            notified = last.content
            rollouts = [Rollout(generation: last.generation, changed: [])]
            current?.verdict = .open
        } else {
            var lost = last
            lost.verdict = .bad
            former.append(lost)
            salvage(last.content, intact)
        }
    }

    /// Serves what is left of the last generation, and builds the rest anew.
    private mutating func salvage(_ content: Content, _ intact: Set<FileName>) {
        var zones = content.zones
        var lost: [ZoneName] = []
        for (zone, version) in content.zones where !intact.contains(version.image) {
            lost.append(zone)
            let older = former.reversed().lazy.compactMap { $0.content.zones[zone] }
            zones[zone] = older.first { intact.contains($0.image) }
            if zones[zone] == nil { self.lost.insert(zone) }
            troubles[zone] = Trouble(file: version.file, reason: "its image was lost")
            recordIsStale = true
            guard let file = version.file else { continue }
            queue[zone] = QueuedLoad(
                source: ZoneSource(zone: zone, file: file), isForced: false,
                isAlone: version.records >= Ledger.largeZone, requests: [])
        }
        firstContent = Content(zones)
        if !lost.isEmpty { effects.append(.note(.filesLost(lost.sorted()))) }
    }

    /// Asks for a record to be written and returns its revision.
    mutating func writeRecord(
        of current: Published, troubles: [ZoneName: Trouble], lost: Set<ZoneName>, trial: Published? = nil
    ) -> UInt64 {
        revision += 1
        recordIsStale = false
        let others = former + [self.current, trial].compactMap { $0 } + tried
        let older = others.filter { $0.generation != current.generation }.sorted { $0.generation < $1.generation }
        // What is current until this record is durable can be sent to a joiner meanwhile.
        let replaced = self.current?.generation
        var refused = refused
        if case .returning(let done) = publication.candidate?.cause { refused = refusedWith(done) }
        let record = Record(
            revision: revision, last: last, current: Record.Announced(current),
            content: current.content,
            troubles: ZoneName.keyed(troubles.filter { current.content.zones[$0.key] != nil || lost.contains($0.key) }),
            lost: lost.sorted(),
            former: older.reversed().map {
                Record.Former(
                    $0, held: mayBeHeld($0) || $0.generation == replaced || $0.generation == trial?.generation,
                    against: current.content)
            },
            refused: refused)
        effects.append(.writeRecord(record))
        return revision
    }
}

extension Ledger.Published {
    init(_ announced: Record.Announced, _ content: Content, mayBeHeld: Bool) {
        self.init(
            generation: announced.generation, digest: announced.digest, content: content, origin: announced.origin,
            addsImage: announced.addsImage, verdict: announced.verdict, mayBeHeld: mayBeHeld)
    }
}

extension Record.Announced {
    init(_ published: Ledger.Published) {
        self.init(
            generation: published.generation, directory: published.directory, digest: published.digest,
            origin: published.origin, addsImage: published.addsImage, verdict: published.verdict)
    }
}

extension Record.Former {
    init(_ published: Ledger.Published, held: Bool, against current: Content) {
        var differing: [ZoneName: ZoneVersion] = [:]
        var missing: [ZoneName] = []
        for (zone, change) in published.content.changes(from: current) {
            switch change {
            case .replace(let version): differing[zone] = version
            case .remove: missing.append(zone)
            }
        }
        self.init(
            announced: Record.Announced(published), held: held, differing: ZoneName.keyed(differing),
            missing: missing.sorted())
    }
}
