// Directories made out of the one before. Of many zones few change from one generation to the next: the entries of the others
// are copied as they stand, in runs, and only their references are set right; the index stays while the zones are the same.

import DNSCore
import Platform

/// A directory by what it has other than the one before.
package struct DirectoryEdition: Sendable {
    package let generation: UInt64
    /// All images, to which the zones' content refers; those of zones that stay are found by their names.
    package let images: [Directory.Image]
    private let changes: [Change]

    private struct Change: Sendable {
        let apex: Name
        /// Nil: the zone is gone.
        let zone: Directory.Zone?
    }

    /// The edition in which `zones` are new or other than before, and those in `gone` are not there any more.
    package init(generation: UInt64, images: [Directory.Image], zones: [Directory.Zone], gone: [Name] = []) {
        self.generation = generation
        self.images = images
        let changes =
            zones.map { Change(apex: $0.apex.lowercased, zone: $0) }
            + gone.map { Change(apex: $0.lowercased, zone: nil) }
        let isSorted = zip(changes, changes.dropFirst()).allSatisfy { $0.apex < $1.apex }
        self.changes = isSorted ? changes : changes.sorted { $0.apex < $1.apex }
    }

    /// The edition that needs none before it.
    package init(_ directory: Directory) {
        self.init(generation: directory.generation, images: directory.images, zones: directory.zones)
    }

    /// Writes the directory durably.
    ///
    /// - Returns: the digest to announce: that of the header, which covers the rest.
    package func write(to path: String, after former: DirectoryView? = nil) throws(ImageError) -> ContentDigest {
        let bytes = try encoded(after: former)
        do { try DurableFile.write(bytes, to: path) } catch { throw .platform(error) }
        return ContentDigest(octets: bytes[FileLayout.headerDigest])
    }

    /// The file's bytes: the same as those of a directory with all these zones that is made from nothing.
    ///
    /// - Throws: `ImageError.collidingApexes`.
    func encoded(after former: DirectoryView?) throws(ImageError) -> [UInt8] {
        let runs = runs(of: former)
        let zoneCount = runs.reduce(0) { $0 + $1.kept.count + ($1.added == nil ? 0 : 1) }
        let keepsIndex = former != nil && runs.allSatisfy { $0.isInPlace }
        var header = FileHeader(isDirectory: true)
        header.generation = generation
        header.imageCount = UInt32(images.count)
        header.tableCount = UInt32(zoneCount)
        header.tableOffset = UInt64(FileLayout.size + images.count * DirectoryLayout.imageSize)
        var bytes = [UInt8](repeating: 0, count: FileLayout.size)
        bytes.reserveCapacity(bytes.count + images.count * DirectoryLayout.imageSize + zoneCount * 136)
        for image in images { append(image, to: &bytes) }
        appendEntries(runs, former, to: &bytes, apexes: Int(header.tableOffset) + zoneCount * DirectoryLayout.zoneSize)
        while bytes.count % BucketLayout.size != 0 { bytes.append(0) }
        header.indexOffset = UInt64(bytes.count)
        if let former, keepsIndex {
            header.bucketCount = former.bucketCount
            header.deepestApex = UInt16(former.deepestApex)
            header.seed = former.seed
            unsafe bytes.append(contentsOf: former.index)
        } else {
            let apexes = ApexIndex(of: bytes, tableOffset: Int(header.tableOffset), count: zoneCount)
            guard let apexes else { throw .collidingApexes }
            header.bucketCount = apexes.index.bucketCount
            header.deepestApex = UInt16(apexes.deepest)
            header.seed = apexes.index.seed
            unsafe bytes.append(contentsOf: apexes.index.words.octets)
        }
        header.fileSize = UInt64(bytes.count)
        let digest = bytes.withUnsafeBytes { file in
            unsafe ContentDigest(of: UnsafeRawBufferPointer(rebasing: file[FileLayout.size...]))
        }
        bytes.replaceSubrange(..<FileLayout.size, with: header.encoded(bodyDigest: digest))
        return bytes
    }

    // MARK: What stays and what comes

    /// Zones that stay, and the one that comes behind them.
    private struct Run {
        /// Their numbers in the directory before.
        let kept: Range<Int>
        let added: Directory.Zone?
        /// The number that the zone had before; nil for a new one.
        let former: Int?

        /// Whether the zones after it have the numbers that they had.
        var isInPlace: Bool { (added == nil) == (former == nil) }
    }

    private func runs(of former: DirectoryView?) -> [Run] {
        let count = former?.zoneCount ?? 0
        var runs: [Run] = []
        runs.reserveCapacity(changes.count + 1)
        var next = 0
        let name = LookupName.allocate()
        defer { name.deallocate() }
        for change in changes {
            if let number = former?.number(ofZone: change.apex, name) {
                runs.append(Run(kept: next..<max(next, number), added: change.zone, former: number))
                next = max(next, number + 1)
            } else if let zone = change.zone {
                let place = former?.place(for: change.apex, from: next) ?? 0
                runs.append(Run(kept: next..<place, added: zone, former: nil))
                next = place
            }
        }
        runs.append(Run(kept: next..<max(next, count), added: nil, former: nil))
        return runs
    }

    // MARK: The tables

    private func append(_ image: Directory.Image, to bytes: inout [UInt8]) {
        let start = bytes.count
        bytes += image.name.utf8.prefix(DirectoryLayout.imageNameSize - 1)
        bytes += repeatElement(0, count: start + DirectoryLayout.imageNameSize - bytes.count)
        bytes.appendLittleEndian(image.size)
        bytes += image.headerDigest.octets
    }

    /// Appends the table of zones and their apexes, which begin at `apexes`.
    private func appendEntries(_ runs: [Run], _ former: DirectoryView?, to bytes: inout [UInt8], apexes: Int) {
        let numbers = numbers(of: former?.images() ?? [])
        var names: [UInt8] = []
        var entry = [UInt8](repeating: 0, count: DirectoryLayout.zoneSize)
        for run in runs {
            if let former, !run.kept.isEmpty {
                let start = bytes.count
                let (entries, apexesBefore, apexesKept) = unsafe former.tables(of: run.kept)
                unsafe bytes.append(contentsOf: entries)
                let moved = apexes + names.count - apexesBefore
                unsafe names.append(contentsOf: apexesKept)
                DirectoryEdition.setRight(&bytes, from: start, moved: moved, numbers)
            }
            if let zone = run.added {
                let apex = zone.apex.lowercased.wire
                fill(&entry, zone, apex: apexes + names.count, length: apex.count)
                bytes += entry
                names += apex
            }
        }
        bytes += names
    }

    /// The number of each of the images before among the images now.
    private func numbers(of former: [Directory.Image]) -> [UInt32] {
        let numbers = Dictionary(
            images.enumerated().map { ($1, UInt32($0)) }, uniquingKeysWith: { first, _ in first })
        return former.map { numbers[$0] ?? DirectoryLayout.noImage }
    }

    /// Sets the references of entries right that were copied: where their apexes stand, and which image they are in.
    private static func setRight(_ bytes: inout [UInt8], from start: Int, moved: Int, _ numbers: [UInt32]) {
        bytes.withUnsafeMutableBytes { bytes in
            for entry in stride(from: start, to: unsafe bytes.count, by: DirectoryLayout.zoneSize) {
                // Safe: the entry is within the buffer, whose size is a whole number of entries from `start` on.
                let image = entry + DirectoryLayout.zoneImage.offset
                let number = unsafe UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: image, as: UInt32.self))
                let current = Int(number) < numbers.count ? numbers[Int(number)] : DirectoryLayout.noImage
                unsafe bytes.storeBytes(of: current.littleEndian, toByteOffset: image, as: UInt32.self)
                let apex = entry + DirectoryLayout.zoneApexOffset.offset
                let before = unsafe UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: apex, as: UInt32.self))
                let place = UInt32(truncatingIfNeeded: Int(before) + moved)
                unsafe bytes.storeBytes(of: place.littleEndian, toByteOffset: apex, as: UInt32.self)
            }
        }
    }

    private func fill(_ entry: inout [UInt8], _ zone: Directory.Zone, apex: Int, length: Int) {
        let content = zone.content
        entry.set(DirectoryLayout.zoneImage, of: 0, to: content.map { UInt32($0.image) } ?? DirectoryLayout.noImage)
        entry.set(DirectoryLayout.zoneSerial, of: 0, to: content?.serial.rawValue ?? 0)
        entry.set(DirectoryLayout.zoneOffset, of: 0, to: content?.location.offset ?? 0)
        entry.set(DirectoryLayout.zoneLength, of: 0, to: content?.location.length ?? 0)
        entry.set(DirectoryLayout.zoneRecords, of: 0, to: UInt32(truncatingIfNeeded: content?.recordCount ?? 0))
        entry.set(DirectoryLayout.zoneApexOffset, of: 0, to: UInt32(truncatingIfNeeded: apex))
        entry.set(DirectoryLayout.zoneApexLength, of: 0, to: UInt16(length))
        entry.set(DirectoryLayout.zoneClass, of: 0, to: zone.rrClass.rawValue)
        let digest = content?.digest.octets ?? Array(repeating: 0, count: FileLayout.digestSize)
        entry.replaceSubrange(DirectoryLayout.zoneDigest, with: digest)
    }
}

