// `--skip-out-of-zone` wherever master files are read, and lines that are too long to be shown whole.

import JSON
import TestSupport
import Testing

@Suite struct OutOfZoneCommandTests {
    private static let text = "$TTL 60\n@ SOA ns h 1 2 3 4 5\n@ NS ns\nns A 192.0.2.1\nwww.test. A 192.0.2.2\n"

    @Test func theOptionIsThatOfEveryCommandThatReadsMasterFiles() async throws {
        let folder = try TemporaryFolder()
        try folder.write(Self.text, to: "example.zone")
        try folder.write("ns.example. A = 192.0.2.1\n", to: "expected")
        for command in [
            ["check", "example.zone"], ["compile", "example.zone", "--output", "e.img"], ["dump", "example.zone"],
            ["plan", "example.zone"], ["query", "--file", "example.zone", "ns.example."],
            ["test", "--file", "example.zone", "expected"], ["diff", "example.zone", "example.zone"],
        ] {
            let refused = try await Program.run("memmgr", command, in: folder)
            #expect(refused.status != 0, "\(command)")
            #expect(refused.errors.contains("5:1: error: www.test. is outside the zone example."), "\(command)")
            let accepted = try await Program.run("memmgr", command + ["--skip-out-of-zone"], in: folder)
            #expect(accepted.status == 0, "\(command): \(accepted)")
            #expect(accepted.errors.contains("5:1: warning: skipped www.test., which is outside the zone example."))
        }
    }

    @Test func aLoadMaySkipAndAManagerMayAlways() async throws {
        for options in [[], ["--skip-out-of-zone"]] {
            let system = try await TestSystem(manager: options)
            let consumer = try await ScriptedConsumer(system)
            try system.folder.write(Self.text, to: "example.zone")
            let plain = try await system.memmgr("load", "example.zone")
            #expect((plain.status == 0) == !options.isEmpty, "\(plain)")
            let skipping = try await system.memmgr("load", "--force", "--skip-out-of-zone", "example.zone")
            #expect(skipping.status == 0, "\(skipping)")
            #expect(skipping.errors.contains("warning: skipped www.test."))
            withExtendedLifetime(consumer) {}
        }
    }

    @Test func aLineOfMegabytesIsCutBeforeItTravels() async throws {
        let system = try await TestSystem()
        let consumer = try await ScriptedConsumer(system)
        let strings = String(repeating: "\"\(String(repeating: "x", count: 250))\" ", count: 20_000)
        try system.folder.write(
            "$TTL 60\n@ SOA ns h 1 2 3 4 5\na TXT \(strings) \\256 \(strings)\n", to: "example.zone")
        let check = try await Program.memmgr("check", "example.zone", in: system.folder)
        for result in [check, try await system.memmgr("load", "example.zone")] {
            #expect(result.status == 1)
            #expect(result.errors.utf8.count < 2000 && result.output.utf8.count < 2000)
            #expect(result.errors.contains("\\256") && result.errors.contains("…"))
        }
        withExtendedLifetime(consumer) {}
    }
}
