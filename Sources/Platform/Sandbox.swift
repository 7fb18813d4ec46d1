// What a process that reads what strangers send gives up before it does: see `zc_sandbox.h`, and the tables of what is permitted in
// `responder_calls.c` and `build_calls.c`.

import CLinux
import Glibc

/// The sandbox of the calling thread and of all that it starts.
package struct Sandbox: Sendable {
    /// The version of the kernel's Landlock; nil: the kernel has none, and files are as open as the user's rights make them.
    package let landlockVersion: Int32?
    /// Whether system calls are filtered.
    package let filtersCalls: Bool

    /// The system calls that one kind of process needs.
    package struct Calls: @unchecked Sendable {
        // Sendable: the table that it points to is constant.
        fileprivate let profile: zc_profile

        /// What answering from mapped files takes.
        package static let responder = Calls(profile: zc_responder_profile)

        /// What building images from master files takes.
        package static let build = Calls(profile: zc_build_profile)

        /// The table of these calls, in Markdown.
        package var documentation: String {
            let rows = (0..<profile.count).map { index -> String in
                // Safe: a profile has `count` calls, whose texts are constants.
                let call = unsafe profile.calls[index]
                let (name, reason) = unsafe (String(cString: call.name), String(cString: call.reason))
                return unsafe "| `\(name)` | \(String(cString: zc_condition_text(call.condition))) | \(reason) |\n"
            }
            return "| call | only | reason |\n|---|---|---|\n" + rows.joined()
        }
    }

    /// Gives up all capabilities, also those of root: for every process that reads what strangers send, in a sandbox or not. For a
    /// process with one thread, as `enter`.
    package static func dropCapabilities(keeping kept: [Capability] = []) throws(PlatformError) {
        let bits = kept.reduce(UInt64(0)) { $0 | 1 << $1.rawValue }
        _ = try System.linux(.confine, "the process") { zc_drop_capabilities(bits) }
    }

    /// Bounds the address space of this process for good. A lower bound that is there stays.
    package static func limitMemory(to bytes: Int) throws(PlatformError) {
        _ = try System.linux(.confine, "the memory") { zc_limit_memory(UInt64(max(0, bytes))) }
    }

    /// Enters the sandbox for good: no new privileges, no files but those below `folders` for reading and those below `writable` for
    /// both, and no system calls but `calls`. A folder may also be a file. Nothing of that reaches threads that are there already, so
    /// there must be none.
    ///
    /// - Parameter firstOwn: Descriptors below are shared with other processes: what a call would change is theirs too.
    /// - Throws: `PlatformError` when there are other threads, a folder can't be opened, or the kernel refuses what it has.
    package static func enter(
        readable folders: [String], writable: [String] = [], calls: Calls, firstOwn: Int32
    ) throws(PlatformError) -> Sandbox {
        let tasks = try System.linux(.confine, "the process") { zc_task_count() }
        guard tasks == 1 else { throw .threadsBeforeSandbox(tasks: tasks) }
        _ = try System.linux(.confine, "the process") { zc_no_new_privileges() }
        let version = try available {
            () throws(PlatformError) in
            try limitFiles(readable: folders, writable: writable)
        }
        let filter = try available { () throws(PlatformError) in
            var profile = calls.profile
            return try System.linux(.confine, "the system calls") { unsafe zc_seccomp(&profile, firstOwn) }
        }
        return Sandbox(landlockVersion: version, filtersCalls: filter != nil)
    }

    private static func limitFiles(readable: [String], writable: [String]) throws(PlatformError) -> Int32 {
        let paths = CStrings(readable + writable)
        let files = (0..<readable.count + writable.count).map { index in
            // Safe: there is a string for each path.
            unsafe zc_access(path: paths.base[index], writable: index < readable.count ? 0 : 1)
        }
        return try System.linux(.confine, "the files") { unsafe zc_landlock(files, files.count) }
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
