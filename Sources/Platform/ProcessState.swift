// What the kernel says of another process, for messages to people.

import Glibc

/// What a process is doing.
package enum ProcessState {
    /// Whether a process is stopped (SIGSTOP, Ctrl-Z, a debugger), and so can't answer.
    package static func isStopped(_ id: pid_t) -> Bool {
        // Not `stat`: in programs with a sandbox, that name means their own threads (see CThreadFiles).
        guard let file = try? System.open("/proc/\(id)/status", O_RDONLY),
            let text = try? System.readToEnd(file.number, of: "status")
        else { return false }
        return isStopped(status: String(decoding: text, as: UTF8.self))
    }

    /// The line is such as `State:\tT (stopped)`; t is being traced (proc_pid_status(5)). Names have no line feeds there.
    package static func isStopped(status text: String) -> Bool {
        text.split(separator: "\n").contains { $0.hasPrefix("State:\tT") || $0.hasPrefix("State:\tt") }
    }
}
