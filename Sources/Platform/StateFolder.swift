// The folder below which the system writes everything, and what lies where in it.

import Glibc

/// DIR: where one Zonecast system keeps its socket, images and records.
package struct StateFolder: Hashable, Sendable {
    /// The absolute path.
    package let path: String

    /// The bus.
    package var socket: String { path + "/msgq.sock" }

    /// The folder of directories and images, and of the manager's lock.
    package var images: String { path + "/images" }

    /// The manager's lock; one manager an image folder.
    package var imagesLock: String { images + "/lock" }

    /// What the manager must remember.
    package var record: String { path + "/record.json" }

    /// Master files that commands have read from pipes.
    package var streamed: String { path + "/streamed" }
    /// The supervisor's lock.
    package var lock: String { path + "/lock" }

    /// Finds the folder: the option, else `ZONECAST_DIR`, else `/var/lib/zonecast` for root, else a folder below the
    /// user's state folder.
    ///
    /// Throws when the bus socket's path would be longer than the kernel takes.
    package init(option: String?) throws(PlatformError) {
        try self.init(
            option: option, user: geteuid(), variable: { Environment[$0] }, workingFolder: Self.workingFolder)
    }

    /// The same with the surroundings handed in.
    init(
        option: String?, user: uid_t, variable: (String) -> String?, workingFolder: () -> String
    ) throws(PlatformError) {
        func named(_ name: String) -> String? {
            guard let value = variable(name), !value.isEmpty else { return nil }
            return value
        }
        var path: String
        if let option {
            path = option
        } else if let folder = named(Variable.folder) {
            path = folder
        } else if user == 0 {
            path = Self.ofMachine
        } else if let state = named("XDG_STATE_HOME"), state.hasPrefix("/") {
            // The XDG specification has relative paths ignored.
            path = state + "/zonecast"
        } else if let home = named("HOME") {
            path = home + "/.local/state/zonecast"
        } else {
            throw .noHome
        }
        if !path.hasPrefix("/") { path = workingFolder() + "/" + path }
        while path.count > 1, path.hasSuffix("/") { path.removeLast() }
        self.path = path
        try Self.checkSocketPath(socket)
    }

    /// Where the system of a machine is, if nothing else is said.
    package static let ofMachine = "/var/lib/zonecast"

    /// Makes the folder and the image folder, with the folders above them. Nobody else can look into what is made.
    package func create() throws(PlatformError) {
        var folder = ""
        for part in path.utf8.split(separator: UInt8(ascii: "/")) {
            folder += "/" + String(Substring(part))
            try System.makeFolder(folder, mode: folder == path ? 0o700 : 0o755)
        }
        try System.makeFolder(images, mode: 0o700)
    }

    /// Refuses a path at which no UNIX socket can be.
    package static func checkSocketPath(_ path: String) throws(PlatformError) {
        // The last octet of sun_path is for the zero.
        let limit = MemoryLayout<sockaddr_un>.size - MemoryLayout<sa_family_t>.size - 1
        let length = path.pathOctets.count
        if length > limit {
            throw .socketPathTooLong(path: path, length: length, limit: limit)
        }
    }

    /// The process that supervises the system here, if one does.
    package var supervisor: pid_t? {
        guard let holder = FileLock.holder(of: lock), let name = try? System.open("/proc/\(holder)/comm", O_RDONLY)
        else { return nil }
        // Looking at the name, as the number may have gone to another process.
        return (try? System.readToEnd(name.number, of: "comm")) == Array("zonecast\n".utf8) ? holder : nil
    }

    package static func workingFolder() -> String {
        guard let path = unsafe getcwd(nil, 0) else { return "/" }
        defer { unsafe free(path) }
        return unsafe String(path: path)
    }
}
