import DNSCore
import TestSupport
import Testing

@testable import ZoneImage

/// A directory made out of the one before has the bytes of one that is made from nothing.
struct DirectoryEditionTests {
    private let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    /// A random set of zones in random images, changed many times.
    @Test(arguments: 1...40) func aDirectoryDoesNotDependOnTheOneBefore(seed: Int) throws {
        var random = SplitMix64(seed: UInt64(seed))
        var zones: [Name: Directory.Zone] = [:]
        var former: DirectoryView?
        var files: [[UInt8]] = []
        for number in 1...12 {
            let images = (0..<Int.random(in: 1...4, using: &random)).map { image in
                Directory.Image(
                    name: "g\(number * 10 - image * 3).img", size: UInt64(image + 1),
                    headerDigest: ContentDigest(of: [UInt8(image)]))
            }
            // What stays is in images of the same names and digests.
            let kept = former?.images() ?? []
            let all = (kept + images.filter { !kept.contains($0) }).shuffled(using: &random)
            var edits: [Directory.Zone] = []
            var gone: [Name] = []
            var current = zones.mapValues { moved($0, from: kept, to: all) }
            for apex in try apexes(Int.random(in: 0...9, using: &random), &random) {
                if Bool.random(using: &random) || zones[apex] == nil {
                    let zone = zone(apex, images: all.count, &random)
                    edits.append(zone)
                    current[apex] = zone
                } else {
                    gone.append(apex)
                    current[apex] = nil
                }
            }
            let edition = DirectoryEdition(generation: UInt64(number), images: all, zones: edits, gone: gone)
            let bytes = try edition.encoded(after: former)
            let whole = Directory(generation: UInt64(number), images: all, zones: Array(current.values))
            #expect(try bytes == whole.encoded(), "seed \(seed), generation \(number)")
            zones = current
            files.append(bytes)
            former = try view(of: bytes, number)
        }
    }

    private func view(of bytes: [UInt8], _ number: Int) throws -> DirectoryView {
        // Kept for the rest of the test process: a view does not own what it shows.
        let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: bytes.count, alignment: 64)
        unsafe memory.copyBytes(from: bytes)
        let file = unsafe ImageBytes(base: UnsafeRawPointer(memory.baseAddress!), count: bytes.count)
        let header = try FileHeader(checking: file, isDirectory: true, path: "g\(number).dir")
        return try DirectoryView(bytes: file, header: header, path: "g\(number).dir")
    }

    private func apexes(_ count: Int, _ random: inout SplitMix64) throws -> Set<Name> {
        Set(
            try (0..<count).map { _ in
                let labels = (0..<Int.random(in: 0...3, using: &random)).map { _ in
                    "\("abAB".randomElement(using: &random)!)"
                }
                return try Name(labels.joined(separator: ".") + ".").lowercased
            })
    }

    private func zone(_ apex: Name, images: Int, _ random: inout SplitMix64) -> Directory.Zone {
        let number = UInt64.random(in: 1...1_000_000, using: &random)
        guard images > 0, Int.random(in: 0...4, using: &random) > 0 else {
            return Directory.Zone(apex: apex, rrClass: .in, content: nil)
        }
        return Directory.Zone(
            apex: apex, rrClass: .in,
            content: Directory.Content(
                image: Int.random(in: 0..<images, using: &random), location: ZoneLocation(offset: number, length: 8),
                serial: Serial(rawValue: UInt32(number)), recordCount: 3,
                digest: ContentDigest(of: [UInt8(number & 255)])))
    }

    private func moved(
        _ zone: Directory.Zone, from former: [Directory.Image], to images: [Directory.Image]
    ) -> Directory.Zone {
        guard let content = zone.content, let number = images.firstIndex(of: former[content.image]) else { return zone }
        return Directory.Zone(
            apex: zone.apex, rrClass: zone.rrClass,
            content: Directory.Content(
                image: number, location: content.location, serial: content.serial, recordCount: content.recordCount,
                digest: content.digest))
    }
}
