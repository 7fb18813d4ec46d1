// Processes and folders that a benchmark has made and that must not outlive it, whether it ends well, fails, or is
// interrupted.

import Glibc
import Platform
import Synchronization

/// What is to be cleaned up at the end.
enum Leftovers {
    private struct State {
        var processes: Set<pid_t> = []
        var folders: Set<String> = []
    }

    private static let state = Mutex(State())

    /// Makes Ctrl-C and SIGTERM clean up before they end the process. Call it before any thread is started.
    static func watchSignals() throws {
        Signals.block([.terminate, .interrupt, .hangUp])
        try DaemonThread(named: "signals") {
            let signal = Signals.next(of: [.terminate, .interrupt, .hangUp])
            cleanUp()
            Terminal.note("zonebench: ended by \(signal)")
            _exit(128 + signal.rawValue)
        }.detach()
    }

    static func add(process: pid_t) { state.withLock { _ = $0.processes.insert(process) } }
    static func remove(process: pid_t) { state.withLock { _ = $0.processes.remove(process) } }

    /// Makes a folder for this run's files; it is removed with them at the end.
    static func makeFolder() throws(PlatformError) -> String {
        let parent = Environment["TMPDIR"] ?? "/tmp"
        let path = "\(parent)/zonebench.\(getpid()).\(state.withLock { $0.folders.count })"
        try System.makeFolder(path, mode: 0o755)
        state.withLock { _ = $0.folders.insert(path) }
        return path
    }

    /// Ends the processes with all that they have started, and removes the folders.
    static func cleanUp() {
        let left = state.withLock { state in
            defer { state = State() }
            return state
        }
        for process in left.processes {
            for member in ProcessFile.family(of: process).reversed() { kill(member, SIGKILL) }
            waitpid(process, nil, 0)
        }
        for folder in left.folders { removeTree(folder) }
    }

    /// Removes a folder with all that is in it; links are removed, not followed.
    static func removeTree(_ path: String) {
        for name in ProcessFile.names(path) {
            let inner = path + "/" + name
            if unlink(inner) != 0 { removeTree(inner) }
        }
        rmdir(path)
    }
}
