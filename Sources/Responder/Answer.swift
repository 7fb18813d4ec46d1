// Answers one question from one zone: RFC 1034, section 4.3.2, with RFC 4035 (DNSSEC), 4592 (wildcards), 6672 (DNAME)
// and 9471 (glue). Each step is a function; what a step could not fit decides between truncation and leaving out. The
// proofs of what does not exist are in Denial.swift.

import DNSCore
import ZoneImage

/// How the answer to a question turned out.
package struct Outcome: BitwiseCopyable {
    package var rcode = RCode.noError
    package var isTruncated = false
    /// The message's octets; 0: nothing is sent.
    package var length = 0
}

/// The question as the making of its answer sees it.
struct Question: BitwiseCopyable {
    let name: LookupName
    let type: RRType
    /// The requestor wants DNSSEC records.
    let wantsDNSSEC: Bool
    /// What was found out about the name before.
    let start: LookupStart
}

/// What answers are made with and is too large to be set up for each: one for all that a responder makes.
struct AnswerMemory {
    var chain = AliasChain()
    var denials = DenialList()
    /// For the names of links.
    let link: LookupName
}

/// The answer to one question, under construction.
struct Answer {
    let zone: ZoneView
    let query: Question
    let transport: Transport
    var writer: MessageWriter
    var rcode = RCode.noError
    var isAuthoritative = true
    var isTruncated = false
    let memory: UnsafeMutablePointer<AnswerMemory>

    /// `memory` stays the caller's, who makes one answer at a time with it.
    init(
        zone: ZoneView, query: Question, transport: Transport, writer: MessageWriter,
        memory: UnsafeMutablePointer<AnswerMemory>
    ) {
        self.zone = zone
        self.query = query
        self.transport = transport
        self.writer = writer
        unsafe self.memory = memory
        unsafe memory.pointee.chain.clear()
        unsafe memory.pointee.denials.clear()
        // The question stands uncompressed behind the header, and the apex ends it.
        // (The apex is never longer than the name but in a damaged zone.)
        self.writer.apex = NamePlace(offset: MessageHeader.size + max(0, query.name.length - zone.apexLength))
    }

    var selection: PartSelection { query.wantsDNSSEC ? .dataAndSignatures : .data }

    /// Steps 3 and 4: looks the name up, and follows CNAME and DNAME within the zone.
    @inline(__always)
    mutating func resolve() {
        // The first link is the question itself, whose name was made ready when it was read.
        if case .alias(let place) = step(query.name, at: .question, from: query.start) {
            followAliases(from: place)
        }
        appendDenials()
    }

    /// Resolves again, for an answer whose end does not fit any message: as many links of its chain as do fit, with their
    /// proofs, from which a resolver goes on. `start` is where the question ends.
    ///
    /// - Returns: false when there is no such chain.
    @inline(never)
    mutating func resolveWithoutEnd(from start: Int) -> Bool {
        var links = unsafe memory.pointee.chain.count
        while links > 0, isTruncated {
            links -= 1
            writer.rewind(to: start)
            unsafe memory.pointee.chain.clear(links: links)
            unsafe memory.pointee.denials.clear()
            (rcode, isAuthoritative, isTruncated) = (.noError, true, false)
            resolve()
        }
        return !isTruncated
    }

    private mutating func followAliases(from first: NamePlace) {
        let link = unsafe memory.pointee.link
        var place = first
        while unsafe memory.pointee.chain.isOpen, followAlias(to: place, link) {
            guard case .alias(let next) = step(link, at: place) else { return }
            place = next
        }
    }

    /// What one name of a chain has come to.
    private enum Step {
        case done
        /// The answer goes on with the name at this place.
        case alias(NamePlace)
    }

    @inline(__always)
    private mutating func step(
        _ name: LookupName, at place: NamePlace, from start: LookupStart? = nil
    ) -> Step {
        switch zone.lookup(name, from: start) {
        case .exact(let node):
            return answerName(zone.view(node), name, at: place)
        case .belowCut(let cut, let labels):
            refer(to: zone.view(cut), at: suffixPlace(of: place, name, labels))
        case .belowDNAME(let owner, let labels):
            return substitute(zone.view(owner), name, at: place, labels: labels)
        case .missing(let encloser, let labels, let wildcard):
            let closest = Encloser(node: zone.view(encloser), labels: labels)
            if wildcard.isNone {
                denyName(name, below: closest)
            } else {
                return answerWildcard(zone.view(wildcard), name, at: place, below: closest)
            }
        }
        return .done
    }

