// The manager's memory on disk: whatever write fails at whatever step, what is read is one of the records that were written, and
// the next one is written as if nothing had happened.

import Glibc
import Platform
import TestSupport
import Testing

@testable import Generations
@testable import memmgr

struct RecordFileTests {
    private let folder: StateFolder
    private let temporary: TemporaryFolder

    init() throws {
        temporary = try TemporaryFolder()
        folder = try StateFolder(option: temporary.path)
    }

    /// A record with so many zones, whose serials are `serial`, in a file whose name is hard to write down.
    private func record(_ revision: UInt64, zones: Int = 3, serial: UInt32) -> Record {
        var changes: [ZoneName: Change] = [:]
        for number in 0..<zones {
            changes[ZoneName("z\(number).example.")] = .replace(
                ZoneVersion(
                    image: .image(of: Generation(7)), digest: Digest(hex: "00ff")!, serial: serial, records: 3,
                    file: number == 0 ? nil : "/zones/a \\n b\n\(number)"))
        }
        return Record(
            revision: revision, last: Generation(revision), current: nil, content: Content().applying(changes),
            troubles: [], lost: [], former: [], refused: [])
    }

    private func read() throws -> Record? {
        var file = RecordFile(folder: folder)
        return try file.read()
    }

    @Test func whatIsWrittenIsRead() throws {
        var file = RecordFile(folder: folder)
        #expect(try file.read() == nil)
        for (revision, zones) in [(1, 3), (2, 5), (3, 0), (4, 4)] as [(UInt64, Int)] {
            let record = record(revision, zones: zones, serial: UInt32(revision))
            try file.write(record)
            #expect(try read() == record)
        }
        #expect(try temporary.names() == ["record.json", "record.zones.1"])
        // The next manager goes on in the same file.
        var next = RecordFile(folder: folder)
        _ = try next.read()
        try next.write(record(5, serial: 9))
        #expect(try read() == record(5, serial: 9))
        #expect(try temporary.names() == ["record.json", "record.zones.1"])
    }

    /// Half of the lines are of no use: the file is written anew, and the old one goes.
    @Test func theFileOfZonesDoesNotGrowForEver() throws {
        var file = RecordFile(folder: folder)
        for revision in 1...120 { try file.write(record(UInt64(revision), serial: UInt32(revision))) }
        #expect(try read() == record(120, serial: 120))
        let names = try temporary.names().filter { $0.hasPrefix("record.zones.") }
        #expect(names.count == 1 && names != ["record.zones.1"])
        #expect(try temporary.read(names[0]).split(separator: UInt8(ascii: "\n")).count <= 2 * 3 + 100 + 3)
    }

    @Test(arguments: [SystemCall.open, .truncate, .write, .sync, .rename], 0..<4)
    func afterAFailureTheNextRecordIsGood(call: SystemCall, successes: Int) throws {
        var file = RecordFile(folder: folder)
        let (first, second, third) = (record(1, serial: 1), record(2, serial: 2), record(3, serial: 3))
        try file.write(first)
        let outcomes = [Int32?](repeating: nil, count: successes) + [ENOSPC]
        var failed = false
        Faults.planning([call: outcomes]) {
            do { try file.write(second) } catch { failed = true }
        }
        let found = try #require(try read())
        #expect(found == second || failed && found == first)
        try file.write(third)
        #expect(try read() == third)
        #expect(try temporary.names().count { $0.hasPrefix("record.zones.") } == 1)
    }

    @Test func whatIsDamagedIsNotBelieved() throws {
        var file = RecordFile(folder: folder)
        try file.write(record(1, serial: 1))
        var zones = try temporary.read("record.zones.1")
        // What is behind the record's part belongs to nobody.
        try temporary.write(bytes: zones + Array("z0.example.\n".utf8), to: "record.zones.1")
        #expect(try read() == record(1, serial: 1))
        let serial = try #require(zones.lastIndex(of: UInt8(ascii: "1")))
        zones[serial] = UInt8(ascii: "2")
        try temporary.write(bytes: zones, to: "record.zones.1")
        #expect(throws: StateFileError.self) { try read() }
        try temporary.write(bytes: zones.dropLast(9), to: "record.zones.1")
        #expect(throws: StateFileError.self) { try read() }
    }
}
