// From changes to an announced generation: the candidate's directory file is written, then the record, and only when
// both are durable is anyone told (invariant I1). One candidate at a time; builds run beside it.

extension Ledger {
    /// What is being written.
    enum Publication: Hashable, Sendable {
        case idle
        case writingDirectory(Candidate)
        /// The record by which the next manager knows of the trial.
        case recordingTrial(Candidate, Digest, revision: UInt64)
        /// Some consumers serve the candidate.
        case trying(Candidate, Digest, Trial)
        /// The record that makes the candidate the current generation.
        case recordingGeneration(Candidate, Digest, revision: UInt64)
        /// A record that changes no generation: troubles and sources.
        case recordingZones(revision: UInt64)

        var candidate: Candidate? {
            get {
                switch self {
                case .writingDirectory(let candidate), .recordingGeneration(let candidate, _, _),
                    .recordingTrial(let candidate, _, _), .trying(let candidate, _, _):
                    candidate
                case .idle, .recordingZones: nil
                }
            }
            set {
                guard let newValue else { return }
                switch self {
                case .writingDirectory: self = .writingDirectory(newValue)
                case .recordingGeneration(_, let digest, let revision):
                    self = .recordingGeneration(newValue, digest, revision: revision)
                case .recordingTrial(_, let digest, let revision):
                    self = .recordingTrial(newValue, digest, revision: revision)
                case .trying(_, let digest, let trial): self = .trying(newValue, digest, trial)
                case .idle, .recordingZones: break
                }
            }
        }
    }

    /// A generation that is about to be announced.
    struct Candidate: Hashable, Sendable {
        let generation: Generation
        let content: Content
        let origin: Generation
        let addsImage: Bool
        let cause: Cause
        var changes: [ZoneName: PendingChange]
        /// The zones whose troubles end with the announcement.
        var settles: Set<ZoneName>
        /// The zones without a version that its directory lists.
        var lost: Set<ZoneName> = []
        /// What it builds upon was refused: it will not be announced, its changes wait for the next.
        var isAbandoned = false
        /// On whom it is to be tried before it is announced, if at all.
        var trial: TrialConsumers?
        /// It was sent to those.
        var isTried = false

        enum Cause: Hashable, Sendable {
            case first
            case changes
            case returning(Return)
            /// A consumer knew a larger number: the same content again, above it.
            case renumbering
            /// The list of zones without a version is not what it should be: the same content, with another list.
            case listing
            /// Files of the current generation were lost.
            case repair
        }
    }

    /// The generations that are replaced and held, or may be held by a consumer that has not told yet.
    var inRelease: [Published] { former.filter(mayBeHeld) }

    func mayBeHeld(_ published: Published) -> Bool {
        isHeld(published.generation) || (published.mayBeHeld && !isRecovered)
    }

    /// Starts the next step towards a generation, if nothing is being written.
    mutating func publish() {
        guard case .idle = publication, !writeFailed else { return }
        if let returning {
            begin(.returning(returning), returning.content, origin: origin(of: returning.target))
        } else if let current {
            let (wanted, trial) = together(publishableChanges())
            guard let repair = repair(of: current.content, beside: trial == nil ? wanted : [:]) else { return }
            // What is left is published before anything is tried.
            let changes = repair.isEmpty || trial == nil ? wanted : [:]
            let sound = repair.isEmpty ? current.content : current.content.applying(repair)
            let losing = Set(repair.filter { $0.value.version == nil }.keys)
            // A trial begins when all is quiet: those that it is for must serve the current generation.
            if !changes.isEmpty, trial == nil || tried.isEmpty && rollouts.isEmpty {
                let changed = sound.applying(changes.mapValues(\.change))
                let content = mayAddImage ? taking(copiesFor: changed) : changed
                for zone in changes.keys { pending[zone] = nil }
                begin(.changes, content, origin: nil, changes: changes, losing: losing, trial: trial)
            } else if !repair.isEmpty || damaged.contains(current.directory) {
                begin(.repair, sound, origin: repair.isEmpty ? current.origin : nil, losing: losing)
            } else if current.generation < claimed || !tried.isEmpty {
                begin(.renumbering, current.content, origin: current.origin)
            } else if lost != listedLost {
                begin(.listing, current.content, origin: current.origin)
            } else if recordIsStale {
                publication = .recordingZones(revision: writeRecord(of: current, troubles: troubles, lost: lost))
            }
        } else {
            begin(.first, firstContent, origin: nil)
        }
    }

    /// What was tried and given up will be in release, too.
    private var mayAddImage: Bool { inRelease.count + tried.count < configuration.releaseLimit }

    /// All that is pending, or only what adds no image while R generations are in release.
    private mutating func publishableChanges() -> [ZoneName: PendingChange] {
        let releasing = inRelease.map(\.generation)
        let announcedImages = announcedImages
        let publishable = mayAddImage ? pending : pending.filter { !addsImage($0.value.change, to: announcedImages) }
        let waits = publishable.count < pending.count
        if waits && !saidThatItWaits { effects.append(.note(.announcementWaits(inRelease: releasing))) }
        saidThatItWaits = waits
        return publishable
    }

