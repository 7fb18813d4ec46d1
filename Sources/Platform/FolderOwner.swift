// Whose the state folder and what lies in it is. Former versions made it readable for all, and had some of it root's; who
// can reach a lock file can hold the lock, and who can read images can read all zones.
//
// Nothing here goes through a link, or changes what lies behind one: the account that the folder is handed over to may
// lay links in it, and root follows them.

import Glibc

/// Who is to own a state folder.
package struct FolderOwner: Sendable {
    package let name: String
    package let user: uid_t
    package let group: gid_t

    package init(name: String, user: uid_t, group: gid_t) {
        self.name = name
        self.user = user
        self.group = group
    }

    /// The user of this process.
    package static var own: FolderOwner {
        let (user, group) = (geteuid(), getegid())
        return FolderOwner(name: user == 0 ? "root" : "\(user):\(group)", user: user, group: group)
    }
}

extension StateFolder {
    /// Whether the folder belongs to another user than this process's.
    package var isOfAnother: Bool {
        var entry = stat()
        return unsafe path.withPath { unsafe stat($0, &entry) } == 0 && entry.st_uid != geteuid()
    }

    /// Sees to it that the owner can use all of the folder, and keeps others out as far as it is a system's alone. For who has
    /// made sure that no system runs here.
    ///
    /// - Parameter owner: The account that the system runs as.
    /// - Returns: whether others can look into it.
    /// - Throws: `PlatformError.notOwned` when files of an earlier system belong to somebody else.
    package func secure(for owner: FolderOwner) throws(PlatformError) -> Bool {
        let folder = try System.open(try Self.resolved(path), O_RDONLY | O_DIRECTORY | O_NOFOLLOW)
        // A link was laid by an operator, to a file system of their choice.
        let images = (try? System.open(self.images, O_RDONLY | O_DIRECTORY | O_NOFOLLOW))?.release()
        defer { if let images { _ = Glibc.close(images) } }
        try handOver(folder.number, images, to: owner)
        // To other files that lie here, others may have to find their way.
        if try hasOnlyOwnFiles { Self.close(folder.number, to: owner) }
        if let images { Self.close(images, to: owner) }
        return try Self.inspect(folder.number, path).st_mode & 0o007 != 0
    }

    /// Makes what is missing. Root makes no folder where others decide what a path means; the owner can do that.
    package func make(for owner: FolderOwner) throws(PlatformError) {
        guard geteuid() == 0, owner.user != 0, !Self.isRootsAlone(above: path) else { return try create() }
        let group = getegid()
        guard setegid(owner.group) == 0, seteuid(owner.user) == 0 else {
            throw .system(SystemError(errno, .become, owner.name))
        }
        defer { _ = (seteuid(0), setegid(group)) }
        try create()
    }

    private func handOver(_ folder: Int32, _ images: Int32?, to owner: FolderOwner) throws(PlatformError) {
        let entry = try Self.inspect(folder, path)
        var inner: stat?
        if let images { inner = try Self.inspect(images, self.images) }
        var strange: [String] = []
        // Of root's own making, and in a place where nobody else could have laid a link.
        let isRoots = geteuid() == 0 && entry.st_uid == 0 && Self.isRootsAlone(above: path)
        // Root's processes give up the right to pass where they are not let, see `Sandbox.dropCapabilities`.
        let isPassable = owner.user == 0 && entry.st_mode & 0o005 == 0o005
        if entry.st_uid != owner.user, !isRoots, !isPassable { strange.append(path) }
        let isFresh = isRoots && inner.map { $0.st_uid == 0 } ?? false
        for name in try System.names(inFolder: path) where Self.isOwn(name) {
            if name == "images" && isFresh || name == "lock" && geteuid() == 0 { continue }
            // Of a bus daemon that ran as root. The next one makes another, and removes the socket.
            if name == "msgq.sock.lock", geteuid() == 0 {
                removeUnlessOwned(name, by: owner, in: folder)
                continue
            }
            if name == "msgq.sock" { continue }
            if Self.isOf(another: owner, "\(path)/\(name)") { strange.append("\(path)/\(name)") }
        }
        if images != nil {
            for name in try System.names(inFolder: self.images)
            where Self.isOf(another: owner, "\(self.images)/\(name)") {
                strange.append("\(self.images)/\(name)")
            }
        }
        guard strange.isEmpty else { throw .notOwned(folder: path, owner: owner.name, files: strange) }
        for (descriptor, status, name) in [(folder, entry, path), (images ?? -1, inner ?? entry, self.images)]
        where descriptor >= 0 && status.st_uid != owner.user && owner.user != 0 {
            _ = try System.linux(.own, name) { fchown(descriptor, owner.user, owner.group) < 0 ? -errno : Int32(0) }
        }
    }

