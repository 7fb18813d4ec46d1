// Where commands write: results to standard output, buffered and checked; everything for people about problems to
// standard error. A full disk behind `memmgr dump > file` is an error, never a short file that looks whole.

import Bus
import Glibc
import JSON
import Platform
import Synchronization

/// The streams of a command.
enum Output {
    private static let buffer = Mutex<[UInt8]>([])
    private static let isJSONPrinted = Atomic(false)
    private static let flushSize = 256 << 10

    /// Appends a line to the results.
    static func line(_ text: String) throws {
        try append(Array(text.shown.utf8) + [UInt8(ascii: "\n")])
    }

    /// Appends bytes to the results.
    static func append(_ bytes: [UInt8]) throws {
        let isFull = buffer.withLock { buffer in
            buffer.append(contentsOf: bytes)
            return buffer.count >= flushSize
        }
        if isFull { try flush() }
    }

    /// Prints the one object of `--json`.
    static func json(_ members: [String: JSONValue]) throws {
        var members = members
        members["format"] = 1
        isJSONPrinted.store(true, ordering: .relaxed)
        try append(JSONValue.object(members).text + [UInt8(ascii: "\n")])
    }

    /// Prints a line of `--json-lines`; `record` says what it is about.
    static func jsonLine(_ value: JSONValue, record: String) throws {
        var members = value.object ?? [:]
        members["record"] = .string(record)
        try append(JSONValue.object(members).text + [UInt8(ascii: "\n")])
    }

    /// Prints a status as `--json-lines`: the system, then each zone.
    static func jsonLines(system members: [String: JSONValue]) throws {
        var system = members
        let zones = system.removeValue(forKey: "zones")?.array ?? []
        system["format"] = 1
        try jsonLine(.object(system), record: "system")
        for zone in zones { try jsonLine(zone, record: "zone") }
    }

    /// Whether the object of `--json` has been printed.
    static var hasJSON: Bool { isJSONPrinted.load(ordering: .relaxed) }

    /// Writes what has been gathered.
    static func flush() throws {
        let bytes = buffer.withLock { buffer in
            defer { buffer = [] }
            return buffer
        }
        do {
            try unsafe bytes.withUnsafeBytes { bytes in
                try unsafe System.writeAll(STDOUT_FILENO, bytes, to: "standard output")
            }
        } catch let error as PlatformError {
            throw OutputFailure(reason: error)
        }
    }

    /// A line on standard error, in one write.
    static func diagnostic(_ text: String) {
        var line = text.shown + "\n"
        _ = line.withUTF8 { unsafe write(STDERR_FILENO, $0.baseAddress, $0.count) }
    }
}

/// Results could not be written.
struct OutputFailure: Error, CustomStringConvertible {
    let reason: PlatformError
    var description: String { "\(reason)" }
}