    private var announcedImages: Set<FileName> {
        former.reduce(into: current?.content.images ?? []) { $0.formUnion($1.content.images) }
    }

    /// Whether a change brings an image that no announced generation names.
    private func addsImage(_ change: Change, to announced: Set<FileName>) -> Bool {
        guard case .replace(let version) = change else { return false }
        return !announced.contains(version.image)
    }

    private mutating func begin(
        _ cause: Candidate.Cause, _ content: Content, origin: Generation?, changes: [ZoneName: PendingChange] = [:],
        losing: Set<ZoneName> = [], trial: TrialConsumers? = nil
    ) {
        let generation = numberForDirectory(changes)
        let announcedImages = announcedImages
        let adds = !content.images.isSubset(of: announcedImages)
        var candidate = Candidate(
            generation: generation, content: content, origin: origin ?? generation, addsImage: adds, cause: cause,
            changes: changes, settles: Set(changes.keys))
        candidate.lost = lost(after: candidate, losing)
        candidate.trial = trial
        publication = .writingDirectory(candidate)
        let directory = FileName.directory(of: generation)
        effects.append(
            .writeDirectory(
                DirectoryJob(
                    generation: generation, directory: directory, content: content, lost: candidate.lost)))
    }

    /// The zones without a version once the candidate is announced.
    private func lost(after candidate: Candidate, _ losing: Set<ZoneName>) -> Set<ZoneName> {
        var lost = lost.union(losing).subtracting(candidate.changes.keys)
        if case .returning(let done) = candidate.cause { lost.formUnion(done.loses) }
        return lost.filter { candidate.content.zones[$0] == nil }
    }

    /// The number of the newest build among the changes if nothing was announced above it, else a new one.
    private mutating func numberForDirectory(_ changes: [ZoneName: PendingChange]) -> Generation {
        let builds = changes.values.compactMap { pending -> Generation? in
            guard case .replace(let version) = pending.change else { return nil }
            return version.image.generation
        }
        if let newest = builds.max(), newest > lastDirectory, newest > claimed {
            lastDirectory = newest
        } else {
            lastDirectory = takeNumber()
        }
        return lastDirectory
    }

    mutating func directoryWritten(_ generation: Generation, _ digest: Digest) {
        guard case .writingDirectory(let candidate) = publication, candidate.generation == generation else { return }
        files.insert(.directory(of: generation))
        guard !candidate.isAbandoned else { return giveBack(candidate) }
        if candidate.trial != nil { return recordTrial(candidate, digest) }
        let published = Published(
            generation: generation, digest: digest, content: candidate.content, origin: candidate.origin,
            addsImage: candidate.addsImage, verdict: .open)
        let revision = writeRecord(of: published, troubles: troubles(after: candidate), lost: candidate.lost)
        publication = .recordingGeneration(candidate, digest, revision: revision)
    }

    mutating func directoryFailed(_ generation: Generation, _ reason: String) {
        guard case .writingDirectory(let candidate) = publication, candidate.generation == generation else { return }
        // It may be there all the same, under its name: when only flushing the folder has failed. Nobody has heard of it.
        effects.append(.unlink([.directory(of: generation)]))
        effects.append(.checkFiles(candidate.content.images))
        fail(candidate, "the directory file cannot be written: \(reason)")
    }

    mutating func recordWritten(_ revision: UInt64) {
        switch publication {
        case .recordingZones(revision):
            publication = .idle
            doubtful = []
        case .recordingTrial(let candidate, let digest, revision) where !candidate.isAbandoned:
            doubtful = []
            beginTrial(candidate, digest)
        case .recordingGeneration(let candidate, let digest, revision),
            .recordingTrial(let candidate, let digest, revision):
            doubtful = []
            if candidate.isAbandoned {
                // The record names it as current. It stays on disk until a later record does not.
                doubtful = candidate.content.images.union([.directory(of: candidate.generation)])
                recordIsStale = true
                rememberTrial(candidate, digest)
                giveBack(candidate)
            } else {
                publication = .idle
                announce(candidate, digest)
            }
        default: break
        }
    }

    mutating func recordFailed(_ revision: UInt64, _ reason: String) {
        switch publication {
        case .recordingZones(revision):
            publication = .idle
            recordIsStale = true
            writeFailed = true
            effects.append(.note(.writeFailed(reason: reason)))
        case .recordingGeneration(let candidate, let digest, revision),
            .recordingTrial(let candidate, let digest, revision):
            rememberTrial(candidate, digest)
            // It may have reached the disk all the same.
            doubtful.formUnion(candidate.content.images.union([.directory(of: candidate.generation)]))
            recordIsStale = true
            fail(candidate, "the record cannot be written: \(reason)")
        default: break
        }
    }

    /// Ends a candidate that could not be written: its callers are told. A return or a renumbering is tried again.
    private mutating func fail(_ candidate: Candidate, _ reason: String) {
        writeFailed = true
        effects.append(.note(.writeFailed(reason: reason)))
        guard !candidate.isAbandoned else { return giveBack(candidate) }
        publication = .idle
        for (zone, change) in candidate.changes {
            finish(change.requests, zone, .failed([reason]))
            guard case .replace(let version) = change.change, pending[zone] == nil else { continue }
            trouble(zone, file: version.file, reason)
        }
        if case .returning = candidate.cause { endReturnForCallers() }
        if !tried.isEmpty { endReturnForCallers() }
    }

