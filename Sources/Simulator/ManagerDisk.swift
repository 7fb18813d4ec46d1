// The manager's disk thread and its build process, one step of a write at a time: create under a temporary name, flush,
// rename, flush the folder. A process can die and a write can fail at each of them.

import Bus
import Generations

extension World {
    /// A step of what the disk thread has in hand, or all of it.
    mutating func writeStep(all: Bool, fails: Bool) {
        guard let job = manager?.disk.first else { return }
        switch job {
        case .unlink(let names):
            manager!.disk.removeFirst()
            for name in names { unlink(name) }
        case .removeRemains(let generation, let reason):
            manager!.disk.removeFirst()
            if setup.fault != .keepPartialFiles {
                disk.images.remove(.temporary(.image(of: generation)))
                unlink(.image(of: generation))
            }
            manager!.mail.append(.buildFailed(generation, reason: reason))
        case .check(let names):
            manager!.disk.removeFirst()
            let lost = lostFiles(among: names)
            if !lost.isEmpty { manager!.mail.append(.filesLost(lost)) }
        case .directory(let directory, let digest, let stage): write(directory, digest, stage, fails: fails)
        case .record(let record, let stage): write(record, stage, fails: fails)
        }
        if all, !fails, let next = manager?.disk.first, next.isOngoing { writeStep(all: true, fails: false) }
    }

    private mutating func write(
        _ job: Ledger.DirectoryJob, _ digest: Digest?, _ stage: ManagerProcess.WriteStage, fails: Bool
    ) {
        let (temporary, name) = (Disk.ImageName.temporary(job.directory), Disk.ImageName.file(job.directory))
        guard !fails else {
            // A file that has its name stays: its durability is in doubt, not its content.
            disk.images.remove(temporary)
            manager!.disk.removeFirst()
            manager!.mail.append(.directoryFailed(job.generation, reason: "no space at \(stage)"))
            return
        }
        var digest = digest
        switch stage {
        case .create:
            let missing = Set(job.zones.values.map(\.image)).filter { disk.images[.file($0)] == nil }
            guard missing.isDisjoint(with: truth.lostFiles) else {
                manager!.disk.removeFirst()
                manager!.mail.append(.directoryFailed(job.generation, reason: "an image is gone"))
                return
            }
            for image in missing.sorted() { violate(.i2, "\(image) is named by \(job.directory) and gone") }
            checkZones(of: job)
            checkLost(setup.fault == .listFailedZones ? job.lost.union(manager!.failed) : job.lost)
            digest = Digest(number: job.generation.number << 24 | UInt64(disk.lastInode))
            disk.images.put(disk.newFile(.directory(digest!, zones: job.zones)), as: temporary)
        case .sync:
            if setup.fault != .skipFileSync { disk.images.sync(temporary) }
        case .rename: rename(temporary, to: name)
        case .flush:
            if setup.fault != .skipFolderSync { disk.images.flush() }
        }
        if let next = stage.next {
            manager!.disk[0] = .directory(job, digest, next)
        } else {
            manager!.disk.removeFirst()
            truth.note(job, disk)
            manager!.mail.append(.directoryWritten(job.generation, digest: digest!))
        }
    }

    private mutating func write(_ record: Record, _ stage: ManagerProcess.WriteStage, fails: Bool) {
        guard !fails else {
            disk.state.remove(.temporary)
            manager!.disk.removeFirst()
            manager!.mail.append(.recordFailed(revision: record.revision, reason: "no space at \(stage)"))
            return
        }
        switch stage {
        case .create: disk.state.put(disk.newFile(.record(record)), as: .temporary)
        case .sync: disk.state.sync(.temporary)
        case .rename: disk.state.rename(.temporary, to: .record)
        case .flush: disk.state.flush()
        }
        if let next = stage.next {
            manager!.disk[0] = .record(record, next)
        } else {
            manager!.disk.removeFirst()
            guard setup.fault != .announceBeforeRecord else { return }
            manager!.mail.append(.recordWritten(revision: record.revision))
        }
    }

