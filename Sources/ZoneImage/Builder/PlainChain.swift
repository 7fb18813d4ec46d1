// The NSEC chain of a zone under construction (RFC 4034, section 4): whether it is whole.

import DNSCore

extension ZoneBuilder {
    /// Warns of gaps in the chain of NSEC records. `order` has all names in canonical order.
    mutating func checkPlainChain(_ order: [NameID]) {
        guard groups.kinds[NameTable.apexID.index].contains(.nsec) else { return }
        let visible = order.filter { !flags[$0.index].isHidden && !flags[$0.index].contains(.emptyNonTerminal) }
        let links = visible.filter { groups.kinds[$0.index].contains(.nsec) }
        if let first = visible.first(where: { !groups.kinds[$0.index].contains(.nsec) }) {
            problems.append(
                .warning(
                    .nsecChain, nil,
                    "\(groups.names.name(first)) has no NSEC record; \(visible.count - links.count) such names in all"))
        }
        for (place, link) in links.enumerated() {
            let next = links[(place + 1) % links.count]
            guard let row = groups.rows(of: link).first(where: { table.rows[Int($0)].type == .nsec }) else { continue }
            if unsafe groups.names.find(absolute: source.rdata(of: Int(row))) == next { continue }
            problems.append(
                .warning(
                    .nsecChain, Int(row),
                    "the NSEC record does not lead to \(groups.names.name(next)), the next name with one: resolvers will "
                        + "reject denials of existence"))
            return
        }
    }
}
