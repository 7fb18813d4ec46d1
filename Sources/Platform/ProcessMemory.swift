// How much memory this process has used.

import Glibc

package enum ProcessMemory {
    /// The most memory that was resident at once, in bytes, files that it has mapped included.
    package static var peak: Int {
        var usage = rusage()
        guard unsafe getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage) == 0 else { return 0 }
        return Int(usage.ru_maxrss) << 10
    }
}
