// The manager's memory on disk: the record, without which a generation number could be used twice, and the list of the
// sources, without which unchanged files would be compiled once more to find that out.

import Bus
import Generations
import Glibc
import Platform
import ZoneFile

/// `record.json`.
struct RecordFile: Sendable {
    let path: String

    /// The record; nil when there is none yet.
    ///
    /// - Throws: `StateFileError` when there is one that can't be used.
    func read() throws -> Record? {
        guard let text = try StateFile.read(path) else { return nil }
        do {
            let value = try JSONValue(text: text)
            guard value["format"]?.integer == Int64(Record.format) else {
                throw StateFileError(path: path, reason: "it is of format \(value["format"] ?? .null)")
            }
            return try value.decode(Record.self)
        } catch let error as StateFileError {
            throw error
        } catch {
            throw StateFileError(path: path, reason: "\(error)")
        }
    }

    /// Moves a record that can't be used out of the way; its new path.
    func setAside() throws(PlatformError) -> String {
        let bad = path + ".bad"
        try System.rename(path, to: bad)
        return bad
    }

    func write(_ record: Record) throws {
        try DurableFile.write(JSONValue(encoding: record).text + [UInt8(ascii: "\n")], to: path)
    }
}

/// What was read for each zone when it was last compiled, well or not.
struct SourceJournal: Codable, Sendable {
    private var zones: [String: Entry] = [:]

    private struct Entry: Codable, Sendable {
        let file: String
        let sources: [SourceFile]
    }

    /// The journal on disk; an empty one when there is none that can be read.
    static func read(_ path: String) -> SourceJournal {
        guard let text = try? StateFile.read(path), let journal = try? JSONValue(text: text).decode(SourceJournal.self)
        else { return SourceJournal() }
        return journal
    }

    func write(to path: String) throws {
        try DurableFile.write(JSONValue(encoding: self).text, to: path)
    }

    mutating func note(_ reports: [ZoneReport]) {
        for report in reports {
            zones[report.zone.presentation] = Entry(file: report.file, sources: report.sources)
        }
    }

    /// The master file that a zone was last compiled from.
    func file(of zone: ZoneName) -> String? { zones[zone.presentation]?.file }

    mutating func forget(allBut known: Set<String>) {
        zones = zones.filter { known.contains($0.key) }
    }

    /// Those of the sources that have changed since, or of which nothing is known. Looks at every file.
    func changed(of sources: [ZoneSource]) -> [ZoneSource] {
        sources.filter { source in
            guard let entry = zones[source.zone.presentation], entry.file == source.file, !entry.sources.isEmpty else {
                return true
            }
            return !entry.sources.allSatisfy(\.isUnchanged)
        }
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
