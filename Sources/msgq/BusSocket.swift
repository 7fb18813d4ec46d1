// The listening socket: one daemon per path, a stale socket removed, the right mode from the first moment.

import Glibc
import Platform

/// A bound UNIX stream socket and the lock that goes with its path.
struct BusSocket: ~Copyable {
    let path: String
    /// For the event loop, which closes it.
    let descriptor: Int32

    /// Held for the daemon's life. The file stays when the daemon ends: removing it would let two hold "the" lock.
    private let lock: FileLock

    /// Takes the lock, removes what a daemon before us left behind, and binds.
    ///
    /// Only the owner may connect, and the members of `group` if there is one.
    static func open(path: String, group: UInt32?) throws(PlatformError) -> BusSocket {
        let lock = try FileLock(path: path + ".lock")
        // The lock is ours, so nobody serves this socket.
        try removeStale(path)
        let number = Glibc.socket(AF_UNIX, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        guard number >= 0 else { throw error(path) }
        let socket = Descriptor(owning: number)
        // There is one thread so far, so nobody else's files get this mask.
        let mask = umask(0o177)
        let bound = unsafe withAddress(path) { unsafe bind(number, $0, $1) }
        let failure = error(path)
        umask(mask)
        guard bound == 0 else { throw failure }
        if let group {
            guard unsafe chown(path, .max, group) == 0, unsafe chmod(path, 0o660) == 0 else {
                let failure = error(path)
                remove(path)
                throw failure
            }
        }
        return BusSocket(path: path, descriptor: socket.release(), lock: lock)
    }

    /// Removes the socket; to be done by its daemon only.
    static func remove(_ path: String) {
        _ = unsafe unlink(path)
    }

    private static func removeStale(_ path: String) throws(PlatformError) {
        var entry = stat()
        guard unsafe lstat(path, &entry) == 0 else { return }
        guard entry.st_mode & S_IFMT == S_IFSOCK else { throw .system(SystemError(EEXIST, .makeSocket, path)) }
        try System.remove(path)
    }

    private static func error(_ path: String) -> PlatformError { .system(SystemError(errno, .makeSocket, path)) }

    private static func withAddress(_ path: String, _ body: (UnsafePointer<sockaddr>, socklen_t) -> Int32) -> Int32 {
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        unsafe withUnsafeMutableBytes(of: &address.sun_path) { space in
            // Safe: copies no more than fits, and the length has been checked; the last byte stays zero.
            unsafe space.copyBytes(from: path.utf8.prefix(space.count - 1))
        }
        return unsafe withUnsafePointer(to: &address) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                unsafe body($0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
    }
}
