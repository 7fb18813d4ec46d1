// Single zones that change now and then: the images stay few, and so does what is not used of them.

import Bus
import Glibc
import Platform
import TestSupport
import Testing

@Suite struct CompactionTests {
    @Test func changesOfSingleZonesLeaveFewImages() async throws {
        let system = try await TestSystem()
        let consumer = try await ScriptedConsumer(system)
        for name in ["a", "b", "c", "d", "e"] { try system.writeZone(name, serial: 1) }
        let first = try await system.memmgr("load", "a.zone", "b.zone", "c.zone", "d.zone", "e.zone")
        #expect(first.status == 0, "\(first.errors)")
        for round in 2...4 {
            for name in ["a", "b", "c", "d", "e"] {
                try system.writeZone(name, serial: round)
                let load = try await system.memmgr("load", "\(name).zone")
                #expect(load.status == 0, "\(load.errors)")
                let images = try system.folder.names(in: "images").filter { $0.hasSuffix(".img") }
                // The image of the day, and that of the generation before, which is history.
                #expect(images.count <= 2, "\(images)")
            }
        }
        let status = try await system.status()
        #expect(status["zones"]?.array?.map { $0["serial"]?.integer } == [4, 4, 4, 4, 4])
        #expect(consumer.serving.map { Int64($0.number) } == status["generation"]?.integer)
        let directory = try #require(try system.folder.names(in: "images").last { $0.hasSuffix(".dir") })
        let verified = try await Program.run("memmgr", ["verify", "images/\(directory)"], in: system.folder)
        #expect(verified.status == 0, "\(verified.errors)")
    }

    @Test func whatIsDamagedIsNotCopied() async throws {
        let system = try await TestSystem()
        let consumer = try await ScriptedConsumer(system)
        for name in ["a", "b"] { try system.writeZone(name, serial: 1, address: "192.0.2.77") }
        let first = try await system.memmgr("load", "a.zone", "b.zone")
        #expect(first.status == 0, "\(first.errors)")
        let image = try #require(try system.folder.names(in: "images").last { $0.hasSuffix(".img") })
        // In place, as a disk would: the address in zone b, the second.
        var bytes = try system.folder.read("images/\(image)")
        let place = try #require(bytes.indices.last { bytes[$0...].starts(with: [192, 0, 2, 77]) })
        bytes[place + 3] = 78
        let file = try System.open("\(system.folder.path)/images/\(image)", O_WRONLY)
        #expect(bytes.withUnsafeBytes { pwrite(file.number, $0.baseAddress, $0.count, 0) } == bytes.count)
        try system.writeZone("a", serial: 2)
        let load = try await system.memmgr("load", "a.zone")
        #expect(load.status == 0, "\(load.errors)")
        let newest = try #require(try system.folder.names(in: "images").last { $0.hasSuffix(".img") })
        let verified = try await Program.run("memmgr", ["verify", "images/\(newest)"], in: system.folder)
        #expect(verified.output.contains("image with 1 zone is whole"), "\(verified)")
        #expect(consumer.serving != nil)
    }

    @Test func copiesWithoutRoomAreLeftOut() async throws {
        let system = try await TestSystem()
        let consumer = try await ScriptedConsumer(system)
        let many = (1...400).map { "h\($0) A 192.0.2.1\n" }.joined()
        for name in ["a", "b", "c"] {
            try system.writeZone(name, serial: 1)
            try system.folder.write(try system.folder.text(of: "\(name).zone") + many, to: "\(name).zone")
            #expect(try await system.memmgr("load", "\(name).zone").status == 0)
        }
        // The image before the last has two zones: room for one in a file, and not for three.
        let image = try #require(try system.folder.names(in: "images").first { $0.hasSuffix(".img") })
        let size = try system.folder.read("images/\(image)").count
        let id = try #require(system.id(of: "memmgr"))
        let limit = try await Program.run(
            "/usr/bin/prlimit", ["--pid", "\(id)", "--fsize=\(size * 2 / 3)"], in: system.folder)
        #expect(limit.status == 0, "\(limit.errors)")
        try system.folder.write(
            try system.folder.text(of: "a.zone").replacing(" 1 7200", with: " 2 7200"), to: "a.zone")
        let load = try await system.memmgr("load", "a.zone")
        #expect(load.status == 0, "\(load.errors)")
        #expect(consumer.serving != nil)
    }
}
