// The zone of a small company: what most zones look like.

import DNSCore
import Platform

struct EverydayZone: TestZones {
    let seed: UInt64

    static let apex = "everyday.bench."
    static let fileName = "everyday.bench.zone"

    /// Names and a type that each of them has, the most popular first.
    private static let owners: [(label: String, type: RRType)] = [
        ("www.", .a), ("", .a), ("mail.", .a), ("", .mx), ("", .txt), ("shop.", .a), ("ns1.", .a), ("ns2.", .a),
        ("www.", .aaaa), ("", .ns), ("", .soa), ("imap.", .a), ("_sip._tcp.", .srv), ("ftp.", .a),
        ("anything.dyn.", .a),
        ("", .caa), ("branch.", .ns), ("host.branch.", .a), ("_dmarc.", .txt), ("mail.", .aaaa),
    ]

    var names: Int { Self.owners.count }
    var summary: String { "zone \(Self.apex), 25 records" }

    func write(to folder: String) throws {
        var file = try TextFile(path: folder + "/" + Self.fileName)
        try file.line(
            """
            $ORIGIN \(Self.apex)
            $TTL 3600
            @ IN SOA ns1 hostmaster 1 10800 3600 604800 3600
            @ NS ns1
            @ NS ns2
            @ A 192.0.2.10
            @ AAAA 2001:db8::10
            @ MX 10 mail
            @ MX 20 backup
            @ TXT "v=spf1 mx -all"
            @ CAA 0 issue "ca.example"
            ns1 A 192.0.2.1
            ns2 A 192.0.2.2
            www A 192.0.2.10
            www AAAA 2001:db8::10
            mail A 192.0.2.20
            mail AAAA 2001:db8::20
            backup A 192.0.2.21
            shop CNAME www
            imap CNAME mail
            ftp CNAME www
            _sip._tcp SRV 10 60 5060 mail
            _dmarc TXT "v=DMARC1; p=reject"
            *.dyn A 192.0.2.99
            branch NS ns1.branch
            ns1.branch A 192.0.2.30
            """)
        try file.finish()
    }

    func hit(_ rank: Int, _ random: inout Randomness) -> Question {
        let owner = Self.owners[rank]
        return Question(name: owner.label + Self.apex, type: owner.type, expected: .noError)
    }

    func miss(_ random: inout Randomness) -> Question {
        Question(name: "no\(random.below(100_000))." + Self.apex, type: .a, expected: .nxDomain)
    }

    func mixed(_ rank: Int, _ random: inout Randomness) -> Question {
        switch random.below(100) {
        case ..<10: return miss(&random)
        case ..<30:
            var question = hit(rank, &random)
            question.type = random.isTrue(percent: 50) ? .aaaa : .https
            return question
        default: return hit(rank, &random)
        }
    }
}
