// A zone like that of a registry: many delegations with two name servers each, glue for 30 % of them, DS records for
// 40 %. The others' name servers are those of some thousands of hosting companies.

import DNSCore
import Platform

struct RegistryZone: TestZones {
    let size: Int
    let seed: UInt64
    var serial: UInt32 = 1
    /// How many delegations, the first ones, have other name servers with every serial.
    var changed = 0

    static let apex = "bench."
    static let fileName = "bench.zone"

    var names: Int { size }
    var summary: String { "zone \(Self.apex) with \(size) delegations, serial \(serial)" }

    /// The label of a delegation; those from `size` up are not in the zone.
    ///
    /// An odd factor permutes the numbers below 2^28, so that neighbours in the file are strangers in the tree.
    func label(_ index: Int) -> String {
        let number = (index &* 2_654_435_761 &+ Int(truncatingIfNeeded: seed & 0xfff_ffff)) & 0xfff_ffff
        let digits = String(number, radix: 16)
        let padding = String(repeating: "0", count: 7 - digits.utf8.count)
        return "d\(padding)\(digits)" + Self.tails[index & 7]
    }

    private static let tails = ["", "a", "shop", "ing", "online", "berlin", "-and-partners", "e"]

    func hasGlue(_ index: Int) -> Bool { Randomness.mix(index, seed: seed) % 100 < 30 }
    func hasDS(_ index: Int) -> Bool { Randomness.mix(index, seed: seed &+ 1) % 100 < 40 }

    func write(to folder: String) throws {
        var file = try TextFile(path: folder + "/" + Self.fileName)
        try writeRecords(to: &file)
        try file.finish()
    }

    /// Writes all that the zone has without signatures.
    func writeRecords(to file: inout TextFile) throws(PlatformError) {
        try file.line("$ORIGIN \(Self.apex)\n$TTL 3600")
        try file.line("@ IN SOA a.nic hostmaster.nic \(serial) 1800 900 604800 900")
        try file.line("@ NS a.nic\n@ NS b.nic\na.nic A 192.0.2.1\na.nic AAAA 2001:db8::1\nb.nic A 192.0.2.2")
        for index in 0..<size { try file.line(delegation(index)) }
    }

    private func delegation(_ index: Int) -> String {
        let label = label(index)
        var text: String
        if hasGlue(index) {
            let third = index < changed ? Int(serial % 250) : index & 0xff
            text = "\(label) NS ns1.\(label)\n\(label) NS ns2.\(label)\n"
            text += "ns1.\(label) A 198.51.\(third).\(index % 251)\nns2.\(label) A 203.0.\(third).\(index % 241)"
            if index & 1 == 1 { text += "\nns1.\(label) AAAA 2001:db8::\(String(index & 0xffff, radix: 16))" }
        } else {
            let change = index < changed ? Int(serial) : 0
            let host = "host\((Int(Randomness.mix(index, seed: seed &+ 2) % 5000) + change) % 5000).example."
            text = "\(label) NS ns1.\(host)\n\(label) NS ns2.\(host)"
        }
        if hasDS(index) {
            text += "\n\(label) DS \(index & 0xffff) 13 2 "
            for part in 0..<4 {
                let digits = String(Randomness.mix(index, seed: seed &+ 3 &+ UInt64(part)), radix: 16)
                text += String(repeating: "0", count: 16 - digits.utf8.count) + digits
            }
        }
        return text
    }

    func hit(_ rank: Int, _ random: inout Randomness) -> Question {
        let name = label(rank) + "." + Self.apex
        return Question(name: random.isTrue(percent: 50) ? "www." + name : name, type: .a, expected: .noError)
    }

    func miss(_ random: inout Randomness) -> Question {
        let name = label(size + random.below(max(1, (1 << 28) - size))) + "." + Self.apex
        return Question(name: random.isTrue(percent: 50) ? "www." + name : name, type: .a, expected: .nxDomain)
    }

    func mixed(_ rank: Int, _ random: inout Randomness) -> Question {
        let share = random.below(100)
        if share < 10 { return miss(&random) }
        var question = hit(rank, &random)
        switch share {
        case ..<55: question.type = .a
        case ..<75: question.type = .aaaa
        case ..<83: question.type = .https
        case ..<88: question.type = .ns
        case ..<93: question.type = .mx
        default:
            question.name = label(rank) + "." + Self.apex
            question.type = .ds
        }
        return question
    }
}
