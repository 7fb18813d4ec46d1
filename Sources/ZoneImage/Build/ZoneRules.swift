// The rules that the records of a zone must keep to, and what is questionable but can be served.

import DNSCore

extension ZoneBuilder {
    /// The rules for the zone as a whole (RFC 1035, section 5.2).
    mutating func checkApex() {
        let kinds = groups.kinds[NameTable.apexID.index]
        if !kinds.contains(.soa) {
            problems.append(.error(nil, "the zone has no SOA record at its apex \(table.origin)"))
        }
        if !kinds.contains(.ns), !options.allowsMissingNS {
            problems.append(
                .error(nil, "the zone has no NS record at its apex \(table.origin); --allow-missing-ns serves it so"))
        }
    }

    /// The rules for the RRsets at one name.
    mutating func checkRRsets(_ sets: [RRsetRows], at id: NameID) {
        for set in sets { checkRRset(set, at: id) }
        if flags[id.index].contains(.cname) { checkAlias(sets, at: id) }
        if flags[id.index].contains(.occluded) { checkOccluded(sets, at: id) }
        if let delegation = sets.first(where: { $0.type == .ns }) { checkNameServers(delegation, at: id) }
        if let exchanges = sets.first(where: { $0.type == .mx }) { checkAliasTargets(exchanges) }
    }

    private mutating func checkRRset(_ set: RRsetRows, at id: NameID) {
        let first = set.data.first ?? set.signatures.first
        if !set.type.mayStandInZone {
            problems.append(.error(first, "\(set.type) records can't stand in a zone"))
        }
        if set.type == .rrsig, !set.data.isEmpty {
            problems.append(.error(first, "the RRSIG record's rdata is shorter than its fixed fields"))
        }
        if set.type == .soa, id != NameTable.apexID {
            problems.append(
                .error(first, "an SOA record at \(groups.names.name(id)): it belongs at the apex \(table.origin) only"))
        }
        if [.soa, .cname, .dname].contains(set.type), set.data.count > 1 {
            // The row that came second is the surprise.
            problems.append(
                .error(set.data.max(), "a second, different \(set.type) record at \(groups.names.name(id))"))
        }
        if let row = set.rowWithOtherTTL {
            problems.append(
                .warning(
                    row,
                    "the TTLs of the \(set.type) records at \(groups.names.name(id)) differ; the least, \(set.ttl), is used"
                ))
        }
        for row in set.data + set.signatures where !hasWholeNames(row) {
            problems.append(
                .error(row, "the \(table.rows[row].type) record's rdata ends within a name or holds an invalid one"))
        }
    }

    private func hasWholeNames(_ row: Int) -> Bool {
        let entry = table.rows[row]
        var end = 0
        let isWhole = unsafe table.heap[entry.rdataRange].withUnsafeBytes {
            unsafe entry.type.forEachName(in: $0) { end = $0.range.upperBound }
        }
        return isWhole && (entry.type != .soa || end + 20 == Int(entry.rdataLength))
    }

    /// No other data beside a CNAME (RFC 1034, section 3.6.2; RFC 2181, section 10.1).
    private mutating func checkAlias(_ sets: [RRsetRows], at id: NameID) {
        for set in sets where set.type != .cname && !set.type.mayStandBesideCNAME && !set.data.isEmpty {
            problems.append(
                .error(
                    set.data.first, "\(set.type) and CNAME records at \(groups.names.name(id)): a CNAME stands alone"))
        }
    }

    private mutating func checkOccluded(_ sets: [RRsetRows], at id: NameID) {
        for set in sets where set.type != .a && set.type != .aaaa && !set.data.isEmpty {
            problems.append(
                .warning(
                    set.data.first,
                    "the \(set.type) records at \(groups.names.name(id)) are below a zone cut or DNAME and never an answer"
                ))
        }
    }

    /// In-domain name servers need glue (RFC 9471), and none may be an alias (RFC 2181, section 10.3).
    private mutating func checkNameServers(_ set: RRsetRows, at id: NameID) {
        checkAliasTargets(set)
        for row in set.data {
            let rdata = table.heap[table.rows[row].rdataRange]
            guard flags[id.index].contains(.cut), mayBeBelow(id, rdata),
                nameInZone(rdata).map({ groups.kinds[$0.index].contains(.address) }) != true,
                let target = Name(wire: rdata), target.isAtOrBelow(groups.names.name(id))
            else { continue }
            problems.append(
                .warning(
                    row, "the name server \(target) is within \(groups.names.name(id)) and has no address records"))
        }
    }

    /// A quick look, which most name servers fail: whether the wire form ends as the name's does.
    private func mayBeBelow(_ id: NameID, _ wire: ArraySlice<UInt8>) -> Bool {
        let owner = groups.names.relativeName(id)
        let end = wire.dropLast(apex.wire.count).suffix(owner.count)
        return end.count == owner.count && zip(end, owner).allSatisfy { ASCII.lowercase($0) == $1 }
    }

    private mutating func checkAliasTargets(_ set: RRsetRows) {
        guard let offset = ZoneBuilder.targetOffset(of: set.type) else { return }
        for row in set.data {
            guard let target = nameInZone(table.heap[table.rows[row].rdataRange].dropFirst(offset)),
                groups.kinds[target.index].contains(.cname)
            else { continue }
            problems.append(
                .warning(row, "the \(set.type) record points to \(groups.names.name(target)), which is a CNAME"))
        }
    }
}
