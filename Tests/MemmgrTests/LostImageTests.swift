// Files that were deleted or could not be read, and consumers that refuse: the manager mends what it can, and says what is answered.

import Bus
import Generations
import JSON
import Platform
import TestSupport
import Testing

@testable import memmgr

@Suite(.serialized) struct LostImageTests {
    private func serving() async throws -> (TestSystem, ScriptedConsumer) {
        let system = try await TestSystem()
        let consumer = try await ScriptedConsumer(system)
        try system.writeZone(serial: 1)
        try #require(try await system.memmgr("load", "example.zone").status == 0)
        return (system, consumer)
    }

    private func removeImages(_ system: TestSystem) throws {
        let folder = "\(system.folder.path)/images"
        let images = try System.names(inFolder: folder).filter { $0.hasSuffix(".img") }
        #expect(!images.isEmpty)
        for name in images { try System.remove("\(folder)/\(name)") }
    }

    @Test func aJoinerThatMissesAnImageHasItBuiltAgain() async throws {
        let (system, _) = try await serving()
        try removeImages(system)
        let joiner = try await ScriptedConsumer(system, name: "consumer.2", .refuseOnce("g2.img: No such file"))
        try await eventually("it is sent another generation, which it serves") {
            joiner.serving.map { $0 > Generation(2) } ?? false
        }
        #expect(try await system.status()["zones"]?.array?.map { $0["state"] } == ["serving"])
    }

    @Test(arguments: ["SIGHUP", "load", "restart"])
    func whateverMakesTheManagerLookHealsIt(way: String) async throws {
        let (system, consumer) = try await serving()
        try removeImages(system)
        switch way {
        case "SIGHUP": system.signal("memmgr", .hangUp)
        case "load":
            let load = try await system.memmgr("load", "example.zone")
            #expect(load.status == 0 && load.output.contains("served by consumer.1"), "\(load)")
            #expect(!load.output.contains("generation 2 "), "\(load)")
        default:
            try await system.end("memmgr", .kill)
            try await system.startManager()
        }
        try await eventually("it is built again and served") {
            guard let serving = consumer.serving, serving > Generation(2) else { return false }
            return try await system.status()["zones"]?.array?.allSatisfy { $0["problem"]?.isNull == true } == true
        }
        let names = try System.names(inFolder: "\(system.folder.path)/images")
        #expect(names.contains { $0.hasSuffix(".img") })
    }

    @Test func aLoadThatNobodyServesEndsWithOne() async throws {
        let system = try await TestSystem()
        try system.writeZone(serial: 1)
        #expect(try await system.memmgr("load", "example.zone").status == 0)
        let consumer = try await ScriptedConsumer(system, .refuse("no memory"))
        try await eventually("it was told") { !consumer.switches.isEmpty }
        try await eventually("it has refused") {
            try await system.status()["consumers"]?.array?.first?["state"] == "refused"
        }
        let load = try await system.memmgr("load", "--json", "example.zone")
        let answer = try JSONValue(text: Array(load.output.utf8))
        #expect(load.status == 1 && answer["ok"] == false, "\(load)")
        #expect(load.errors.contains("consumer.1 answers nothing: no memory"), "\(load)")
        #expect(try await system.status()["zones"]?.array?.map { $0["state"] } == ["failed"])
    }

    @Test func anIncludedFileThatComesBackIsLoaded() async throws {
        let system = try await TestSystem()
        let folder = system.folder
        let zone = "$TTL 60\n@ SOA ns1 host 1 7200 3600 1209600 300\n@ NS ns1\n$INCLUDE hosts\n"
        try folder.write(zone, to: "example.zone")
        try folder.write("ns1 A 192.0.2.1\n", to: "hosts")
        #expect(try await system.memmgr("load", "example.zone").status == 0)
        for restarts in [false, true] {
            let before = try await system.status()["generation"]?.integer ?? 0
            try System.remove("\(folder.path)/hosts")
            system.signal("memmgr", .hangUp)
            try await eventually("the load has failed") {
                try await system.status()["zones"]?.array?.first?["problem"]?.string?.contains("hosts") == true
            }
            try folder.write("ns1 A 192.0.2.\(restarts ? 3 : 2)\n", to: "hosts")
            if restarts {
                try await system.end("memmgr", .terminate)
                try await system.startManager()
            } else {
                system.signal("memmgr", .hangUp)
            }
            try await eventually("it is loaded") { try await system.status()["generation"]?.integer ?? 0 > before }
            try await eventually("all is well") {
                try await system.status()["zones"]?.array?.first?["problem"]?.isNull == true
            }
        }
    }

    @Test func aConsumerIsCutOffByName() async throws {
        let (system, consumer) = try await serving()
        let unknown = try await system.memmgr("disconnect", "consumer.7")
        #expect(unknown.status == 1 && unknown.errors.contains("there are consumer.1"), "\(unknown)")
        #expect(try await system.memmgr("disconnect", "consumer.1").status == 0)
        _ = await consumer.bus.lost()
        try await eventually("it is gone") { try await system.status()["consumers"]?.array?.isEmpty == true }
    }
}
