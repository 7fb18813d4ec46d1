// The zones of a `load`: files named on the command line, and lists of them.

import DNSCore
import Glibc
import Platform

/// A zone to be loaded.
struct ZoneToLoad {
    let origin: Name
    /// Where it is read here.
    let input: CommandInput
    /// Absolute: it is opened by the manager, whose working folder is another.
    let path: String

    init(origin: Name, input: CommandInput) {
        let path = input.path
        self.origin = origin
        self.input = input
        self.path = path.utf8.first == UInt8(ascii: "/") ? path : "\(StateFolder.workingFolder())/\(path)"
    }

    /// The zones of a path on the command line: a master file, or all master files of a folder, by their names.
    static func zones(at path: String, origin: Name?) throws -> [ZoneToLoad] {
        guard System.isFolder(path) else {
            let name = try origin ?? ZoneOrigin.name(fromPath: path)
            return [ZoneToLoad(origin: name, input: try input(path))]
        }
        if origin != nil { throw CommandFailure("\(path) is a folder: --origin goes with one master file", .usage) }
        let names: [String]
        do {
            names = try System.names(inFolder: path)
        } catch {
            throw CommandFailure("\(error)", error.exitStatus)
        }
        var skipped: [String] = []
        var files: [Name: String] = [:]
        for name in names where !name.hasPrefix(".") && !System.isFolder("\(path)/\(name)") {
            guard ZoneOrigin.isMasterFile(name) else {
                skipped.append(name)
                continue
            }
            let origin = try ZoneOrigin.name(fromPath: name)
            guard let other = files.updateValue(name, forKey: origin) else { continue }
            // What signers write beside their input.
            guard name == other + ".signed" else {
                throw CommandFailure(
                    "\(path) has two files of the zone \(origin), \(other) and \(name): name one of them", .failed)
            }
            skipped.append(other)
        }
        report(skipped, in: path)
        if files.isEmpty {
            throw CommandFailure(
                "\(path) is a folder without master files, whose names begin with \(ZoneOrigin.prefix) or end with "
                    + ZoneOrigin.suffixes.joined(separator: ", "), .failed)
        }
        return files.sorted { $0.value < $1.value }.map {
            ZoneToLoad(origin: $0, input: CommandInput(file: "\(path)/\($1)"))
        }
    }

    /// A stream, which only we can read, or a file. Whether that is there and may be read is for the manager to say, which may see
    /// other files than we do.
    private static func input(_ path: String) throws(CommandFailure) -> CommandInput {
        if CommandInput.isStream(path) { return try CommandInput(path) }
        if let status = System.status(of: path), status.st_mode & S_IFMT != S_IFREG {
            throw CommandFailure("\(path) is not a master file, nor a folder of them", .usage)
        }
        return CommandInput(file: path)
    }

    /// Says which files of a folder are not loaded.
    private static func report(_ skipped: [String], in folder: String) {
        if skipped.isEmpty { return }
        let named = skipped.prefix(10).joined(separator: ", ") + (skipped.count > 10 ? ", …" : "")
        Output.diagnostic("memmgr: \(folder): skipped \(Wording.count(skipped.count, "file")): \(named)")
    }

    /// Reads a list: one zone a line, `ORIGIN FILE`, `#` or `;` before a comment. Files are relative to the list's folder.
    /// With `needsFiles` false, lines of origins alone will do, and files are not looked at.
    static func list(at path: String, needsFiles: Bool = true) throws -> [ZoneToLoad] {
        let text = try CommandInput(path).bytes()
        if text.starts(with: [0xEF, 0xBB, 0xBF]) {
            throw CommandFailure(
                "\(path):1:1: error: the list begins with a byte order mark; save it as UTF-8 without one", .failed)
        }
        let folder = String(path.dropLast(path.lastPathComponent.count))
        var zones: [ZoneToLoad] = []
        let lines = text.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
        for (index, line) in lines.enumerated() {
            let words = line.split { $0 == UInt8(ascii: " ") || $0 == UInt8(ascii: "\t") || $0 == UInt8(ascii: "\r") }
                .map { String(path: $0) }
            guard let first = words.first, !first.hasPrefix("#"), !first.hasPrefix(";") else { continue }
            guard words.count == 2 || words.count == 1 && !needsFiles else {
                throw CommandFailure("\(path):\(index + 1):1: error: a line of a list is: ORIGIN FILE", .failed)
            }
            let origin: Name
            do {
                origin = try ZoneOrigin.name(first)
            } catch {
                throw CommandFailure(
                    "\(path):\(index + 1):1: error: '\(first)' is not a domain name: \(error)", .failed)
            }
            let file = words.count == 2 ? words[1] : ""
            zones.append(
                ZoneToLoad(
                    origin: origin,
                    input: CommandInput(file: file.utf8.first == UInt8(ascii: "/") ? file : folder + file)))
        }
        return zones
    }
}