/// The index of the apexes of a table of zones.
private struct ApexIndex: ~Copyable {
    let index: HashIndex
    /// The most labels of an apex.
    let deepest: Int

    /// Nil when the hashes of the apexes are too much alike with every seed.
    init?(of bytes: [UInt8], tableOffset: Int, count: Int) {
        let name = LookupName.allocate()
        defer { name.deallocate() }
        var deepest = 0
        let index = HashIndex((0..<UInt32(count)).map { $0 + 1 }) { number, function in
            bytes.withUnsafeBytes { file in
                let view = unsafe ImageBytes(base: file.baseAddress.unsafelyUnwrapped, count: file.count)
                let entry = tableOffset + number * DirectoryLayout.zoneSize
                let apex = unsafe view.slice(
                    at: Int(view.load(DirectoryLayout.zoneApexOffset, of: entry)),
                    length: Int(view.load(DirectoryLayout.zoneApexLength, of: entry)))
                _ = unsafe name.read(apex)
            }
            name.hashApexes(function, depth: name.labelCount)
            deepest = max(deepest, name.labelCount)
            return name.apexHash(ofSuffix: 0)
        }
        guard let index else { return nil }
        self.index = index
        self.deepest = deepest
    }
}

extension DirectoryView {
    /// The index's bytes.
    fileprivate var index: UnsafeRawBufferPointer {
        unsafe bytes.slice(at: indexOffset, length: Int(bucketCount) * BucketLayout.size)
    }

