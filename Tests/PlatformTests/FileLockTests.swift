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
}
