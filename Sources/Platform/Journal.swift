// systemd's journal as the reader of a stream: sd-daemon(3) for the priorities, systemd.exec(5) for JOURNAL_STREAM.

import Glibc
import Logging

package enum Journal {
    /// Whether the journal reads what is written to a descriptor. The variable alone does not tell: a redirection changes nothing
    /// about it.
    package static func reads(_ descriptor: Int32) -> Bool {
        reads(descriptor, stream: Environment[Variable.journalStream])
    }

    static func reads(_ descriptor: Int32, stream: String?) -> Bool {
        var entry = stat()
        guard let stream, unsafe fstat(descriptor, &entry) == 0 else { return false }
        return stream == "\(entry.st_dev):\(entry.st_ino)"
    }

    /// The priority of syslog.
    static func priority(of level: Logger.Level) -> Int {
        switch level {
        case .critical: 2
        case .error: 3
        case .warning: 4
        case .notice: 5
        case .info: 6
        case .debug, .trace: 7
        }
    }

    /// What a line about an error that is written without a logger begins with.
    package static var errorPrefix: String { reads(STDERR_FILENO) ? "<\(priority(of: .error))>" : "" }
}
