// Which zone is meant: by a name on the command line, or by the name of a master file.

import ArgumentParser
import DNSCore
import Platform

/// From words to the name of a zone.
enum ZoneOrigin {
    /// A name from the command line; taken as absolute with or without its last dot.
    static func parse(_ text: String) throws -> Name {
        do {
            return try name(text)
        } catch {
            throw ValidationError("'\(text.shown)' is not a domain name: \(error).")
        }
    }

    /// What the names of master files end with, each once at most: `example.com.zone.signed`, `example.com.zone.db`.
    static let suffixes = [".zone", ".db", ".hosts", ".txt", ".signed"]
    /// What they begin with, in Debian's folders.
    static let prefix = "db."

    static func isMasterFile(_ name: String) -> Bool { stem(of: name) != name }

    /// The zone that a master file's name stands for.
    static func name(fromPath path: String) throws -> Name {
        if path == "-" || path.hasPrefix("/dev/") || path.hasPrefix("/proc/") {
            throw CommandFailure("\(path): the name of the zone is not known: name it with --origin", .usage)
        }
        let file = path.lastPathComponent
        let stem = stem(of: file)
        let problem: String
        do {
            let name = try name(stem)
            // db.192.0.2, as in Debian's examples, is a reverse zone whose name is another.
            let isNumber =
                file.hasPrefix(prefix) && stem.utf8.allSatisfy { ASCII.isDigit($0) || $0 == UInt8(ascii: ".") }
            if !isNumber { return name }
            problem = "it has only numbers"
        } catch {
            problem = "\(error)"
        }
        throw CommandFailure(
            "\(path): the file's name is not the name of a zone (\(problem)): name the zone with --origin", .usage)
    }

    /// A file's name without what is added to the name of its zone.
    private static func stem(of file: String) -> String {
        var octets = Array(file.utf8)[...]
        var left = suffixes.map { Array($0.utf8) }
        func isEnd(_ suffix: [UInt8]) -> Bool {
            octets.count > suffix.count && octets.suffix(suffix.count).elementsEqual(suffix)
        }
        while let index = left.firstIndex(where: isEnd) { octets = octets.dropLast(left.remove(at: index).count) }
        if octets.starts(with: prefix.utf8), octets.count > prefix.utf8.count {
            octets = octets.dropFirst(prefix.utf8.count)
        }
        return String(decoding: octets, as: UTF8.self)
    }

    /// A name from text that stands for octets.
    static func name(_ text: String) throws(NameTextError) -> Name {
        try Name(octets: text.pathOctets)
    }
}
