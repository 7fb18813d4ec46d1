// The same records give the same image: from a dump, in another order, under another spelling.

import FoundationEssentials
import TestSupport
import Testing

@Suite struct DeterminismTests {
    let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    @Test(arguments: Zones.examples)
    func dumpCompilesToTheSameImage(path: String) async throws {
        let file = path.split(separator: "/").last.map(String.init) ?? path
        try await roundTrip(path, origin: String(file.dropLast(".zone".count)))
    }

    @Test func rootZoneRoundTrip() async throws {
        let path = try #require(Zones.root, "no root zone: set ZONECAST_ROOT_ZONE to its path")
        try await roundTrip(path, origin: ".")
    }

    @Test func shuffledAndRespelledInputGivesTheSameImage() async throws {
        let seed = UInt64.random(in: 0 ... .max)
        var numbers = SplitMix64(seed: seed)
        var lines = ["@ 3600 IN SOA ns1 hostmaster 1 7200 3600 1209600 300", "@ 3600 NS ns1", "@ 3600 NS ns2"]
        for index in 0..<300 {
            lines.append("host\(index) 300 A 192.0.2.\(index % 250)")
            lines.append("host\(index) 300 MX 10 host\(index / 2)")
            lines.append("d\(index) 3600 NS ns\(index % 4).d\(index)")
            lines.append("ns\(index % 4).d\(index) 3600 AAAA 2001:db8::\(index)")
        }
        try folder.write(lines.joined(separator: "\n"), to: "a.zone")
        let other = lines.shuffled(using: &numbers).map { line in
            let words = line.split(separator: " ")
            let owner = words[0] == "@" ? "example." : Bool.random(using: &numbers) ? "\(words[0]).EXAMPLE." : words[0]
            return ([owner] + words.dropFirst()).joined(separator: "  ")
        }
        try folder.write(other.joined(separator: "\r\n"), to: "b.zone")
        for name in ["a", "b"] {
            let result = try await Program.memmgr(
                "compile", "--origin", "example", "\(name).zone", "-o", "\(name).img", in: folder)
            #expect(result.status == 0, "seed \(seed): \(result.errors)")
        }
        #expect(try folder.read("a.img") == folder.read("b.img"), "seed \(seed)")
    }

    private func roundTrip(_ path: String, origin: String) async throws {
        let first = try await Program.memmgr("compile", "--origin", origin, path, "-o", "first.img", in: folder)
        try #require(first.status == 0, "\(first.errors)")
        let dump = try await Program.memmgr("dump", "first.img", in: folder)
        try #require(dump.status == 0, "\(dump.errors)")
        try folder.write(dump.output, to: "dump.txt")
        let second = try await Program.memmgr("compile", "--origin", origin, "dump.txt", "-o", "second.img", in: folder)
        try #require(second.status == 0, "\(second.errors)")
        #expect(try folder.read("first.img") == folder.read("second.img"))
        let verified = try await Program.memmgr("verify", "second.img", in: folder)
        #expect(verified.status == 0, "\(verified.errors)")
    }
}