    // MARK: Lost files

    /// Somebody deletes a file of the current generation.
    mutating func loseFile(directory: Bool, isNoticed: Bool) {
        let files = manager!.ledger.currentFiles.sorted().filter { $0.string.hasSuffix(".dir") == directory }
        guard let name = files.first(where: { disk.images[.file($0)] != nil }) else { return }
        note("    \(name) is deleted")
        truth.lostFiles.insert(name)
        disk.images.lose(.file(name))
        if isNoticed { findLostFiles() }
    }

    mutating func findLostFiles() {
        let lost = lostFiles(among: manager!.ledger.currentFiles)
        if !lost.isEmpty { tell(.filesLost(lost)) }
    }

    private func lostFiles(among names: Set<FileName>) -> Set<FileName> {
        setup.fault == .ignoreLostFiles ? [] : names.filter { disk.images[.file($0)] == nil }
    }

    // MARK: Names

    mutating func unlink(_ name: FileName) {
        guard disk.images[.file(name)] != nil else { return }
        checkUntouched(name, "is unlinked")
        disk.images.remove(.file(name))
    }

    private mutating func rename(_ from: Disk.ImageName, to name: Disk.ImageName) {
        if case .file(let file) = name, disk.images[name] != nil {
            violate(.i2, "\(file) is written a second time")
        }
        disk.images.rename(from, to: name)
    }

    // MARK: Builds

    /// A step of a build process, or all of it.
    mutating func buildStep(_ number: Int, all: Bool) {
        guard let build = manager?.builds[number] else { return }
        let image = setup.fault == .overwriteImage ? imageBefore(build.job) : build.job.image
        let count = manager!.builds.count
        if build.outcomes == nil {
            compile(number)
        } else {
            switch build.stage {
            case .create: disk.images.put(disk.newFile(.image(zones(in: build))), as: .temporary(build.job.image))
            case .sync: disk.images.sync(.temporary(build.job.image))
            case .rename: rename(.temporary(build.job.image), to: .file(image))
            case .flush: disk.images.flush()
            }
            if let next = build.stage.next { manager!.builds[number].stage = next } else { finishBuild(number) }
        }
        if all, manager?.builds.count == count { buildStep(number, all: true) }
    }

    private func imageBefore(_ job: Ledger.BuildJob) -> FileName {
        job.zones.lazy.compactMap(\.former?.image).first ?? job.image
    }

    /// A zone file's name is its serial, and the serial tells what becomes of it.
    private mutating func compile(_ number: Int) {
        guard let job = manager?.builds[number].job else { return }
        var outcomes: [ZoneName: Ledger.BuildOutcome] = [:]
        for zone in job.zones {
            let source = zone.source
            if let renewal = zone.renewal {
                outcomes[source.zone] = renew(source.zone, renewal)
                continue
            }
            let serial = UInt32(source.file.dropFirst()) ?? 0
            let digest = Digest(number: UInt64(serial) << 8 | UInt64(source.zone.presentation.utf8.first ?? 0))
            switch ZoneText(serial: serial) {
            case .broken: outcomes[source.zone] = .failed(["\(source.file):1:1: \(ZoneText.complaint)"])
            case .good, .poisoned:
                outcomes[source.zone] =
                    zone.former?.digest == digest && !zone.isForced
                    ? .unchanged : .built(digest: digest, serial: serial, records: 1)
            }
        }
        manager!.builds[number].outcomes = outcomes
        manager!.builds[number].copied = chooseCopies(for: job)
        if !outcomes.values.contains(where: \.isBuilt) { finishBuild(number) }
    }

