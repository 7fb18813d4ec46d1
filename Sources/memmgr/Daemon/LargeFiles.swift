// Which zones are likely to take long to build: such a build is not shared with what others ask for.

import Generations
import Glibc

enum LargeFiles {
    /// In bytes of the master file.
    private static let limit: Int64 = 1 << 20
    /// So many zones at once take long whatever their size.
    private static let zoneLimit = 1000

    /// The zones with large master files.
    static func zones(of sources: [ZoneSource]) -> Set<ZoneName> {
        Set(
            sources.filter { source in
                var entry = stat()
                return unsafe stat(source.file, &entry) == 0 && Int64(entry.st_size) >= limit
            }.map(\.zone))
    }

    /// The same for what somebody asks for, whose zones are built together in any case.
    static func zones(ofRequest sources: [ZoneSource]) -> Set<ZoneName> {
        sources.count > zoneLimit ? [sources[0].zone] : zones(of: sources)
    }
}