    /// Takes the changes of an abandoned candidate back, unless newer ones have come.
    mutating func giveBack(_ candidate: Candidate) {
        publication = .idle
        for (zone, change) in candidate.changes { giveBack(zone, change) }
    }

    mutating func giveBack(_ zone: ZoneName, _ change: PendingChange) {
        if pending[zone] != nil {
            finish(change.requests, zone, .superseded)
        } else if isUnwanted(change) {
            finish(change.requests, zone, .failed([Ledger.callerHasLeft]))
        } else {
            pending[zone] = change
        }
    }

    private mutating func announce(_ candidate: Candidate, _ digest: Digest) {
        let generation = candidate.generation
        troubles = troubles(after: candidate)
        lost = candidate.lost
        listedLost = candidate.lost
        if let current { former.append(current) }
        let cause = tried.isEmpty || candidate.cause != .renumbering ? candidate.cause.announced : .trial
        if !tried.isEmpty { endReturnForCallers() }
        former += tried
        tried = []
        current = Published(
            generation: generation, digest: digest, content: candidate.content, origin: candidate.origin,
            addsImage: candidate.addsImage, verdict: .open)
        var rollout = Rollout(generation: generation, changed: Set(candidate.changes.keys))
        for (zone, change) in candidate.changes { announced(zone, change, in: generation) }
        if case .returning(let done) = candidate.cause {
            rollout.changed.formUnion(rollouts.reduce(into: done.changed) { $0.formUnion($1.changed) })
            rollouts = []
            returned(done, in: generation)
        }
        rollouts.append(rollout)
        for consumer in consumers.keys.sorted() { sendCurrent(consumer, joining: candidate.cause.isFirst) }
        let told = consumers.values.count { $0.isTold }
        effects.append(
            .note(
                .announced(
                    Announcement(
                        generation: generation, digest: digest, cause: cause,
                        zones: candidate.content.zones.count, consumers: told,
                        changes: candidate.changes.mapValues(\.change),
                        requests: candidate.changes.values.reduce(into: []) { $0.formUnion($1.requests) }))))
    }

    private mutating func announced(_ zone: ZoneName, _ change: PendingChange, in generation: Generation) {
        let result: ZoneResult
        switch change.change {
        case .replace(let version):
            unloads[zone] = nil
            result = .published(generation, version)
        case .remove:
            unloads[zone] = generation
            result = .unloaded(generation)
        }
        for caller in change.requests { requests[caller]?.steps[zone] = .rollingOut(generation, result) }
    }

    /// The roll-outs that every consumer has followed come to their end.
    mutating func finishRollouts() {
        guard membersAreListed, returning == nil,
            let newest = rollouts.last(where: { rollout in
                consumers.values.allSatisfy { !$0.isAwaited(for: rollout.generation) }
            })
        else { return }
        let finished = rollouts.prefix { $0.generation <= newest.generation }
        rollouts.removeFirst(finished.count)
        answersMayBeDue = true
        for rollout in finished { setVerdict(of: rollout.generation, .good) }
        effects.append(.note(.switchedEverywhere(newest.generation)))
        tellZoneUpdates(finished.reduce(into: []) { $0.formUnion($1.changed) }, newest.generation)
    }

    private mutating func tellZoneUpdates(_ zones: Set<ZoneName>, _ generation: Generation) {
        guard let content = published(generation)?.content ?? current?.content else { return }
        let updated = zones.filter {
            content.zones[$0] != nil && content.zones[$0]?.digest != notified.zones[$0]?.digest
        }
        notified = content
        if updated.count > configuration.zoneUpdateLimit {
            effects.append(.announceZoneUpdates([.many(count: updated.count, generation: generation)]))
        } else if !updated.isEmpty {
            let updates = updated.sorted().compactMap { zone in
                content.zones[zone].map { ZoneUpdate.zone(zone, serial: $0.serial, generation: generation) }
            }
            effects.append(.announceZoneUpdates(updates))
        }
    }

    func published(_ generation: Generation) -> Published? {
        current?.generation == generation
            ? current : former.first { $0.generation == generation } ?? tried.first { $0.generation == generation }
    }

    mutating func setVerdict(of generation: Generation, _ verdict: Verdict) {
        if current?.generation == generation, current?.verdict == .open || verdict == .bad {
            current?.verdict = verdict
        } else if let index = former.firstIndex(where: { $0.generation == generation }), former[index].verdict == .open
        {
            former[index].verdict = verdict
        }
    }
}

extension Ledger.Candidate.Cause {
    var isFirst: Bool { if case .first = self { true } else { false } }

    fileprivate var announced: Ledger.Announcement.Cause {
        switch self {
        case .first: .first
        case .changes: .changes
        case .returning: .refusal
        case .renumbering: .renumbering
        case .listing: .listing
        case .repair: .repair
        }
    }
}
