// Steps 3a to 3c of RFC 1034, section 4.3.2, as far as they depend on names alone: which node decides the answer.

import DNSCore

/// What a lookup of a name in a zone comes to.
@usableFromInline
package enum LookupResult: BitwiseCopyable {
    /// The name exists and the zone speaks for it, or it is a zone cut.
    case exact(NodeReference)
    /// The name is below a zone cut, whose node this is; `labels` labels stand before the cut's name.
    case belowCut(NodeReference, labels: Int)
    /// The name is below a DNAME's owner; `labels` labels stand before that name.
    case belowDNAME(NodeReference, labels: Int)
    /// The name does not exist. The closest encloser, before whose name `labels` labels stand, and the wildcard that
    /// applies, if any.
    case missing(encloser: NodeReference, labels: Int, wildcard: NodeReference)
}

extension ZoneView {
    /// Looks up a name that is at or below the apex. `likely` is a node that may be that of the first suffix to try.
    @inlinable
    package func lookup(_ name: LookupName, likely: NodeReference = .none) -> LookupResult {
        // Never negative but in a damaged zone.
        let relativeLabels = max(0, name.labelCount &- apexLabels)
        var index = firstProbe(of: name)
        if !likely.isNone, index < relativeLabels {
            let length = name.length &- apexLength &- name.start(ofSuffix: index)
            if unsafe isNode(likely, named: name.pointer(toSuffix: index), length: length) {
                return resolve(likely, labels: index)
            }
        }
        while index < relativeLabels {
            let node = node(at: index, of: name)
            if !node.isNone { return resolve(node, labels: index) }
            index &+= 1
        }
        return resolve(apexNode, labels: relativeLabels)
    }

    /// The suffix of `name` that a lookup tries first: no name of the zone is deeper.
    @inlinable
    package func firstProbe(of name: LookupName) -> Int {
        let relativeLabels = name.labelCount &- apexLabels
        let deepest = Int(bytes.load(ZoneLayout.deepestName, of: 0))
        return relativeLabels > deepest ? relativeLabels &- deepest : 0
    }

    @inlinable
    func resolve(_ found: NodeReference, labels: Int) -> LookupResult {
        let node = view(found)
        let flags = node.flags
        if labels == 0 { return .exact(found) }
        if flags.contains(.cut) { return .belowCut(found, labels: labels) }
        if flags.contains(.dname) { return .belowDNAME(found, labels: labels) }
        return .missing(encloser: found, labels: labels, wildcard: node.wildcard)
    }
}
