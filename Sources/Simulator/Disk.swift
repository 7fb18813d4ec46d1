// A disk with a memory: what processes see is what was written; what a loss of power leaves is what was flushed. A name
// is durable when its folder has been flushed since, data when the file has. The death of a process loses nothing.

import Generations

/// The image folder and the folder of the record.
struct Disk: Hashable, Sendable {
    /// What a file says. An image's content is known by its name: it is never written twice.
    enum Content: Hashable, Sendable {
        case image([ZoneName: Digest])
        case directory(Digest, zones: [ZoneName: ZoneVersion])
        case record(Record)
    }

    struct File: Hashable, Sendable {
        /// Which writing of the name this is: a file that was written again is another one.
        let inode: Int
        let content: Content
        var isSynced = false
        /// A loss of power took data that had not been flushed.
        var isTorn = false
    }

    /// A folder: names as processes see them, and as they were when it was last flushed.
    struct Folder<Name: Hashable & Comparable & Sendable>: Hashable, Sendable {
        private(set) var files: [Name: File] = [:]
        private(set) var durable: [Name: File] = [:]

        subscript(name: Name) -> File? { files[name] }

        /// There under this name even after a loss of power, whole.
        func isDurable(_ name: Name) -> Bool {
            guard let file = durable[name] else { return false }
            return file.isSynced && !file.isTorn
        }

        mutating func put(_ file: File, as name: Name) { files[name] = file }

        mutating func sync(_ name: Name) { files[name]?.isSynced = true }

        mutating func rename(_ from: Name, to name: Name) {
            guard let file = files.removeValue(forKey: from) else { return }
            files[name] = file
        }

        mutating func remove(_ name: Name) { files[name] = nil }

        /// Deleted for good.
        mutating func lose(_ name: Name) {
            files[name] = nil
            durable[name] = nil
        }

        mutating func flush() { durable = files }

        /// Names that were not flushed may have reached the disk or not; data that was not flushed has not.
        mutating func losePower(reachedDisk: Bool) {
            if !reachedDisk { files = durable }
            for (name, file) in files where !file.isSynced { files[name]?.isTorn = true }
            durable = files
        }
    }

    /// Names in the image folder: those of the protocol, and temporary ones.
    enum ImageName: Hashable, Comparable, Sendable {
        case file(FileName)
        case temporary(FileName)
    }

    enum StateName: Hashable, Comparable, Sendable {
        case record
        case temporary
    }

    var images = Folder<ImageName>()
    var state = Folder<StateName>()
    private(set) var lastInode = 0

    mutating func newFile(_ content: Content) -> File {
        lastInode += 1
        return File(inode: lastInode, content: content)
    }

    /// The record as a starting manager reads it.
    var record: Record? { state[.record].flatMap(Disk.record) }

    /// The record that a loss of power would leave for certain.
    var durableRecord: Record? { state.isDurable(.record) ? state.durable[.record].flatMap(Disk.record) : nil }

    private static func record(_ file: File) -> Record? {
        guard case .record(let record) = file.content, !file.isTorn else { return nil }
        return record
    }

    /// What a starting manager finds; temporary names are removed as the daemon does it.
    mutating func startup() -> Ledger.Startup {
        var names: [FileName] = []
        var intact: Set<FileName> = []
        var newest: (generation: Generation, zones: [ZoneName: ZoneVersion])?
        for name in images.files.keys.sorted() {
            switch name {
            case .temporary: images.remove(name)
            case .file(let file):
                names.append(file)
                guard let content = images[name], !content.isTorn else { continue }
                intact.insert(file)
                if case .directory(_, let zones) = content.content, let generation = file.generation,
                    generation > newest?.generation ?? Generation(0)
                {
                    newest = (generation, zones)
                }
            }
        }
        state.remove(.temporary)
        return Ledger.Startup(
            record: record, names: names, intact: intact, found: record == nil ? newest?.zones : nil)
    }

    mutating func losePower(reachedDisk: Bool) {
        images.losePower(reachedDisk: reachedDisk)
        state.losePower(reachedDisk: reachedDisk)
    }
}
