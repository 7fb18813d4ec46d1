// The independent model: what the invariants say, asked of what is really on the disk, in flight and in the consumers'
// memory, and never of the ledger. It remembers what was announced and what each directory named; that is all it needs.

import Bus
import Generations

/// What the checks remember.
struct Truth: Hashable {
    /// What `switch` has said of each number.
    var announced: [Generation: SwitchMessage] = [:]
    /// When each was announced first by anyone.
    var announcedAt: [Generation: Int] = [:]
    var largest = Generation(0)
    /// Sent to some for a trial.
    var tried: Set<Generation> = []
    /// The files that each directory names, itself among them, as they were when it was written.
    var named: [Generation: [FileName: Disk.File]] = [:]
    var zones: [Generation: [ZoneName: ZoneVersion]] = [:]
    /// Every image that an announced generation has named, and the generations that were the first to name one.
    var announcedImages: Set<FileName> = []
    var addingImages: Set<Generation> = []
    /// The zones that an announced generation has had.
    var announcedZones: Set<ZoneName> = []
    /// What somebody has deleted.
    var lostFiles: Set<FileName> = []
    /// Consumers that an operator has had cut off.
    var unwanted: Set<ConsumerID> = []
    var recordWasLost = false
    /// The requests that this manager has answered.
    var answered: Set<RequestID> = []
    /// Those among its requests that are for all of their zones or none.
    var allOrNothing: Set<RequestID> = []
    /// What the last caller was told.
    var lastReply: Reply?
    var managerStartedAt = 0

    mutating func managerStarted(at now: Int) {
        answered = []
        allOrNothing = []
        managerStartedAt = now
    }

    /// A directory file is complete.
    mutating func note(_ job: Ledger.DirectoryJob, _ disk: Disk) {
        var files: [FileName: Disk.File] = [:]
        for name in Set(job.zones.values.map(\.image)).union([job.directory]) {
            files[name] = disk.images[.file(name)]
        }
        named[job.generation] = files
        zones[job.generation] = job.zones
    }

    /// A generation is announced, or published again by a new manager.
    mutating func noteAnnounced(_ generation: Generation) {
        announcedZones.formUnion((zones[generation] ?? [:]).keys)
        noteImages(generation)
    }

    /// A generation is sent to somebody, for a trial or for good.
    mutating func noteImages(_ generation: Generation) {
        let images = Set((zones[generation] ?? [:]).values.map(\.image))
        guard !images.isSubset(of: announcedImages) else { return }
        announcedImages.formUnion(images)
        addingImages.insert(generation)
    }

    /// Whether it has content that some programs choke on.
    func isPoisoned(_ generation: Generation) -> Bool {
        zones[generation]?.values.contains { ZoneText(serial: $0.serial) == .poisoned } ?? false
    }
}

// MARK: As things happen

extension World {
    /// I1 and I4, when a `switch` is sent.
    mutating func checkSwitch(_ message: SwitchMessage, to id: ConsumerID) {
        let generation = message.generation
        let isTrial = manager?.ledger.trial?.generation == generation
        if let earlier = truth.announced[generation] {
            if earlier != message { violate(.i4, "generation \(generation) means two things") }
            if generation < truth.largest { violate(.i4, "\(generation) is sent after \(truth.largest)") }
        } else {
            let newest = max(truth.largest, truth.tried.max() ?? .init(0))
            if generation <= newest { violate(.i4, "\(generation) is announced after \(newest)") }
            truth.announced[generation] = message
        }
        if isTrial {
            truth.tried.insert(generation)
            truth.noteImages(generation)
        } else if truth.announcedAt[generation] == nil {
            truth.announcedAt[generation] = now
            truth.largest = max(truth.largest, generation)
            truth.noteAnnounced(generation)
        }
        if let consumer = consumers.first(where: { $0.id == id }), let newest = consumer.holds.max(),
            newest > generation
        {
            violate(.i4, "consumer \(consumer.number) has \(newest) and is sent \(generation)")
        }
        guard lostFiles(of: generation).isEmpty else { return }
        guard disk.images.isDurable(.file(message.directory)),
            case .directory(message.digest, let zones)? = disk.images[.file(message.directory)]?.content
        else { return violate(.i1, "\(message.directory) is announced and not durable") }
        for image in Set(zones.values.map(\.image)).sorted() where !disk.images.isDurable(.file(image)) {
            violate(.i1, "\(image) is announced in \(message.directory) and not durable")
        }
        let record = disk.durableRecord
        let recorded = [record?.current?.generation] + (record?.former.map(\.announced.generation) ?? [])
        if !recorded.contains(generation), !truth.recordWasLost {
            violate(.i1, "\(generation) is announced and not in the record")
        }
    }