    private func removeUnlessOwned(_ name: String, by owner: FolderOwner, in folder: Int32) {
        var entry = stat()
        guard unsafe fstatat(folder, name, &entry, AT_SYMLINK_NOFOLLOW) == 0, entry.st_uid != owner.user else { return }
        _ = unsafe unlinkat(folder, name, 0)
    }

    /// Whether nothing lies in the folder but what a system puts there.
    private var hasOnlyOwnFiles: Bool {
        get throws(PlatformError) { try System.names(inFolder: path).allSatisfy(Self.isOwn) }
    }

    /// The names of a system's files, and those under which they are written.
    private static func isOwn(_ name: String) -> Bool {
        let name = name.hasPrefix(".") ? String(name.dropFirst()) : name
        return ["lock", "images", "msgq.sock", "msgq.sock.lock"].contains(name)
            || ["record.", "sources.jsonl", "publish.jsonl"].contains { name.hasPrefix($0) }
    }

    private static func isOf(another owner: FolderOwner, _ path: String) -> Bool {
        var entry = stat()
        return unsafe path.withPath { unsafe lstat($0, &entry) } == 0 && entry.st_uid != owner.user
    }

    /// Takes the rights of others, and of a group unless it is the account's.
    private static func close(_ folder: Int32, to owner: FolderOwner) {
        guard let entry = try? inspect(folder, ""), entry.st_uid == owner.user, entry.st_mode & S_ISVTX == 0 else {
            return
        }
        let isShared = owner.user != geteuid() && entry.st_gid == owner.group
        // As a service manager or an operator has made it.
        let isClosed = entry.st_mode & 0o027 == 0
        let mode: mode_t = isShared ? 0o750 : isClosed ? entry.st_mode & 0o777 : 0o700
        if entry.st_mode & 0o777 != mode { _ = fchmod(folder, mode) }
    }

    private static func inspect(_ fd: Int32, _ path: String) throws(PlatformError) -> stat {
        var entry = stat()
        _ = try System.linux(.inspect, path) { unsafe fstat(fd, &entry) < 0 ? -errno : Int32(0) }
        return entry
    }

    private static func resolved(_ path: String) throws(PlatformError) -> String {
        guard let text = unsafe path.withPath({ unsafe realpath($0, nil) }) else {
            throw .system(SystemError(errno, .open, path))
        }
        defer { unsafe free(text) }
        return unsafe String(path: text)
    }

    /// Whether nobody but root could have put a link, or another folder, into the path of this one. (Where the sticky bit
    /// is set, root's folders stay where they are.) What does not exist yet is not looked at.
    private static func isRootsAlone(above path: String, links: Int = 0) -> Bool {
        // As many links as the kernel follows.
        guard links < 40 else { return false }
        let names = path.utf8.split(separator: UInt8(ascii: "/")).map { String(Substring($0)) }
        var prefix = ""
        var entry = stat()
        guard unsafe lstat("/", &entry) == 0, isRootsAlone(entry) else { return false }
        for (index, name) in names.enumerated() {
            let parent = prefix
            prefix += "/" + name
            guard unsafe prefix.withPath({ unsafe lstat($0, &entry) }) == 0 else { return true }
            if entry.st_mode & S_IFMT == S_IFLNK {
                guard entry.st_uid == 0, let target = target(ofLink: prefix) else { return false }
                let rest = names[(index + 1)...].map { "/" + $0 }.joined()
                return isRootsAlone(
                    above: (target.hasPrefix("/") ? "" : parent + "/") + target + rest, links: links + 1)
            }
            if index == names.count - 1 { return true }
            guard isRootsAlone(entry) else { return false }
        }
        return true
    }

    private static func isRootsAlone(_ entry: stat) -> Bool {
        entry.st_uid == 0 && (entry.st_mode & 0o022 == 0 || entry.st_mode & S_ISVTX != 0)
    }

    private static func target(ofLink path: String) -> String? {
        var octets = [CChar](repeating: 0, count: Int(PATH_MAX))
        let count = unsafe path.withPath { unsafe readlink($0, &octets, Int(PATH_MAX)) }
        return count > 0 ? String(path: octets[..<count].map { UInt8(bitPattern: $0) }) : nil
    }
}
