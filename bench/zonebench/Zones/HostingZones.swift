// A hosting company's zones: many small ones of ten records each, with a list of them.

import DNSCore
import Platform

struct HostingZones: TestZones {
    let size: Int
    let seed: UInt64

    static let listName = "zones.list"

    var names: Int { size }
    var summary: String { "\(size) zones of 10 records each, and \(Self.listName)" }

    /// The apex of a zone; those from `size` up are not there.
    func apex(_ index: Int) -> String {
        let number = (index &* 2_654_435_761 &+ Int(truncatingIfNeeded: seed & 0xfff_ffff)) & 0xfff_ffff
        return "shop\(String(number, radix: 36)).\(Self.parents[index % Self.parents.count])."
    }

    private static let parents = ["example", "com.example", "net.example", "co.test"]

    /// The file of a zone, below the folder: a thousand in each subfolder.
    func file(_ index: Int) -> String { "zones/\(index / 1000)/\(index).zone" }

    func write(to folder: String) throws {
        var list = try TextFile(path: folder + "/" + Self.listName)
        try System.makeFolder(folder + "/zones")
        for index in 0..<size {
            if index % 1000 == 0 { try System.makeFolder("\(folder)/zones/\(index / 1000)") }
            var file = try TextFile(path: folder + "/" + file(index))
            try file.line(text(index))
            try file.finish()
            try list.line("\(apex(index)) \(self.file(index))")
        }
        try list.finish()
    }

    private func text(_ index: Int) -> String {
        let apex = apex(index)
        let host = Int(Randomness.mix(index, seed: seed) % 200)
        return """
            $ORIGIN \(apex)
            $TTL 3600
            @ IN SOA ns1.hoster.test. hostmaster.hoster.test. 1 10800 3600 604800 3600
            @ NS ns1.hoster.test.
            @ NS ns2.hoster.test.
            @ A 192.0.2.\(host)
            @ AAAA 2001:db8::\(String(host, radix: 16))
            @ MX 10 mail
            @ TXT "v=spf1 mx -all"
            www CNAME @
            mail A 198.51.100.\(host)
            mail AAAA 2001:db8:1::\(String(host, radix: 16))
            """
    }

    func hit(_ rank: Int, _ random: inout Randomness) -> Question {
        let apex = apex(rank)
        return Question(name: random.isTrue(percent: 50) ? "www." + apex : apex, type: .a, expected: .noError)
    }

    func miss(_ random: inout Randomness) -> Question {
        Question(name: "no\(random.below(10000))." + apex(random.below(size)), type: .a, expected: .nxDomain)
    }

    func mixed(_ rank: Int, _ random: inout Randomness) -> Question {
        let apex = apex(rank)
        return switch random.below(100) {
        case ..<10: miss(&random)
        case ..<35: Question(name: apex, type: .a, expected: .noError)
        case ..<60: Question(name: "www." + apex, type: .a, expected: .noError)
        case ..<75: Question(name: "www." + apex, type: .aaaa, expected: .noError)
        case ..<80: Question(name: apex, type: .https, expected: .noError)
        case ..<88: Question(name: apex, type: .mx, expected: .noError)
        case ..<92: Question(name: apex, type: .ns, expected: .noError)
        case ..<96: Question(name: "mail." + apex, type: .a, expected: .noError)
        default: Question(name: apex, type: .txt, expected: .noError)
        }
    }
}
