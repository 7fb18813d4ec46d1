// RFC 5155: answers from zones signed with NSEC3. The zone and the answers are those of its appendices A and B, where the
// owner names of the proofs are given; signatures do not matter for which records are chosen.

import DNSCore
import ResponderModel
import Testing
import ZoneFile

@testable import ZoneImage

@Suite struct RFC5155HashedDenialTests {
    static let text = """
        $ORIGIN example.
        $TTL 3600
        @ SOA ns1 bugs.x.w 1 3600 300 3600000 3600
        @ NS ns1
        @ NS ns2
        @ MX 1 xx
        2t7b4g4vsa5smi47k61mv5bv1a22bojr A 192.0.2.127
        a NS ns1.a
        a NS ns2.a
        a DS 58470 5 1 3079F1593EBAD6DC121E202A8B766A6A4837206C
        ns1.a A 192.0.2.5
        ns2.a A 192.0.2.6
        ai A 192.0.2.9
        c NS ns1.c
        c NS ns2.c
        ns1.c A 192.0.2.7
        ns2.c A 192.0.2.8
        ns1 A 192.0.2.1
        ns2 A 192.0.2.2
        *.w MX 1 ai
        x.w MX 1 xx
        x.y.w MX 1 xx
        xx A 192.0.2.10
        """
    static let apex = Name(known: "example.")
    let server: TestServer

    init() throws { server = try TestServer(tables: [Self.table()]) }

    /// The records with their chain; `change` may spoil it.
    static func table(
        optOut: Bool = true, iterations: Int = 12, _ change: (inout [ResourceRecord]) -> Void = { _ in }
    ) throws -> RecordTable {
        var table = try TestServer.load(text)
        let records = (0..<table.count).map { table[$0] }
        let oracle = Oracle(apex: apex, records: records)
        var chain =
            HashedOracle(
                apex: apex, names: oracle.hashedNames(optOut: optOut), salt: [0xAA, 0xBB, 0xCC, 0xDD],
                iterations: iterations, optOut: optOut
            ).records + [.signature(apex)]
        change(&chain)
        for record in chain {
            try table.append(owner: record.owner, type: record.type, ttl: record.ttl, rdata: record.rdata)
        }
        return table
    }

    private func proofs(_ query: String) throws -> [String] {
        try server.ask(query + " +dnssec").message.authority.filter { $0.type == 50 }
            .map { String($0.owner.prefix(4)) }.sorted()
    }

    /// Appendix B: the question, the code, and how the owner names of the proofs begin.
    @Test(arguments: [
        // B.1: the match of x.w, the cover of c.x.w, the cover of *.x.w.
        ("a.c.x.w.example. A", "NXDOMAIN AA", ["0p9m", "35mt", "b4um"]),
        // B.2, and B.2.1 for an empty non-terminal.
        ("ns1.example. MX", "NOERROR AA", ["2t7b"]), ("y.w.example. A", "NOERROR AA", ["ji6n"]),
        // B.3: an unsigned delegation that was left out of the chain.
        ("mc.c.example. MX", "NOERROR", ["0p9m", "35mt"]),
        // B.4 and B.5: a wildcard's answer, and a type that it lacks.
        ("a.z.w.example. MX", "NOERROR AA", ["q04j"]),
        ("a.z.w.example. AAAA", "NOERROR AA", ["k8ud", "q04j", "r53b"]),
        // B.6: DS at the apex, of which this server knows the child only.
        ("example. DS", "NOERROR AA", ["0p9m"]),
        // Section 7.2.4: no DS at a delegation that was left out.
        ("c.example. DS", "NOERROR AA", ["0p9m", "35mt"]),
        // A signed delegation proves itself by its DS record.
        ("mc.a.example. A", "NOERROR", []),
    ])
    func theAnswersOfAppendixB(query: String, status: String, owners: [String]) throws {
        #expect(try server.ask(query + " +dnssec").status == status)
        #expect(try proofs(query) == owners)
    }

