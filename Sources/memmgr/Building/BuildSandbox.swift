// What a build gives up before it reads a master file, which somebody may have written who wants to see more than they may.
//
// Which files it can reach follows from the order: those below the folders of the zones' files and of --include-from, and the folder
// of images. Capabilities go too, but for one: run as root, memmgr reads master files of any owner and mode, and so does its build.

import Glibc
import Platform

/// The sandbox of a build.
enum BuildSandbox {
    /// The memory of the machine, in bytes.
    static var machineMemory: Int {
        let (pages, size) = (sysconf(Int32(_SC_PHYS_PAGES)), sysconf(Int32(_SC_PAGESIZE)))
        return pages > 0 && size > 0 ? pages * size : .max
    }

    /// Enters it for good. The process must have one thread.
    static func enter(for order: BuildOrder) throws(PlatformError) {
        // What looks into /etc does so now.
        _ = Account.description
        let images = folder(of: order.image)
        try Sandbox.limitMemory(to: order.memory)
        try Sandbox.dropCapabilities(keeping: isOurs(images) ? [.readAnyFile] : [.readAnyFile, .writeAnyFile])
        // What is not there can't be read, which is for the zone's diagnostics.
        let readable = readablePaths(of: order).filter { path in unsafe path.withPath { unsafe access($0, F_OK) == 0 } }
        _ = try Sandbox.enter(
            readable: readable + ["/proc/self/task"], writable: [images], calls: .build, firstOwn: 0)
    }

    private static func readablePaths(of order: BuildOrder) -> Set<String> {
        var paths = Set(order.includeFrom)
        for zone in order.zones {
            paths.insert(folder(of: zone.file))
            // A master file may be a link that leads elsewhere.
            var entry = stat()
            if unsafe zone.file.withPath({ unsafe lstat($0, &entry) }) == 0, entry.st_mode & S_IFMT == S_IFLNK {
                paths.insert(zone.file)
            }
        }
        return paths
    }

    private static func folder(of path: String) -> String {
        guard let slash = path.utf8.lastIndex(of: UInt8(ascii: "/")) else { return "." }
        return slash == path.startIndex ? "/" : String(path[..<slash])
    }

    /// Root without capabilities writes to its own folders only.
    private static func isOurs(_ folder: String) -> Bool {
        var entry = stat()
        return unsafe folder.withPath { unsafe stat($0, &entry) } == 0 && entry.st_uid == geteuid()
    }
}