    func lostFiles(of generation: Generation) -> Set<FileName> {
        let images = (truth.zones[generation] ?? [:]).values.map(\.image)
        return truth.lostFiles.intersection(images + [.directory(of: generation)])
    }

    /// I2, when a directory is written: each zone is in the image that it is said to be in, as it is said to be.
    mutating func checkZones(of job: Ledger.DirectoryJob) {
        for (zone, version) in job.zones.sorted(by: { $0.key < $1.key }) {
            guard case .image(let zones)? = disk.images[.file(version.image)]?.content else { continue }
            if zones[zone] != version.digest {
                violate(.i2, "\(zone) is not in \(version.image) as \(job.directory) says")
            }
        }
    }

    /// I5, when a directory is written: only zones that were served once are answered with SERVFAIL.
    mutating func checkLost(_ zones: Set<ZoneName>) {
        for zone in zones.subtracting(truth.announcedZones).sorted() {
            violate(.i5, "\(zone) was never good and is to be answered with SERVFAIL")
        }
    }

    /// I2, when a file's name goes away.
    mutating func checkUntouched(_ name: FileName, _ what: String) {
        for consumer in consumers where !consumer.isForgotten && bus.isConnected(consumer.client) {
            for generation in consumer.holds where truth.named[generation]?[name] != nil {
                violate(.i2, "\(name) \(what) while consumer \(consumer.number) holds \(generation)")
            }
        }
    }

    /// I2, when a consumer opens the files.
    mutating func checkFiles(of message: SwitchMessage, for consumer: ConsumerProcess) {
        guard !consumer.isForgotten else { return }
        for (name, file) in truth.named[message.generation] ?? [:] where disk.images[.file(name)]?.inode != file.inode {
            violate(.i2, "consumer \(consumer.number) cannot map \(name) of generation \(message.generation)")
        }
    }

    /// I3, when a generation has been announced: R others in release, if it adds an image.
    mutating func checkReleases(at generation: Generation) {
        truth.noteAnnounced(generation)
        guard truth.addingImages.contains(generation), !truth.recordWasLost else { return }
        var releasing: Set<Generation> = []
        for consumer in consumers where !consumer.isForgotten && bus.isConnected(consumer.client) {
            releasing.formUnion(consumer.holds.filter { $0 < generation })
        }
        if releasing.count > setup.releaseLimit {
            violate(.i3, "\(releasing.sorted()) are in release when \(generation) is announced")
        }
    }

    /// I3 and I7, when a caller is answered: it got all or nothing if that is what it wanted, and who is said to serve a
    /// generation does.
    mutating func checkAnswer(_ answer: Ledger.Answer, to id: RequestID) {
        let published = answer.zones.compactMap { zone -> Generation? in
            switch zone.result {
            case .published(let generation, _), .unchanged(let generation, _): generation
            default: nil
            }
        }
        // A disk that is full at the end of it all may part what was built together.
        let isRefused = answer.zones.contains { zone in
            switch zone.result {
            case .failed(let problems): problems.contains { $0.hasSuffix(ZoneText.complaint) }
            case .withheld: true
            default: false
            }
        }
        if truth.allOrNothing.contains(id), isRefused, !published.isEmpty {
            violate(.i3, "a request for all or nothing got a part: \(answer.zones.map(\.result))")
        }
        guard let newest = published.max() else { return }
        for outcome in answer.consumers where outcome.outcome == .switched {
            guard let consumer = consumers.first(where: { $0.id == outcome.consumer }) else { continue }
            if consumer.answering.map({ $0 < newest }) ?? true {
                violate(
                    .i7,
                    "a caller is told that consumer \(consumer.number) serves \(newest); it answers from "
                        + (consumer.answering?.description ?? "nothing"))
            }
        }
    }

    /// I6, when a consumer is cut off: its time is over, and it had something to do in it.
    mutating func checkExpulsion(of id: ConsumerID, _ reason: String) {
        guard let consumer = consumers.first(where: { $0.id == id }), consumer.nature != .clumsy,
            !truth.unwanted.contains(id)
        else { return }
        let since = max(truth.managerStartedAt, consumer.startedAt)
        if now < since + setup.timeout {
            violate(.i6, "consumer \(consumer.number) is cut off after \(now - since) ms: \(reason)")
        }
        if isCalm, consumer.isSubscribed, !consumer.isStopped, consumer.refused == nil {
            violate(.i6, "consumer \(consumer.number) does all it is asked, and is cut off: \(reason)")
        }
    }

