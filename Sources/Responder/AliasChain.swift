// What an answer remembers of the aliases that it has followed, so that its work is bounded and no record comes twice. Hashes
// only say which names may be the same: a tenant can make names whose hashes collide, so `Answer.isAliasOwner` compares them.

import DNSCore
import ZoneImage

/// The names and DNAME records of a chain so far.
struct AliasChain {
    /// The most links that are followed. Longer chains end in NOERROR with what has been found.
    static let limit = 16

    private var hashes = InlineArray<16, UInt64>(repeating: 0)
    /// The links that were followed.
    private(set) var count = 0
    private var mostLinks = limit
    private var owners = InlineArray<16, NodeReference>(repeating: .none)
    private var targets = InlineArray<16, NamePlace>(repeating: .question)
    private var ownerCount = 0

    /// Forgets all of it, for a chain of at most `links` links.
    mutating func clear(links: Int = limit) {
        count = 0
        ownerCount = 0
        mostLinks = min(links, AliasChain.limit)
    }

    /// True while another link may follow.
    var isOpen: Bool { count < mostLinks }

    /// True when a name with this hash has been there before, `first` being the question's.
    func hasSeen(_ hash: UInt64, after first: UInt64) -> Bool {
        if hash == first { return true }
        for index in 0..<count where hashes[index] == hash { return true }
        return false
    }

    /// Notes the next name of the chain, which must be open.
    mutating func add(_ hash: UInt64) {
        hashes[count] = hash
        count += 1
    }

    /// Where the target of a DNAME stands that is in the answer already.
    func knownTarget(of owner: NodeReference) -> NamePlace? {
        for index in 0..<ownerCount where owners[index] == owner { return targets[index] }
        return nil
    }

    /// Notes a DNAME that was put into the answer.
    mutating func note(_ owner: NodeReference, target: NamePlace) {
        guard ownerCount < AliasChain.limit else { return }
        owners[ownerCount] = owner
        targets[ownerCount] = target
        ownerCount += 1
    }
}

/// The NSEC records that an answer needs: each once, and written behind its last link. A chain of wildcards may need one
/// for each link.
struct DenialList {
    private var nodes = InlineArray<24, NodeReference>(repeating: .none)
    private var count = 0
    private var writtenCount = 0

    /// Forgets all of them.
    mutating func clear() {
        count = 0
        writtenCount = 0
    }

    /// Notes a node; false when it was there before, or there are too many.
    mutating func add(_ node: NodeReference) -> Bool {
        for index in 0..<count where nodes[index] == node { return false }
        guard count < nodes.count else { return false }
        nodes[count] = node
        count += 1
        return true
    }

    /// The first node that was not handed out yet.
    @inline(__always)
    mutating func next() -> NodeReference? {
        guard writtenCount < count else { return nil }
        writtenCount += 1
        return nodes[writtenCount - 1]
    }
}
