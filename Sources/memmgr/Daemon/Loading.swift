// From the ledger's build jobs to build processes and back, and loads that nobody asked for by name: files that changed.

import Generations
import Logging
import Platform

extension Manager {
    // MARK: Builds

    func start(_ job: Ledger.BuildJob) {
        let chosen = copies(for: job)
        copying[job.generation] = chosen
        let copies = Dictionary(grouping: chosen, by: \.value.image)
        builds.start(
            BuildOrder(
                generation: job.generation, image: "\(images.path)/\(job.image)",
                allowsMissingNS: settings.zones.allowsMissingNS, iterationLimit: settings.zones.iterationLimit,
                includeFrom: settings.includeFrom, nice: settings.buildNice,
                memory: settings.buildMemory,
                zones: job.zones.map {
                    BuildOrder.Zone(
                        zone: $0.source.zone, file: $0.source.file, digest: $0.former?.digest,
                        serial: $0.former?.serial, isForced: $0.isForced,
                        skipsOutOfZone: settings.zones.skipsOutOfZone || callers.skipsOutOfZone($0.source.zone),
                        renewal: $0.renewal.map {
                            BuildOrder.Renewal(
                                image: "\(images.path)/\($0.version.image)", digest: $0.version.digest,
                                serial: $0.serial)
                        }, warnings: callers.warnings(of: $0.source.zone, settings.zones.warnings))
                },
                copies: copies.sorted { $0.key < $1.key }.map { image, zones in
                    BuildOrder.Copies(
                        image: "\(images.path)/\(image)",
                        zones: zones.sorted { $0.key < $1.key }.map {
                            BuildOrder.Copy(zone: $0.key, digest: $0.value.digest)
                        })
                }))
    }

    func buildFinished(_ result: BuildResult) {
        progress[result.generation] = nil
        let copying = copying.removeValue(forKey: result.generation) ?? [:]
        if let failure = result.failure {
            log.error("a build failed: \(failure)", metadata: ["generation": "\(result.generation)"])
            let (images, mailbox) = (images, mailbox)
            // The ledger is promised that the remains are gone.
            onDisk {
                images.removeRemains(ofBuild: result.generation)
                mailbox.put(.event(.buildFailed(result.generation, reason: failure)))
            }
            return
        }
        callers.note(result, at: ContinuousClock.now)
        logFailures(result.reports)
        var outcomes: [ZoneName: Ledger.BuildOutcome] = [:]
        let areNamed = result.reports.count <= Manager.namedInLog
        var failures = 0
        for report in result.reports {
            if report.result == .failed { failures += 1 }
            let isNamed = report.result == .failed ? failures <= Manager.namedInLog : areNamed
            outcomes[report.zone] = outcome(report, isNamed: isNamed)
        }
        if !areNamed { logSummary(of: result.reports) }
        let copied = Set(result.end?.copied ?? [])
        let versions = copying.filter { copied.contains($0.key) }
        let finished = Ledger.Event.buildFinished(
            result.generation, Ledger.BuildResult(outcomes: outcomes, copied: versions))
        tell(callers.takePrunes(after: result.reports) + [finished])
        // What was held back is not known: its file counts as changed.
        let taken = result.reports.filter { $0.result != .built || ledger.isAhead($0.digest, of: $0.zone) }
        for report in taken where report.result != .failed {
            if let size = report.size { sizes[report.zone] = size }
        }
        // Behind the directory: the consumers wait for that.
        // What has no sources was not read from files, of which nothing new is known then.
        keepJournal(taken.filter { $0.result != .built || !$0.sources.isEmpty })
    }

    /// Up to this many zones of a build have a line each in the log; more have one for all, but for the first that failed.
    private static let namedInLog = 100

    private func logSummary(of reports: [ZoneReport]) {
        let counts = Dictionary(grouping: reports, by: \.result).mapValues(\.count)
        log.info(
            "compiled \(reports.count) zones",
            metadata: [
                "built": "\(counts[.built] ?? 0)", "unchanged": "\(counts[.unchanged] ?? 0)",
                "failed": "\(counts[.failed] ?? 0)",
            ])
        let failed = reports.filter { $0.result == .failed }
        let omitted = failed.count - Manager.namedInLog
        if omitted > 0 { log.error("\(omitted) more zones failed; see memmgr status --failed") }
    }

    private func outcome(_ report: ZoneReport, isNamed: Bool) -> Ledger.BuildOutcome {
        switch (report.result, report.digest, report.serial, report.records) {
        case (.built, let digest?, let serial?, let records?):
            if isNamed {
                log.info(
                    "compiled", metadata: ["zone": "\(report.zone)", "serial": "\(serial)", "records": "\(records)"])
            }
            return .built(digest: digest, serial: serial, records: records)
        case (.unchanged, _, _, _):
            if isNamed { log.info("unchanged", metadata: ["zone": "\(report.zone)"]) }
            return .unchanged
        default:
            for error in report.errors.prefix(isNamed ? 10 : 0) {
                log.error("\(error)", metadata: ["zone": "\(report.zone)"])
            }
            return .failed(report.errors)
        }
    }

    // MARK: Changed files

    /// Looks at the files of all zones and has those loaded that are not as they were read.
    func findChangedSources() {
        let sources = ledger.sources
        guard !sources.isEmpty else { return }
        examined = Set(sources.map(\.zone))
        // Of which nothing is served is tried again in any case.
        let lost = ledger.lostZones
        let (journal, mailbox) = (journal, mailbox)
        onDisk {
            let changed = Set(journal.use { $0.changed(of: sources) })
            let wanted = sources.filter { changed.contains($0) || lost.contains($0.zone) }
            mailbox.put(.changedSources(wanted, large: LargeFiles.zones(of: wanted)))
        }
    }

    func loadChanged(_ sources: [ZoneSource], _ large: Set<ZoneName>) {
        examined = []
        // What has been unloaded while the files were being looked at stays unloaded.
        let known = Set(ledger.sources)
        let sources = sources.filter(known.contains)
        guard !sources.isEmpty else { return }
        log.info("loading changed files", metadata: ["zones": "\(sources.count)"])
        // Nobody has asked for them to be published together: those that take long are left to themselves.
        let others = sources.filter { !large.contains($0.zone) }
        let single = sources.filter { large.contains($0.zone) }.map { [$0] }
        for sources in [others] + single where !sources.isEmpty {
            let id = callers.add(nil, "changed files", zones: sources.map(\.zone))
            tell(.loadRequested(id, sources, large: large))
        }
    }

    private func keepJournal(_ reports: [ZoneReport]) {
        let (journal, log) = (journal, log)
        onDisk {
            do {
                try journal.use { try $0.note(reports) }
            } catch {
                // The next manager will compile more than it must, and find it unchanged.
                log.warning("\(error)")
            }
        }
    }
}
