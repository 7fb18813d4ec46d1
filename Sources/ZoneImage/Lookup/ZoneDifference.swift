// Which records two versions of a zone do not share, found while walking both in canonical order: memory does not grow with
// the zone, and what is equal to the octet is not taken apart.

import DNSCore
import Glibc

/// The way from one version of a zone to another.
package struct ZoneDifference {
    package enum Change {
        case removed
        case added
    }

    private let old: ZoneView
    private let new: ZoneView

    /// Two versions of the zone at the same apex.
    package init(from old: ZoneView, to new: ZoneView) {
        self.old = old
        self.new = new
    }

    /// Calls `body` with every record that only one version has, name by name in canonical order: what was removed from a name
    /// before what was added. A record with another TTL is another record.
    package func forEachChange<Failure: Error>(
        _ body: (_ change: Change, _ owner: [UInt8], _ record: PartRecord) throws(Failure) -> Void
    ) throws(Failure) {
        if isSameThroughout { return }
        var (olds, news) = (CanonicalNodes(of: old), CanonicalNodes(of: new))
        var (left, right) = (olds.next(), news.next())
        while left != nil || right != nil {
            switch ZoneDifference.order(left, right) {
            case .before:
                try tell(.removed, records(of: left, in: old), body)
                left = olds.next()
            case .same:
                try compare(left, right, body)
                (left, right) = (olds.next(), news.next())
            case .behind:
                try tell(.added, records(of: right, in: new), body)
                right = news.next()
            }
        }
    }

    private var isSameThroughout: Bool {
        unsafe old.bytes.count == new.bytes.count && memcmp(old.bytes.base, new.bytes.base, old.bytes.count) == 0
    }

    private enum Order { case before, same, behind }

    private static func order(_ left: NodeView?, _ right: NodeView?) -> Order {
        guard let left else { return .behind }
        guard let right else { return .before }
        let (one, other) = unsafe (left.name, right.name)
        if unsafe one.elementsEqual(other) { return .same }
        // Both are below the same apex, so that their order is that of what stands before it.
        guard let one = unsafe Name(wire: Array(one) + [0]), let other = unsafe Name(wire: Array(other) + [0]) else {
            return .before
        }
        return one < other ? .before : .behind
    }

    private typealias Records = (owner: [UInt8], records: [PartRecord])

    private func records(of node: NodeView?, in zone: ZoneView) -> Records {
        guard let node else { return ([], []) }
        let owner = zone.ownerWire(of: node)
        return (
            owner,
            (0..<node.rrsetCount).flatMap { zone.records(of: node.rrset($0).part, owner: owner, signatures: true) }
        )
    }

    private func tell<Failure: Error>(
        _ change: Change, _ found: Records, _ body: (Change, [UInt8], PartRecord) throws(Failure) -> Void
    ) throws(Failure) {
        for record in found.records { try body(change, found.owner, record) }
    }

    /// Compares what both versions have at a name.
    private func compare<Failure: Error>(
        _ left: NodeView?, _ right: NodeView?, _ body: (Change, [UInt8], PartRecord) throws(Failure) -> Void
    ) throws(Failure) {
        guard let left, let right, !hasSameParts(left, right) else { return }
        let (before, after) = (records(of: left, in: old), records(of: right, in: new))
        let (known, stays) = (Set(before.records), Set(after.records))
        try tell(.removed, (before.owner, before.records.filter { !stays.contains($0) }), body)
        try tell(.added, (after.owner, after.records.filter { !known.contains($0) }), body)
    }

    private func hasSameParts(_ left: NodeView, _ right: NodeView) -> Bool {
        guard left.rrsetCount == right.rrsetCount else { return false }
        return (0..<left.rrsetCount).allSatisfy { index in
            let (one, other) = (left.rrset(index), right.rrset(index))
            return one.type == other.type && old.view(one.part).hasSameRecords(as: new.view(other.part))
        }
    }
}

extension PartView {
    /// True when both are the same to the octet, at the same name of the same zone. (False says nothing.)
    fileprivate func hasSameRecords(as other: PartView) -> Bool {
        let places = listedPointers + signatureCount
        let size = dataLength + signatureLength
        guard lengths == other.lengths, ownerPointers == other.ownerPointers, apexPointers == other.apexPointers,
            selfPointers == other.selfPointers, let wire = unsafe wire(length: size),
            let otherWire = unsafe other.wire(length: size), let own = self.places(places),
            let others = other.places(places)
        else { return false }
        return unsafe memcmp(wire, otherWire, size) == 0 && (0..<places).allSatisfy { own[$0] == others[$0] }
    }
}
