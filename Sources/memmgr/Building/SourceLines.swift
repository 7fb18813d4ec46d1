// The lines of master files that diagnostics speak of. The builder knows places only; their lines are read from the
// files once more, one pass a file and none beyond the last line needed.

import Glibc
import Platform
import ZoneFile

/// Finds the lines at places.
enum SourceLines {
    /// Longer lines are cut: they are for people.
    private static let lengthLimit = 4096

    /// The diagnostics with the lines at their places, as far as they can be read.
    static func attached(to diagnostics: [Diagnostic]) -> [Diagnostic] {
        var wanted: [String: Set<Int>] = [:]
        for case let place? in diagnostics.map(\.place) { wanted[place.file, default: []].insert(place.line) }
        var found: [String: [Int: String]] = [:]
        for (file, numbers) in wanted { found[file] = lines(numbers, of: file) }
        return diagnostics.map { diagnostic in
            guard let place = diagnostic.place, diagnostic.sourceLine == nil else { return diagnostic }
            return Diagnostic(
                diagnostic.severity, at: place, diagnostic.message, sourceLine: found[place.file]?[place.line])
        }
    }

    private static func lines(_ numbers: Set<Int>, of path: String) -> [Int: String] {
        guard let last = numbers.max(),
            let file = try? System.open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY)
        else { return [:] }
        var found: [Int: String] = [:]
        var line: [UInt8] = []
        var number = 1
        var chunk = [UInt8](repeating: 0, count: 256 << 10)
        while number <= last {
            let count = try? unsafe chunk.withUnsafeMutableBytes {
                try unsafe System.read(file.number, into: $0, of: path)
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
