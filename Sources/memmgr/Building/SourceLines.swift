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
    /// others that have their names now. `text` is what was read from `path`, if that was a stream.
    static func attached(
        to diagnostics: [Diagnostic], of sources: [SourceFile], _ text: [UInt8]?, of path: String
    ) -> [Diagnostic] {
        var wanted: [String: Set<Int>] = [:]
        for case let place? in diagnostics.map(\.place) { wanted[place.file, default: []].insert(place.line) }
        var found: [String: [Int: String]] = [:]
        if let text, let numbers = wanted[path] {
            var search = Search(numbers)
            search.take(text[...])
            found[path] = search.result
        }
        for source in sources {
            if let numbers = wanted[source.path] { found[source.path] = lines(numbers, of: source) }
        }
        return diagnostics.map { diagnostic in
            guard let place = diagnostic.place, diagnostic.sourceLine == nil else { return diagnostic }
            return Diagnostic(
                diagnostic.severity, at: place, diagnostic.message, sourceLine: found[place.file]?[place.line],
                warning: diagnostic.warning)
        }
    }

    private static func lines(_ numbers: Set<Int>, of source: SourceFile) -> [Int: String] {
        var entry = stat()
        guard let file = try? System.open(source.path, O_RDONLY | O_NONBLOCK | O_NOCTTY),
            unsafe fstat(file.number, &entry) == 0, UInt64(entry.st_dev) == source.device,
            UInt64(entry.st_ino) == source.inode
        else { return [:] }
        var search = Search(numbers)
        var chunk = [UInt8](repeating: 0, count: 256 << 10)
        while !search.isDone {
            let count = try? unsafe chunk.withUnsafeMutableBytes {
                try unsafe System.read(file.number, into: $0, of: source.path)
            }
            guard let count, count > 0 else { break }
            search.take(chunk[..<count])
        }
        return search.result
    }

    /// A pass over a text, which comes in pieces.
    private struct Search {
        private let wanted: Set<Int>
        private let last: Int
        private var found: [Int: String] = [:]
        private var line: [UInt8] = []
        private var number = 1

        init(_ wanted: Set<Int>) {
            self.wanted = wanted
            last = wanted.max() ?? 0
        }

        var isDone: Bool { number > last }

        mutating func take(_ bytes: ArraySlice<UInt8>) {
            for byte in bytes where !isDone {
                if byte != UInt8(ascii: "\n") {
                    if line.count < lengthLimit { line.append(byte) }
                    continue
                }
                if wanted.contains(number) { found[number] = text(of: line) }
                line.removeAll(keepingCapacity: true)
                number += 1
            }
        }

        /// The lines that were found, the last one with or without its line feed.
        var result: [Int: String] {
            guard wanted.contains(number), !line.isEmpty else { return found }
            return found.merging([number: text(of: line)]) { first, _ in first }
        }
    }

    private static func text(of line: [UInt8]) -> String {
        String(decoding: line.last == UInt8(ascii: "\r") ? line.dropLast() : line[...], as: UTF8.self)
    }
}
