// The lines of master files that diagnostics speak of. The builder knows places only; their lines are read from the
// files once more, one pass a file and none beyond the last line needed.

import Glibc
import Platform
import ZoneFile

/// Finds the lines at places.
enum SourceLines {
    /// No more of a line is kept: places of records are at the beginnings of lines.
    private static let lengthLimit = 4096

    /// The diagnostics with the lines at their places, as far as they can be read: from the files that were read before, and not from
    /// others that have their names now. `text` is what was read from `path`, if that was a stream.
    static func attached(
        to diagnostics: [Diagnostic], of sources: [SourceFile], _ text: [UInt8]?, of path: String
    ) -> [Diagnostic] {
        var wanted: [String: Set<Int>] = [:]
        for case let place? in diagnostics.map(\.place) { wanted[place.file, default: []].insert(place.line) }
        var found: [String: [Int: [UInt8]]] = [:]
        if let text, let numbers = wanted[path] {
            var search = Search(numbers)
            search.take(text[...])
            found[path] = search.result
        }
        for source in sources {
            if let numbers = wanted[source.path] { found[source.path] = lines(numbers, of: source) }
        }
        return diagnostics.map { diagnostic in
            guard let place = diagnostic.place, diagnostic.excerpt == nil else { return diagnostic }
            let excerpt = found[place.file]?[place.line].map { SourceExcerpt(line: $0, column: place.column) }
            return Diagnostic(
                diagnostic.severity, at: place, diagnostic.message, excerpt: excerpt, warning: diagnostic.warning)
        }
    }

    private static func lines(_ numbers: Set<Int>, of source: SourceFile) -> [Int: [UInt8]] {
        var entry = stat()
        guard let file = try? System.open(source.path, O_RDONLY | O_NONBLOCK | O_NOCTTY),
            unsafe fstat(file.number, &entry) == 0, Int64(truncatingIfNeeded: entry.st_dev) == source.device,
            Int64(truncatingIfNeeded: entry.st_ino) == source.inode
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
        private var found: [Int: [UInt8]] = [:]
        private var line: [UInt8] = []
        private var number = 1
        private var endsWithReturn = false

        init(_ wanted: Set<Int>) {
            self.wanted = wanted
            last = wanted.max() ?? 0
        }

        var isDone: Bool { number > last }

        mutating func take(_ bytes: ArraySlice<UInt8>) {
            for byte in bytes where !isDone {
                // LF, CR LF and CR end lines, as for the parser.
                let isSecond = endsWithReturn && byte == UInt8(ascii: "\n")
                endsWithReturn = byte == UInt8(ascii: "\r")
                if isSecond { continue }
                if byte != UInt8(ascii: "\n"), !endsWithReturn {
                    if line.count < lengthLimit { line.append(byte) }
                    continue
                }
                if wanted.contains(number) { found[number] = line }
                line.removeAll(keepingCapacity: true)
                number += 1
            }
        }

        /// The lines that were found, the last one with or without its line feed.
        var result: [Int: [UInt8]] {
            guard wanted.contains(number), !line.isEmpty else { return found }
            return found.merging([number: line]) { first, _ in first }
        }
    }
}
