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

/// How far a lookup has come ahead of time: see `ZoneView.advance`.
@usableFromInline
package struct LookupStart: BitwiseCopyable {
    /// The suffix of the name to try first; the longer ones are not in the zone.
    @usableFromInline package internal(set) var suffix: Int
    /// The node that the index offers for it, names not compared; none if it was not asked yet.
    @usableFromInline package internal(set) var node: NodeReference

    @inlinable
    package init(suffix: Int) {
        self.suffix = suffix
        node = .none
    }
}

extension ZoneView {
    /// Looks up a name that is at or below the apex and was made ready by `prepare`. `start` is what was found out about it before.
    @inlinable
    package func lookup(_ name: LookupName, from start: LookupStart? = nil) -> LookupResult {
        // Never negative but in a damaged zone.
        let relativeLabels = max(0, name.labelCount &- apexLabels)
        var index = start?.suffix ?? firstProbe(of: name)
        if let likely = start?.node, !likely.isNone, index < relativeLabels {
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

    /// Where a lookup begins.
    @inlinable
    package func start(of name: LookupName) -> LookupStart { LookupStart(suffix: firstProbe(of: name)) }

    /// Asks the index about the suffix at hand, whose bucket should have been fetched by now; if nothing fits, it is the
    /// next one's turn. Ask again then, after its bucket was fetched.
    @inlinable @inline(__always)
    package func advance(_ start: inout LookupStart, of name: LookupName) {
        guard start.node.isNone, start.suffix < name.labelCount &- apexLabels else { return }
        start.node = likelyNode(for: name.hash(ofSuffix: start.suffix))
        if start.node.isNone { start.suffix &+= 1 }
    }

    /// The suffix of `name` that a lookup tries first: no name of the zone is deeper.
    @inlinable
    func firstProbe(of name: LookupName) -> Int {
        let relativeLabels = name.labelCount &- apexLabels
        let deepest = Int(header(ZoneLayout.deepestName))
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
