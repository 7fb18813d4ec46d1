// The example zones that come with the project load without a word, and dump to files that load to the same records.

import DNSCore
import Testing
import ZoneFile

@Suite struct ExampleZoneTests {
    @Test(arguments: [("example", 27), ("delegations.test", 16), ("wild.test", 18), ("2.0.192.in-addr.arpa", 12)])
    func loadsAndSurvivesADump(origin: String, count: Int) throws {
        let folder = #filePath.split(separator: "/").dropLast(3).joined(separator: "/")
        let loader = ZoneLoader(origin: try Name(origin))
        let zone = try loader.load(path: "/\(folder)/zones/\(origin).zone")
        #expect(zone.records.count == count)
        #expect(zone.warnings.isEmpty && zone.serial != nil)
        var dump: [UInt8] = []
        for row in 0..<zone.records.count { RecordText.append(zone.records[row], to: &dump) }
        let again = try loader.load(text: dump, name: "dump")
        #expect((0..<count).map { zone.records[$0] } == (0..<count).map { again.records[$0] })
    }
}
