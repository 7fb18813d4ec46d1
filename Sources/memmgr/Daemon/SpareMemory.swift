// Memory that large work has left: the C library keeps it, for work that may not come again for days.

import Generations
import Platform

extension Manager {
    /// From so many zones on, work is large.
    private static let largeWork = 1000

    /// Has what was used for so many zones given back to the kernel when the work is done and its answers are sent; once for all that
    /// comes within a moment.
    func noteWork(on zones: Int) {
        guard zones >= Manager.largeWork, !isGivingBack else { return }
        isGivingBack = true
        let mailbox = mailbox
        Task {
            try? await Task.sleep(for: .seconds(2))
            mailbox.put(.workDone)
        }
    }

    func giveMemoryBack() {
        isGivingBack = false
        // While more is being built, most of it would be wanted again.
        guard !ledger.isBuilding else { return noteWork(on: Manager.largeWork) }
        onDisk { ProcessMemory.giveBack() }
    }
}
