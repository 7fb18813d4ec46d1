// What the kernel says about a process. For all test targets.

import FoundationEssentials
import Glibc

public enum ProcessState {
    /// The letter of proc(5): `S` sleeping, `T` stopped, `Z` a zombie, …; nil if there is no such process.
    public static func letter(of process: pid_t) -> Character? {
        guard let stat = try? Data(contentsOf: URL(filePath: "/proc/\(process)/stat")) else { return nil }
        // The program's name comes before it, in parentheses, and may hold anything.
        return String(decoding: stat, as: UTF8.self).split(separator: ")").last?.first { $0 != " " }
    }
}
