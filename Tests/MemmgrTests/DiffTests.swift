// `memmgr diff` and `memmgr plan`, and the difference of two versions against sets of their records.

import Bus
import DNSCore
import JSON
import TestSupport
import Testing
import ZoneFile
import ZoneImage

@Suite struct DiffTests {
    private let folder: TemporaryFolder
    private let head = "$TTL 60\n@ NS ns\nns A 192.0.2.1\n"

    init() throws { folder = try TemporaryFolder() }

    private func write(_ records: String, serial: Int, to name: String) throws {
        try folder.write("@ 60 SOA ns h \(serial) 7200 3600 1209600 300\n\(head)\(records)", to: name)
    }

    private func diff(_ arguments: String...) async throws -> Program.Result {
        try await Program.run("memmgr", ["diff", "--origin", "example"] + arguments, in: folder)
    }

    @Test func recordsThatDifferArePrinted() async throws {
        try write("a A 192.0.2.2\nb TXT x\nc 60 A 192.0.2.3\n", serial: 1, to: "old")
        try write("a A 192.0.2.2\na A 192.0.2.4\nc 61 A 192.0.2.3\n*.d TXT y\n", serial: 2, to: "new")
        let result = try await diff("old", "new")
        #expect(result.status == 1, "\(result.errors)")
        #expect(
            result.output == """
                - example.\t60\tIN\tSOA\tns.example. h.example. 1 7200 3600 1209600 300
                + example.\t60\tIN\tSOA\tns.example. h.example. 2 7200 3600 1209600 300
                + a.example.\t60\tIN\tA\t192.0.2.4
                - b.example.\t60\tIN\tTXT\t"x"
                - c.example.\t60\tIN\tA\t192.0.2.3
                + c.example.\t61\tIN\tA\t192.0.2.3
                + *.d.example.\t60\tIN\tTXT\t"y"

                """)
    }

    @Test func imagesAndFilesAreCompared() async throws {
        try write("a A 192.0.2.2\n", serial: 1, to: "old")
        try write("a A 192.0.2.2\n", serial: 2, to: "new")
        for name in ["old", "new"] {
            let compiled = try await Program.memmgr(
                "compile", "--origin", "example", name, "--output", "\(name).img", in: folder)
            #expect(compiled.status == 0, "\(compiled.errors)")
        }
        let same = try await diff("old.img", "old")
        #expect(same.status == 0 && same.output == "")
        let summary = try await diff("old.img", "new.img", "--summary")
        #expect(summary.output.contains("zone example.  serial 1 to 2  1 record removed  1 added"), "\(summary)")
        let json = try JSONValue(text: Array(try await diff("old", "new.img", "--json").output.utf8))
        #expect(json["equal"] == false && json["zones"]?[0]?["added"] == 1 && json["zones"]?[0]?["from"] == 1)
        let missing = try await diff("old", "none")
        #expect(missing.status == 74 && missing.errors.contains("none"), "\(missing)")
    }

    @Test func generationsAreCompared() async throws {
        let system = try await TestSystem()
        let consumer = try await ScriptedConsumer(system)
        var numbers: [Int64] = []
        for serial in 1...2 {
            try system.writeZone(serial: serial)
            #expect(try await system.memmgr("load", "example.zone").status == 0)
            numbers.append(try #require(consumer.serving.map { Int64($0.number) }))
        }
        let result = try await system.memmgr("diff", "\(numbers[0])", "\(numbers[1])")
        #expect(result.status == 1 && result.output.split(separator: "\n").count == 2, "\(result)")
        let gone = try await system.memmgr("diff", "999", "\(numbers[1])")
        #expect(gone.status == 74 && gone.errors.contains("g999.dir"), "\(gone)")
    }

    @Test(arguments: UInt64(1)...40) func theDifferenceIsThatOfTheSets(seed: UInt64) throws {
        var random = SplitMix64(seed: seed)
        let (old, new) = (try zone(&random), try zone(&random))
        var (removed, added): (Set<String>, Set<String>) = ([], [])
        func all(_ zone: CompiledZone) -> Set<String> {
            var found: Set<String> = []
            zone.withView { $0.forEachRecord { owner, record in found.insert(text(owner, record)) } }
            return found
        }
        old.withView { before in
            new.withView { after in
                ZoneDifference(from: before, to: after).forEachChange { change, owner, record in
                    if change == .removed {
                        removed.insert(text(owner, record))
                    } else {
                        added.insert(text(owner, record))
                    }
                }
            }
        }
        #expect(removed == all(old).subtracting(all(new)), "seed \(seed)")
        #expect(added == all(new).subtracting(all(old)), "seed \(seed)")
    }

    private func zone(_ random: inout SplitMix64) throws -> CompiledZone {
        var text = "@ 60 SOA ns h \(Int.random(in: 1...2, using: &random)) 7200 3600 1209600 300\n" + head
        let names = ["@", "a", "b", "a.b", "x.y.z", "*", "ns"]
        let data = [
            "A 192.0.2.7", "A 192.0.2.8", "MX 1 a", "MX 1 @", "TXT t", "TXT u", "SRV 1 2 3 a.b", "AAAA 2001:db8::1",
        ]
        for _ in 0..<Int.random(in: 0...12, using: &random) {
            text += "\(names.randomElement(using: &random)!) \(data.randomElement(using: &random)!)\n"
        }
        let loaded = try ZoneLoader(origin: Name("example.")).load(text: text, name: "seed")
        return try #require(ZoneBuilder.build(loaded.records).zone)
    }

    private func text(_ owner: [UInt8], _ record: PartRecord) -> String { "\(owner) \(record)" }

    @Test func aPlanTellsWhatZonesTake() async throws {
        try write("a A 192.0.2.2\n", serial: 1, to: "good.zone")
        let plan = try await Program.memmgr("plan", "good.zone", in: folder)
        #expect(plan.status == 0, "\(plan.errors)")
        #expect(plan.output.contains("zone good.  serial 1  4 records") && plan.output.contains("hash index"))
        #expect(plan.output.contains("shared by all processes"))
        try folder.write("a A nonsense\n", to: "bad.zone")
        let json = try await Program.memmgr("plan", "--json", "good.zone", "bad.zone", in: folder)
        #expect(json.status == 1 && json.errors.contains("bad.zone:1:"))
        let value = try JSONValue(text: Array(json.output.utf8))
        #expect(value["zones"]?[0]?["ok"] == true && value["zones"]?[1]?["ok"] == false)
    }
}
