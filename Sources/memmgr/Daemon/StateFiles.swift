// The manager's memory on disk: the record, without which a generation number could be used twice, and the list of the
// sources, without which unchanged files would be compiled once more to find that out.

import Bus
import Generations
import Glibc
import Platform
import ZoneFile

extension StateFolder {
    /// What was read for each zone, beside the record.
    var sources: String { path + "/sources.jsonl" }

    /// Removes what a crash has left under temporary names. The manager's lock is held, so nobody is writing them.
    func removeLeftovers() throws(PlatformError) {
        for name in try System.names(inFolder: path)
        where name.hasPrefix(".record.json.") || name.hasPrefix(".sources.jsonl.") {
            try System.remove("\(path)/\(name)")
        }
    }
}

/// `record.json`.
struct RecordFile: Sendable {
    private let path: String
    /// The text of each zone as it was last written, in the order of their names: of many zones, few change from one record to
    /// the next.
    private var texts: [ZoneText] = []

    private struct ZoneText: Sendable {
        let zone: ZoneName
        let version: ZoneVersion
        let text: [UInt8]
    }

    init(path: String) {
        self.path = path
    }

    /// The record; nil when there is none yet.
    ///
    /// - Throws: `StateFileError` when there is one that can't be used.
    func read() throws -> Record? {
        // A name that a crash left without a flush must be durable before the record is believed (invariant I1).
        try System.syncFolder(path.lastIndex(of: "/").map { String(path[..<$0]) } ?? ".")
        guard let text = try StateFile.read(path) else { return nil }
        do {
            // The format first: of another one nothing else is known.
            let format = try JSONText.decode(Format.self, from: text).format
            guard format == Record.format else {
                throw StateFileError(path: path, reason: "it is of format \(format)")
            }
            return try JSONText.decode(Record.self, from: text)
        } catch let error as StateFileError {
            throw error
        } catch {
            throw StateFileError(path: path, reason: "\(error)")
        }
    }

    private struct Format: Codable {
        let format: Int
    }

    /// Moves a record that can't be used out of the way; its new path.
    func setAside() throws(PlatformError) -> String {
        let bad = path + ".bad"
        try System.rename(path, to: bad)
        return bad
    }

    /// Writes a record durably.
    mutating func write(_ record: Record) throws {
        try DurableFile.write(text(of: record) + [UInt8(ascii: "\n")], to: path)
    }

    /// The text of a record: that of one without zones, with the zones' own texts in their place.
    private mutating func text(of record: Record) throws -> [UInt8] {
        let rest = try JSONText.encode(record.withoutZones)
        let empty = Array(#""zones":[]"#.utf8)
        // No string holds this: quotation marks in strings are escaped.
        guard let place = rest.firstRange(of: empty) else { return try JSONText.encode(record) }
        var text = Array(rest[..<(place.upperBound - 1)])
        var current: [ZoneText] = []
        current.reserveCapacity(record.zones.count)
        var known = texts[...]
        for zone in record.zones {
            while let first = known.first, first.zone < zone.zone { known.removeFirst() }
            if let first = known.first, first.zone == zone.zone, first.version == zone.value {
                current.append(first)
            } else {
                current.append(ZoneText(zone: zone.zone, version: zone.value, text: try JSONText.encode(zone)))
            }
        }
        for (index, zone) in current.enumerated() {
            if index > 0 { text.append(UInt8(ascii: ",")) }
            text += zone.text
        }
        texts = current
        return text + rest[(place.upperBound - 1)...]
    }
}

/// `sources.jsonl`: what was read for each zone when it was last compiled, well or not. One line a compilation, the last
/// one of a zone counts; so that what one load costs does not depend on the number of zones.
struct SourceJournal: Sendable {
    private let path: String
    private var zones: [String: Entry]?
    private var lines = 0

    private struct Entry: Codable, Sendable {
        let zone: String
        let file: String
        let sources: [SourceFile]
    }

    /// The journal at a path; it is read when it is first needed.
    init(path: String) {
        self.path = path
    }

    /// Notes what builds have read.
    mutating func note(_ reports: [ZoneReport]) throws {
        var text: [UInt8] = []
        for report in reports {
            let entry = Entry(zone: report.zone.presentation, file: report.file, sources: report.sources)
            zones?[entry.zone] = entry
            text += try JSONText.encode(entry) + [UInt8(ascii: "\n")]
        }
        lines += reports.count
        // Not durable: a line that is lost costs a compilation that finds nothing new.
        let file = try System.open(path, O_WRONLY | O_CREAT | O_APPEND)
        try unsafe text.withUnsafeBytes { try unsafe System.writeAll(file.number, $0, to: path) }
    }

    /// The master file that a zone was last compiled from.
    mutating func file(of zone: ZoneName) -> String? { entries()[zone.presentation]?.file }

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

/// A file of the manager's that is there but can't be used.
struct StateFileError: Error, CustomStringConvertible {
    let path: String
    let reason: String
    var description: String { "\(path) can't be used: \(reason)" }
}

private enum StateFile {
    /// The content; nil when there is no such file.
    static func read(_ path: String) throws(PlatformError) -> [UInt8]? {
        do throws(PlatformError) {
            let file = try System.open(path, O_RDONLY)
            return try System.readToEnd(file.number, of: path)
        } catch .system(let error) where error.code == ENOENT {
            return nil
        } catch {
            throw error
        }
    }
}
