// What a parse has found so far, within limits, and the files that it has opened.

import DNSCore

/// The findings of one load, in the order of the text.
struct DiagnosticLog {
    private let limits: LoadLimits
    private(set) var diagnostics: [Diagnostic] = []
    private(set) var errorCount = 0
    private var warningCounts: [ZoneWarning?: Int] = [:]

    init(limits: LoadLimits) {
        self.limits = limits
    }

    /// True when there are more errors than are wanted: the check stops.
    private(set) var isFull = false

    mutating func append(_ diagnostic: Diagnostic) {
        switch diagnostic.severity {
        case .error:
            if isFull { return }
            if errorCount == limits.errors { return stop(at: diagnostic.place) }
            errorCount += 1
        case .warning:
            warningCounts[diagnostic.warning, default: 0] += 1
            if warningCounts[diagnostic.warning, default: 0] > limits.warnings { return }
        case .note: break
        }
        diagnostics.append(diagnostic)
    }

    /// Puts a warning that was not complete until now where it belongs.
    mutating func insert(_ diagnostic: Diagnostic, at index: Int) {
        diagnostics.insert(diagnostic, at: index)
    }

    private mutating func stop(at place: Place?) {
        isFull = true
        let message = "stopped after \(limits.errors) errors; the rest of the file was not checked"
        diagnostics.append(Diagnostic(.note, at: place, message))
    }
}

/// The files of one load: all that were opened, and those that are open now.
struct FileList {
    /// `RecordPlaces` has two octets for a file.
    private static let limit = 65535

    private(set) var names: [String] = []
    private var read: [(name: String, status: FileStatus)] = []
    private var missed: [String] = []
    /// Of the content of each file; an inner nil where it was read twice and not the same.
    private var digests: [String: String?] = [:]
    private var indices: [String: Int] = [:]
    private var openCount = 0
    private var open: [(name: String, status: FileStatus?)] = []

    /// How many files are open, one including the other.
    var depth: Int { open.count }

    /// Notes a file that has been opened; its index.
    mutating func enter(_ name: String, status: FileStatus?) throws(FileListError) -> Int {
        openCount += 1
        if openCount > FileList.limit { throw .tooMany }
        for file in open {
            if let status, let other = file.status {
                if status.inode == other.inode, status.device == other.device { throw .loop }
            } else if file.name == name {
                throw .loop
            }
        }
        open.append((name, status))
        if let index = indices[name] { return index }
        indices[name] = names.count
        names.append(name)
        if let status {
            read.append((name, status))
        }
        return names.count - 1
    }

    /// Notes that the file that was entered last has been read, and what the digest of its content is.
    mutating func leave(_ digest: String?) {
        guard let name = open.popLast()?.name else { return }
        if let known = digests[name], known != digest {
            digests[name] = .some(nil)
        } else {
            digests[name] = .some(digest)
        }
    }

    /// Notes a file that could not be read, or not to its end.
    mutating func miss(_ name: String) { missed.append(name) }

    /// All files that were read, each once, and those that could not be.
    var sources: [SourceFile] {
        read.map { SourceFile(path: $0.name, $0.status, digest: digests[$0.name] ?? nil) }
            + missed.map(SourceFile.init(unreadable:))
    }
}

/// Why a file is not read.
enum FileListError: Error {
    case loop
    case tooMany

    /// For a sentence that begins with the file's name.
    var reason: String {
        switch self {
        case .loop: "includes itself"
        case .tooMany: "was not read: a zone can have at most 65,535 included files"
        }
    }
}
