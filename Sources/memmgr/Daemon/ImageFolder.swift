// The folder of images and directories: what is found in it at the start, and writing and removing generations. All of it
// waits for the disk and runs on the manager's disk thread.

import DNSCore
import Generations
import Glibc
import Platform
import ZoneImage

/// The image folder as the manager uses it.
struct ImageFolder: Sendable {
    let path: String

    /// All names that could be ours, and what a crash has left under temporary names.
    func names() throws(PlatformError) -> (files: [FileName], temporary: [String]) {
        let names = try System.names(inFolder: path)
        return (
            names.compactMap(FileName.init).filter { $0.generation != nil }.sorted(),
            names.filter { $0.hasPrefix(".g") }
        )
    }

    /// What the ledger wants to know before it begins.
    ///
    /// The sizes and header digests of all files are looked at, never their whole content.
    func startup(record: Record?, journal: inout SourceJournal) throws(PlatformError) -> Ledger.Startup {
        // What a crash left between rename and flush must be durable before anybody is told of it (invariant I1).
        try System.syncFolder(path)
        let (files, temporary) = try names()
        // The lock is ours, so nobody is writing them.
        for name in temporary { try System.remove("\(path)/\(name)") }
        var digests: [FileName: Digest] = [:]
        if let record {
            for announced in [record.current].compactMap({ $0 }) + record.former.map(\.announced) {
                digests[announced.directory] = announced.digest
            }
        }
        var intact: Set<FileName> = []
        var newest: MappedGeneration?
        for file in files {
            if file.string.hasSuffix(".img") {
                if (try? ImageFile(path: "\(path)/\(file)")) != nil { intact.insert(file) }
            } else if let generation = try? MappedGeneration(
                folder: path, name: file.string, digest: digests[file]?.hex)
            {
                intact.insert(file)
                if generation.number > newest?.number ?? 0 { newest = generation }
            }
        }
        var startup = Ledger.Startup(record: record, names: files, intact: intact)
        if record == nil, let newest { startup.found = content(of: newest, journal: &journal) }
        return startup
    }

    /// The zones that a directory names; where they came from is not in it, but in the journal.
    private func content(of generation: MappedGeneration, journal: inout SourceJournal) -> [ZoneName: ZoneVersion] {
        let directory = generation.directory.directory(generation: generation.number)
        var zones: [ZoneName: ZoneVersion] = [:]
        for zone in directory.zones {
            guard let content = zone.content, directory.images.indices.contains(content.image),
                let image = FileName(directory.images[content.image].name),
                let digest = Digest(hex: "\(content.digest)")
            else { continue }
            let name = ZoneName("\(zone.apex)")
            zones[name] = ZoneVersion(
                image: image, digest: digest, serial: content.serial.rawValue, records: content.recordCount,
                file: journal.file(of: name))
        }
        return zones
    }

    /// Those of the files that are gone, or are not what they should be by size and header. What can't be found out for now, as
    /// for want of memory or descriptors, is not lost.
    func lost(among names: Set<FileName>) -> Set<FileName> {
        names.filter { name in
            do throws(ImageError) {
                if name.string.hasSuffix(".img") {
                    _ = try ImageFile(path: "\(path)/\(name)")
                } else {
                    var entry = stat()
                    return unsafe stat("\(path)/\(name)", &entry) != 0 && errno == ENOENT
                }
                return false
            } catch .platform(let error) {
                return error.isAbsence
            } catch {
                return true
            }
        }
    }

    /// Removes files; one that is gone already is no error.
    func remove(_ files: [FileName]) throws(PlatformError) {
        for file in files {
            do throws(PlatformError) {
                try System.remove("\(path)/\(file)")
            } catch {
                if !error.isAbsence { throw error }
            }
        }
    }

    /// Removes what a build that failed may have left.
    func removeRemains(ofBuild generation: Generation) {
        let image = FileName.image(of: generation)
        _ = try? System.remove("\(path)/\(image)")
        for name in (try? names().temporary) ?? [] where name.hasPrefix(".\(image).") {
            _ = try? System.remove("\(path)/\(name)")
        }
    }
}
