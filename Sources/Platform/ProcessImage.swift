// The program that this process is, and how it becomes another one.

import CLinux
import Glibc

package enum ProcessImage {
    /// The path by which this process was started, as an absolute one whose links are not followed: where a newer version of the
    /// program is to be found. That of the program itself where it was started in a roundabout way.
    package static func invocation() -> String {
        let name = ProgramArguments.program
        let candidates: [String]
        if name.contains("/") {
            candidates = [name.hasPrefix("/") ? name : StateFolder.workingFolder() + "/" + name]
        } else {
            candidates = (Environment["PATH"] ?? "").split(separator: ":").map { "\($0)/\(name)" }
        }
        return candidates.first(where: isThisProgram) ?? SiblingBinary.own()
    }

    private static func isThisProgram(_ path: String) -> Bool {
        guard let own = System.status(of: runningProgram), let other = System.status(of: path) else { return false }
        return own.st_dev == other.st_dev && own.st_ino == other.st_ino
    }

    /// A link to the program that runs; it stays valid when the file was renamed, replaced or removed.
    static let runningProgram = "/proc/self/exe"

    /// Becomes another program, with the same number, descriptors and environment. The corresponding C function is
    /// `execv`.
    package static func replace(with program: String, _ arguments: [String]) throws(PlatformError) -> Never {
        try replace(with: program, arguments, environment: Environment.all)
    }

    /// Becomes another program, which gets the descriptors `kept`, under their numbers, and no others beyond 2, and these
    /// variables beside ours. Blocked signals stay blocked, children stay children.
    ///
    /// When this throws, the process is what it was.
    package static func replace(
        with program: String, _ arguments: [String], variables: [String: String?], keeping kept: [Int32]
    ) throws(PlatformError) -> Never {
        _ = try System.linux(.spawn, program) { unsafe zc_descriptors_keep(kept, UInt32(kept.count)) }
        InheritedCapabilities.leave()
        defer {
            kept.forEach(System.setCloseOnExec)
            InheritedCapabilities.withhold()
        }
        try replace(with: program, arguments, environment: Environment.with(variables))
    }

    private static func replace(
        with program: String, _ arguments: [String], environment: [String]
    ) throws(PlatformError) -> Never {
        let list = CStrings([program] + arguments)
        let variables = CStrings(environment)
        _ = try System.linux(.spawn, program) {
            unsafe program.withPath { unsafe execve($0, list.base, variables.base) } < 0 ? -errno : Int32(0)
        }
        fatalError("execve has returned without an error")
    }
}
