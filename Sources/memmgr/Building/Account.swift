// Who runs this process.

import Glibc
import Platform

/// The user that this process runs as.
enum Account {
    /// The user's name; nil when there is none for its number. Found once: `getpwuid` has one buffer for all threads.
    private static let own: String? = {
        guard let entry = unsafe getpwuid(geteuid()), let name = unsafe entry.pointee.pw_name else { return nil }
        return unsafe String(cString: name)
    }()

    /// Such as `user zonecast`.
    static var description: String { "user \(name)" }

    /// Such as `zonecast`, or its number.
    static var name: String { own ?? "\(geteuid())" }

    /// The one who gave the command: `root`, or `alice as root` where sudo tells.
    static var commander: String {
        guard let caller = Environment["SUDO_USER"], !caller.isEmpty, caller != name else { return name }
        return "\(caller) as \(name)"
    }
}
