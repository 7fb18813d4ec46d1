// Opening a generation: what fits is mapped, everything else is refused with the reason.

import DNSCore
import TestSupport
import Testing

@testable import ZoneImage

@Suite struct MappedGenerationTests {
    private let folder: TemporaryFolder
    private let digest: ContentDigest
    private static let apexes = ["example.", "deep.sub.example.", ".", "other.test."]

    init() throws {
        folder = try TemporaryFolder()
        var zones: [CompiledZone] = []
        for apex in Self.apexes {
            let result = ZoneBuilder.build(
                try table("$ORIGIN \(apex)\n@ 60 SOA a.test. b.test. \(zones.count + 1) 2 3 4 5\n@ 60 NS ns.test.\n"))
            zones.append(try #require(result.zone))
        }
        digest = try Self.write(zones, generation: 1, in: folder)
    }

    /// Writes all zones into one image, and the directory for it.
    private static func write(_ zones: [CompiledZone], generation: UInt64, in folder: TemporaryFolder) throws
        -> ContentDigest
    {
        let name = "g\(generation).img"
        let locations = try ImageFile.write(zones, generation: generation, to: "\(folder.path)/\(name)")
        let file = try ImageFile(path: "\(folder.path)/\(name)")
        try file.verify()
        #expect(try file.locations() == locations)
        let directory = Directory(
            generation: generation,
            images: [Directory.Image(name: name, size: file.header.fileSize, headerDigest: file.headerDigest)],
            zones: zip(zones, locations).map { zone, location in
                Directory.Zone(
                    apex: zone.apex, rrClass: zone.rrClass,
                    content: Directory.Content(
                        image: 0, location: location, serial: zone.serial, recordCount: zone.recordCount,
                        digest: zone.digest))
            })
        return try DirectoryEdition(directory).write(to: "\(folder.path)/g\(generation).dir")
    }

    private func open(digest: String? = nil) throws(ImageError) -> MappedGeneration {
        try MappedGeneration(folder: folder.path, name: "g1.dir", digest: digest)
    }

    @Test func opensWithTheAnnouncedDigest() throws {
        let generation = try open(digest: digest.description)
        try generation.verify()
        try generation.prefault()
        #expect(generation.number == 1)
        #expect(
            generation.directory.directory(generation: 1).zones.map(\.apex)
                == (try Self.apexes.map { try Name($0) }.sorted()))
        #expect(digest.description.count == 64 && digest.description == digest.description.lowercased())
    }

    @Test(arguments: [
        ("example.", "example."), ("www.example.", "example."), ("a.b.sub.EXAMPLE.", "example."),
        ("Deep.Sub.Example.", "deep.sub.example."), ("x.y.deep.sub.example.", "deep.sub.example."), (".", "."),
        ("test.", "."), ("other.test.", "other.test."), ("xother.test.", "."),
        ("a.very.deep.name.below.the.root.", "."),
    ])
    func theDeepestZoneIsFound(_ text: String, _ apex: String) throws {
        let generation = try open()
        try LookupTests.withLookupName(try Name(text), of: generation.view.directory) { name in
            let found = try #require(generation.view.directory.zone(for: name))
            let zone = try #require(generation.view.zone(found.zone))
            #expect(zone.apex == (try Name(apex)))
            #expect(name.labelCount - found.suffix == zone.apexLabels)
        }
    }

