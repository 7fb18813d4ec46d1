// Which file a name stands for, so that it is noticed when it stands for another one.

import Glibc

/// What a name stands for; links are not followed.
package struct FileIdentity: Hashable, Sendable {
    private let device: dev_t
    private let number: ino_t
    private let kind: mode_t

    /// Nil when there is nothing of this name, or it can't be seen.
    package init?(of path: String) {
        var entry = stat()
        guard unsafe path.withPath({ unsafe lstat($0, &entry) }) == 0 else { return nil }
        (device, number, kind) = (entry.st_dev, entry.st_ino, entry.st_mode & S_IFMT)
    }
}
