// What the kernel says about a process. For all test targets.

import FoundationEssentials
import Glibc

public enum ProcessState {
    /// The letter of proc(5): `S` sleeping, `T` stopped, `Z` a zombie, …; nil if there is no such process.
    ///
    /// From `status`, not `stat`: all tests have the `open` of authd, which looks for the latter among the threads of the process
    /// itself.
    public static func letter(of process: pid_t) -> Character? {
        guard let status = try? Data(contentsOf: URL(filePath: "/proc/\(process)/status")) else { return nil }
        let state = String(decoding: status, as: UTF8.self).split(separator: "\n").first { $0.hasPrefix("State:") }
        return state?.dropFirst("State:".count).first { !$0.isWhitespace }
    }
}
