// Whether anybody can get the address of a name server that the zone delegates to: what a DNAME takes away, and delegations
// that wait for each other.

import DNSCore

extension ZoneBuilder {
    /// The name with a DNAME that the server in a row of NS is below, so that its own records are hidden.
    func aliasAbove(_ row: Int) -> NameID? {
        if !hasDNAME { return nil }
        var found: NameID?
        let target = targets[row]
        unsafe groups.names.forEachEncloser(absolute: source.rdata(of: row)) { id in
            if id == target { return false }
            // Nearer the apex a cut may come, above which nothing counts.
            if flags[id.index].contains(.cut) { found = nil }
            if flags[id.index].contains(.dname) { found = id }
            return false
        }
        return found
    }

    /// The delegated zone that the server in a row of NS at `owner` is in, if no resolver can get there: it has no servers but
    /// such as need an address from a zone that is as unreachable.
    func unreachableSibling(_ row: Int, of owner: NameID) -> NameID? {
        guard let sibling = delegation(above: row), sibling != owner else { return nil }
        var seen: Set<NameID> = []
        return canReach(sibling, &seen) ? nil : sibling
    }

    /// More delegations than anybody's servers lead through; beyond that a zone is taken to be reachable.
    private static var longestPath: Int { 16 }

    private func canReach(_ cut: NameID, _ seen: inout Set<NameID>) -> Bool {
        guard seen.insert(cut).inserted else { return false }
        if seen.count > ZoneBuilder.longestPath { return true }
        for row in groups.rows(of: cut) where table.rows[Int(row)].type == .ns {
            if let target = targets[Int(row)], !groups.kinds[target.index].isDisjoint(with: [.address, .cname]) {
                return true
            }
            // A server elsewhere, or in this zone: that it has no address there is another warning.
            guard let next = delegation(above: Int(row)) else { return true }
            if next != cut, canReach(next, &seen) { return true }
        }
        return false
    }

    /// The delegation that the server in a row of NS is at or below; nil when it is in this zone's own part, or elsewhere.
    private func delegation(above row: Int) -> NameID? {
        var found: NameID?
        unsafe groups.names.forEachEncloser(absolute: source.rdata(of: row)) { id in
            if flags[id.index].contains(.cut), !flags[id.index].contains(.occluded) { found = id }
            return false
        }
        return found
    }
}