    /// Section 7.2.8: an owner of NSEC3 records only is a name that does not exist.
    @Test func theOwnersOfTheChainDoNotExist() throws {
        for query in [
            "0p9mhaveqvm6t7vbl5lop2u3t2rp3tom.example. NSEC3", "x.k8udemvp1j2f7eg6jebps17vp3n8i58h.example. A",
        ] {
            #expect(try server.ask(query).status == "NXDOMAIN AA", "\(query)")
        }
        // One of them is the name of a host too, and has its address and nothing else.
        let host = "2t7b4g4vsa5smi47k61mv5bv1a22bojr.example."
        #expect(try server.ask("\(host) A").answer == ["\(host) 3600 A 192.0.2.127"])
        #expect(try server.ask("\(host) NSEC3").answer == [])
        #expect(try server.ask("\(host) ANY +tcp").answer == ["\(host) 3600 A 192.0.2.127"])
        #expect(try proofs("\(host) MX") == ["koha"])
    }

    @Test func withoutDONothingIsProven() throws {
        for query in ["a.c.x.w.example. A", "mc.c.example. MX", "a.z.w.example. MX"] {
            #expect(try server.ask(query).message.records.allSatisfy { $0.type != 50 && $0.type != 46 })
        }
    }

    @Test func withoutOptOutAnUnsignedDelegationHasItsRecord() throws {
        let server = try TestServer(tables: [Self.table(optOut: false)])
        let referral = try server.ask("mc.c.example. MX +dnssec").message
        #expect(referral.authority.filter { $0.type == 50 }.map(\.owner.count) == [41])
        #expect(referral.authority.first { $0.type == 50 }?.owner.hasPrefix("4g6p9u5gvfshp30pqecj98b3maqbn1ck") == true)
        #expect(referral.additional.map(\.type) == [1, 1])
    }

    /// Section 7.3: of several chains a complete one that NSEC3PARAM announces is used.
    @Test func aCompleteChainIsUsed() throws {
        let second = try Self.table(iterations: 3)
        let added = (0..<second.count).map { second[$0] }.filter { $0.type == .nsec3 || $0.type == .nsec3param }
        for lost in [0, 3, 9] {
            // The cheaper chain lacks a record.
            var table = try Self.table()
            for (index, record) in added.enumerated() where index != lost {
                try table.append(owner: record.owner, type: record.type, ttl: record.ttl, rdata: record.rdata)
            }
            let server = try TestServer(tables: [table])
            let message = try server.ask("a.c.x.w.example. A +dnssec").message
            let owners = message.authority.filter { $0.type == 50 }.map { String($0.owner.prefix(4)) }
            #expect(owners.sorted() == ["0p9m", "35mt", "b4um"], "without record \(lost)")
        }
    }

    @Test func aChainThatIsNotAnnouncedIsNotUsed() throws {
        let table = try Self.table { $0.removeAll { $0.type == .nsec3param } }
        let message = try TestServer(tables: [table]).ask("a.c.x.w.example. A +dnssec").message
        #expect(message.rcode == 3 && message.authority.allSatisfy { $0.type != 50 })
    }

    /// A zone in transition answers without trapping, whatever its chain lacks.
    @Test func spoiltChainsAreSurvived() throws {
        for index in 0..<14 {
            for change in [0, 5, 6, 24] {
                let table = try Self.table { records in
                    guard index < records.count else { return }
                    let record = records[index]
                    records[index] = ResourceRecord(
                        owner: record.owner, type: record.type, ttl: 1, rdata: Array(record.rdata.prefix(change)))
                }
                guard let server = try? TestServer(tables: [table]) else { continue }
                for query in ["a.c.x.w.example. A", "mc.c.example. MX", "a.z.w.example. AAAA", "y.w.example. A"] {
                    _ = try server.ask(query + " +dnssec")
                }
            }
        }
    }

    @Test func manyIterationsAreWarnedAboutAndRefused() throws {
        func messages(_ iterations: Int) throws -> [String] {
            ZoneBuilder.build(try Self.table(iterations: iterations), options: BuildOptions(iterationLimit: 200))
                .problems.map { "\($0.severity): \($0.message)" }
                // The example of the RFC is cut down to what the tests need.
                .filter { !$0.contains("no DNSKEY record") }
        }
        #expect(try messages(100) == [])
        #expect(try messages(101).contains { $0.hasPrefix("warning: 101 NSEC3 iterations") })
        let refused = try messages(201)
        #expect(refused.count == 1 && refused[0].hasPrefix("error: 201 NSEC3 iterations; the limit is 200"))
    }
}
