// What a process that reads packets from strangers gives up before it does: see `zc_sandbox.h`, and the list of what is permitted in
// `sandbox.c`.

import CLinux
import Glibc

/// The sandbox of the calling thread and of all that it starts.
package struct Sandbox: Sendable {
    /// The version of the kernel's Landlock; nil: the kernel has none, and files are as open as the user's rights make them.
    package let landlockVersion: Int32?
    /// Whether system calls are filtered.
    package let filtersCalls: Bool

    /// Enters the sandbox for good: no new privileges, files only for reading and only below `folders`, and no system calls but those
    /// that answering takes. Nothing of that reaches threads that are there already, so there must be none.
    ///
    /// - Throws: `PlatformError` when there are other threads, a folder can't be opened, or the kernel refuses what it has.
    package static func enter(readable folders: [String]) throws(PlatformError) -> Sandbox {
        let tasks = try System.linux(.confine, "the process") { zc_task_count() }
        guard tasks == 1 else { throw .threadsBeforeSandbox(tasks: tasks) }
        var numbers: [Int32] = []
        defer { for number in numbers { close(number) } }
        for folder in folders { numbers.append(try System.open(folder, O_RDONLY | O_DIRECTORY).release()) }
        _ = try System.linux(.confine, "the process") { zc_no_new_privileges() }
        let version = try available {
            () throws(PlatformError) in
            try System.linux(.confine, "the files") { unsafe zc_landlock(numbers, numbers.count) }
        }
        let filter = try available { () throws(PlatformError) in
            try System.linux(.confine, "the system calls") { zc_seccomp() }
        }
        return Sandbox(landlockVersion: version, filtersCalls: filter != nil)
    }

    /// Nil when the kernel has been built or started without it.
    private static func available(_ body: () throws(PlatformError) -> Int32) throws(PlatformError) -> Int32? {
        do throws(PlatformError) {
            return try body()
        } catch .system(let error) where error.code == ENOSYS || error.code == EOPNOTSUPP {
            return nil
        } catch {
            throw error
        }
    }
}
