// Which files `$INCLUDE` may read. A master file can be written by somebody who may read less than we do: what it includes
// becomes public with the zone, and lines of it stand in diagnostics. So a file is opened only below the folder of the
// zone's own file, or below a folder that the operator has named, and the kernel sees to it that no `..` and no link leads out.

import CLinux
import Glibc
import Platform

/// The folders below which included files are.
struct IncludeFolders: Sendable {
    /// That of the zone's first file comes first.
    let folders: [String]

    /// The rule for a zone whose first file is at `path`, with the folders that are permitted beside its own.
    init(ofFile path: String, and others: [String]) {
        let slash = path.utf8.lastIndex(of: UInt8(ascii: "/"))
        folders = [slash.map { String(path[...$0]) } ?? "."] + others
    }

    /// Opens the file at `path`.
    ///
    /// - Throws: `WindowError.outside` when it is not below any of the folders, whether it exists or not.
    func open(_ path: String, _ calls: FileCalls) throws(WindowError) -> Int32 {
        for folder in folders {
            for relative in IncludeFolders.relative(path, to: folder) {
                do throws(SystemError) {
                    return try calls.open(relative, beneath: folder)
                } catch  where error.number == EXDEV {
                    continue
                } catch {
                    throw .system(error)
                }
            }
        }
        throw .outside(folder: folders[0])
    }

    /// How a path goes on behind a folder, as far as its text says: as it stands, with both made absolute, and with the folder by the
    /// name that it has without links.
    private static func relative(_ path: String, to folder: String) -> [String] {
        var found: [String] = []
        for (path, folder) in [(path, folder), (absolute(path), absolute(folder)), (absolute(path), real(folder))] {
            guard let rest = suffix(of: path, behind: folder), !found.contains(rest) else { continue }
            found.append(rest)
        }
        return found
    }

    private static func suffix(of path: String, behind folder: String) -> String? {
        if folder == "." { return path.hasPrefix("/") ? nil : path }
        let start = folder.hasSuffix("/") ? folder : folder + "/"
        guard path.utf8.starts(with: start.utf8) else { return nil }
        let rest = path.utf8.dropFirst(start.utf8.count).drop { $0 == UInt8(ascii: "/") }
        return rest.isEmpty ? nil : String(rest)
    }

    /// A path from the root on, without `.` and `..`.
    private static func absolute(_ path: String) -> String {
        var names: [Substring] = []
        let start = path.hasPrefix("/") ? "" : real(".") + "/"
        for name in (start + path).split(separator: "/") where name != "." {
            if name == ".." { _ = names.popLast() } else { names.append(name) }
        }
        return "/" + names.joined(separator: "/")
    }

    /// The path of a folder without links; itself when there is no such folder.
    private static func real(_ folder: String) -> String {
        guard let path = unsafe folder.withPath({ unsafe realpath($0, nil) }) else { return folder }
        defer { unsafe free(path) }
        return unsafe String(path: path)
    }
}
