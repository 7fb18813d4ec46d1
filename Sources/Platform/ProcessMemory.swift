// How much memory this process has used, and giving it back.

import CLinux
import Glibc

package enum ProcessMemory {
    /// Gives the memory back to the system that the allocator keeps for later: after work that took much and is done.
    package static func giveBack() { zc_give_memory_back() }

    /// The most memory that was resident at once, in bytes, files that it has mapped included.
    package static var peak: Int {
        var usage = rusage()
        guard unsafe getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage) == 0 else { return 0 }
        return Int(usage.ru_maxrss) << 10
    }
}
