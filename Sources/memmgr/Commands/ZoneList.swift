// The zones of a `load`: files named on the command line, and lists of them.

import DNSCore
import Glibc
import Platform

/// A zone to be loaded.
struct ZoneToLoad: Hashable {
    let origin: Name
    /// Absolute: it is opened by the manager, whose working folder is another.
    let path: String

    init(origin: Name, path: String) {
        self.origin = origin
        self.path = path.hasPrefix("/") ? path : "\(Self.workingFolder)/\(path)"
    }

    /// The zones of a path on the command line: a master file, or all master files of a folder, by their names.
    static func zones(at path: String, origin: Name?) throws -> [ZoneToLoad] {
        guard System.isFolder(path) else {
            return [ZoneToLoad(origin: try origin ?? ZoneOrigin.name(fromPath: path), path: path)]
        }
        if origin != nil { throw CommandFailure("\(path) is a folder: --origin goes with one master file", .usage) }
        let names: [String]
        do {
            names = try System.names(inFolder: path)
        } catch {
            throw CommandFailure("\(error)", error.exitStatus)
        }
        let files = names.filter { !$0.hasPrefix(".") && ZoneOrigin.isMasterFile($0) }
        if files.isEmpty {
            throw CommandFailure(
                "\(path) is a folder without master files, whose names end with "
                    + ZoneOrigin.suffixes.joined(separator: ", "), .failed)
        }
        return try files.map { ZoneToLoad(origin: try ZoneOrigin.name(fromPath: $0), path: "\(path)/\($0)") }
    }

    /// Reads a list: one zone a line, `ORIGIN FILE`, `#` or `;` before a comment. Files are relative to the list's folder.
    /// With `needsFiles` false, lines of origins alone will do, and files are not looked at.
    static func list(at path: String, needsFiles: Bool = true) throws -> [ZoneToLoad] {
        let text: [UInt8]
        do {
            let file = try System.open(path, O_RDONLY)
            text = try System.readToEnd(file.number, of: path)
        } catch {
            throw CommandFailure("\(error)", error.exitStatus)
        }
        let folder = path.lastIndex(of: "/").map { String(path[...$0]) } ?? ""
        var zones: [ZoneToLoad] = []
        let lines = text.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
        for (index, line) in lines.enumerated() {
            let words = line.split { $0 == UInt8(ascii: " ") || $0 == UInt8(ascii: "\t") || $0 == UInt8(ascii: "\r") }
                .map { String(decoding: $0, as: UTF8.self) }
            guard let first = words.first, !first.hasPrefix("#"), !first.hasPrefix(";") else { continue }
            guard words.count == 2 || words.count == 1 && !needsFiles else {
                throw CommandFailure("\(path):\(index + 1):1: error: a line of a list is: ORIGIN FILE", .failed)
            }
            let origin: Name
            do {
                origin = try Name(first)
            } catch {
                throw CommandFailure("\(path):\(index + 1):1: error: '\(first)' is no domain name: \(error)", .failed)
            }
            let file = words.count == 2 ? words[1] : ""
            zones.append(ZoneToLoad(origin: origin, path: file.hasPrefix("/") ? file : folder + file))
        }
        return zones
    }

    private static var workingFolder: String {
        guard let path = unsafe getcwd(nil, 0) else { return "" }
        defer { unsafe free(path) }
        return unsafe String(cString: path)
    }
}
