// What a build gives up before it reads a master file, and that it reads all that it should nevertheless.

import Foundation
import Generations
import Glibc
import JSON
import Platform
import TestSupport
import Testing

@testable import memmgr

@Suite struct BuildSandboxTests {
    /// What a build says of itself, as the lines of a master file that is wrong in each of them.
    private func read(_ file: String, memory: Int = .max) async throws -> String {
        let folder = try TemporaryFolder()
        try folder.write("", to: "images/.keep")
        let order = BuildOrder(
            generation: Generation(1), image: "\(folder.path)/images/g1.img", allowsMissingNS: false,
            iterationLimit: 100, includeFrom: [], nice: 0, memory: memory,
            zones: [
                BuildOrder.Zone(
                    zone: ZoneName("x."), file: file, digest: nil, serial: nil, isForced: false, skipsOutOfZone: false)
            ],
            copies: [])
        try folder.write(bytes: JSONText.encode(order), to: "order")
        let result = try await Program.run(
            "/bin/sh", ["-c", "exec \"$0\" build --order 0 <order", try Program.path("memmgr")], in: folder)
        #expect(result.status == 0, "\(result.errors)")
        return result.output
    }

    @Test func aBuildHasNoPrivileges() async throws {
        let status = try await read("/proc/self/status")
        #expect(status.contains("NoNewPrivs:\\t1"))
        #expect(status.contains("Seccomp:\\t2"))
        // Root's build reads any file, and no more.
        let kept = geteuid() == 0 ? "4" : "0"
        #expect(status.contains("CapEff:\\t000000000000000\(kept)"))
        #expect(status.contains("CapBnd:\\t000000000000000\(kept)") || geteuid() != 0)
    }

    @Test func itsMemoryIsBounded() async throws {
        #expect(try await read("/proc/self/limits", memory: 5 << 30).contains("\(5 << 30)"))
    }

    @Test func theBoundIsTheManagersOption() async throws {
        let system = try await TestSystem(manager: ["--build-memory", "6G"])
        let load = try await system.memmgr("load", "--origin", "x.", "/proc/self/limits")
        #expect(load.status == 1 && load.errors.contains("\(6 << 30)"), "\(load.errors)")
    }

    /// The runtime's queue, by which small zones are compiled at once, has a thread and descriptors of its own.
    @Test func manySmallZonesAreCompiledAtOnce() async throws {
        let system = try await TestSystem()
        for index in 0..<40 {
            try system.folder.write(
                "$TTL 60\n@ SOA ns h 1 2 3 4 5\n@ NS ns\nns A 192.0.2.1\n", to: "many/z\(index).zone")
        }
        let load = try await system.memmgr("load", "many")
        #expect(load.status == 0, "\(load.errors)")
    }

    @Test func aMasterFileMayBeALink() async throws {
        let system = try await TestSystem()
        try system.writeZone(serial: 1)
        try system.folder.write("", to: "zones/.keep")
        try FileManager.default.createSymbolicLink(
            atPath: system.folder.path + "/zones/example.zone",
            withDestinationPath: system.folder.path + "/example.zone")
        let load = try await system.memmgr("load", "zones/example.zone")
        #expect(load.status == 0, "\(load.errors)")
    }

    @Test func includedFilesAreWhereTheOperatorPermits() async throws {
        let system = try await TestSystem(manager: ["--include-from", "common"])
        // Relative to where the manager was started, which is not here.
        try system.folder.write(
            "$TTL 60\n@ SOA ns h 1 2 3 4 5\n@ NS ns.test.\n$INCLUDE ../other/more\n", to: "zones/a.example")
        try system.folder.write("www A 192.0.2.1\nsecret\n", to: "other/more")
        let refused = try await system.memmgr("load", "zones/a.example")
        #expect(refused.status == 1 && refused.errors.contains("a.example:4:10: "), "\(refused.errors)")
        #expect(refused.errors.contains("--include-from") && !refused.errors.contains("secret"), "\(refused.errors)")
        let other = try await TestSystem(manager: ["--include-from", "\(system.folder.path)/other"])
        try system.folder.write("www A 192.0.2.1\n", to: "other/more")
        let accepted = try await other.memmgr("load", "\(system.folder.path)/zones/a.example")
        #expect(accepted.status == 0, "\(accepted.errors)")
        let checked = try await Program.memmgr(
            "check", "--include-from", "other", "zones/a.example", in: system.folder)
        #expect(checked.status == 0, "\(checked.errors)")
        #expect(try await Program.memmgr("check", "zones/a.example", in: system.folder).status == 1)
    }

    @Test(.enabled(if: geteuid() == 0)) func rootReadsFilesOfAnyOwner() async throws {
        let system = try await TestSystem()
        try system.writeZone(serial: 1)
        let file = system.folder.path + "/example.zone"
        #expect(chown(file, 65534, 65534) == 0 && chmod(file, 0o600) == 0)
        let load = try await system.memmgr("load", "example.zone")
        #expect(load.status == 0, "\(load.errors)")
    }
}
