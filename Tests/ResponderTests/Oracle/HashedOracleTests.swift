// The responder's NSEC3 proofs against the oracle's, on random zones with a chain over all names, and with opt-out.

import DNSCore
import Testing

@Suite struct HashedOracleTests {
    @Test(arguments: [false, true])
    func randomZonesProveWhatTheyDeny(optOut: Bool) throws {
        try OracleTests.check(2_000..<2_080) { try Self.difference($0, names: $1, optOut: optOut) }
    }

    static func difference(_ records: [ResourceRecord], names: [Name], optOut: Bool) throws -> String? {
        let oracle = Oracle(apex: OracleTests.apex, records: records)
        let chain = HashedOracle(
            apex: OracleTests.apex, names: oracle.hashedNames(optOut: optOut), salt: [0xAB], iterations: 1)
        let server = try TestServer(tables: [OracleTests.table(records + chain.records(optOut: optOut))])
        for name in names {
            for type in [RRType.a, .cname, .ds, .dname, .mx] {
                let query = TestQuery(name: name.wire, type: type.rawValue, wantsDNSSEC: true)
                let found = try server.ask(query, over: .tcp)
                let expected = oracle.ask(name, type)
                if found.rcode != expected.rcode { return "\(query.text): RCODE \(found.rcode)" }
                let owners = Set(found.authority.filter { $0.type == 50 }.map { Name(known: $0.owner) })
                let expectedOwners = expected.hashedProofs.reduce(into: Set()) { $0.formUnion(chain.owners($1)) }
                if owners != expectedOwners {
                    return "\(query.text): NSEC3 at \(owners), not \(expectedOwners), for \(expected.hashedProofs)"
                }
                let answer = Set(found.answer.compactMap(ResourceRecord.init))
                if answer != expected.answer { return "\(query.text): answer \(found.answer.map(\.text))" }
                let plain = found.authority.filter { ![43, 46, 50].contains($0.type) }.compactMap(ResourceRecord.init)
                if Set(plain) != expected.authority { return "\(query.text): authority \(found.authority.map(\.text))" }
            }
        }
        return nil
    }
}
