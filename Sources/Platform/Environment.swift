// The environment variables by which a Zonecast process and those it starts know of each other.

import Glibc

/// The names of the variables.
package enum Variable {
    /// The state folder, where `--dir` is not given.
    package static let folder = "ZONECAST_DIR"

    /// The folder of the sibling programs, where they do not lie beside the one that runs.
    package static let binaries = "ZONECAST_BIN"

    /// What the supervisor calls this child, such as `authd.1`.
    package static let child = "ZONECAST_CHILD"

    /// The number of the descriptor whose end of file ends this child.
    package static let lifeline = "ZONECAST_LIFELINE"

    /// The number of the descriptor of this child's connection to the bus.
    package static let bus = "ZONECAST_BUS"

    /// The number of the descriptor over which the supervisor hands connections to the bus daemon.
    package static let busControl = "ZONECAST_BUS_CONTROL"

    /// The number of the descriptor of the secret that the parent shares with its children.
    package static let secret = "ZONECAST_SECRET"

    /// The number of the descriptor of what a supervisor leaves to the program that it becomes.
    package static let estate = "ZONECAST_ESTATE"

    /// Set where a supervisor is only to find out whether it could take an estate over.
    package static let rehearsal = "ZONECAST_REHEARSAL"

    /// The least level that is logged, such as `debug`.
    package static let logLevel = "ZONECAST_LOG"

    package static let listenCount = "LISTEN_FDS"
    package static let listenProcess = "LISTEN_PID"
    package static let listenNames = "LISTEN_FDNAMES"

    /// Where a service manager wants to hear that the service is ready.
    package static let notifySocket = "NOTIFY_SOCKET"

    /// Device and file number of the stream that leads to systemd's journal.
    package static let journalStream = "JOURNAL_STREAM"

    /// What the supervisor's and the manager's children have of their parent's environment: how logs look, where programs and
    /// libraries are, what time and language it is. Whatever else somebody has set is none of their business.
    package static let inherited = [
        logLevel, journalStream, binaries, "LANG", "LC_ALL", "TZ", "SUDO_USER", "SWIFT_BACKTRACE", "LD_LIBRARY_PATH",
    ]
}

/// The process's environment. Variables are only changed while there is one thread.
package enum Environment {
    package static subscript(name: String) -> String? {
        guard let value = unsafe getenv(name) else { return nil }
        return unsafe String(path: value)
    }

    /// Reads a variable and removes it, so that no child takes it for its own.
    package static func take(_ name: String) -> String? {
        defer { unsafe unsetenv(name) }
        return self[name]
    }

    /// The variables as `NAME=value`, all or those of these names, with changes; nil removes one.
    static func with(_ changes: [String: String?], only names: [String]? = nil) -> [String] {
        let kept = all.filter { entry in
            !changes.keys.contains { entry.hasPrefix($0 + "=") }
                && (names.map { $0.contains { entry.hasPrefix($0 + "=") } } ?? true)
        }
        return kept + changes.sorted { $0.key < $1.key }.compactMap { name, value in value.map { "\(name)=\($0)" } }
    }

    /// All variables as `NAME=value`.
    static var all: [String] {
        var result: [String] = []
        var entry = unsafe environ
        while let text = unsafe entry.pointee {
            result.append(unsafe String(path: text))
            unsafe entry += 1
        }
        return result
    }
}