    @Test func withoutARootNamesElsewhereHaveNoZone() throws {
        let directory = Directory(
            generation: 3, zones: [Directory.Zone(apex: try Name("a.example."), rrClass: .in, content: nil)])
        _ = try DirectoryEdition(directory).write(to: "\(folder.path)/g3.dir")
        let generation = try MappedGeneration(folder: folder.path, name: "g3.dir")
        for (text, isFound) in [
            ("a.example.", true), ("b.a.example.", true), ("example.", false), (".", false), ("b.example.", false),
        ] {
            LookupTests.withLookupName(try Name(text), of: generation.view.directory) { name in
                let found = generation.view.directory.zone(for: name)
                #expect((found != nil) == isFound)
                if let found { #expect(generation.view.zone(found.zone) == nil) }
            }
        }
        let empty = Directory(generation: 4)
        _ = try DirectoryEdition(empty).write(to: "\(folder.path)/g4.dir")
        let nothing = try MappedGeneration(folder: folder.path, name: "g4.dir")
        LookupTests.withLookupName(.root, of: nothing.view.directory) {
            #expect(nothing.view.directory.zone(for: $0) == nil)
        }
    }

    @Test(arguments: [1, 2, 7, 100, 2000])
    func manyApexesAreAllFound(_ count: Int) throws {
        let zones = try (0..<count).map {
            Directory.Zone(apex: try Name("z\($0).example."), rrClass: .in, content: nil)
        }
        _ = try DirectoryEdition(Directory(generation: 5, zones: zones.shuffled()))
            .write(to: "\(folder.path)/g5.dir")
        let generation = try MappedGeneration(folder: folder.path, name: "g5.dir")
        for index in 0..<count {
            let directory = generation.view.directory
            LookupTests.withLookupName(try Name("www.z\(index).example."), of: directory) { name in
                #expect(directory.zone(for: name)?.suffix == 1)
            }
        }
    }

    @Test func imagesAreSharedWithTheGenerationBefore() throws {
        let first = try open()
        let again = try MappedGeneration(folder: folder.path, name: "g1.dir", previous: first)
        LookupTests.withLookupName(.root, of: first.view.directory) { name in
            let one = first.view.directory.zone(for: name).flatMap { first.view.zone($0.zone) }
            let other = again.view.directory.zone(for: name).flatMap { again.view.zone($0.zone) }
            #expect(one?.bytes.base == other?.bytes.base && one != nil)
        }
    }

    /// What opening says after `change` was made to a file, with its header's digest put right or left alone.
    private func refusal(of name: String, resealed: Bool = true, _ change: (inout [UInt8]) -> Void) throws
        -> ImageError?
    {
        var bytes = try folder.read(name)
        change(&bytes)
        if resealed, bytes.count >= FileLayout.size {
            let header = ContentDigest(of: Array(bytes[..<FileLayout.headerDigest.lowerBound]))
            bytes.replaceSubrange(FileLayout.headerDigest, with: header.octets)
        }
        try folder.write(bytes: bytes, to: name)
        do throws(ImageError) {
            _ = try open()
            return nil
        } catch {
            #expect(error.description.contains(folder.path))
            return error
        }
    }

    @Test(arguments: ["g1.dir", "g1.img"])
    func otherFilesAreRefused(_ name: String) throws {
        let path = "\(folder.path)/\(name)"
        let whole = try folder.read(name)
        for length in [0, 1, 127, 128, whole.count - 1] {
            #expect(try refusal(of: name, resealed: false) { $0 = Array(whole[..<length]) } != nil, "\(length) bytes")
        }
        #expect(
            try refusal(of: name) { $0 = whole + [0] }
                == .wrongSize(path: path, found: whole.count + 1, expected: whole.count))
        #expect(
            try refusal(of: name) {
                $0 = whole
                $0[0] ^= 1
            } == .foreign(path: path))
        #expect(
            try refusal(of: name) {
                $0 = whole
                $0[8] = 99
            } == .wrongVersion(path: path, found: 99))
        #expect(
            try refusal(of: name) {
                $0 = whole
                $0[12] ^= 1
            } == .wrongLayout(path: path))
        #expect(
            try refusal(of: name, resealed: false) {
                $0 = whole
                $0[24] ^= 1
            } == .damagedHeader(path: path))
        let other = name == "g1.dir" ? "g1.img" : "g1.dir"
        #expect(try refusal(of: name, resealed: false) { $0 = (try? folder.read(other)) ?? [] } == .foreign(path: path))
        try folder.write(bytes: whole, to: name)
        _ = try open()
    }

    @Test func aChangedDirectoryIsRefused() throws {
        let path = "\(folder.path)/g1.dir"
        let whole = try folder.read("g1.dir")
        for place in stride(from: FileLayout.size, to: whole.count, by: 13) {
            #expect(
                try refusal(of: "g1.dir") {
                    $0 = whole
                    $0[place] ^= 0x10
                } == .damagedBody(path: path))
        }
        try folder.write(bytes: whole, to: "g1.dir")
        #expect(throws: ImageError.wrongDigest(path: path)) { try open(digest: String(repeating: "0", count: 64)) }
        #expect(throws: ImageError.wrongDigest(path: path)) { try open(digest: "") }
    }

    @Test func aChangedImageIsFoundByVerifying() throws {
        let whole = try folder.read("g1.img")
        for place in stride(from: FileLayout.size, to: whole.count, by: 37) {
            #expect(
                try refusal(of: "g1.img", resealed: false) {
                    $0 = whole
                    $0[place] ^= 1
                } == nil)
            #expect(throws: ImageError.damagedBody(path: "\(folder.path)/g1.img")) { try open().verify() }
        }
    }

    @Test func anotherImageUnderTheNameIsRefused() throws {
        let zone = try #require(
            ZoneBuilder.build(try table("$ORIGIN x.\n@ 60 SOA a b 1 2 3 4 5\n@ 60 NS a.test.\n")).zone)
        try ImageFile.write([zone], generation: 1, to: "\(folder.path)/g1.img")
        #expect(throws: ImageError.wrongDigest(path: "\(folder.path)/g1.img")) { try open() }
    }

    @Test func aTableBehindTheFileIsRefused() throws {
        let whole = try folder.read("g1.img")
        for place in FileLayout.tableOffset.offset..<FileLayout.imageCount.offset {
            var bytes = whole
            bytes[place] ^= 0x80
            let header = ContentDigest(of: Array(bytes[..<FileLayout.headerDigest.lowerBound]))
            bytes.replaceSubrange(FileLayout.headerDigest, with: header.octets)
            try folder.write(bytes: bytes, to: "table.img")
            // Some of these octets move the table within the file, where it names no zone.
            #expect(throws: ImageError.self, "octet \(place)") {
                let file = try ImageFile(path: "\(folder.path)/table.img")
                for location in try file.locations() { _ = try file.zone(at: location) }
            }
        }
    }

    @Test func anImageThatIsGoneIsRefused() throws {
        let bytes = try folder.read("g1.dir")
        let other = try TemporaryFolder()
        try other.write(bytes: bytes, to: "g1.dir")
        #expect(throws: ImageError.self) { try MappedGeneration(folder: other.path, name: "g1.dir") }
        #expect(throws: ImageError.self) { try MappedGeneration(folder: other.path, name: "g2.dir") }
    }

    @Test func aDirectorysBytesDoNotDependOnTheOrderOfZones() throws {
        let generation = try open()
        let directory = withExtendedLifetime(generation) { generation.directory.directory(generation: 1) }
        var shuffled = directory
        shuffled.zones.reverse()
        #expect(try directory.encoded() == shuffled.encoded())
        #expect(try directory.encoded() == (try folder.read("g1.dir")))
    }
}
