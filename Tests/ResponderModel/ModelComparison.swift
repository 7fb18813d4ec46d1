// The responder against the oracle: every question that a zone suggests, unsigned and with each kind of chain.

import DNSCore

/// A comparison of the responder with the oracle.
package enum ModelComparison {
    /// What shows that a name does not exist.
    package enum Chain: String, CaseIterable, Sendable {
        case none
        case nsec
        case nsec3
        case optOut = "nsec3-opt-out"
    }

    /// Asks everything; the first difference as text, with the zone reduced to what it needs, or nil.
    package static func failure(_ sample: SmallZones.Sample, _ chain: Chain) throws -> String? {
        guard var text = try difference(sample, chain) else { return nil }
        var sample = sample
        for index in sample.records.indices.dropFirst(ResourceRecord.head.count).reversed() {
            var fewer = sample
            fewer.records.remove(at: index)
            if let still = try difference(fewer, chain) { (sample, text) = (fewer, still) }
        }
        return "\(chain.rawValue): \(text)\n\(sample.records.map(\.line).joined(separator: "\n"))"
    }

    private static func difference(_ sample: SmallZones.Sample, _ chain: Chain) throws -> String? {
        let oracle = Oracle(apex: SmallZones.apex, records: sample.records)
        let proofs = Proofs(chain, oracle)
        let server = try TestServer(tables: [table(sample.records + proofs.records)])
        for name in sample.names {
            for type in [RRType.a, .ns, .cname, .txt, .ds, .dname, .mx, .any] {
                // Which signature stands for a name asked for ANY is not the oracle's business.
                if chain != .none, type == .any { continue }
                let query = TestQuery(name: name.wire, type: type.rawValue, wantsDNSSEC: chain != .none)
                let found = try server.ask(query, over: .tcp)
                let expected = oracle.ask(name, type)
                let what = chain == .none ? compare(found, expected) : proofs.compare(found, expected)
                if let what { return "\(query.text): \(what)" }
            }
        }
        return nil
    }

    private static func compare(_ found: WireMessage, _ expected: Oracle.Answer) -> String? {
        if let text = compareSections(found, expected) { return text }
        let additional = Set(found.additional.compactMap(ResourceRecord.init))
        if !expected.glue.isSubset(of: additional) { return "glue is missing" }
        if additional != expected.glue.union(expected.optional) { return "additional \(found.additional.map(\.text))" }
        return nil
    }

    /// All but the additional section and the records of DNSSEC.
    fileprivate static func compareSections(_ found: WireMessage, _ expected: Oracle.Answer) -> String? {
        if found.rcode != expected.rcode { return "RCODE \(found.rcode), not \(expected.rcode)" }
        if found.isAuthoritative != expected.isAuthoritative { return "AA \(found.isAuthoritative)" }
        if found.isTruncated { return "TC" }
        if Set(found.answer.compactMap(ResourceRecord.init)) != expected.answer {
            return "answer \(found.answer.map(\.text)), not \(expected.answer.map(\.owner))"
        }
        let plain = found.authority.filter { ![43, 46, 47, 50].contains($0.type) }
        if Set(plain.compactMap(ResourceRecord.init)) != expected.authority {
            return "authority \(found.authority.map(\.text))"
        }
        return nil
    }

    /// The records of a zone with its chain.
    package static func signed(_ records: [ResourceRecord], _ chain: Chain) -> [ResourceRecord] {
        records + Proofs(chain, Oracle(apex: SmallZones.apex, records: records)).records
    }

    package static func table(_ records: [ResourceRecord]) throws -> RecordTable {
        var table = RecordTable(origin: SmallZones.apex)
        for record in records {
            try table.append(owner: record.owner, type: record.type, ttl: record.ttl, rdata: record.rdata)
        }
        return table
    }
}

/// The chain of a zone, and the owners of the records in it that an answer must have.
private struct Proofs {
    let records: [ResourceRecord]
    private let denying: [Name]
    private let hashed: HashedOracle?

    init(_ chain: ModelComparison.Chain, _ oracle: Oracle) {
        denying = oracle.denyingNames
        switch chain {
        case .none:
            records = []
            hashed = nil
        case .nsec:
            hashed = nil
            records =
                zip(denying, denying.dropFirst() + [oracle.apex]).map { name, next in
                    ResourceRecord(owner: name, type: .nsec, ttl: 1, rdata: next.wire + [0, 1, 0x40])
                } + [.signature(oracle.apex)]
        case .nsec3, .optOut:
            let chain = HashedOracle(
                apex: oracle.apex, names: oracle.hashedNames(optOut: chain == .optOut), salt: [0xAB], iterations: 1,
                optOut: chain == .optOut)
            hashed = chain
            records = chain.records + [.signature(oracle.apex)]
        }
    }

    func compare(_ found: WireMessage, _ expected: Oracle.Answer) -> String? {
        if let text = ModelComparison.compareSections(found, expected) { return text }
        let (type, owners): (UInt16, Set<Name>) =
            if let hashed {
                (50, expected.hashedProofs.reduce(into: Set()) { $0.formUnion(hashed.owners($1)) })
            } else {
                (47, Set(expected.proofs.compactMap { proof in denying.last { $0 <= proof } }))
            }
        let proofs = Set(found.authority.filter { $0.type == type }.map { Name(known: $0.owner) })
        return proofs == owners ? nil : "proofs at \(proofs), not \(owners), for \(expected.hashedProofs)"
    }
}