    // MARK: Step 3a: the name exists

    @inline(__always)
    private mutating func answerName(_ node: NodeView, _ name: LookupName, at place: NamePlace) -> Step {
        // DS belongs to the parent's side of a cut (RFC 4035, section 3.1.4.1); all else to the child.
        if node.flags.contains(.cut), query.type != .ds {
            refer(to: node, at: place)
            return .done
        }
        if let step = answerRRset(node, at: place, isExpanded: false) { return step }
        denyType(node)
        return .done
    }

    /// Answers from the RRsets of a node; nil when it has none that fits the question. `isExpanded`: the node is a
    /// wildcard that stands for the name.
    @inline(__always)
    private mutating func answerRRset(_ node: NodeView, at place: NamePlace, isExpanded: Bool) -> Step? {
        if query.type == .any { return answerAny(node, at: place, isExpanded: isExpanded) }
        if query.type == .rrsig, let step = answerSignatures(node, at: place, isExpanded: isExpanded) { return step }
        let part = zone.view(node.part(of: query.type))
        if part.recordCount > 0 {
            if !isExpanded, isInAnswer(query.type, at: node) { return .done }
            // At a name that exists for other reasons too, they still do not (RFC 5155, section 7.2.8).
            if query.type == .nsec3 { return nil }
            let start = writer.length
            if require(writer.append(part, of: zone, owner: place, selection, to: .answer)) {
                appendDenials()
                appendAddresses(part, at: start)
            }
            return .done
        }
        guard node.flags.contains(.cname) else { return nil }
        return appendAlias(zone.view(node.part(of: .cname)), at: place)
    }

    private mutating func appendAlias(_ part: PartView, at place: NamePlace) -> Step? {
        guard part.recordCount > 0 else { return nil }
        let start = writer.length
        guard require(writer.append(part, of: zone, owner: place, selection, to: .answer)) else { return .done }
        return .alias(writer.rdataPlace(ofRecordAt: start))
    }

    /// RFC 8482: over UDP one RRset stands for all; over TCP all are sent, signatures being data like any other (RFC 4035,
    /// section 3), as far as they fit: a subset is an answer too, an empty one is none.
    private mutating func answerAny(_ node: NodeView, at place: NamePlace, isExpanded: Bool) -> Step? {
        var isEmpty = true
        var isAnswered = false
        let selection = transport == .tcp ? PartSelection.dataAndSignatures : selection
        for index in 0..<node.rrsetCount {
            let (type, reference) = node.rrset(index)
            let part = zone.view(reference)
            guard part.recordCount > 0, type != .nsec3 else { continue }
            isEmpty = false
            var missing = selection
            if !isExpanded, isInAnswer(type, at: node) {
                isAnswered = true
                if query.wantsDNSSEC || selection == .data { continue }
                missing = .signatures
            }
            guard writer.append(part, of: zone, owner: place, missing, to: .answer) else { continue }
            isAnswered = true
            if transport == .udp { break }
        }
        if !isEmpty { _ = require(isAnswered) }
        return isEmpty ? nil : .done
    }

    private mutating func answerSignatures(_ node: NodeView, at place: NamePlace, isExpanded: Bool) -> Step? {
        var isEmpty = true
        for index in 0..<node.rrsetCount {
            let (type, reference) = node.rrset(index)
            let part = zone.view(reference)
            guard part.signatureCount > 0, type != .nsec3 else { continue }
            isEmpty = false
            // Its signatures came along with it.
            if query.wantsDNSSEC, !isExpanded, isInAnswer(type, at: node) { continue }
            guard require(writer.append(part, of: zone, owner: place, .signatures, to: .answer)) else { break }
        }
        return isEmpty ? nil : .done
    }

    /// True for the DNAME of a node when the answer has it already: a chain may lead to an owner that it has come through.
    @inline(__always)
    private func isInAnswer(_ type: RRType, at node: NodeView) -> Bool {
        guard type == .dname else { return false }
        return unsafe memory.pointee.chain.knownTarget(of: node.reference) != nil
    }

