// Test zones and questions: the same for the same arguments, with the proportions that are promised.

import DNSCore
import Glibc
import Platform
import TestSupport
import Testing

@testable import zonebench

struct ZoneTests {
    @Test func theSameArgumentsWriteTheSameBytes() throws {
        let (one, two) = (try TemporaryFolder(), try TemporaryFolder())
        for folder in [one, two] {
            let zone = RegistryZone(size: 500, seed: 7)
            try zone.write(to: folder.path)
            try QuestionSet.mixed.write(zone, count: 200, dnssec: 50, seed: 7, to: folder.path + "/mixed")
            try HostingZones(size: 3, seed: 7).write(to: folder.path)
        }
        for file in [RegistryZone.fileName, "mixed", HostingZones.listName, "zones/0/2.zone"] {
            #expect(try !one.text(of: file).isEmpty)
            #expect(try one.text(of: file) == two.text(of: file))
        }
    }

    /// Known numbers: another machine or another Swift must write the same zones.
    @Test func theSequenceIsSplitMix64() {
        var random = Randomness(seed: 1_234_567)
        #expect(random.next() == 6_457_827_717_110_365_317)
        #expect(random.next() == 3_203_168_211_198_807_973)
    }

    @Test(arguments: [1, 5] as [UInt64]) func labelsAreUnique(seed: UInt64) {
        let zone = RegistryZone(size: 20_000, seed: seed)
        #expect(Set((0..<40_000).map(zone.label)).count == 40_000, "seed \(seed)")
    }

    @Test func sharesAreAsPromised() {
        let zone = RegistryZone(size: 20_000, seed: 1)
        let glue = (0..<20_000).count(where: zone.hasGlue)
        let signed = (0..<20_000).count(where: zone.hasDS)
        #expect((5700...6300).contains(glue))
        #expect((7700...8300).contains(signed))
    }

    @Test func aNewSerialChangesNoMoreThanIsAsked() throws {
        let folder = try TemporaryFolder()
        func lines(serial: UInt32) throws -> [Substring] {
            try RegistryZone(size: 300, seed: 1, serial: serial, changed: 10).write(to: folder.path)
            return try folder.text(of: RegistryZone.fileName).split(separator: "\n")
        }
        let (old, new) = (try lines(serial: 1), try lines(serial: 2))
        #expect(old.count == new.count)
        let different = zip(old, new).count { $0 != $1 }
        #expect(different == 1 + 10 * 2)
    }

    @Test func zipfIsTwiceAsOftenForTheFirstAsForTheSecond() {
        var random = Randomness(seed: 3)
        let zipf = Zipf(count: 1000)
        var seen = [Int](repeating: 0, count: 1000)
        for _ in 0..<100_000 { seen[zipf.rank(&random)] += 1 }
        // Ranks of the inverted continuous law: ln 2 against ln 1.5.
        let ratio = Double(seen[0]) / Double(seen[1])
        #expect((1.5...1.9).contains(ratio))
        #expect(seen[0] > seen[10] && seen[10] > seen[500])
    }

    @Test func questionsAreReadAsTheyWereWritten() throws {
        for question in [
            Question(name: "www.example.", type: .a),
            Question(name: ".", type: .ns, dnssecOK: true),
            Question(name: "x.example.", type: RRType(rawValue: 65280), dnssecOK: true, expected: .nxDomain),
        ] {
            #expect(try Question.parse(question.text[...]).get() == question)
        }
    }

    @Test(arguments: ["", "name", "name NOTYPE", "name A yes", "name A do NOERROR more"])
    func badQuestionsAreRefused(line: String) {
        guard case .failure = Question.parse(line[...]) else {
            Issue.record("'\(line)' was accepted")
            return
        }
    }

    @Test func aQuestionFileTellsWhereItIsWrong() throws {
        let folder = try TemporaryFolder()
        var file = try TextFile(path: folder.path + "/q")
        try file.line("a. A\n\n# a remark\nb. NONE")
        try file.finish()
        #expect(throws: BenchError.badQuestion(file: folder.path + "/q", line: 4, reason: "'NONE' is not a type")) {
            try QuestionCorpus(file: folder.path + "/q")
        }
    }

    @Test func theDOBitIsInTheRightPlace() throws {
        let message = try Question(name: "a.", type: .a, dnssecOK: true).message(id: 0x1234)
        #expect(message[..<2] == [0x12, 0x34])
        #expect(message.suffix(11) == [0, 0, 41, 0x04, 0xd0, 0, 0, 0x80, 0, 0, 0])
    }
}

struct SignedZoneTests {
    @Test func hashesAreThoseOfTheStandards() {
        func hex(_ octets: [UInt8]) -> String {
            octets.map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined()
        }
        #expect(hex(SHA1.hash(Array("abc".utf8))) == "a9993e364706816aba3e25717850c26c9cd0d89d")
        #expect(
            hex(SHA1.hash(Array("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq".utf8)))
                == "84983e441c3bd26ebaae4aa1f95129e5e54670f1")
        #expect(hex(SHA1.hash([])) == "da39a3ee5e6b4b0d3255bfef95601890afd80709")
        #expect(Base32Hex.text(Array("foobarbaz!".utf8)) == "cpnmuoj1e9h62uh1")
    }
}
