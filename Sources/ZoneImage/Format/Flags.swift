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
}

/// How much an additional name matters.
@usableFromInline
package enum AdditionalKind: UInt16, Sendable {
    /// Saves a resolver a question; left out when it does not fit.
    case optional = 0
    /// A name server's address within the delegated zone: without it the zone can't be reached (RFC 9471, section 3.1).
    case inDomainGlue = 1
}
