// The seam: every system call of this module that can fail in an interesting way. Here EINTR is handled, errno becomes
// an error with a name, and tests make calls fail (see Faults). Nothing above this file looks at errno.

import CLinux
import Glibc

/// The calls that go through the seam; the raw value completes "could not …".
package enum SystemCall: String, Sendable {
    case open
    case read
    case write
    case sync
    case truncate
    case rename
    case remove
    case lock
    case map
    case prefault
    case inspect
    case makeFolder = "make the folder"
    case makePipe = "make a pipe"
    case makeEvent = "make an event descriptor"
    case makeMemory = "make a file in memory"
    case makeSocket = "listen on"
    case makeThread = "start the thread"
    case spawn = "start"
    case wait = "wait for"
    case become = "become the user"
    case own = "hand over"
    case confine
    case connect = "connect to"
    case makeSocketPair = "make a pair of sockets"
    case pass = "hand over a connection"
}

/// The two ends of a pipe.
package struct Pipe: ~Copyable {
    package let reading: Descriptor
    package let writing: Descriptor

    /// Keeps the reading end only.
    package consuming func closeWriting() -> Descriptor { reading }

    /// Keeps the writing end only.
    package consuming func closeReading() -> Descriptor { writing }
}

/// The system calls behind Swift types and errors.
package enum System {
    /// Repeats `body` while a signal interrupts it. The corresponding C convention is -1 and errno.
    private static func calling<Result: FixedWidthInteger>(
        _ call: SystemCall, _ subject: String?, _ body: () -> Result
    ) throws(PlatformError) -> Result {
        while true {
            var code: Int32
            if let fault = Faults.next(for: call) {
                code = fault
            } else {
                let result = body()
                if result >= 0 { return result }
                code = errno
            }
            if code != EINTR { throw .system(SystemError(code, call, subject)) }
        }
    }

    /// The same for the functions of CLinux, which return a negative errno value.
    package static func linux<Result: FixedWidthInteger>(
        _ call: SystemCall, _ subject: String?, _ body: () -> Result
    ) throws(PlatformError) -> Result {
        try calling(call, subject) {
            let result = body()
            if result < 0 { errno = Int32(truncatingIfNeeded: 0 - result) }
            return result
        }
    }

    // MARK: Files

    /// The corresponding C function is `open`; the descriptor is CLOEXEC.
    package static func open(
        _ path: String, _ flags: Int32, mode: mode_t = 0o644
    ) throws(PlatformError) -> Descriptor {
        Descriptor(
            owning: try linux(.open, path) {
                let number = unsafe path.withPath { unsafe Glibc.open($0, flags | O_CLOEXEC, mode) }
                return Descriptors.lifted(number < 0 ? -errno : number)
            })
    }

    /// One read of at most the buffer's size; 0 at the end.
    package static func read(
        _ fd: Int32, into buffer: UnsafeMutableRawBufferPointer, of path: String
    ) throws(PlatformError) -> Int {
        try calling(.read, path) { unsafe Glibc.read(fd, buffer.baseAddress, buffer.count) }
    }

    /// Reads what is left, up to `limit` octets; more is an error (EFBIG).
    package static func readToEnd(
        _ fd: Int32, of path: String, limit: Int = 1 << 30
    ) throws(PlatformError) -> [UInt8] {
        var content: [UInt8] = []
        var portion = [UInt8](repeating: 0, count: 65536)
        while true {
            let result = unsafe portion.withUnsafeMutableBytes { buffer in
                Result { () throws(PlatformError) in try unsafe read(fd, into: buffer, of: path) }
            }
            let count = try result.get()
            if count == 0 { return content }
            content += portion[..<count]
            if content.count > limit { throw .system(SystemError(EFBIG, .read, path)) }
        }
    }

    /// Writes all of the buffer, in as many writes as it takes.
    package static func writeAll(
        _ fd: Int32, _ buffer: UnsafeRawBufferPointer, to path: String
    ) throws(PlatformError) {
        var rest = unsafe buffer
        while unsafe !rest.isEmpty {
            // No more than 1 GiB a call: Linux writes at most 2 GiB - 4 KiB, and a test can count on the loop.
            let portion = min(rest.count, Faults.writeLimit)
            let written = try calling(.write, path) { unsafe Glibc.write(fd, rest.baseAddress, portion) }
            unsafe rest = UnsafeRawBufferPointer(rebasing: rest[written...])
        }
    }

    /// Cuts a file off behind its first `length` octets. The corresponding C function is `ftruncate`.
    package static func truncate(_ fd: Int32, to length: Int, _ path: String) throws(PlatformError) {
        _ = try calling(.truncate, path) { Glibc.ftruncate(fd, length) }
    }

    /// The corresponding C function is `fsync`.
    package static func sync(_ fd: Int32, _ path: String) throws(PlatformError) {
        _ = try calling(.sync, path) { Glibc.fsync(fd) }
    }

    /// Makes a folder's entries durable.
    package static func syncFolder(_ path: String) throws(PlatformError) {
        let folder = try open(path, O_RDONLY | O_DIRECTORY)
        try sync(folder.number, path)
    }

    package static func rename(_ old: String, to new: String) throws(PlatformError) {
        _ = try calling(.rename, "\(old) to \(new)") {
            unsafe old.withPath { old in unsafe new.withPath { unsafe Glibc.rename(old, $0) } }
        }
    }

    /// The corresponding C function is `unlink`.
    package static func remove(_ path: String) throws(PlatformError) {
        _ = try calling(.remove, path) { unsafe path.withPath { unsafe Glibc.unlink($0) } }
    }

    /// The corresponding C function is `mkdir`; a folder that is there already is fine.
    package static func makeFolder(_ path: String, mode: mode_t = 0o755) throws(PlatformError) {
        do throws(PlatformError) {
            _ = try calling(.makeFolder, path) { unsafe path.withPath { unsafe Glibc.mkdir($0, mode) } }
        } catch .system(let error) where error.code == EEXIST && isFolder(path) {
            return
        } catch {
            throw error
        }
    }

    /// The names of a folder's entries, sorted, without `.` and `..`. The corresponding C functions are `opendir` and
    /// `readdir`.
    package static func names(inFolder path: String) throws(PlatformError) -> [String] {
        guard let folder = unsafe path.withPath({ unsafe opendir($0) }) else {
            throw .system(SystemError(errno, .read, path))
        }
        defer { unsafe closedir(folder) }
        var names: [String] = []
        while let entry = unsafe readdir(folder) {
            let name = unsafe withUnsafePointer(to: &entry.pointee.d_name) { pointer in
                unsafe pointer.withMemoryRebound(to: CChar.self, capacity: 256) { unsafe String(path: $0) }
            }
            if name != ".", name != ".." { names.append(name) }
        }
        return names.sorted()
    }

    /// True when there is a folder at `path`.
    package static func isFolder(_ path: String) -> Bool {
        (status(of: path)?.st_mode ?? 0) & S_IFMT == S_IFDIR
    }

    /// What there is at `path`, links followed; nil if nothing can be seen there. The corresponding C function is `stat`.
    package static func status(of path: String) -> stat? {
        var entry = stat()
        return unsafe path.withPath { unsafe stat($0, &entry) } == 0 ? entry : nil
    }

    /// Whether the file at `path` may be used in some way, as root or not. The corresponding C function is `access`.
    package static func mayAccess(_ path: String, _ mode: Int32) -> Bool {
        unsafe path.withPath { unsafe access($0, mode) } == 0
    }

    /// The corresponding C function is `fstat`.
    package static func size(of fd: Int32, _ path: String) throws(PlatformError) -> Int {
        var entry = stat()
        _ = try calling(.inspect, path) { unsafe fstat(fd, &entry) }
        return Int(entry.st_size)
    }

    // MARK: Mappings

    /// Maps a file's first octets, shared and read-only.
    package static func map(
        _ fd: Int32, count: Int, _ path: String
    ) throws(PlatformError) -> UnsafeRawPointer {
        var base: UnsafeRawPointer?
        _ = try linux(.map, path) { unsafe zc_map_file(fd, count, &base) }
        guard let base = unsafe base else { throw .system(SystemError(EINVAL, .map, path)) }
        return unsafe base
    }

    /// Makes a mapping resident.
    package static func prefault(
        _ base: UnsafeRawPointer, count: Int, _ path: String
    ) throws(PlatformError) {
        _ = try linux(.prefault, path) { unsafe zc_populate(base, count) }
    }

    // MARK: Pipes and descriptors

    /// The corresponding C function is `pipe2`; both ends are CLOEXEC from the first, whatever another thread spawns.
    package static func makePipe() throws(PlatformError) -> Pipe {
        var read: Int32 = -1
        var write: Int32 = -1
        _ = try linux(.makePipe, nil) {
            let result = unsafe zc_pipe_create(&read, &write)
            guard result == 0 else { return result }
            (read, write) = (Descriptors.lifted(read), Descriptors.lifted(write))
            if read >= 0, write >= 0 { return 0 }
            for end in [read, write] where end >= 0 { close(end) }
            return min(read, write)
        }
        return Pipe(reading: Descriptor(owning: read), writing: Descriptor(owning: write))
    }

    /// The numbers beyond 2 of all open descriptors.
    package static func openDescriptors() throws(PlatformError) -> [Int32] {
        // One of the names is that of the look itself, and closed by now.
        try names(inFolder: "/proc/self/fd").compactMap { Int32($0) }.filter { $0 > 2 && fcntl($0, F_GETFD) >= 0 }
    }

    /// Keeps a descriptor from the programs that this process starts. The mark is the descriptor's, not the socket's.
    package static func setCloseOnExec(_ fd: Int32) {
        _ = fcntl(fd, F_SETFD, FD_CLOEXEC)
    }
}