    /// I6, when nothing is left to do but to wait: nobody has had more than two whole times.
    mutating func checkPatience() {
        guard let startedAt = manager?.startedAt else { return }
        for consumer in consumers where !consumer.isForgotten && bus.isConnected(consumer.client) {
            for held in consumer.holds {
                guard let replaced = truth.announcedAt.filter({ $0.key > held }).values.min() else { continue }
                let since = max(startedAt, consumer.startedAt, replaced)
                if now > since + 2 * setup.timeout + 1000 {
                    violate(.i6, "consumer \(consumer.number) has held \(held) for \(now - since) ms")
                }
            }
        }
    }

    /// What can be asked at any time: each consumer answers from what it maps, and the ledger agrees with itself.
    mutating func checkStep() {
        for consumer in consumers {
            guard let answering = consumer.answering, !consumer.mapped.contains(answering) else { continue }
            violate(.i5, "consumer \(consumer.number) answers from \(answering), which it does not map")
        }
        guard setup.fault == nil, steps.isMultiple(of: World.ownCheckInterval), manager != nil else { return }
        for problem in manager!.ledger.checkInvariants() {
            let invariant = Invariant.allCases.first { problem.hasPrefix($0.rawValue) } ?? .i3
            violate(invariant, "the ledger says: \(problem)")
        }
    }

    /// The ledger's own checks look at all of it, which is slow.
    static var ownCheckInterval: Int { 32 }
}

// MARK: At rest

extension World {
    /// Liveness after files were deleted: whoever could not map what was current has got something else.
    mutating func checkNobodyMissesFiles() {
        for consumer in consumers where consumer.missesFiles && consumer.isSubscribed && !consumer.isStopped {
            guard bus.isConnected(consumer.client) else { continue }
            violate(.i5, "consumer \(consumer.number) misses files, and nothing is done about that")
        }
    }

    /// Liveness, when nothing is left to do: `content` was loaded last, and is good.
    mutating func checkEnd(_ content: [ZoneSource]) {
        guard let manager, let current = manager.ledger.status.generation else {
            return violate(.i5, "nothing is published")
        }
        // One that is stopped and not a child never learns that it was cut off.
        let consumers = consumers.filter { bus.isConnected($0.client) }
        for consumer in consumers where consumer.isStopped && !consumer.isForgotten {
            guard consumer.isSubscribed || !consumer.holds.isEmpty else { continue }
            violate(.i6, "consumer \(consumer.number) is stopped, holds \(consumer.holds.sorted()), and is not cut off")
        }
        if !callers.isEmpty { violate(.i3, "\(callers.count) callers were never answered") }
        if manager.callers.values.contains(where: { $0 == nil }) { violate(.i3, "a load of its own has no end") }
        for consumer in consumers where consumer.isSubscribed && consumer.refused != current {
            if consumer.answering != current {
                let answering = consumer.answering?.description ?? "nothing"
                violate(.i5, "consumer \(consumer.number) answers from \(answering), not from \(current)")
            }
            if consumer.mapped != [current] {
                violate(.i5, "consumer \(consumer.number) still maps \(consumer.mapped.sorted())")
            }
        }
        let served = Dictionary(
            uniqueKeysWithValues: (truth.zones[current] ?? [:]).map { ($0.key, "/\($0.value.serial)") })
        for source in content where served[source.zone] != source.file {
            violate(
                .i5, "\(source.zone) was loaded from \(source.file), and \(served[source.zone] ?? "nothing") is served")
        }
        checkDiskAtEnd(manager, current)
    }

    /// Nothing is kept but the current generation, what live consumers hold, and K others.
    private mutating func checkDiskAtEnd(_ manager: ManagerProcess, _ current: Generation) {
        let status = manager.ledger.status
        // A consumer that has left and holds keeps what it holds.
        let held = consumers.reduce(into: Set<Generation>()) { $0.formUnion($1.holds) }
        for generation in status.inRelease where !held.contains(generation) {
            violate(.disk, "\(generation) is in release and nobody holds it")
        }
        if status.history.count > setup.historyLength {
            violate(.disk, "\(status.history) are kept as history, and \(setup.historyLength) should be")
        }
        let kept = Set([current] + status.history + status.inRelease)
        let expected = kept.reduce(into: Set()) { $0.formUnion((truth.named[$1] ?? [:]).keys) }
        let found = disk.images.files.keys
        for name in found.sorted() {
            guard case .file(let file) = name, expected.contains(file) else {
                violate(.disk, "\(name) is left on the disk")
                continue
            }
        }
        for file in expected.subtracting(truth.lostFiles).sorted() where disk.images[.file(file)] == nil {
            violate(.i2, "\(file) is needed and gone")
        }
        if disk.state[.temporary] != nil { violate(.disk, "a temporary record is left") }
    }
}
