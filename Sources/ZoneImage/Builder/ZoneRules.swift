// The rules that the records of a zone must keep to, and what is questionable but can be served.

import DNSCore

extension ZoneBuilder {
    /// The rules for the zone as a whole (RFC 1035, section 5.2).
    mutating func checkApex() {
        let kinds = groups.kinds[NameTable.apexID.index]
        if !kinds.contains(.soa) {
            problems.append(.error(nil, "the zone has no SOA record at its apex \(table.origin)"))
        }
        for row in groups.rows(of: NameTable.apexID) where table.rows[Int(row)].type == .ds {
            problems.append(
                .warning(.dsAtApex, Int(row), "a DS record at the apex \(table.origin): it belongs in the parent zone"))
        }
        let types = groups.rows(of: NameTable.apexID).map { table.rows[Int($0)].type }
        if types.contains(.rrsig), !types.contains(.dnskey) {
            problems.append(
                .warning(
                    .missingDNSKEY, nil,
                    "the zone is signed and has no DNSKEY record at its apex: nobody can check its signatures"))
        }
        if !kinds.contains(.ns), !options.allowsMissingNS {
            problems.append(
                .error(nil, "the zone has no NS record at its apex \(table.origin); --allow-missing-ns serves it so"))
        }
    }

    /// The rules for the RRsets at one name.
    mutating func checkRRsets(_ sets: borrowing NameRRsets, at id: NameID) {
        // NS at a wildcard delegates nothing but the wildcard's own name.
        let isCut = flags[id.index].contains(.cut) && !isWildcard(id)
        let isHidden = flags[id.index].isHidden
        if !isHidden, let first = sets.indices.first { checkOwner(id, row: sets[sets[set: first].firstPlace]) }
        for index in sets.indices {
            let set = sets[set: index]
            checkRRset(set, of: sets, at: id)
            if !isHidden { checkLikelyMistakes(set, of: sets, at: id) }
            if set.type == .ns { checkNameServers(set.data, of: sets, at: id) }
            if set.type == .mx { checkAliasTargets(set.data, of: sets, .mx) }
            if isCut, ZoneBuilder.isHiddenAtCut(set.type), !set.data.isEmpty {
                let name = groups.names.name(id)
                problems.append(
                    .warning(
                        .hiddenAtCut, sets.first(of: set.data),
                        "the \(set.type) records at \(name) are hidden by its delegation and never an answer"))
            }
        }
        if flags[id.index].contains(.cname) { checkAlias(sets, at: id) }
        if flags[id.index].contains(.occluded) { checkOccluded(sets, at: id) }
    }

    private mutating func checkRRset(_ set: RRsetRows, of sets: borrowing NameRRsets, at id: NameID) {
        let first = sets[set.firstPlace]
        if !set.type.mayStandInZone {
            problems.append(.error(first, "\(set.type) records can't stand in a zone"))
        }
        if set.type == .rrsig, !set.data.isEmpty {
            problems.append(.error(first, "the RRSIG record's rdata is shorter than its fixed fields"))
        }
        // Signatures of an SOA that is not there harm nobody.
        if set.type == .soa, id != NameTable.apexID, !set.data.isEmpty {
            problems.append(
                .error(first, "an SOA record at \(groups.names.name(id)): it belongs at the apex \(table.origin) only"))
        }
        if set.data.count > 1, set.type == .soa || set.type == .cname || set.type == .dname {
            // The row that came second is the surprise.
            problems.append(
                .error(
                    sets.inTableOrder(set.data).last,
                    "a second, different \(set.type) record at \(groups.names.name(id))"))
        }
        if let row = set.rowWithOtherTTL {
            problems.append(
                .warning(
                    .ttlsDiffer, row,
                    "the TTLs of the \(set.type) records at \(groups.names.name(id)) differ; the least, \(set.ttl), is used"
                ))
        }
        for place in set.signatures { unsafe signatureTimes.note(source.rdata(of: sets[place]), row: sets[place]) }
        for place in set.data.lowerBound..<set.signatures.upperBound where !hasWholeNames(sets[place]) {
            let row = sets[place]
            problems.append(
                .error(row, "the \(table.rows[row].type) record's rdata ends within a name or holds an invalid one"))
        }
    }

    private func hasWholeNames(_ row: Int) -> Bool {
        let type = source[row].type
        let rdata = unsafe source.rdata(of: row)
        var end = 0
        let isWhole = unsafe type.forEachName(in: rdata) { end = $0.range.upperBound }
        return isWhole && (type != .soa || end + 20 == rdata.count)
    }

