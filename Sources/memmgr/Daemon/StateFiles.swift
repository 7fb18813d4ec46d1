// The manager's files beside the images: their names, and how they are read.

import Glibc
import Platform

extension StateFolder {
    /// What was read for each zone, beside the record.
    var sources: String { path + "/sources.jsonl" }

    /// The zones of the record. It is written anew now and then, under another number.
    func zones(_ number: Int) -> String { path + "/" + StateFolder.zonesPrefix + "\(number)" }

    private static var zonesPrefix: String { "record.zones." }

    /// The numbers of the files of zones that are there, ascending.
    func zonesNumbers() throws(PlatformError) -> [Int] {
        try System.names(inFolder: path).compactMap { name in
            name.hasPrefix(StateFolder.zonesPrefix) ? Int(name.dropFirst(StateFolder.zonesPrefix.count)) : nil
        }.sorted()
    }

    /// Removes what a crash has left under temporary names. The manager's lock is held, so nobody is writing them.
    func removeLeftovers() throws(PlatformError) {
        for name in try System.names(inFolder: path)
        where name.hasPrefix(".record.") || name.hasPrefix(".sources.jsonl.") {
            try System.remove("\(path)/\(name)")
        }
    }
}

/// A file of the manager's that is there but can't be used.
struct StateFileError: Error, CustomStringConvertible {
    let path: String
    let reason: String
    var description: String { "\(path) can't be used: \(reason)" }
}

enum StateFile {
    /// The content; nil when there is no such file.
    static func read(_ path: String) throws(PlatformError) -> [UInt8]? {
        do throws(PlatformError) {
            let file = try System.open(path, O_RDONLY)
            return try System.readToEnd(file.number, of: path)
        } catch .system(let error) where error.code == ENOENT {
            return nil
        } catch {
            throw error
        }
    }
}
