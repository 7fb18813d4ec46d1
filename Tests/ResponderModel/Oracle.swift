// What an unsigned zone should answer, by the plainest reading of the RFCs: records in an array, searched from end to end
// for each question. It shares the types of names and records with the code under test, and nothing else.

import DNSCore

/// A naive authoritative server for one zone.
package struct Oracle {
    package let apex: Name
    package let records: [ResourceRecord]
    private let soa: ResourceRecord

    /// What an answer says; records by section.
    package struct Answer: Equatable {
        package var rcode = 0
        package var isAuthoritative = true
        package var answer: Set<ResourceRecord> = []
        package var authority: Set<ResourceRecord> = []
        /// Addresses that must be there, and those that may.
        package var glue: Set<ResourceRecord> = []
        package var optional: Set<ResourceRecord> = []
        /// The names that a signed zone's answer must show not to exist, or which types they have (RFC 4035, section 3.1.3).
        package var proofs: Set<Name> = []
        /// What the NSEC3 records of such an answer must show.
        package var hashedProofs: [HashedOracle.Claim] = []
    }

    package init(apex: Name, records: [ResourceRecord]) {
        self.apex = apex
        self.records = records
        let soa = records.first { $0.type == .soa }
        precondition(soa != nil, "a zone without SOA")
        self.soa = soa ?? records[0]
    }

    // MARK: The tree

    private func all(_ name: Name, _ type: RRType) -> [ResourceRecord] {
        records.filter { $0.owner == name && $0.type == type }
    }

    private func isCut(_ name: Name) -> Bool { name != apex && !all(name, .ns).isEmpty }

    private func isRedirected(_ name: Name) -> Bool { !isCut(name) && !all(name, .dname).isEmpty }

    /// The names from the apex down to `name`.
    private func path(to name: Name) -> [Name] {
        var path = [name]
        while let last = path.last, last != apex, let parent = last.parent { path.append(parent) }
        return path.reversed()
    }

    private func isOccluded(_ name: Name) -> Bool {
        path(to: name).dropLast().contains { isCut($0) || isRedirected($0) }
    }

    /// True for owners of records and for names above them, below neither cut nor DNAME.
    private func exists(_ name: Name) -> Bool {
        records.contains { $0.owner.isAtOrBelow(name) && !isOccluded($0.owner) } && !isOccluded(name)
    }

    /// The owners of NSEC records in a signed copy of the zone, in canonical order.
    package var denyingNames: [Name] { Set(records.map(\.owner)).filter { !isOccluded($0) }.sorted() }

    /// The names that an NSEC3 chain holds (RFC 5155, section 7.1). With opt-out, unsigned delegations are left out, and the
    /// empty non-terminals that are there only for them.
    package func hashedNames(optOut: Bool) -> Set<Name> {
        var names: Set<Name> = [apex]
        for record in records where !isOccluded(record.owner) {
            if optOut, isCut(record.owner), all(record.owner, .ds).isEmpty { continue }
            names.formUnion(path(to: record.owner))
        }
        return names
    }

    // MARK: Answers

    package func ask(_ name: Name, _ type: RRType) -> Answer {
        var result = Answer()
        var current = name
        var seen: Set<Name> = []
        while true {
            guard current.isAtOrBelow(apex), seen.insert(current).inserted, seen.count <= 17 else { return result }
            // The topmost cut or DNAME on the way down ends the zone there.
            if let stop = path(to: current).first(where: { isCut($0) || (isRedirected($0) && $0 != current) }) {
                if isCut(stop) {
                    if stop == current, type == .ds { break }
                    refer(to: stop, &result)
                    return result
                }
                let dname = all(stop, .dname)[0]
                result.answer.insert(dname)
                let kept = current.wire.count - stop.wire.count
                let target = Array(current.wire[..<kept]) + dname.rdata
                guard let next = Name(wire: target) else {
                    result.rcode = 6
                    return result
                }
                result.answer.insert(
                    ResourceRecord(owner: current, type: .cname, ttl: dname.ttl, rdata: next.wire))
                if type == .cname { return result }
                current = next
                continue
            }
            guard let source = source(of: current) else {
                result.rcode = 3
                result.proofs.insert(current)
                let encloser = path(to: current).last { exists($0) } ?? apex
                if let wildcard = Name(wire: [1, 0x2A] + encloser.wire) { result.proofs.insert(wildcard) }
                result.hashedProofs.append(.nameError(current, encloser: encloser))
                result.authority.insert(negativeSOA)
                return result
            }
            if source != current, let encloser = source.parent {
                result.proofs.insert(current)
                result.hashedProofs.append(.expansion(current, encloser: encloser))
            }
            let alias = all(source, .cname)
            if type != .cname, type != .any, let target = alias.first.flatMap({ Name(wire: $0.rdata) }) {
                insert(alias, as: current, &result)
                current = target
                continue
            }
            break
        }
        // `current` exists, or a wildcard stands for it.
        let source = source(of: current) ?? current
        let found = type == .any ? records.filter { $0.owner == source } : all(source, type)
        if found.isEmpty {
            result.authority.insert(negativeSOA)
            result.proofs.insert(source)
            result.hashedProofs.append(
                source == current
                    ? .noData(source) : .noDataOfWildcard(current, encloser: source.parent ?? apex))
        } else {
            insert(found, as: current, &result)
            // An answer to ANY is long enough.
            for record in found where type != .any { addAddresses(of: record, &result) }
        }
        return result
    }

    /// The name whose records answer for `name`: itself or a wildcard; nil when it does not exist.
    private func source(of name: Name) -> Name? {
        if exists(name) { return name }
        let encloser = path(to: name).last { exists($0) } ?? apex
        guard let wildcard = Name(wire: [1, 0x2A] + encloser.wire), exists(wildcard) else { return nil }
        return wildcard
    }

    private func insert(_ records: [ResourceRecord], as owner: Name, _ result: inout Answer) {
        for record in records {
            result.answer.insert(ResourceRecord(owner: owner, type: record.type, ttl: record.ttl, rdata: record.rdata))
        }
    }

    private func refer(to cut: Name, _ result: inout Answer) {
        if result.answer.isEmpty { result.isAuthoritative = false }
        if all(cut, .ds).isEmpty {
            result.proofs.insert(cut)
            result.hashedProofs.append(.noData(cut))
        }
        for server in all(cut, .ns) {
            result.authority.insert(server)
            guard let target = Name(wire: server.rdata) else { continue }
            let addresses = addresses(of: target)
            if target.isAtOrBelow(cut) {
                result.glue.formUnion(addresses)
            } else {
                result.optional.formUnion(addresses)
            }
        }
    }

    private func addAddresses(of record: ResourceRecord, _ result: inout Answer) {
        let skipped = [RRType.ns: 0, .mx: 2, .srv: 6][record.type]
        guard let skipped, let target = Name(wire: record.rdata.dropFirst(skipped)) else { return }
        result.optional.formUnion(addresses(of: target))
    }

    private func addresses(of name: Name) -> [ResourceRecord] { all(name, .a) + all(name, .aaaa) }

    private var negativeSOA: ResourceRecord {
        let minimum = soa.rdata.suffix(4).reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
        return ResourceRecord(owner: apex, type: .soa, ttl: min(soa.ttl, minimum), rdata: soa.rdata)
    }
}

extension ResourceRecord {
    /// A decoded record, to be compared with the oracle's.
    package init?(_ wire: WireRecord) {
        guard let owner = try? Name(wire.owner) else { return nil }
        self.init(
            owner: owner, type: RRType(rawValue: wire.type), rrClass: RRClass(rawValue: wire.rrClass), ttl: wire.ttl,
            rdata: wire.rdata)
    }
}
