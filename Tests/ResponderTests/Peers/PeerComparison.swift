// Two answers to one question, compared by what they say: code, bits, and each section as a set, names without case.

import DNSCore
import ResponderModel

/// An answer without what does not matter.
struct ComparableAnswer: Equatable {
    let rcode: Int
    let isAuthoritative: Bool
    let isTruncated: Bool
    let hasEDNS: Bool
    let answer: Set<ResourceRecord>
    let authority: Set<ResourceRecord>
    let additional: Set<ResourceRecord>

    init(_ message: WireMessage) {
        func set(_ records: [WireRecord]) -> Set<ResourceRecord> { Set(records.map(ComparableAnswer.canonical)) }
        rcode = message.rcode
        isAuthoritative = message.isAuthoritative
        isTruncated = message.isTruncated
        hasEDNS = message.opt != nil
        answer = set(message.answer)
        authority = set(message.authority)
        additional = set(message.additional)
    }

    private static func canonical(_ record: WireRecord) -> ResourceRecord {
        let type = RRType(rawValue: record.type)
        var rdata = record.rdata
        for name in rdata.withUnsafeBytes({ type.names(in: $0) }) ?? [] {
            for place in name.range { rdata[place] = ASCII.lowercase(rdata[place]) }
        }
        return ResourceRecord(
            owner: Name(known: record.owner), type: type, rrClass: RRClass(rawValue: record.rrClass), ttl: record.ttl,
            rdata: rdata)
    }
}

/// Our answer and a peer's.
struct PeerComparison {
    let peer: PeerServer.Kind
    let query: TestQuery
    let overTCP: Bool
    let ours: ComparableAnswer
    let theirs: ComparableAnswer
    /// Ours without a limit.
    let whole: ComparableAnswer

    /// What differs, a word for each field.
    var differences: [String] {
        [
            ours.rcode == theirs.rcode ? nil : "RCODE", ours.isAuthoritative == theirs.isAuthoritative ? nil : "AA",
            ours.isTruncated == theirs.isTruncated ? nil : "TC", ours.hasEDNS == theirs.hasEDNS ? nil : "EDNS",
            ours.answer == theirs.answer ? nil : "answer", ours.authority == theirs.authority ? nil : "authority",
            ours.additional == theirs.additional ? nil : "additional",
        ].compactMap { $0 }
    }

    var text: String {
        func lines(_ records: Set<ResourceRecord>, _ others: Set<ResourceRecord>) -> String {
            records.subtracting(others).map { "\($0.owner) \($0.ttl) \($0.type) \($0.rdata.count) octets" }.sorted()
                .prefix(6).joined(separator: "; ")
        }
        func side(_ one: ComparableAnswer, _ other: ComparableAnswer) -> String {
            "RCODE \(one.rcode) AA \(one.isAuthoritative) TC \(one.isTruncated)"
                + " | \(lines(one.answer, other.answer)) | \(lines(one.authority, other.authority))"
                + " | \(lines(one.additional, other.additional))"
        }
        return """
            \(query.text)\(overTCP ? " +tcp" : ""): \(differences.joined(separator: ", ")) differ from \(peer)
              ours:   \(side(ours, theirs))
              theirs: \(side(theirs, ours))
            """
    }

    /// The number in docs/DECISIONS.md that allows the difference; nil: none does.
    var decision: String? {
        PeerComparison.decisions.first { $0.allows(self) }?.number
    }