    // MARK: Step 3b: the name is in a delegated zone

    /// The cut's NS records, DS or its proven absence, and glue.
    private mutating func refer(to cut: NodeView, at place: NamePlace) {
        if writer.isEmpty { isAuthoritative = false }
        let servers = zone.view(cut.part(of: .ns))
        let start = writer.length
        guard require(writer.append(servers, of: zone, owner: place, .data, to: .authority)) else { return }
        // In a zone without signatures a DS record proves nothing.
        if query.wantsDNSSEC, zone.isSigned {
            let signer = zone.view(cut.part(of: .ds))
            if signer.recordCount > 0 {
                guard require(writer.append(signer, of: zone, owner: place, .dataAndSignatures, to: .authority)) else {
                    return
                }
            } else if zone.flags.contains(.nsec3) {
                denyHashed(cut)
            } else if zone.flags.contains(.nsec), unsafe memory.pointee.denials.add(cut.reference) {
                // Written here, where its owner's name stands already, and taken off the list behind those before it.
                appendDenials(except: cut.reference)
                let proof = zone.view(cut.part(of: .nsec))
                guard require(writer.append(proof, of: zone, owner: place, .dataAndSignatures, to: .authority)) else {
                    return
                }
            }
        }
        appendDenials()
        appendAddresses(servers, at: start)
    }

    // MARK: Step 3c: the name does not exist

    private mutating func answerWildcard(
        _ wildcard: NodeView, _ name: LookupName, at place: NamePlace, below encloser: Encloser
    ) -> Step {
        // Answer or none, the name itself is shown not to exist (RFC 4035, sections 3.1.3.3 and 3.1.3.4).
        denyCloserName(name, below: encloser)
        if let step = answerRRset(wildcard, at: place, isExpanded: true) { return step }
        denyTypeOfWildcard(wildcard, below: encloser)
        return .done
    }

    // MARK: CNAME and DNAME

    /// RFC 6672, section 3.2: the DNAME, and a CNAME made from it.
    private mutating func substitute(
        _ owner: NodeView, _ name: LookupName, at place: NamePlace, labels: Int
    ) -> Step {
        let part = zone.view(owner.part(of: .dname))
        guard part.recordCount > 0 else { return .done }
        let ownerPlace = suffixPlace(of: place, name, labels)
        let start = writer.length
        if unsafe memory.pointee.chain.knownTarget(of: owner.reference) == nil {
            guard require(writer.append(part, of: zone, owner: ownerPlace, selection, to: .answer)) else {
                return .done
            }
            unsafe memory.pointee.chain.note(owner.reference, target: writer.rdataPlace(ofRecordAt: start))
        }
        guard let target = unsafe memory.pointee.chain.knownTarget(of: owner.reference) else { return .done }
        return withUnsafeTemporaryAllocation(byteCount: 2 * Name.maximumLength, alignment: 1) { buffer in
            let kept = name.start(ofSuffix: labels)
            // The first labels keep the spelling that they have in the message.
            guard let whole = unsafe MessageName.read(writer.message, at: place, into: buffer), whole > kept,
                let length = unsafe MessageName.read(
                    writer.message, at: target, into: UnsafeMutableRawBufferPointer(rebasing: buffer[kept...]))
            else { return .done }
            guard kept + length <= Name.maximumLength else {
                rcode = .yxDomain
                return .done
            }
            let alias = unsafe writer.appendCNAME(
                owner: place, ttl: MessageFields(writer.message).ttl(ofRecordWithRdataAt: target),
                target: UnsafeRawBufferPointer(rebasing: buffer[..<(kept + length)]))
            guard let alias else {
                _ = require(false)
                return .done
            }
            // The CNAME made here is what a question for CNAME asks for; any other goes on with its target.
            return query.type == .cname ? .done : .alias(alias)
        }
    }

