// The listening socket: one daemon per path, a stale socket removed, the right mode and group from the first moment.

import CLinux
import Glibc
import Platform

/// A bound UNIX stream socket and the lock that goes with its path.
struct BusSocket: ~Copyable {
    let path: String
    /// For the event loop, which closes it.
    let descriptor: Int32

    /// What the path stands for as long as nobody has replaced it.
    let identity: FileIdentity?

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
        try bind(number, to: path, group: group)
        if let group {
            // Nobody can have connected: there is no one to accept it.
            do throws(PlatformError) {
                _ = try System.linux(.own, path) { unsafe path.withPath { unsafe zc_socket_share($0, group) } }
            } catch {
                try? System.remove(path)
                throw error
            }
        }
        return BusSocket(
            path: path, descriptor: socket.release(), identity: FileIdentity(of: path), lock: lock)
    }

    /// Binds the socket, whose file has its mode and, where we may be of that group, its group from the beginning.
    private static func bind(_ socket: Int32, to path: String, group: UInt32?) throws(PlatformError) {
        let own = getegid()
        let isOfGroup = group.map { $0 == own || setegid($0) == 0 } ?? false
        // There is one thread so far, so nobody else's files get this mask.
        let mask = umask(isOfGroup ? 0o117 : 0o177)
        let bound = unsafe withAddress(path) { unsafe Glibc.bind(socket, $0, $1) }
        let failure = error(path)
        umask(mask)
        if isOfGroup, group != own { _ = setegid(own) }
        guard bound == 0 else { throw failure }
    }

    /// Removes the socket unless something else lies in its place; to be done by its daemon only.
    static func remove(_ path: String, _ identity: FileIdentity?) {
        if let identity, FileIdentity(of: path) == identity { try? System.remove(path) }
    }

    private static func removeStale(_ path: String) throws(PlatformError) {
        var entry = stat()
        guard unsafe path.withPath({ unsafe lstat($0, &entry) }) == 0 else { return }
        guard entry.st_mode & S_IFMT == S_IFSOCK else { throw .notASocket(path: path) }
        try System.remove(path)
    }

    private static func error(_ path: String) -> PlatformError { .system(SystemError(errno, .makeSocket, path)) }

    private static func withAddress(_ path: String, _ body: (UnsafePointer<sockaddr>, socklen_t) -> Int32) -> Int32 {
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        unsafe withUnsafeMutableBytes(of: &address.sun_path) { space in
            // Safe: copies no more than fits, and the length has been checked; the last byte stays zero.
            unsafe space.copyBytes(from: path.pathOctets.prefix(space.count - 1))
        }
        return unsafe withUnsafePointer(to: &address) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                unsafe body($0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
    }
}