    /// Where we mean to differ. Each entry is a number in the project's list of decisions, or a section
    /// of an RFC, and what it lets differ.
    static let decisions: [(number: String, allows: @Sendable (PeerComparison) -> Bool)] = [
        // In-domain glue that does not fit sets TC; NSD sends what fits.
        ("5", { $0.ours.isTruncated && !$0.theirs.isTruncated && $0.areLeftOutOnly(["TC", "additional"]) }),
        // Of a truncated answer nobody uses the sections.
        ("6", { $0.ours.isTruncated && $0.theirs.isTruncated && $0.haveOnly(["answer", "authority", "additional"]) }),
        // What fits is sent whole; BIND compresses less.
        (
            "RFC 2181, 9",
            {
                $0.peer == .bind && !$0.ours.isTruncated && $0.theirs.isTruncated
                    && $0.ours.authority == $0.whole.authority
            }
        ),
        // Below a zone cut is not ours to answer; BIND does it for NSEC at the cut.
        (
            "RFC 1034, 4.3.2",
            {
                $0.peer == .bind && RRType(rawValue: $0.query.type) == .nsec && !$0.ours.isAuthoritative
                    && $0.theirs.answer.contains { $0.type == .nsec }
            }
        ),
        // Glue that is not below the cut is useful; BIND leaves it out when asked to be minimal.
        (
            "RFC 9471, 2.2",
            {
                $0.peer == .bind && $0.haveOnly(["additional"]) && !$0.ours.isAuthoritative
                    && $0.theirs.additional.isSubset(of: $0.ours.additional)
            }
        ),
        // Of the root zone that we have, the apex's NSEC lacks its signature; BIND then takes the zone for unsigned.
        ("RFC 4035, 3.1", { $0.peer == .bind && $0.query.wantsDNSSEC && $0.areTheSameWithoutSigning }),
        // A wildcard's NSEC, asked for and expanded, comes with its proof like any other type; Knot sends it once.
        (
            "RFC 4035, 3.1.3.3",
            {
                $0.haveOnly(["authority"]) && RRType(rawValue: $0.query.type) == .nsec
                    && $0.theirs.authority.isSubset(of: $0.ours.authority)
            }
        ),
        // Names that grow for ever are followed for a while: how long is for each server to choose. BIND gives up.
        ("8", { $0.haveOnly(["answer"]) && $0.ours.answer.count > 16 && $0.isMoreOrLess(\.answer) }),
        (
            "8",
            {
                $0.peer == .bind && $0.theirs.rcode == 2 && $0.ours.rcode == 0
                    && $0.ours.answer.contains { [.cname, .dname].contains($0.type) }
            }
        ),
        // NS records at a wildcard, whose meaning is undefined, are a cut for Knot, under the wildcard's own name.
        (
            "RFC 4592, 4.2",
            { $0.peer == .knot && $0.theirs.authority.contains { $0.type == .ns && $0.owner.isWildcard } }
        ),
        // A DNAME belongs to its owner, also when that is a wildcard's name spelled out; Knot puts the question's name there.
        ("RFC 6672, 3.1", { $0.peer == .knot && $0.ours.answer.contains { $0.type == .dname && $0.owner.isWildcard } }),
        // The owner of an NSEC3 record is no name of the zone, and denied like any other; NSD takes it for a closest encloser.
        ("RFC 5155, 7.2.8", { $0.peer == .nsd && $0.asksBelowHash }),
        // A type that a wildcard's name, asked for itself, does not have is denied by the one NSEC3 that matches the name.
        (
            "RFC 5155, 7.2.3",
            {
                $0.peer == .nsd && $0.haveOnly(["authority", "TC"]) && !$0.ours.isTruncated
                    && wirePresentation($0.query.name).hasPrefix("*.")
                    && ($0.theirs.isTruncated || $0.ours.authority.isSubset(of: $0.theirs.authority))
            }
        ),
        // An alias is followed whatever type is asked for, but for CNAME itself; NSD does not follow it for NSEC3.
        (
            "RFC 1034, 3.6.2",
            {
                $0.peer == .nsd && RRType(rawValue: $0.query.type) == .nsec3
                    && $0.ours.answer.contains { $0.type == .cname }
            }
        ),
        // Addresses that save a question come with MX, SRV, SVCB, HTTPS and the apex's NS, if they fit. Peers leave some
        // out; those that a wildcard gives we leave out.
        ("16", { $0.haveOnly(["additional"]) && $0.asksForTargets && $0.isMoreOrLess(\.additional) }),
        // Which of the useful records come first when not all fit is for each server to choose.
        ("16", { !$0.overTCP && !$0.ours.isTruncated && $0.areLeftOutOnly(["additional"]) }),
    ]

    private var asksForTargets: Bool {
        ours.isAuthoritative && [.ns, .mx, .srv, .svcb, .https].contains(RRType(rawValue: query.type))
    }

    /// True when they send no signature, and all else is the same but for what only signed zones send.
    private var areTheSameWithoutSigning: Bool {
        func plain(_ section: Set<ResourceRecord>) -> Set<ResourceRecord> {
            section.filter { ![.rrsig, .nsec, .ds].contains($0.type) }
        }
        return haveOnly(["answer", "authority", "additional", "TC"]) && (ours.isTruncated || !theirs.isTruncated)
            && !theirs.answer.union(theirs.authority).contains { $0.type == .rrsig }
            && plain(ours.answer) == plain(theirs.answer) && plain(ours.authority) == plain(theirs.authority)
            && theirs.additional.isSubset(of: whole.additional)
    }

    /// True when a label of the question's name looks like an NSEC3 owner's.
    private var asksBelowHash: Bool {
        wirePresentation(query.name).split(separator: ".").contains { $0.utf8.count == 32 }
    }

    /// True when one of us has all that the other has.
    private func isMoreOrLess(_ section: KeyPath<ComparableAnswer, Set<ResourceRecord>>) -> Bool {
        theirs[keyPath: section].isSubset(of: ours[keyPath: section])
            || ours[keyPath: section].isSubset(of: theirs[keyPath: section])
    }

    private func haveOnly(_ fields: Set<String>) -> Bool { fields.isSuperset(of: differences) }

    /// True when nothing else differs, and each has a part of the additional data that there is.
    private func areLeftOutOnly(_ fields: Set<String>) -> Bool {
        haveOnly(fields) && ours.additional.isSubset(of: whole.additional)
            && theirs.additional.isSubset(of: whole.additional)
    }
}
