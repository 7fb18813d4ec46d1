// The proofs that a name or a type does not exist: by NSEC (RFC 4035, section 3.1.3), or by NSEC3 (RFC 5155, section 7.2).
// Records are noted as they are found to be needed, each once, and written behind the last link of a chain.

import DNSCore
import ZoneImage

/// The closest encloser of a name that does not exist, and how many labels of the name stand before it.
struct Encloser {
    let node: NodeView
    let labels: Int
}

extension Answer {
    mutating func denyName(_ name: LookupName, below encloser: Encloser) {
        rcode = .nxDomain
        guard appendNegativeSOA() else { return }
        denyCloserName(name, below: encloser)
        if !query.wantsDNSSEC { return }
        if zone.flags.contains(.nsec3) {
            denyHashedEncloser(encloser.node)
        } else {
            deny(zone.denialNode(forWildcardBelow: encloser.node))
        }
    }

    /// The name exists, the type does not.
    mutating func denyType(_ node: NodeView) {
        guard appendNegativeSOA(), query.wantsDNSSEC else { return }
        if zone.flags.contains(.nsec3) {
            denyHashed(node)
        } else if zone.flags.contains(.nsec) {
            deny(zone.denialNode(notBehind: node))
        }
    }

    /// The wildcard that stands for the name exists, the type does not.
    mutating func denyTypeOfWildcard(_ wildcard: NodeView, below encloser: Encloser) {
        guard appendNegativeSOA(), query.wantsDNSSEC else { return }
        if zone.flags.contains(.nsec3) {
            // The encloser's match, and the wildcard's (RFC 5155, section 7.2.5).
            denyHashed(encloser.node)
            denyHashed(wildcard)
        } else {
            // The wildcard's own NSEC shows which types it has; for an empty non-terminal, the one before it shows that.
            deny(zone.denialNode(notBehind: wildcard))
        }
    }

    mutating func appendNegativeSOA() -> Bool {
        let soa = zone.view(zone.negativeSOA)
        return require(writer.append(soa, of: zone, owner: writer.apex, selection, to: .authority))
    }

    /// The NSEC that covers the name, or the NSEC3 that covers the next closer name.
    mutating func denyCloserName(_ name: LookupName, below encloser: Encloser) {
        if !query.wantsDNSSEC { return }
        if zone.flags.contains(.nsec3) {
            if case .notMatched(_, let cover) = zone.hashedProof(of: encloser.node) { return deny(cover) }
            deny(zone.hashedNode(for: name, suffix: encloser.labels - 1))
        } else {
            deny(zone.denialNode(for: name, suffix: 0))
        }
    }

    /// The NSEC3 for a name that exists; where opt-out has left it out, the proof of that (RFC 5155, sections 7.2.4, 7.2.7).
    mutating func denyHashed(_ node: NodeView) {
        switch zone.hashedProof(of: node) {
        case .none: break
        case .matched(let match, _): deny(match)
        case .notMatched(let encloser, let cover):
            deny(match(zone.view(encloser)))
            deny(cover)
        }
    }

    /// The NSEC3 for the closest provable encloser, and the one that denies the wildcard below it (RFC 5155, section 7.2.2).
    private mutating func denyHashedEncloser(_ node: NodeView) {
        switch zone.hashedProof(of: node) {
        case .none: break
        case .matched(let match, let wildcard):
            deny(match)
            deny(wildcard)
        case .notMatched(let encloser, _):
            guard case .matched(let match, let wildcard) = zone.hashedProof(of: zone.view(encloser)) else { return }
            deny(match)
            deny(wildcard)
        }
    }

    private func match(_ node: NodeView) -> NodeReference {
        if case .matched(let match, _) = zone.hashedProof(of: node) { match } else { .none }
    }

    /// Notes a node whose NSEC or NSEC3 the answer needs. It belongs behind the last link of a chain: see `appendDenials`.
    private mutating func deny(_ node: NodeReference) {
        if !node.isNone { _ = unsafe memory.pointee.denials.add(node) }
    }

    /// Writes the records that were noted: when the answer section is done, and before additional data.
    @inline(__always)
    mutating func appendDenials(except written: NodeReference = .none) {
        while !isTruncated, let reference = unsafe memory.pointee.denials.next() {
            if reference != written { appendDenial(zone.view(reference)) }
        }
    }

    private mutating func appendDenial(_ node: NodeView) {
        let part = zone.view(node.part(of: zone.flags.contains(.nsec3) ? .nsec3 : .nsec))
        guard part.recordCount > 0 else { return }
        _ = require(writer.append(part, of: zone, under: node, to: .authority))
    }
}