    /// The zone with exactly this apex.
    fileprivate func number(ofZone apex: Name, _ name: LookupName) -> Int? {
        _ = apex.wire.withUnsafeBytes { unsafe name.read($0) }
        prepare(name)
        guard let found = zone(for: name), found.suffix == 0 else { return nil }
        return found.zone
    }

    /// The number before which a zone that is not there belongs; none below `first`.
    fileprivate func place(for apex: Name, from first: Int) -> Int {
        var (low, high) = (first, zoneCount)
        while low < high {
            let middle = (low + high) / 2
            if self.apex(ofZone: middle) < apex { low = middle + 1 } else { high = middle }
        }
        return low
    }

    /// The entries of zones, where their apexes begin, and these.
    fileprivate func tables(
        of zones: Range<Int>
    ) -> (entries: UnsafeRawBufferPointer, apexesOffset: Int, apexes: UnsafeRawBufferPointer) {
        let first = Int(load(DirectoryLayout.zoneApexOffset, of: entry(zones.lowerBound)))
        let last = entry(zones.upperBound - 1)
        let end =
            Int(load(DirectoryLayout.zoneApexOffset, of: last)) + Int(load(DirectoryLayout.zoneApexLength, of: last))
        return unsafe (
            bytes.slice(at: entry(zones.lowerBound), length: zones.count * DirectoryLayout.zoneSize), first,
            bytes.slice(at: first, length: end - first)
        )
    }
}
