// Which NSEC3 records an answer needs (RFC 5155, section 7.2). What concerns names that exist was found when the image was
// built; for a name that does not, one hash is made and looked up in the chain.

import DNSCore

/// What a node knows about the NSEC3 records of its name.
package enum HashedProof: BitwiseCopyable {
    /// No chain, or a damaged node.
    case none
    /// `match` is the record for the name; `wildcard` the one that covers the wildcard below it, or matches it.
    case matched(match: NodeReference, wildcard: NodeReference)
    /// Opt-out: the name has no record. `encloser` is the closest ancestor that has one; `cover` covers the name on the way
    /// from there to here that comes next.
    case notMatched(encloser: NodeReference, cover: NodeReference)
}

extension ZoneView {
    /// The NSEC3 records for the name of a node.
    package func hashedProof(of node: NodeView) -> HashedProof {
        let flags = node.flags
        guard flags.contains(.hashedProof) else { return .none }
        let place = node.behindName &+ (flags.contains(.wildcardBelow) ? 4 : 0)
        let first = NodeReference(rawValue: bytes.load(UInt32.self, at: place))
        let second = NodeReference(rawValue: bytes.load(UInt32.self, at: place &+ 4))
        return flags.contains(.notMatched)
            ? .notMatched(encloser: first, cover: second) : .matched(match: first, wildcard: second)
    }

    /// The node whose NSEC3 record covers suffix `index` of `name`, or matches it; none in a zone without a chain.
    package func hashedNode(for name: LookupName, suffix index: Int) -> NodeReference {
        let parameters = Int(bytes.load(ZoneLayout.hashParameters, of: 0)) &* 4
        guard parameters > 0, index >= 0, index <= name.labelCount else { return .none }
        let salt = unsafe bytes.slice(
            at: parameters &+ HashParametersLayout.saltOffset,
            length: Int(bytes.load(HashParametersLayout.saltLength, of: parameters)))
        let hash = unsafe HashedName(
            of: name.pointer(toSuffix: index), length: name.length &- name.start(ofSuffix: index), salt: salt,
            iterations: bytes.load(HashParametersLayout.iterations, of: parameters))
        return hashedNode(notBehind: hash)
    }

    /// The node of the last hash of the chain that is not behind `hash`; the chain is a ring.
    package func hashedNode(notBehind hash: HashedName) -> NodeReference {
        let offset = Int(truncatingIfNeeded: bytes.load(ZoneLayout.denialOffset, of: 0))
        let count = Int(bytes.load(ZoneLayout.denialCount, of: 0))
        guard count > 0, bytes.contains(offset, count &* HashEntryLayout.size) else { return .none }
        let entries = HashEntries(bytes: bytes, offset: offset)
        // Hashes are spread evenly: the first guess is off by about the square root of their number. From there in growing
        // steps, until `low` is not behind the hash and `high` is; -1 and `count` are the ends.
        var low = -1
        var high = count
        let guess = Int(truncatingIfNeeded: hash.first.multipliedFullWidth(by: UInt64(count)).high)
        var step = 8
        if entries[guess] <= hash {
            low = guess
            while low &+ step < count, entries[low &+ step] <= hash {
                low &+= step
                step &*= 2
            }
            high = min(count, low &+ step)
        } else {
            high = guess
            while high &- step >= 0, entries[high &- step] > hash {
                high &-= step
                step &*= 2
            }
            low = max(-1, high &- step)
        }
        while high &- low > 1 {
            let middle = (low &+ high) / 2
            if entries[middle] <= hash { low = middle } else { high = middle }
        }
        return entries.node(low < 0 ? count &- 1 : low)
    }
}

/// The chain's hashes in order.
private struct HashEntries {
    let bytes: ImageBytes
    let offset: Int

    @inline(__always)
    subscript(index: Int) -> HashedName {
        let start = offset &+ index &* HashEntryLayout.size
        return HashedName(
            first: bytes.load(UInt64.self, at: start).byteSwapped,
            second: bytes.load(UInt64.self, at: start &+ 8).byteSwapped,
            third: bytes.load(UInt32.self, at: start &+ 16).byteSwapped)
    }

    func node(_ index: Int) -> NodeReference {
        NodeReference(
            rawValue: bytes.load(HashEntryLayout.node, of: offset &+ index &* HashEntryLayout.size))
    }
}
