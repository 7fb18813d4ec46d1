// What the kernel says of another process, for messages to people.

import Glibc

/// What a process is doing.
package enum ProcessState {
    /// Whether a process is stopped (SIGSTOP, Ctrl-Z, a debugger), and so can't answer.
    package static func isStopped(_ id: pid_t) -> Bool {
        guard let file = try? System.open("/proc/\(id)/stat", O_RDONLY),
            let text = try? System.readToEnd(file.number, of: "stat")
        else { return false }
        return isStopped(stat: text)
    }

    /// The state is the letter after the name, which stands in parentheses and may contain some (proc_pid_stat(5)).
    package static func isStopped(stat text: [UInt8]) -> Bool {
        guard let end = text.lastIndex(of: UInt8(ascii: ")")), end + 2 < text.count else { return false }
        return [UInt8(ascii: "T"), UInt8(ascii: "t")].contains(text[end + 2])
    }
}
