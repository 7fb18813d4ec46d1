// The list of the sources: what was read for each zone, without which unchanged files would be compiled once more to find
// that out.

import Bus
import Generations
import Glibc
import JSON
import Platform
import Synchronization
import ZoneFile
import ZoneImage

/// `sources.jsonl`: what was read for each zone when it was last compiled, well or not. One line a compilation, the last
/// one of a zone counts; so that what one load costs does not depend on the number of zones.
struct SourceJournal: Sendable {
    private let path: String
    /// What decides, beside the files, about what comes of them.
    private let rules: String
    private var zones: [String: Entry]?
    private var lines = 0

    private struct Entry: Codable, Sendable {
        let zone: String
        let file: String
        /// Of the zone's content; nil when it was not good, or when there was something to warn about: who loads it again should hear
        /// of that again.
        let digest: Digest?
        /// By which rules the zone was compiled.
        let rules: String?
        let sources: [SourceFile]
    }

    /// The journal at a path; it is read when it is first needed.
    init(path: String, options: BuildOptions, includeFrom: [String]) {
        self.path = path
        // What is not there need not be read later, when somebody waits.
        if !System.mayAccess(path, F_OK) { zones = [:] }
        rules =
            "\(ImageVersion.current) \(options.allowsMissingNS) \(options.iterationLimit) \(options.skipsOutOfZone) "
            + includeFrom.joined(separator: " ")
    }

    /// Notes what builds have read.
    mutating func note(_ reports: [ZoneReport]) throws {
        var text: [UInt8] = []
        for report in reports {
            let isQuiet = report.diagnostics.isEmpty && report.omitted == 0 && report.silenced == 0
            let entry = Entry(
                zone: report.zone.presentation, file: report.file, digest: isQuiet ? report.digest : nil, rules: rules,
                sources: report.sources)
            zones?[entry.zone] = entry
            text += try JSONText.encode(entry) + [UInt8(ascii: "\n")]
        }
        lines += reports.count
        // Not durable: a line that is lost costs a compilation that finds nothing new.
        try StateFile.append(text, to: path)
    }

    /// The master file that a zone was last compiled from.
    mutating func file(of zone: ZoneName) -> String? { entries()[zone.presentation]?.file }

    /// The files that a zone's content was read from when it was last compiled from a master file; empty when that is not known.
    mutating func sources(of zone: ZoneName, file: String, content: Digest) -> [SourceFile] {
        guard let entry = entries()[zone.presentation], entry.file == file, entry.digest == content,
            entry.rules == rules
        else { return [] }
        return entry.sources
    }

    /// Those of the sources that have changed since, or of which nothing is known. Looks at every file.
    mutating func changed(of sources: [ZoneSource]) -> [ZoneSource] {
        let entries = entries()
        tidy(known: Set(sources.map(\.zone.presentation)))
        return sources.filter { source in
            guard let entry = entries[source.zone.presentation], entry.file == source.file, !entry.sources.isEmpty
            else {
                return true
            }
            return !entry.sources.allSatisfy(\.isUnchanged)
        }
    }

    private mutating func entries() -> [String: Entry] {
        if let zones { return zones }
        var read: [String: Entry] = [:]
        lines = 0
        for line in ((try? StateFile.read(path)) ?? nil ?? []).split(separator: UInt8(ascii: "\n")) {
            lines += 1
            // A torn line is that of a zone that will be compiled again.
            if let entry = try? JSONText.decode(Entry.self, from: line) { read[entry.zone] = entry }
        }
        zones = read
        return read
    }

    /// Writes the file anew when most of it is out of date.
    private mutating func tidy(known: Set<String>) {
        guard let kept = zones?.filter({ known.contains($0.key) }), lines > 2 * kept.count + 100 else { return }
        let ordered = kept.values.sorted { $0.zone < $1.zone }
        guard let texts = try? ordered.map({ try JSONText.encode($0) + [UInt8(ascii: "\n")] }),
            (try? DurableFile.write(Array(texts.joined()), to: path)) != nil
        else { return }
        zones = kept
        lines = kept.count
    }
}

/// The journal for the disk thread and the threads of builds, one at a time.
final class SharedJournal: Sendable {
    private let journal: Mutex<SourceJournal>

    init(_ journal: SourceJournal) {
        self.journal = Mutex(journal)
    }

    func use<Result: Sendable>(_ body: (inout SourceJournal) throws -> Result) rethrows -> Result {
        try journal.withLock { try body(&$0) }
    }

    /// The zones of an order with what is known of the files of those that need not be built if these are the same.
    func completed(_ zones: [BuildOrder.Zone]) -> [BuildOrder.Zone] {
        use { journal in
            zones.map { zone in
                guard let content = zone.digest, !zone.isForced else { return zone }
                var zone = zone
                zone.sources = journal.sources(of: zone.zone, file: zone.file, content: content)
                return zone
            }
        }
    }
}
