// What is remembered of the files of a zone after they have been read: enough to tell whether one has changed, and to
// find the line of every record.

/// A file that was read, with the state in which it was read.
public struct SourceFile: Hashable, Sendable, Codable {
    public let path: String
    /// In octets; negative for a file that could not be read.
    public let size: Int64
    /// Seconds and nanoseconds of the last modification.
    public let modified: Timestamp
    public let device: Int64
    public let inode: Int64
    /// SHA-256 of the content in hexadecimal digits; nil when it was not read to its end.
    public let digest: String?

    /// A time of the file system.
    public struct Timestamp: Hashable, Sendable, Codable {
        public let seconds: Int64
        public let nanoseconds: Int64
    }

    /// True when the file at `path` is still the one that was read, by its size, times and inode. One that could not be read
    /// never is: whether it can be now shows when it is tried.
    public var isUnchanged: Bool {
        guard size >= 0, let now = try? FileCalls.system.status(ofPath: path) else { return false }
        return now == status
    }

    /// The file as it is now, if its content is still the one that was read; nil if not, or if that can't be found out. Reads the
    /// whole file.
    public func reread() -> SourceFile? {
        guard let digest, var window = try? Window(path: path, calls: .system) else { return nil }
        while !window.isComplete {
            guard (try? window.fill()) != nil else { return nil }
            window.advance(by: window.unreadCount, lines: 0)
        }
        guard let status = window.status, window.digest == digest else { return nil }
        return SourceFile(path: path, status, digest: digest)
    }

    init(path: String, _ status: FileStatus, digest: String?) {
        self.path = path
        size = status.size
        modified = status.modified
        device = status.device
        inode = status.inode
        self.digest = digest
    }

    /// A file that could not be read.
    init(unreadable path: String) {
        self.path = path
        (size, modified, device, inode, digest) = (-1, Timestamp(seconds: 0, nanoseconds: 0), 0, 0, nil)
    }

    var status: FileStatus {
        FileStatus(isRegular: true, size: size, modified: modified, device: device, inode: inode)
    }
}

/// The place of each record: runs of records that stand on consecutive lines, or on the same one.
///
/// A file with one record a line costs next to nothing, the worst case is one run of 12 bytes for each record.
struct RecordPlaces: Sendable {
    private struct Run {
        let firstRecord: UInt32
        let line: UInt32
        let file: UInt16
        /// 1: each record stands one line below the one before. 0: all stand on the same line (`$GENERATE`).
        let step: UInt8
    }

    private var runs: [Run] = []
    private var count: UInt32 = 0

    mutating func append(file: Int, line: Int) {
        let file = UInt16(truncatingIfNeeded: file)
        let line = UInt32(truncatingIfNeeded: line)
        defer { count += 1 }
        if let last = runs.last, last.file == file {
            let length = count - last.firstRecord
            if last.line &+ length &* UInt32(last.step) == line { return }
            if length == 1, last.line == line {
                runs[runs.count - 1] = Run(firstRecord: last.firstRecord, line: line, file: file, step: 0)
                return
            }
        }
        runs.append(Run(firstRecord: count, line: line, file: file, step: 1))
    }

    subscript(record: Int) -> (file: Int, line: Int) {
        precondition(record >= 0 && record < Int(count), "no such record")
        var low = 0
        var high = runs.count
        while high - low > 1 {
            let middle = (low + high) / 2
            if Int(runs[middle].firstRecord) <= record { low = middle } else { high = middle }
        }
        let run = runs[low]
        return (Int(run.file), Int(run.line) + (record - Int(run.firstRecord)) * Int(run.step))
    }
}
