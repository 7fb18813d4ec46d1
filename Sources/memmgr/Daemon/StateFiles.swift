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
            guard name.hasPrefix(StateFolder.zonesPrefix) else { return nil }
            // Only names that we make ourselves.
            let number = Int(name.dropFirst(StateFolder.zonesPrefix.count))
            return number.flatMap { (1...Int(Int32.max)).contains($0) && zones($0).hasSuffix("/" + name) ? $0 : nil }
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
    /// Appends lines, whole ones, to a file that need not be there. Not durable. Returns the file's size in octets.
    @discardableResult
    static func append(_ lines: [UInt8], to path: String) throws(PlatformError) -> Int {
        let file = try System.open(path, O_RDWR | O_CREAT | O_APPEND)
        var text = lines
        var last: UInt8 = 0
        // A full disk, or a crash, may have left a part of a line: that must not swallow the next one.
        if lseek(file.number, -1, SEEK_END) >= 0, unsafe Glibc.read(file.number, &last, 1) == 1,
            last != UInt8(ascii: "\n")
        {
            text.insert(UInt8(ascii: "\n"), at: 0)
        }
        try text.withUnsafeBytes { bytes in
            Result { () throws(PlatformError) in try unsafe System.writeAll(file.number, bytes, to: path) }
        }.get()
        return try System.size(of: file.number, path)
    }

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
