// The limits of the process: what is refused is said, what was served is served on, nothing is left behind.

import Bus
import Generations
import TestSupport
import Testing

@Suite struct LimitTests {
    /// Sets how many files the manager may have open: so many more than it has.
    private func allowFiles(_ more: Int, for system: TestSystem) async throws {
        let id = try #require(system.id(of: "memmgr"))
        let open = try await Program.run("/bin/ls", ["/proc/\(id)/fd"], in: system.folder)
        let limit = open.output.split(separator: "\n").count + more
        let result = try await Program.run(
            "/usr/bin/prlimit", ["--pid", "\(id)", "--nofile=\(limit):"], in: system.folder)
        #expect(result.status == 0, "\(result.errors)")
    }

    @Test func aManagerWithoutDescriptorsRefusesAndGoesOn() async throws {
        let system = try await TestSystem()
        let consumer = try await ScriptedConsumer(system)
        try system.writeZone(serial: 1)
        #expect(try await system.memmgr("load", "example.zone").status == 0)
        let served = consumer.serving
        let files = try system.folder.names(in: "images")
        try system.writeZone(serial: 2)
        for more in [0, 1, 2, 3, 4] {
            try await allowFiles(more, for: system)
            let load = try await system.memmgr("load", "example.zone")
            #expect(load.status == 1 && load.errors.contains("Too many open files"), "\(load.errors)")
            #expect(consumer.serving == served)
            #expect(try system.folder.names(in: "images") == files)
        }
        try await allowFiles(100, for: system)
        let load = try await system.memmgr("load", "example.zone")
        #expect(load.status == 0, "\(load.errors)")
        #expect(load.output.contains("example.  loaded  serial 2"))
    }
}
