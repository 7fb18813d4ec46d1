// The system calls of this module, all in one place, so that tests can make them fail. Retries EINTR.

import CLinux
import Glibc
import Platform

/// An error of the system, with the call that met it.
struct SystemError: Error, Equatable {
    let call: String
    let number: Int32

    /// The system's words for the error.
    var reason: String {
        guard let text = unsafe strerror(number) else { return "error \(number)" }
        return unsafe String(cString: text)
    }
}

/// What `fstat` says of a file, as far as we look at it.
struct FileStatus: Equatable, Sendable {
    var isRegular: Bool
    var size: Int64
    var modified: SourceFile.Timestamp
    var device: Int64
    var inode: Int64
}

/// The calls by which master files are read.
struct FileCalls {
    /// The real ones.
    static var system: FileCalls { FileCalls() }

    /// Tests set this to make the call of that name fail with an error number; nil lets it through.
    var failure: (_ call: String) -> Int32? = { _ in nil }

    /// The corresponding C function is `open`. Never blocks, also not on a FIFO.
    func open(_ path: String) throws(SystemError) -> Int32 {
        try retrying("open") {
            unsafe path.withPath { unsafe Glibc.open($0, O_RDONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY) }
        }
    }

    /// Opens a file below a folder, which the path must not lead out of; EXDEV if it does. The corresponding system call is `openat2`.
    func open(_ path: String, beneath folder: String) throws(SystemError) -> Int32 {
        try retrying("open") {
            let result = unsafe folder.withPath { folder in
                unsafe path.withPath { unsafe zc_open_beneath(folder, $0, O_RDONLY | O_NONBLOCK | O_NOCTTY) }
            }
            if result < 0 { errno = -result }
            return result
        }
    }

    /// The corresponding C function is `read`.
    func read(_ descriptor: Int32, into target: UnsafeMutableRawBufferPointer) throws(SystemError) -> Int {
        try retrying("read") { unsafe Glibc.read(descriptor, target.baseAddress, target.count) }
    }

    /// The corresponding C function is `fstat`.
    func status(of descriptor: Int32) throws(SystemError) -> FileStatus {
        var status = stat()
        _ = try retrying("fstat") { unsafe fstat(descriptor, &status) }
        return FileStatus(status)
    }

    /// The corresponding C function is `stat`.
    func status(ofPath path: String) throws(SystemError) -> FileStatus {
        var status = stat()
        _ = try retrying("stat") { unsafe path.withPath { unsafe stat($0, &status) } }
        return FileStatus(status)
    }

    private func retrying<Result: SignedInteger>(
        _ call: String, _ body: () -> Result
    ) throws(SystemError) -> Result {
        while true {
            if let number = failure(call) { throw SystemError(call: call, number: number) }
            let result = body()
            if result >= 0 { return result }
            let number = errno
            if number != EINTR { throw SystemError(call: call, number: number) }
        }
    }
}

extension FileStatus {
    fileprivate init(_ status: stat) {
        self.init(
            isRegular: status.st_mode & S_IFMT == S_IFREG, size: Int64(status.st_size),
            modified: SourceFile.Timestamp(
                seconds: Int64(status.st_mtim.tv_sec), nanoseconds: Int64(status.st_mtim.tv_nsec)),
            device: Int64(truncatingIfNeeded: status.st_dev), inode: Int64(truncatingIfNeeded: status.st_ino))
    }
}
