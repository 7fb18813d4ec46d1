// A file as memory, read-only. Our images are only ever created, renamed and unlinked; but a page that is gone all the same, as
// somebody has truncated the file or the disk can't read it, is SIGBUS, unless the process survives it: see `LostPages`.

import CLinux
import Glibc

/// A read-only mapping of a whole file, ended by its owner's end.
@safe package struct MappedFile: ~Copyable, @unchecked Sendable {
    // Sendable: nothing is written to the memory after init, and only the one owner ends the mapping.

    package let base: UnsafeRawPointer
    package let count: Int
    package let path: String

    /// Maps the file as long as it is now. An empty file is refused.
    package init(path: String) throws(PlatformError) {
        let descriptor = try System.open(path, O_RDONLY)
        let count = try System.size(of: descriptor.number, path)
        guard count > 0 else { throw .emptyFile(path: path) }
        unsafe base = try System.map(descriptor.number, count: count, path)
        self.count = count
        self.path = path
        // More of them than can be watched are read as they would be without.
        _ = unsafe zc_lost_pages_watch(base, count)
    }

    deinit {
        unsafe zc_lost_pages_unwatch(base)
        _ = unsafe zc_unmap(base, count)
    }

    /// How many octets are still there from the start, as far as is known: the file may have become shorter, or pages may have been
    /// lost. (A file that is not there any more is whole as long as it is mapped.)
    package var intactCount: Int {
        let length = System.status(of: path).map { Int($0.st_size) } ?? count
        return max(0, min(count, length, Int(clamping: unsafe zc_lost_pages_first(base))))
    }

    /// The file's octets, valid as long as the mapping.
    package var bytes: UnsafeRawBufferPointer { unsafe UnsafeRawBufferPointer(start: base, count: count) }

    /// Makes every page resident, so that no reader waits for one.
    package func prefault() throws(PlatformError) {
        try unsafe System.prefault(base, count: count, path)
    }

    /// How many octets are resident, in whole pages.
    package var residentCount: Int { max(0, Int(unsafe zc_resident(base, count))) }
}
