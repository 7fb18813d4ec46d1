// Carrying out what the ledger asks for, each effect in its place.

import Bus
import BusClient
import Generations
import Glibc
import JSON
import Logging
import Platform

extension Manager {
    func carryOut(_ effects: [Ledger.Effect]) {
        for effect in effects {
            do {
                try carryOut(effect)
            } catch BusError.lost, BusError.closed {
                // That comes through the mailbox, and ends everything.
            } catch {
                log.error("could not send: \(error)")
            }
        }
    }

    private func carryOut(_ effect: Ledger.Effect) throws {
        switch effect {
        case .startBuild(let job): start(job)
        case .writeDirectory(let job): write(job)
        case .writeRecord(let record): write(record)
        case .unlink(let files): unlink(files)
        case .checkFiles(let files): check(files)
        case .sendSwitch(let consumer, let message):
            try ask(
                .switching(consumer, message.generation), SwitchMessage.name, JSONValue(encoding: message),
                to: LName(consumer.lname))
        case .askHolding(let consumer):
            try ask(.holding(consumer), HoldingMessage.name, to: LName(consumer.lname))
            // One that is silent has a name all the same.
            try ask(
                .naming(consumer), ChildHello.nameCommand, ["lname": .string(consumer.lname)],
                group: BusGroup.supervisor)
        case .disconnectAndKill(let consumer, let name, let reason):
            log.error(
                "cutting off \(name ?? "a consumer"): it \(reason)",
                metadata: ["consumer": "\(name ?? consumer.lname)", "lname": "\(consumer)"])
            // First the kill: the supervisor finds the process by its l-name, which must still be there.
            try ask(.killing(consumer), "kill", ["lname": .string(consumer.lname)], group: BusGroup.supervisor)
        case .announceZoneUpdates(let updates):
            for update in updates {
                try bus.send(notification: ZoneUpdate.name, JSONValue(encoding: update), group: BusGroup.zoneChanges)
            }
        case .watchTrial(let generation, let consumers): watch(generation, on: consumers)
        case .armTimer(let generation): arm(generation)
        case .cancelTimer(let generation): timers.removeValue(forKey: generation)?.task.cancel()
        case .answerCaller(let id, let answer): self.answer(id, answer)
        case .note(let note): write(note)
        }
    }

    // MARK: Disk

    private func write(_ job: Ledger.DirectoryJob) {
        let (directories, mailbox) = (directories, mailbox)
        onDisk {
            do {
                let digest = try directories.use { try $0.write(job) }
                mailbox.put(.event(.directoryWritten(job.generation, digest: digest)))
            } catch {
                mailbox.put(.event(.directoryFailed(job.generation, reason: "\(error)")))
            }
        }
    }

    private func write(_ record: Record) {
        let (records, mailbox) = (records, mailbox)
        onDisk {
            do {
                try records.use { try $0.write(record) }
                mailbox.put(.event(.recordWritten(revision: record.revision)))
            } catch {
                mailbox.put(.event(.recordFailed(revision: record.revision, reason: "\(error)")))
            }
        }
    }

    private func check(_ files: Set<FileName>) {
        let (images, mailbox) = (images, mailbox)
        onDisk {
            let lost = images.lost(among: files)
            if !lost.isEmpty { mailbox.put(.event(.filesLost(lost))) }
        }
    }

    /// Looks at the files that are published, before anything relies on them that somebody asks for.
    func findLostFiles() {
        let lost = images.lost(among: ledger.currentFiles)
        if !lost.isEmpty { tell(.filesLost(lost)) }
    }

    private func unlink(_ files: [FileName]) {
        let (images, log) = (images, log)
        onDisk {
            do {
                try images.remove(files)
                log.debug("removed", metadata: ["files": "\(files.map(\.string).joined(separator: " "))"])
            } catch {
                log.warning("\(error)")
            }
        }
    }

    /// Does something on the disk thread, after what it was given before.
    func onDisk(_ work: @escaping @Sendable () -> Void) {
        disk.submit { _ in work() }
    }

    // MARK: Timers

    private func arm(_ generation: Generation) {
        timersStarted += 1
        let (number, timeout, mailbox) = (timersStarted, settings.releaseTimeout, mailbox)
        timers[generation]?.task.cancel()
        let task = Task {
            guard (try? await Task.sleep(for: timeout)) != nil else { return }
            mailbox.put(.timer(generation, number: number))
        }
        timers[generation] = (number, task)
    }

    func timerFired(_ generation: Generation, _ number: Int) {
        guard timers[generation]?.number == number else { return }
        timers[generation] = nil
        tell(.timerFired(generation))
    }

    // MARK: Log

    private func write(_ note: Ledger.Note) {
        switch note {
        case .announced(let announcement):
            logAnnouncement(announcement)
            log.info(
                "publishing generation \(announcement.generation)",
                metadata: ["zones": "\(announcement.zones)", "consumers": "\(announcement.consumers)"])
        case .switchedEverywhere(let generation):
            log.info("generation \(generation) is served everywhere")
            logCompletion(generation)
            mailbox.put(.event(.historyDropped(exceedingHistory)))
        case .tried(let generation, let consumers):
            let names = consumers.joined(separator: " ")
            log.info("canary of generation \(generation)", metadata: ["consumers": "\(names)"])
            logTrial(generation, on: consumers)
        case .trialEnded(let generation, let reason):
            log.error("the canary of generation \(generation) was aborted: \(reason)")
            logEndOfTrial(generation, reason)
        case .refused(let refuser, let generation, let reason):
            logRefusal(generation, by: refuser, reason)
            log.error(
                "\(refuser.name ?? refuser.consumer.lname) refused generation \(generation): \(reason)",
                metadata: ["lname": "\(refuser.consumer)"])
        case .returning(let bad, let former):
            logReturn(from: bad, to: former)
            log.error("generation \(bad) is rolled back to the content of generation \(former)")
        case .joined(let consumer, let wasThere): logJoining(consumer, wasThere: wasThere)
        case .left(let consumer, let reason): logLeaving(consumer, reason)
        case .setAside(let refuser):
            log.error(
                "\(refuser.name ?? refuser.consumer.lname) is set aside: it refuses what others accept, and is not waited for",
                metadata: ["lname": "\(refuser.consumer)"])
        case .nothingToReturnTo(let generation):
            log.critical("generation \(generation) was refused, and there is no former one to roll back to")
        case .announcementWaits(let generations):
            let list = generations.map(\.description).joined(separator: ", ")
            log.warning("the next generation waits for the release of \(list)")
        case .writeFailed(let reason):
            log.error("\(reason)")
        case .filesLost(let zones):
            let list = zones.prefix(10).map(\.presentation).joined(separator: " ")
            log.error("images are gone or damaged; building their zones again", metadata: ["zones": "\(list)"])
        case .renumbered(let generation, let consumer):
            log.warning(
                "a consumer knows of generation \(generation); going on above it", metadata: ["lname": "\(consumer)"])
        }
    }
}

/// The number of this process.
enum ProcessNumber {
    static var own: Int32 { getpid() }
}
