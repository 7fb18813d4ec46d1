// The responder against the oracle: on every zone over a few labels and types, and on random ones.

import DNSCore
import TestSupport
import Testing

@Suite struct OracleTests {
    static let apex = Name(known: "z.")
    private static let types: [RRType] = [.a, .ns, .cname, .txt, .ds, .dname, .any]

    /// Asks everything; the first difference as text, or nil.
    static func difference(_ records: [ResourceRecord], names: [Name]) throws -> String? {
        let server = try TestServer(tables: [table(records)])
        let oracle = Oracle(apex: apex, records: records)
        for name in names {
            for type in types {
                let query = TestQuery(name: name.wire, type: type.rawValue)
                let found = try server.ask(query, over: .tcp)
                let expected = oracle.ask(name, type)
                if let text = compare(found, expected) { return "\(query.text): \(text)" }
            }
        }
        return nil
    }

    static func compare(_ found: WireMessage, _ expected: Oracle.Answer) -> String? {
        func set(_ records: [WireRecord]) -> Set<ResourceRecord> { Set(records.compactMap(ResourceRecord.init)) }
        if found.rcode != expected.rcode { return "RCODE \(found.rcode), not \(expected.rcode)" }
        if found.isAuthoritative != expected.isAuthoritative { return "AA \(found.isAuthoritative)" }
        if found.isTruncated { return "TC" }
        if set(found.answer) != expected.answer {
            return "answer \(found.answer.map(\.text)), not \(expected.answer.map(\.owner))"
        }
        if set(found.authority) != expected.authority { return "authority \(found.authority.map(\.text))" }
        let additional = set(found.additional)
        if !expected.glue.isSubset(of: additional) { return "glue is missing" }
        if additional != expected.glue.union(expected.optional) { return "additional \(found.additional.map(\.text))" }
        return nil
    }

    /// Every zone whose names a, b.a, *.a, c.b.a and *, each has one of some record sets.
    @Test func allSmallZones() throws {
        let names = ["a.z.", "b.a.z.", "*.a.z.", "c.b.a.z.", "*.z."].map { Name(known: $0) }
        let asked =
            names
            + ["z.", "x.z.", "x.a.z.", "x.b.a.z.", "*.b.a.z.", "x.*.z.", "y.c.b.a.z.", "y.x.a.z."].map {
                Name(known: $0)
            }
        let a = ResourceRecord.a
        let sets: [(Name) -> [ResourceRecord]] = [
            { _ in [] },
            { [a($0)] },
            { [.named($0, .ns, "b.a.z."), .named($0, .ns, "ns.test.")] },
            { [.named($0, .cname, "b.a.z.")] },
            { [.named($0, .dname, "a.z.")] },
            { [.named($0, .dname, "b.z."), a($0)] },
        ]
        var count = 0
        for number in 0..<(6 * 6 * 6 * 6 * 6) where number % 47 == 0 {
            var records = ResourceRecord.head
            var rest = number
            for name in names {
                records += sets[rest % 6](name)
                rest /= 6
            }
            if let text = try Self.difference(records, names: asked) {
                Issue.record("zone \(number), \(text)\n\(records.map(\.line).joined(separator: "\n"))")
                return
            }
            count += 1
        }
        #expect(count == 166)
    }

    /// A random zone, and the names worth asking for.
    static func randomZone(_ seed: UInt64) throws -> (records: [ResourceRecord], asked: [Name]) {
        var random = SplitMix64(seed: seed)
        let labels = ["a", "b", "*", "ns", "\\000", "c"]
        var names: [Name] = [apex]
        for _ in 0..<Int.random(in: 2...14, using: &random) {
            let parent = names.randomElement(using: &random) ?? apex
            names.append(try Name(labels.randomElement(using: &random) ?? "a", relativeTo: parent))
        }
        names = Set(names).sorted()
        var records = ResourceRecord.head
        for name in names where name != apex {
            let target = Int.random(in: 0..<5, using: &random) == 0 ? nil : names.randomElement(using: &random)
            let text = target?.description ?? "www.test."
            switch Int.random(in: 0..<10, using: &random) {
            case 0...2: records.append(.a(name))
            case 3:
                records += [.named(name, .ns, text), .named(name, .ns, "ns.\(name)"), .a(Name(known: "ns.\(name)"))]
            case 4, 5: records.append(.named(name, .cname, text))
            case 6: records.append(.named(name, .dname, text))
            case 7:
                let wire = (target ?? Name(known: "www.test.")).wire
                records.append(ResourceRecord(owner: name, type: .mx, ttl: 9, rdata: [0, 1] + wire))
            case 8:
                records.append(.named(name, .ns, "ns.test."))
                records.append(ResourceRecord(owner: name, type: .ds, ttl: 9, rdata: [0, 1, 8, 2, 0, 0]))
            default: break
            }
        }
        // A CNAME stands alone.
        let aliases = Set(records.filter { $0.type == .cname }.map(\.owner))
        records = records.filter { $0.type == .cname || !aliases.contains($0.owner) }
        let asked = Set(names + records.map(\.owner)).union(names.map { Name(known: "x.\($0)") })
        return (records, asked.sorted())
    }

