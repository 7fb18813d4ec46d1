// Commands for many zones: unload several, make the set equal to a list, print what is not plain success.

import Bus
import BusClient
import FoundationEssentials
import Generations
import JSON
import Platform
import TestSupport
import Testing

@testable import memmgr

@Suite(.serialized) struct ZoneSetCommandTests {
    private func systemWith(_ zones: [String]) async throws -> (TestSystem, ScriptedConsumer) {
        let system = try await TestSystem()
        let consumer = try await ScriptedConsumer(system)
        for zone in zones { try system.writeZone(zone, serial: 1) }
        #expect(try await system.memmgr(["load"] + zones.map { "\($0).zone" }).status == 0)
        return (system, consumer)
    }

    private func names(_ system: TestSystem) async throws -> [String] {
        try await system.status()["zones"]?.array?.compactMap { $0["zone"]?.string } ?? []
    }

    @Test func severalZonesAreUnloadedAsOneGeneration() async throws {
        let (system, consumer) = try await systemWith(["a", "b", "c", "d"])
        let before = consumer.switches.count
        let result = try await system.memmgr("unload", "a", "B.", "nobody")
        #expect(result.status == 1)
        #expect(
            result.output.hasPrefix("a.      unloaded\nb.      unloaded\nnobody.  no such zone")
                || result.output.contains("nobody.  no such zone"), "\(result)")
        #expect(result.errors.contains("memmgr: nobody.: no such zone"))
        #expect(consumer.switches.count == before + 1)
        #expect(try await names(system) == ["c.", "d."])
        try system.folder.write("# old\nc /old/c.zone\nd.\n", to: "list")
        #expect(try await system.memmgr("unload", "--list", "list").status == 0)
        #expect(try await names(system) == [])
        #expect(try await system.memmgr("unload").status == 64)
    }

    @Test func theSetBecomesTheList() async throws {
        let (system, consumer) = try await systemWith(["a", "b", "c"])
        let before = consumer.switches.count
        try system.writeZone("b", serial: 2)
        try system.writeZone("new", serial: 1)
        try system.folder.write("b b.zone\nc c.zone\nnew new.zone\n", to: "list")
        let result = try await system.memmgr("load", "--list", "list", "--prune", "--json")
        #expect(result.status == 0, "\(result)")
        let zones = try #require(try JSONValue(text: Array(result.output.utf8))["zones"]?.array)
        let results = Dictionary(
            zones.map { ($0["zone"]?.string ?? "", $0["result"]?.string ?? "") }, uniquingKeysWith: { $1 })
        #expect(results == ["a.": "unloaded", "b.": "published", "c.": "unchanged", "new.": "published"])
        #expect(try await names(system) == ["b.", "c.", "new."])
        #expect(consumer.switches.count == before + 1, "one generation")
        // Again: nothing is left to do.
        #expect(try await system.memmgr("load", "--list", "list", "--prune").status == 0)
        #expect(consumer.switches.count == before + 1)
    }

    @Test func nothingIsUnloadedWhereTheWholeLoadFails() async throws {
        let (system, consumer) = try await systemWith(["a", "b"])
        try system.writeZone("b", serial: 2, address: "nonsense")
        try system.folder.write("b b.zone\n", to: "list")
        let result = try await system.memmgr("load", "--list", "list", "--prune", "--all-or-nothing")
        #expect(result.status == 1 && result.output.contains("a.  skipped"), "\(result)")
        #expect(try await names(system) == ["a.", "b."])
        // Without it, the zone that fails keeps its version, and the other goes.
        #expect(try await system.memmgr("load", "--list", "list", "--prune").status == 1)
        #expect(try await names(system) == ["b."])
        _ = consumer
    }

    @Test func anEmptyListPrunesNothing() async throws {
        let (system, consumer) = try await systemWith(["a"])
        try system.folder.write("# nothing\n", to: "list")
        let result = try await system.memmgr("load", "--list", "list", "--prune")
        #expect(result.status == 1 && result.errors.contains("names no zones"), "\(result)")
        #expect(try await names(system) == ["a."])
        for wrong in [["--prune", "a.zone"], ["--prune", "--list", "list", "--canary", "1"]] {
            #expect(try await system.memmgr(["load"] + wrong).status == 64)
        }
        _ = consumer
    }

    @Test func ofManyZonesOnlyWhatIsNotPlainSuccessIsListed() async throws {
        let system = try await TestSystem()
        let consumer = try await ScriptedConsumer(system)
        var list = ""
        for number in 1...120 {
            try system.writeZone("z\(number)", serial: 1, address: number == 7 ? "nonsense" : "192.0.2.1")
            list += "z\(number) z\(number).zone\n"
        }
        try system.folder.write(list, to: "list")
        let first = try await system.memmgr("load", "--list", "list")
        #expect(first.status == 1)
        let lines = first.output.split(separator: "\n").map(String.init)
        #expect(lines.count == 4, "\(first.output)")
        #expect(lines[0] == "z7.  failed" && lines[1] == "120 zones: 119 loaded, 1 failed")
        #expect(lines[2] == "1 zone failed; its last good version, if any, is still served")
        #expect(lines[3].hasPrefix("generation "))
        #expect(try system.log().contains("compiled 120 zones"))
        try system.writeZone("z7", serial: 1)
        let second = try await system.memmgr("load", "--list", "list")
        #expect(second.status == 0 && second.output.hasPrefix("120 zones: 1 loaded, 119 unchanged\n"), "\(second)")
        let unloaded = try await system.memmgr("unload", "--list", "list")
        #expect(unloaded.output.hasPrefix("120 zones: 120 unloaded\n"), "\(unloaded)")
        _ = consumer
    }

    /// Under PrivateTmp=, the manager's /tmp is not ours.
    @Test func aFileThatOnlyTheCommandSeesIsNamedAsSuch() {
        let message = "could not open /tmp/a.zone: No such file or directory (memmgr runs as user zonecast)"
        #expect(PublishReport.isHidden("/tmp/a.zone", [message]) { _ in true })
        #expect(!PublishReport.isHidden("/tmp/a.zone", [message]) { _ in false })
        #expect(
            !PublishReport.isHidden("/tmp/a.zone", ["could not open /tmp/b: No such file or directory"]) { _ in true })
        #expect(!PublishReport.isHidden("/tmp/a.zone", ["could not open /tmp/a.zone: Permission denied"]) { _ in true })
    }
}
