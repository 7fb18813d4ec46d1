// What is kept for rollbacks beside the number of generations: limits of room and of age. The age of a generation is that of its
// directory file, which is written when it is about to be announced and never after.

import Generations
import Glibc
import Platform

/// The operator's limits.
struct HistoryLimits: Sendable {
    /// In bytes, of files that only the history needs; nil: no limit.
    var bytes: Int?
    /// In seconds; nil: no limit.
    var age: Int?

    /// What is known of a file.
    struct FileState {
        let bytes: Int
        /// In seconds since it was written.
        let age: Int
    }

    /// The generations, the newest first, that the limits have no room for: the first one beyond a limit, and all that are older.
    func exceeded(
        _ history: [(generation: Generation, files: Set<FileName>)], inUse: Set<FileName>,
        state: (FileName) -> FileState?
    ) -> Set<Generation> {
        var counted = inUse
        var total = 0
        for (index, (generation, files)) in history.enumerated() {
            total += files.subtracting(counted).reduce(0) { $0 + (state($1)?.bytes ?? 0) }
            counted.formUnion(files)
            let isTooOld = age.map { limit in (state(.directory(of: generation))?.age ?? 0) > limit } ?? false
            if isTooOld || bytes.map({ total > $0 }) ?? false { return Set(history[index...].map(\.generation)) }
        }
        return []
    }
}

extension Manager {
    /// The generations of the history that are beyond the operator's limits.
    var exceedingHistory: Set<Generation> {
        let now = TimeOfDay.now.tv_sec
        return settings.history.exceeded(ledger.historyFiles, inUse: ledger.filesInUse) { [images] name in
            guard let entry = System.status(of: "\(images.path)/\(name)") else { return nil }
            return HistoryLimits.FileState(bytes: Int(entry.st_size), age: now - entry.st_mtim.tv_sec)
        }
    }
}