    /// What comes of a version that gets another serial; its image must still be there.
    private mutating func renew(_ zone: ZoneName, _ renewal: Ledger.Renewal) -> Ledger.BuildOutcome {
        let image = renewal.version.image
        if truth.lostFiles.contains(image) { return .failed(["its image is gone"]) }
        if disk.images[.file(image)] == nil { violate(.i2, "\(image) is gone, and \(zone) is to be built from it") }
        let letter = UInt64(zone.presentation.utf8.first ?? 0)
        return .built(
            digest: Digest(number: 1 << 48 | UInt64(renewal.serial) << 8 | letter), serial: renewal.serial, records: 1)
    }

    /// Some of the zones that are not built. Which ones is nothing to the ledger.
    private func chooseCopies(for job: Ledger.BuildJob) -> [ZoneName: ZoneVersion] {
        guard let ledger = manager?.ledger, !job.generation.number.isMultiple(of: 3) else { return [:] }
        return ledger.copyableZones(in: Set(ledger.imageUses.keys.filter { disk.images[.file($0)] != nil }))
    }

    /// What a build writes into its image.
    private func zones(in build: ManagerProcess.BuildWork) -> [ZoneName: Digest] {
        var zones: [ZoneName: Digest] = [:]
        if setup.fault != .loseCopies { zones = build.copied.mapValues(\.digest) }
        for (zone, outcome) in build.outcomes ?? [:] {
            if case .built(let digest, _, _) = outcome { zones[zone] = digest }
        }
        return zones
    }

    private mutating func finishBuild(_ number: Int) {
        guard let build = manager?.builds.remove(at: number) else { return }
        manager!.failed = Set((build.outcomes ?? [:]).filter { !$0.value.isGood }.keys)
        let result = Ledger.BuildResult(outcomes: build.outcomes ?? [:], copied: build.copied)
        var generation = build.job.generation
        if setup.fault == .swapBuilds, let other = manager!.builds.first { generation = other.job.generation }
        manager!.mail.append(.buildFinished(generation, result))
    }

    /// The build process dies; its remains are removed before the ledger is told.
    mutating func endBuild(reason: String) {
        guard let build = manager?.builds.popLast() else { return }
        manager!.disk.append(.removeRemains(build.job.generation, reason: reason))
    }

    /// The build process cannot write: it removes what it has written, and says so.
    mutating func fillDisk() {
        guard var build = manager?.builds.first, let count = manager?.builds.count else { return }
        if build.outcomes == nil {
            compile(0)
            guard let next = manager?.builds.first, manager?.builds.count == count else { return }
            build = next
        }
        if setup.fault != .keepPartialFiles {
            disk.images.remove(.temporary(build.job.image))
            if build.stage == .flush { unlink(build.job.image) }
        }
        manager!.builds[0].outcomes = build.outcomes?.mapValues { $0.isBuilt ? .failed(["no space"]) : $0 }
        finishBuild(0)
    }
}

/// What is in a zone file, by its serial.
enum ZoneText {
    case good, broken, poisoned

    /// What a build says of a broken one.
    static let complaint = "nonsense"

    /// The zones that are said to be large; that changes nothing but how they are built.
    static func large(_ sources: [ZoneSource]) -> Set<ZoneName> {
        Set(sources.filter { (UInt32($0.file.dropFirst()) ?? 0).isMultiple(of: 5) }.map(\.zone))
    }

    init(serial: UInt32) {
        switch serial % 7 {
        case 1: self = .broken
        case 2: self = .poisoned
        default: self = .good
        }
    }
}

extension ManagerProcess.DiskJob {
    /// Begun and not done.
    fileprivate var isOngoing: Bool {
        switch self {
        case .directory(_, _, let stage), .record(_, let stage): stage != .create
        case .unlink, .removeRemains, .check: false
        }
    }
}

extension Ledger.BuildOutcome {
    fileprivate var isBuilt: Bool { if case .built = self { true } else { false } }

    fileprivate var isGood: Bool { if case .failed = self { false } else { true } }
}
