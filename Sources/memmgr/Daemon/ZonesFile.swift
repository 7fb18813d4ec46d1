// A file of the record's zones: a line for each change, the last one of a zone counts.

import Crypto
import Generations
import Glibc
import Platform

/// One file `record.zones.N`, as far as it belongs to a record, and what it amounts to.
struct ZonesFile: Sendable {
    private let path: String
    let number: Int
    /// In octets.
    private(set) var length: Int
    private var lines: Int
    private(set) var content: Content
    private var hash = SHA256()

    /// Reads the first `length` octets of a file.
    ///
    /// - Throws: `StateFileError` when there is less, or a line is not one of ours.
    init(reading path: String, number: Int, length: Int) throws {
        guard let text = try StateFile.read(path), length >= 0, text.count >= length else {
            throw StateFileError(path: path, reason: "\(length) octets of it are needed, and there are fewer")
        }
        (self.path, self.number, self.length) = (path, number, length)
        hash.update(data: text[..<length])
        lines = 0
        var zones: [ZoneName: ZoneVersion] = [:]
        for line in text[..<length].split(separator: UInt8(ascii: "\n")) {
            lines += 1
            guard let line = ZoneLine(line) else {
                throw StateFileError(path: path, reason: "its line \(lines) is damaged")
            }
            zones[line.zone] = line.version
        }
        content = Content(zones)
    }

    /// Writes a file that tells of a content, durably.
    init(writing path: String, number: Int, _ content: Content) throws(PlatformError) {
        (self.path, self.number, self.content) = (path, number, content)
        let text = content.changes(from: Content()).text
        try DurableFile.write(text, to: path)
        hash.update(data: text)
        length = text.count
        lines = content.zones.count
    }

    /// SHA-256 of the part that belongs to the record, in hexadecimal digits.
    var digest: String {
        hash.finalize().map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined()
    }

    /// Whether most lines of the file tell what still is.
    func isWorthKeeping(for content: Content) -> Bool { lines <= 2 * content.zones.count + 100 }

    /// Adds what is different in another content, durably, in place of what may stand behind the part that is known.
    ///
    /// - Throws: `StateFileError` when the file has become shorter than that, `PlatformError` when it can't be written.
    mutating func append(_ content: Content) throws {
        let changes = content.changes(from: self.content)
        self.content = content
        if changes.isEmpty { return }
        let text = changes.text
        let file = try System.open(path, O_WRONLY | O_APPEND)
        guard try System.size(of: file.number, path) >= length else {
            throw StateFileError(path: path, reason: "it is shorter than what was written")
        }
        try System.truncate(file.number, to: length, path)
        try text.withUnsafeBytes { bytes in
            Result { () throws(PlatformError) in try unsafe System.writeAll(file.number, bytes, to: path) }
        }.get()
        try System.sync(file.number, path)
        length += text.count
        lines += changes.count
        hash.update(data: text)
    }
}

extension [ZoneName: Change] {
    fileprivate var text: [UInt8] {
        var text: [UInt8] = []
        for (zone, change) in sorted(by: { $0.key < $1.key }) {
            ZoneLine(zone: zone, version: change.version).write(to: &text)
        }
        return text
    }
}

/// A line of a file of zones.
private struct ZoneLine {
    let zone: ZoneName
    /// Nil: the zone is gone.
    let version: ZoneVersion?

    init(zone: ZoneName, version: ZoneVersion?) {
        self.zone = zone
        self.version = version
    }

    /// Reads a line; nil if it is not one of ours.
    init?(_ line: ArraySlice<UInt8>) {
        // Names in presentation form have no blanks; the path is what is left.
        let fields = line.split(separator: UInt8(ascii: " "), maxSplits: 5, omittingEmptySubsequences: false)
        func text(_ index: Int) -> String { String(decoding: fields[index], as: UTF8.self) }
        zone = ZoneName(text(0))
        if fields.count == 1 {
            version = nil
            return
        }
        guard fields.count == 6, let image = FileName(text(1)), let digest = Digest(hex: text(2)),
            let serial = UInt32(text(3)), let records = Int(text(4))
        else { return nil }
        let file = fields[5].isEmpty ? nil : ZoneLine.unescaped(fields[5])
        version = ZoneVersion(image: image, digest: digest, serial: serial, records: records, file: file)
    }

    func write(to text: inout [UInt8]) {
        text += zone.presentation.utf8
        if let version {
            text += " \(version.image) \(version.digest) \(version.serial) \(version.records) ".utf8
            for octet in (version.file ?? "").utf8 {
                switch octet {
                case UInt8(ascii: "\n"): text += "\\n".utf8
                case UInt8(ascii: "\\"): text += "\\\\".utf8
                default: text.append(octet)
                }
            }
        }
        text.append(UInt8(ascii: "\n"))
    }

    private static func unescaped(_ path: ArraySlice<UInt8>) -> String {
        guard path.contains(UInt8(ascii: "\\")) else { return String(decoding: path, as: UTF8.self) }
        var octets: [UInt8] = []
        var isEscaped = false
        for octet in path {
            if octet == UInt8(ascii: "\\"), !isEscaped {
                isEscaped = true
            } else {
                octets.append(isEscaped && octet == UInt8(ascii: "n") ? UInt8(ascii: "\n") : octet)
                isEscaped = false
            }
        }
        return String(decoding: octets, as: UTF8.self)
    }
}
