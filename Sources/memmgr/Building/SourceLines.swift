// The lines of master files that diagnostics speak of. The builder knows places only; their lines are read from the
// files once more, one pass a file and none beyond the last line needed.

import Glibc
import Platform
import ZoneFile

/// Finds the lines at places.
enum SourceLines {
    /// Longer lines are cut: they are for people.
    private static let lengthLimit = 4096

    /// The diagnostics with the lines at their places, as far as they can be read: from the files that were read before, and not from
    /// others that have their names now.
    static func attached(to diagnostics: [Diagnostic], of sources: [SourceFile]) -> [Diagnostic] {
        var wanted: [String: Set<Int>] = [:]
        for case let place? in diagnostics.map(\.place) { wanted[place.file, default: []].insert(place.line) }
        var found: [String: [Int: String]] = [:]
        for source in sources {
            if let numbers = wanted[source.path] { found[source.path] = lines(numbers, of: source) }
        }
        return diagnostics.map { diagnostic in
            guard let place = diagnostic.place, diagnostic.sourceLine == nil else { return diagnostic }
            return Diagnostic(
                diagnostic.severity, at: place, diagnostic.message, sourceLine: found[place.file]?[place.line])
        }
    }

    private static func lines(_ numbers: Set<Int>, of source: SourceFile) -> [Int: String] {
        var entry = stat()
        guard let last = numbers.max(),
            let file = try? System.open(source.path, O_RDONLY | O_NONBLOCK | O_NOCTTY),
            unsafe fstat(file.number, &entry) == 0, UInt64(entry.st_dev) == source.device,
            UInt64(entry.st_ino) == source.inode
        else { return [:] }
        var found: [Int: String] = [:]
        var line: [UInt8] = []
        var number = 1
        var chunk = [UInt8](repeating: 0, count: 256 << 10)
        while number <= last {
            let count = try? unsafe chunk.withUnsafeMutableBytes {
                try unsafe System.read(file.number, into: $0, of: source.path)
            }
            guard let count, count > 0 else { break }
            for byte in chunk[..<count] {
                if byte != UInt8(ascii: "\n") {
                    if line.count < lengthLimit { line.append(byte) }
                    continue
                }
                if numbers.contains(number) { found[number] = text(of: line) }
                line.removeAll(keepingCapacity: true)
                number += 1
            }
        }
        if numbers.contains(number), found[number] == nil, !line.isEmpty { found[number] = text(of: line) }
        return found
    }

    private static func text(of line: [UInt8]) -> String {
        String(decoding: line.last == UInt8(ascii: "\r") ? line.dropLast() : line[...], as: UTF8.self)
    }
}