    /// Looks for a zone on which `fails` says what is wrong, and takes away from it what is not needed for that.
    static func check(
        _ seeds: Range<UInt64>, _ fails: ([ResourceRecord], [Name]) throws -> String?
    ) throws {
        for seed in seeds {
            var (records, asked) = try randomZone(seed)
            guard var text = try fails(records, asked) else { continue }
            for index in records.indices.dropFirst(2).reversed() {
                var fewer = records
                fewer.remove(at: index)
                if let still = try fails(fewer, asked) { (records, text) = (fewer, still) }
            }
            Issue.record("seed \(seed), \(text)\n\(records.map(\.line).joined(separator: "\n"))")
            return
        }
    }

    @Test func randomZones() throws {
        try Self.check(0..<80, Self.difference)
    }

    @Test func randomSignedZonesProveWhatTheyDeny() throws {
        try Self.check(1_000..<1_060, Self.proofDifference)
    }

    /// The zone with a chain of NSEC records and one signature, asked with DO: which NSECs come, and that all else is as before.
    static func proofDifference(_ records: [ResourceRecord], names: [Name]) throws -> String? {
        let oracle = Oracle(apex: apex, records: records)
        let denying = oracle.denyingNames
        var signed = records
        for (name, next) in zip(denying, denying.dropFirst() + [apex]) {
            signed.append(ResourceRecord(owner: name, type: .nsec, ttl: 1, rdata: next.wire + [0, 1, 0x40]))
        }
        signed.append(
            ResourceRecord(
                owner: apex, type: .rrsig, ttl: 60, rdata: [0, 6] + [UInt8](repeating: 1, count: 16) + apex.wire + [1]))
        let server = try TestServer(tables: [table(signed)])
        for name in names {
            for type in [RRType.a, .cname, .ds, .dname, .mx] {
                let query = TestQuery(name: name.wire, type: type.rawValue, wantsDNSSEC: true)
                let found = try server.ask(query, over: .tcp)
                let expected = oracle.ask(name, type)
                let expectedOwners = Set(expected.proofs.compactMap { proof in denying.last { $0 <= proof } })
                let owners = Set(found.authority.filter { $0.type == 47 }.map { Name(known: $0.owner) })
                if found.rcode != expected.rcode { return "\(query.text): RCODE \(found.rcode)" }
                if owners != expectedOwners { return "\(query.text): NSEC at \(owners), not \(expectedOwners)" }
                let answer = Set(found.answer.compactMap(ResourceRecord.init))
                if answer != expected.answer { return "\(query.text): answer \(found.answer.map(\.text))" }
                let plain = found.authority.filter { ![43, 46, 47].contains($0.type) }.compactMap(ResourceRecord.init)
                if Set(plain) != expected.authority { return "\(query.text): authority \(found.authority.map(\.text))" }
            }
        }
        return nil
    }

    static func table(_ records: [ResourceRecord]) throws -> RecordTable {
        var table = RecordTable(origin: apex)
        for record in records {
            try table.append(owner: record.owner, type: record.type, ttl: record.ttl, rdata: record.rdata)
        }
        return table
    }
}

extension ResourceRecord {
    static let head = [
        ResourceRecord(
            owner: OracleTests.apex, type: .soa, ttl: 60,
            rdata: [1, 0x61, 1, 0x7A, 0, 0] + [UInt8](repeating: 0, count: 15) + [0, 0, 0, 0, 9]),
        named(OracleTests.apex, .ns, "b.a.z."),
    ]

    static func a(_ owner: Name) -> ResourceRecord {
        ResourceRecord(owner: owner, type: .a, ttl: 5, rdata: [192, 0, 2, 1])
    }

    static func named(_ owner: Name, _ type: RRType, _ target: String) -> ResourceRecord {
        ResourceRecord(owner: owner, type: type, ttl: UInt32(type.rawValue), rdata: Name(known: target).wire)
    }

    var line: String { "\(owner) \(ttl) \(type) " + (Name(wire: rdata)?.description ?? "\(rdata)") }
}

extension Name {
    /// A name that the test knows to be right.
    init(known text: String) {
        guard let name = try? Name(text, relativeTo: .root) else { preconditionFailure("\(text) is no name") }
        self = name
    }
}
