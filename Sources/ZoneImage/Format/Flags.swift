// What is decided about names and zones when the image is built, as bits.

/// What a node is, as far as answering is concerned.
@usableFromInline
package struct NodeFlags: OptionSet, BitwiseCopyable, Sendable {
    @usableFromInline package let rawValue: UInt16

    @inlinable
    package init(rawValue: UInt16) {
        self.rawValue = rawValue
    }

    /// A zone cut: NS records at another name than the apex.
    @inlinable package static var cut: NodeFlags { NodeFlags(rawValue: 1) }
    /// Has a DNAME record (and is no zone cut): all below is occluded (RFC 6672, section 2.4).
    @inlinable package static var dname: NodeFlags { NodeFlags(rawValue: 2) }
    /// Has a CNAME record.
    @inlinable package static var cname: NodeFlags { NodeFlags(rawValue: 4) }
    /// Stands below a cut or a DNAME: kept for glue, transfers and dumps only, and not in the index.
    @inlinable package static var occluded: NodeFlags { NodeFlags(rawValue: 8) }
    /// Has no records itself, but names below it have (RFC 4592, section 2.2.2).
    @inlinable package static var emptyNonTerminal: NodeFlags { NodeFlags(rawValue: 16) }
    /// Has a wildcard child; a reference to it follows the name.
    @inlinable package static var wildcardBelow: NodeFlags { NodeFlags(rawValue: 32) }
    /// Two references for NSEC3 proofs follow the name: see `HashedProof`.
    @inlinable package static var hashedProof: NodeFlags { NodeFlags(rawValue: 64) }
    /// No NSEC3 record matches the name (opt-out): the references are to the provable encloser and the one that covers.
    @inlinable package static var notMatched: NodeFlags { NodeFlags(rawValue: 128) }
    /// Holds NSEC3 records and nothing else: as a name it does not exist (RFC 5155, section 7.2.8).
    @inlinable package static var hash: NodeFlags { NodeFlags(rawValue: 256) }

    /// The bytes of references between a node's name and its RRsets.
    @inlinable @inline(__always)
    package var referenceBytes: Int {
        // `wildcardBelow` gives 4 and `hashedProof` 8, without a branch.
        Int(rawValue >> 3 & 12)
    }

    /// The node is not in the index: no question finds it.
    package var isHidden: Bool { !isDisjoint(with: [.occluded, .hash]) }
}

/// What is known about a whole zone.
@usableFromInline
package struct ZoneFlags: OptionSet, BitwiseCopyable, Sendable {
    @usableFromInline package let rawValue: UInt16

    @inlinable
    package init(rawValue: UInt16) {
        self.rawValue = rawValue
    }

    /// Denial of existence by NSEC records (RFC 4034, section 4): the apex has one.
    @inlinable package static var nsec: ZoneFlags { ZoneFlags(rawValue: 1) }
    /// Denial of existence by NSEC3 records (RFC 5155). Never together with `nsec`: one chain is chosen.
    @inlinable package static var nsec3: ZoneFlags { ZoneFlags(rawValue: 2) }
}

/// How much an additional name matters.
@usableFromInline
package enum AdditionalKind: UInt16, BitwiseCopyable, Sendable {
    /// Saves a resolver a question; left out when it does not fit.
    case optional = 0
    /// A name server's address within the delegated zone: without it the zone can't be reached (RFC 9471, section 3.1).
    case inDomainGlue = 1
}
