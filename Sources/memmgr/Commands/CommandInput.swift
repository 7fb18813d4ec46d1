// What a command reads: a file named on the command line, or with `-`, a FIFO or `/dev/stdin` a stream, which can be read once
// and is kept in memory.

import Glibc
import Platform
import ZoneImage

/// A file or a stream.
struct CommandInput {
    /// As it was given, for messages.
    let path: String
    /// What came from a stream; nil for a file.
    let content: [UInt8]?

    /// The most that is read from a stream.
    static let limit = 1 << 30

    /// Reads a stream; of a file only whether it can be opened.
    ///
    /// - Throws: `CommandFailure` when it can't be read.
    init(_ path: String) throws(CommandFailure) {
        self.path = path
        do {
            content = try CommandInput.isStream(path) ? CommandInput.read(path) : nil
            if content == nil { _ = try System.open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY) }
        } catch {
            throw CommandFailure("\(error)", error.exitStatus)
        }
    }

    /// A file that somebody else is going to open.
    init(file path: String) {
        self.path = path
        content = nil
    }

    /// True for standard input, FIFOs, pipes and terminals.
    static func isStream(_ path: String) -> Bool {
        if path == "-" { return true }
        guard let kind = (System.status(of: path)?.st_mode).map({ $0 & S_IFMT }) else { return false }
        return kind == S_IFIFO || kind == S_IFCHR
    }

    private static func read(_ path: String) throws(PlatformError) -> [UInt8] {
        if path == "-" { return try System.readToEnd(STDIN_FILENO, of: "standard input", limit: limit) }
        // Waits for whoever writes to a FIFO.
        let stream = try System.open(path, O_RDONLY | O_NOCTTY)
        return try System.readToEnd(stream.number, of: path, limit: limit)
    }

    /// All of it.
    ///
    /// - Throws: `CommandFailure` when it can't be read.
    func bytes() throws(CommandFailure) -> [UInt8] {
        if let content { return content }
        do {
            let file = try System.open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY)
            return try System.readToEnd(file.number, of: path)
        } catch {
            throw CommandFailure("\(error)", error.exitStatus)
        }
    }

    /// What it is, by its first bytes.
    func kind() throws(CommandFailure) -> FileKind {
        if let content { return FileKind(beginning: content) }
        do {
            var start = [UInt8](repeating: 0, count: MemoryLayout<UInt64>.size)
            let file = try System.open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY)
            let count = try unsafe start.withUnsafeMutableBytes { bytes in
                Result { () throws(PlatformError) in try unsafe System.read(file.number, into: bytes, of: path) }
            }.get()
            return FileKind(beginning: Array(start.prefix(count)))
        } catch {
            throw CommandFailure("\(error)", error.exitStatus)
        }
    }

    /// Calls `body` with a path at which an image can be mapped.
    func withImagePath<Result>(_ body: (String) throws(ImageError) -> Result) throws(ImageError) -> Result {
        guard let content else { return try body(path) }
        let memory: SealedMemory
        do {
            memory = try SealedMemory(content, named: "image")
        } catch {
            throw .platform(error)
        }
        return try withExtendedLifetime(memory) { () throws(ImageError) in
            try body("/proc/self/fd/\(memory.descriptor)")
        }
    }
}
