// Single zones that change now and then: the images stay few, and so does what is not used of them.

import Bus
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
}
