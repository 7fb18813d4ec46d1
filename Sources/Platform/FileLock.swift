// Advisory locks that end with their process, however it ends: one supervisor a state folder, one manager an image
// folder, one bus daemon a socket. The file holds its holder's process number for the message to the second comer; it
// is never removed, as a lock on a file without a name would keep nobody out.

import CLinux
import Glibc

/// A lock that is held until its owner lets go of it.
package struct FileLock: ~Copyable {
    private let descriptor: Descriptor
    package let path: String

    /// Takes the lock, or throws `PlatformError.locked` with the holder.
    package init(path: String) throws(PlatformError) {
        let descriptor = try System.open(path, O_RDWR | O_CREAT | O_NOFOLLOW | O_NONBLOCK, mode: 0o600)
        try Self.close(descriptor.number, path)
        do throws(PlatformError) {
            _ = try System.linux(.lock, path) { zc_file_lock(descriptor.number, 1) }
        } catch .system(let error) where error.code == EWOULDBLOCK {
            throw .locked(path: path, holder: Self.holder(in: descriptor.number))
        }
        self.descriptor = descriptor
        self.path = path
        // For people only, so it matters little if the disk is full.
        let text = "\(getpid())\n"
        _ = Glibc.ftruncate(self.descriptor.number, 0)
        _ = unsafe text.utf8CString.withUnsafeBufferPointer { buffer in
            unsafe Glibc.pwrite(self.descriptor.number, buffer.baseAddress, buffer.count - 1, 0)
        }
    }

    /// Keeps others from the file: whoever may open it may take the lock. Former versions made it readable for all.
    private static func close(_ fd: Int32, _ path: String) throws(PlatformError) {
        var entry = stat()
        _ = try System.linux(.inspect, path) { unsafe fstat(fd, &entry) < 0 ? -errno : Int32(0) }
        // Another name of it may be somebody else's file.
        guard entry.st_mode & S_IFMT == S_IFREG, entry.st_nlink <= 1 else {
            throw .system(SystemError(EINVAL, .lock, path))
        }
        if entry.st_mode & 0o777 != 0o600, entry.st_uid == geteuid() { _ = fchmod(fd, 0o600) }
    }

    /// Gives the file to a user, who may then read the holder's number.
    package borrowing func give(to owner: FolderOwner) throws(PlatformError) {
        let fd = descriptor.number
        _ = try System.linux(.own, path) { fchown(fd, owner.user, owner.group) < 0 ? -errno : Int32(0) }
    }

    /// Goes on with a lock that came over from the program before, in the same process.
    package init(inherited number: Int32, path: String) {
        System.setCloseOnExec(number)
        descriptor = Descriptor(owning: number)
        self.path = path
    }

    /// The number of the descriptor that has the lock.
    package var number: Int32 { descriptor.number }

    /// The process that has taken the lock, or was the last to have it; nil if none ever had.
    package static func holder(of path: String) -> Int32? {
        guard let descriptor = try? System.open(path, O_RDONLY | O_NOFOLLOW) else { return nil }
        return holder(in: descriptor.number)
    }

    private static func holder(in fd: Int32) -> Int32? {
        var text = [UInt8](repeating: 0, count: 16)
        let count = unsafe text.withUnsafeMutableBytes { unsafe Glibc.pread(fd, $0.baseAddress, $0.count, 0) }
        guard count > 0 else { return nil }
        return Int32(String(decoding: text[..<count].prefix { $0 != UInt8(ascii: "\n") }, as: UTF8.self))
    }
}