    /// Makes the name at `place` ready for a lookup as `link`; false when the chain ends here: it leaves the zone, or repeats itself.
    private mutating func followAlias(to place: NamePlace, _ link: LookupName) -> Bool {
        if isTruncated { return false }
        return withUnsafeTemporaryAllocation(byteCount: Name.maximumLength, alignment: 1) { buffer in
            guard let length = unsafe MessageName.read(writer.message, at: place, into: buffer),
                unsafe link.read(UnsafeRawBufferPointer(rebasing: buffer[..<length])) != nil,
                zone.isAtOrAbove(link)
            else { return false }
            zone.prepare(link)
            let hash = link.hash(ofSuffix: 0)
            if unsafe memory.pointee.chain.hasSeen(hash, after: query.name.hash(ofSuffix: 0)), isAliasOwner(link) {
                return false
            }
            unsafe memory.pointee.chain.add(hash)
            return true
        }
    }

    /// True when the answer has a CNAME at that name, which is then in the chain already. Each name of a chain but the last has one.
    @inline(never)
    private func isAliasOwner(_ name: LookupName) -> Bool {
        let fields = unsafe MessageFields(writer.message)
        // Behind the question, whose name is not compressed, come the records of the answer section only.
        var position = MessageHeader.size + query.name.length + 4
        return withUnsafeTemporaryAllocation(byteCount: Name.maximumLength, alignment: 1) { owner in
            while let record = fields.record(at: position) {
                if record.type == .cname,
                    let length = unsafe MessageName.read(
                        writer.message, at: NamePlace(offset: position), into: owner),
                    unsafe name.wire.elementsEqual(owner[..<length].lazy.map { ASCII.lowercase($0) })
                {
                    return true
                }
                position = record.end
            }
            return false
        }
    }

    /// Where the name at `place` goes on behind its first `labels` labels.
    @inline(__always)
    private func suffixPlace(of place: NamePlace, _ name: LookupName, _ labels: Int) -> NamePlace {
        // The question's name is not compressed.
        if place.offset == MessageHeader.size { return NamePlace(offset: place.offset + name.start(ofSuffix: labels)) }
        return unsafe MessageName.skip(labels, of: writer.message, at: place)
    }

    // MARK: Additional data

    /// The addresses of the names in a part that stands at `start`. Glue within the delegated zone must fit
    /// (RFC 9471, section 3.1); the rest is left out when it does not (RFC 2181, section 9).
    @inline(__always)
    private mutating func appendAddresses(_ part: PartView, at start: Int) {
        let count = part.additionalCount
        if count == 0 { return }
        var hasOptional = false
        for index in 0..<count {
            let name = part.additional(index)
            if name.kind == .optional {
                hasOptional = true
            } else if !appendAddresses(of: name.node, named: start, name.place) {
                isTruncated = true
                return
            }
        }
        guard hasOptional else { return }
        for index in 0..<count {
            let name = part.additional(index)
            guard name.kind == .optional else { continue }
            guard appendAddresses(of: name.node, named: start, name.place) else { return }
        }
    }

    /// The addresses of a node whose name stands at `place` within the part at `start`.
    private mutating func appendAddresses(of reference: NodeReference, named start: Int, _ place: Int) -> Bool {
        let node = zone.view(reference)
        return appendAddresses(.a, of: node, named: start, place)
            && appendAddresses(.aaaa, of: node, named: start, place)
    }

    private mutating func appendAddresses(_ type: RRType, of node: NodeView, named start: Int, _ place: Int) -> Bool {
        let part = zone.view(node.part(of: type))
        guard part.recordCount > 0 else { return true }
        // Glue is not signed (RFC 4035, section 2.2).
        let isGlue = !node.flags.isDisjoint(with: [.occluded, .cut])
        let selection = isGlue ? PartSelection.data : selection
        if writer.isInFull(start) {
            return writer.appendInFull(part, of: zone, name: zone.ownerWire(of: node), selection, to: .additional)
        }
        return writer.append(part, of: zone, owner: NamePlace(offset: start + place), selection, to: .additional)
    }

    /// Notes that something which must be in the answer did not fit.
    @inline(__always)
    mutating func require(_ fits: Bool) -> Bool {
        if !fits { isTruncated = true }
        return fits
    }
}

extension MessageFields {
    /// The TTL of a record whose rdata starts at `place`.
    func ttl(ofRecordWithRdataAt place: NamePlace) -> UInt32 {
        UInt32(word(at: place.offset - 6)) << 16 | UInt32(word(at: place.offset - 4))
    }
}
