// The manager's memory on disk, without which a generation number could be used twice. `record.json` has all but the zones and
// says how much of which file of zones belongs to it; that file only grows, by what has changed since the record before, so
// that one changed zone among many costs little.
//
//     record.json     {"format":2,"revision":7,…,"zones":{"number":1,"length":18240,"digest":"…"}}
//     record.zones.1  one line a change: name, image, digest, serial, records, master file; a name alone: the zone is gone
//
// What stands behind `length` is of a record that was never finished, and is written over.

import Bus
import Generations
import JSON
import Platform

/// `record.json` and its file of zones.
struct RecordFile: Sendable {
    private let folder: StateFolder
    /// The file of zones of the record on disk; nil when the next record begins a new one: at first, and when it is in doubt
    /// what a failed write has left.
    private var zones: ZonesFile?
    /// The largest number of a file of zones so far.
    private var lastNumber = 0

    /// What `record.json` says of the zones.
    private struct ZonesPlace: Codable, Sendable {
        let number: Int
        /// In octets.
        let length: Int
        /// SHA-256 of them, in hexadecimal digits.
        let digest: String
    }

    init(folder: StateFolder) {
        self.folder = folder
    }

    /// The record; nil when there is none yet.
    ///
    /// - Throws: `StateFileError` when there is one that can't be used.
    mutating func read() throws -> Record? {
        // A name that a crash left without a flush must be durable before the record is believed (invariant I1).
        try System.syncFolder(folder.path)
        lastNumber = try folder.zonesNumbers().last ?? 0
        guard !System.isFolder(folder.record) else {
            throw StateFileError(path: folder.record, reason: "it is a folder")
        }
        guard let text = try StateFile.read(folder.record) else { return nil }
        do {
            // The format first: of another one nothing else is known.
            let format = try JSONText.decode(Format.self, from: text).format
            guard format == Record.format else {
                throw StateFileError(path: folder.record, reason: "it is of format \(format)")
            }
            let stored = try JSONText.decode(Stored.self, from: text)
            let zones = try ZonesFile(
                reading: folder.zones(stored.zones.number), number: stored.zones.number, length: stored.zones.length)
            guard zones.digest == stored.zones.digest else {
                throw StateFileError(path: folder.zones(zones.number), reason: "its content is not what was written")
            }
            self.zones = zones
            var record = stored.record
            record.content = zones.content
            return record
        } catch let error as StateFileError {
            throw error
        } catch {
            throw StateFileError(path: folder.record, reason: "\(error)")
        }
    }

    private struct Format: Codable {
        let format: Int
    }

    /// A record as it stands in its file.
    private struct Stored: Codable {
        let record: Record
        let zones: ZonesPlace

        private enum CodingKeys: String, CodingKey { case zones }

        init(_ record: Record, _ zones: ZonesPlace) {
            self.record = record
            self.zones = zones
        }

        init(from decoder: any Decoder) throws {
            zones = try decoder.container(keyedBy: CodingKeys.self).decode(ZonesPlace.self, forKey: .zones)
            record = try Record(from: decoder)
        }

        func encode(to encoder: any Encoder) throws {
            try record.encode(to: encoder)
            var container = encoder.container(keyedBy: CodingKeys.self)
            try container.encode(zones, forKey: .zones)
        }
    }

    /// Moves a record that can't be used out of the way, and its zones with it; its new path.
    func setAside() throws(PlatformError) -> String {
        let bad = folder.record + ".bad"
        try System.rename(folder.record, to: bad)
        for number in try folder.zonesNumbers() {
            try System.rename(folder.zones(number), to: folder.zones(number) + ".bad")
        }
        return bad
    }

    /// Writes a record durably.
    mutating func write(_ record: Record) throws {
        let former = zones
        zones = nil
        let written = try written(record.content, after: former)
        let stored = Stored(record, ZonesPlace(number: written.number, length: written.length, digest: written.digest))
        try DurableFile.write(try JSONText.encode(stored) + [UInt8(ascii: "\n")], to: folder.record)
        zones = written
        if written.number != former?.number { removeZones(except: written.number) }
    }

    /// The file of zones for a content: the one before with the changes behind it, or a new one.
    private mutating func written(_ content: Content, after former: ZonesFile?) throws -> ZonesFile {
        if var file = former, file.isWorthKeeping(for: content) {
            try file.append(content)
            return file
        }
        lastNumber += 1
        return try ZonesFile(writing: folder.zones(lastNumber), number: lastNumber, content)
    }

    /// What is left here is removed with the next file of zones: the record is good without that.
    private func removeZones(except number: Int) {
        for other in (try? folder.zonesNumbers()) ?? [] where other != number {
            _ = try? System.remove(folder.zones(other))
        }
    }
}