    /// No other data beside a CNAME (RFC 1034, section 3.6.2; RFC 2181, section 10.1).
    private mutating func checkAlias(_ sets: borrowing NameRRsets, at id: NameID) {
        let all = sets.indices.map { sets[set: $0] }
        let alias = all.first { $0.type == .cname }.flatMap { sets.first(of: $0.data) } ?? 0
        if id == NameTable.apexID {
            // One error for what the rule below would say of SOA, NS and all else there.
            problems.append(
                .error(
                    alias,
                    "a CNAME at the apex \(table.origin), which has SOA and NS records: a CNAME stands alone "
                        + "(use address records, or HTTPS 0, RFC 9460)"))
            return
        }
        for set in all where set.type != .cname && !set.type.mayStandBesideCNAME && !set.data.isEmpty {
            problems.append(
                .error(
                    // The row that came second is the surprise.
                    sets.inTableOrder(set.data).first.map { max($0, alias) },
                    "\(set.type) and CNAME records at \(groups.names.name(id)): a CNAME stands alone"))
        }
    }

    private mutating func checkOccluded(_ sets: borrowing NameRRsets, at id: NameID) {
        for index in sets.indices {
            let set = sets[set: index]
            if set.type == .a || set.type == .aaaa || set.data.isEmpty { continue }
            problems.append(
                .warning(
                    .occluded, sets.first(of: set.data),
                    "the \(set.type) records at \(groups.names.name(id)) are below a zone cut or DNAME and never an answer"
                ))
        }
    }

    /// At a cut all but NS, DS and NSEC is the child's (RFC 4035, section 2.6); addresses may be glue.
    private static func isHiddenAtCut(_ type: RRType) -> Bool {
        switch type {
        case .ns, .ds, .nsec, .rrsig, .a, .aaaa: false
        default: true
        }
    }

    /// Addresses that are hidden, and no record's target: nobody will ever get them.
    mutating func checkUnclaimedAddresses() {
        for index in flags.indices where groups.kinds[index].contains(.address) {
            guard !isTarget[index], !flags[index].isDisjoint(with: [.occluded, .cut]) else { continue }
            let id = NameID(rawValue: UInt32(index))
            if !flags[index].contains(.occluded), isWildcard(id) { continue }
            let row = groups.rows(of: id).first { RecordKinds(table.rows[Int($0)].type) == .address }
            problems.append(
                .warning(
                    .unusedGlue, row.map { Int($0) },
                    "the address records at \(groups.names.name(id)) are hidden by a delegation or DNAME, and no name server's"
                ))
        }
    }

    /// Name servers in the zone need addresses (RFC 9471), and none may be an alias (RFC 2181, section 10.3).
    private mutating func checkNameServers(_ places: Range<Int>, of sets: borrowing NameRRsets, at id: NameID) {
        checkAliasTargets(places, of: sets, .ns)
        guard flags[id.index].contains(.cut) || id == NameTable.apexID else { return }
        for place in places {
            let row = sets[place]
            let server: () -> String = { [table] in
                Name(wire: table.heap[table.rows[row].rdataRange]).map { "\($0)" } ?? "?"
            }
            if let alias = aliasAbove(row) {
                problems.append(
                    .warning(
                        .hiddenServer, row,
                        "the name server \(server()) is below the DNAME at \(groups.names.name(alias)), so nobody can get its "
                            + "addresses"))
                continue
            }
            if let target = targets[row], !groups.kinds[target.index].isDisjoint(with: [.address, .cname]) { continue }
            if let zone = zoneWithoutAddresses(row, of: id) {
                problems.append(
                    .warning(
                        .missingGlue, row,
                        "the name server \(server()) is within \(groups.names.name(zone)) and has no address records"))
            } else if let sibling = unreachableSibling(row, of: id) {
                problems.append(
                    .warning(
                        .missingSiblingGlue, row,
                        "the name server \(server()) has no address records here, and \(groups.names.name(sibling)), which should "
                            + "have them, is delegated to servers that cannot be reached without them"))
            }
        }
    }

    /// The zone that should have addresses for a server of `owner`'s without any: the delegated one, or this one. Nil when
    /// the server is elsewhere, in yet another delegated zone, or may have what a wildcard has.
    private func zoneWithoutAddresses(_ row: Int, of owner: NameID) -> NameID? {
        var zone: NameID?
        var isClosest = true
        unsafe groups.names.forEachEncloser(absolute: source.rdata(of: row)) { id in
            if id == owner {
                zone = id
            } else if !flags[id.index].isDisjoint(with: [.cut, .dname]) {
                return true
            } else if id == NameTable.apexID {
                zone = id
            }
            // What stands at a wildcard stands for the names below its parent that do not exist.
            if isClosest, let wildcard = wildcards[id],
                !groups.kinds[wildcard.index].isDisjoint(with: [.address, .cname])
            {
                zone = nil
                return true
            }
            isClosest = false
            return zone != nil
        }
        return zone
    }

    private mutating func checkAliasTargets(_ places: Range<Int>, of sets: borrowing NameRRsets, _ type: RRType) {
        for place in places {
            let row = sets[place]
            guard let target = targets[row], groups.kinds[target.index].contains(.cname) else { continue }
            problems.append(
                .warning(
                    .targetIsAlias, row, "the \(type) record points to \(groups.names.name(target)), which is a CNAME"))
        }
    }
}
