// Which zones a build is told to copy into its image: by the policy of `CompactionPolicy`, of what the ledger has.

import Generations
import ZoneImage

extension Manager {
    /// The zones that a build is to copy, and their versions.
    func copies(for job: Ledger.BuildJob) -> [ZoneName: ZoneVersion] {
        let records = job.zones.reduce(0) { $0 + ($1.former?.records ?? 0) }
        let chosen = CompactionPolicy.choose(among: ledger.imageUses, records: records) { image in
            (try? ImageFile(path: "\(images.path)/\(image)")).map { Int($0.header.tableCount) } ?? 0
        }
        return chosen.isEmpty ? [:] : ledger.copyableZones(in: chosen)
    }
}
