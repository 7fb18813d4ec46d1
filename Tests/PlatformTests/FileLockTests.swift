// One holder at a time, and the second comer is told who.

import Glibc
import Platform
import TestSupport
import Testing

@Suite struct FileLockTests {
    @Test func aSecondHolderIsRefusedAndToldOfTheFirst() throws {
        let folder = try TemporaryFolder()
        let path = folder.path + "/lock"
        do {
            let lock = try FileLock(path: path)
            #expect(throws: PlatformError.locked(path: path, holder: getpid())) { _ = try FileLock(path: path) }
            #expect(FileLock.holder(of: path) == getpid())
            _ = consume lock
        }
        _ = try FileLock(path: path)
        #expect(FileLock.holder(of: folder.path + "/none") == nil)
    }

    @Test func doesNotFollowLinks() throws {
        let folder = try TemporaryFolder()
        let path = folder.path + "/lock"
        #expect(symlink("/tmp/elsewhere", path) == 0)
        #expect(throws: PlatformError.system(SystemError(ELOOP, .open, path))) { _ = try FileLock(path: path) }
    }

    /// Whoever may open the file may take the lock, also for reading.
    @Test func nobodyElseMayOpenTheFile() throws {
        let folder = try TemporaryFolder()
        let former = umask(0)
        defer { umask(former) }
        for mode: mode_t? in [nil, 0o644, 0o666] {
            let path = folder.path + "/lock"
            if let mode {
                try folder.write("1", to: "lock")
                #expect(chmod(path, mode) == 0)
            }
            let lock = try FileLock(path: path)
            var entry = stat()
            #expect(stat(path, &entry) == 0)
            #expect(entry.st_mode & 0o777 == 0o600)
            _ = consume lock
            #expect(unlink(path) == 0)
        }
    }

    @Test func aLockIsAFileOfItsOwn() throws {
        let folder = try TemporaryFolder()
        let file = try folder.write("precious", to: "file")
        #expect(link(file, folder.path + "/hard") == 0)
        #expect(symlink(file, folder.path + "/soft") == 0)
        #expect(mkfifo(folder.path + "/pipe", 0o600) == 0)
        for name in ["hard", "soft", "pipe"] {
            #expect(throws: PlatformError.self) { _ = try FileLock(path: folder.path + "/" + name) }
        }
        #expect(try folder.text(of: "file") == "precious")
    }
}
