// Which zones a build is told to copy into its image: by the policy of `CompactionPolicy`, of what the ledger has.

import Generations
import Glibc
import Platform
import ZoneImage

extension Manager {
    /// The zones that a build is to copy, and their versions.
    func copies(for job: Ledger.BuildJob) -> [ZoneName: ZoneVersion] {
        let records = job.zones.prefix(Manager.estimatedZones).reduce(0) { $0 + estimate(of: $1) }
        // What is being replaced will not be in use, nor copied.
        var uses = ledger.imageUses
        for former in job.zones.compactMap(\.former) { uses[former.image]?.remove(former) }
        let chosen = CompactionPolicy.choose(among: uses.filter { $0.value.zones > 0 }, records: records) { image in
            (try? ImageFile(path: "\(images.path)/\(image)")).map { Int($0.header.tableCount) } ?? 0
        }
        if chosen.isEmpty { return [:] }
        // One copy is enough.
        let copied = copying.values.reduce(into: Set()) { $0.formUnion($1.keys) }
        return ledger.copyableZones(in: chosen).filter { !copied.contains($0.key) }
    }

    /// Of more zones the first will do: their image is a large one anyway.
    private static let estimatedZones = 1000

    /// About how many records a zone will have: as many as before; a new one, by the size of its file.
    private func estimate(of zone: Ledger.BuildJob.Zone) -> Int {
        if let former = zone.former { return former.records }
        guard let entry = System.status(of: zone.source.file) else { return 0 }
        return Int(entry.st_size) / 40
    }
}
