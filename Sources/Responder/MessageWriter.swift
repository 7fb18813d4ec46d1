// Puts an answer together in a buffer. All writes to the buffer go through this file, and each is checked against the
// buffer's size once; parts of the image are copied whole and their pointers patched.

import DNSCore
import Glibc
import ZoneImage

/// The sections of a message that records go to.
enum Section: Int {
    case answer = 0
    case authority = 1
    case additional = 2
}

/// What is copied of a part.
enum PartSelection {
    case data
    case dataAndSignatures
    case signatures
}

/// A place in the message at which a name stands, in octets from its start.
struct NamePlace: BitwiseCopyable {
    let offset: Int
    /// The question's name.
    static var question: NamePlace { NamePlace(offset: MessageHeader.size) }
}

/// Writes one message.
struct MessageWriter {
    private let base: UnsafeMutableRawPointer
    /// The octets that records may fill: the message's limit, less what the OPT record needs.
    private let limit: Int
    /// The buffer's size: what stands behind the limit is for the OPT record.
    private let capacity: Int
    /// The payload size that our OPT record offers.
    private let payload: Int
    /// The options that the OPT record will have.
    private let options: UnsafePointer<OptionReply>?
    private(set) var length: Int
    /// Records by section.
    private var counts: (answer: UInt16, authority: UInt16, additional: UInt16) = (0, 0, 0)
    /// Where the zone's apex stands: at the end of the question's name.
    var apex = NamePlace.question

    /// Pointers reach the first 16 KiB.
    static let pointerReach = 0x4000
    /// A pointer to the owner, type, class, TTL and length of no rdata.
    private static let smallestRecord = 12

    /// A writer of a message of at most `limit` octets, into `buffer`; the first `length` octets are there already.
    init(
        _ buffer: UnsafeMutableRawBufferPointer, length: Int, limit: Int, payload: Int,
        options: UnsafePointer<OptionReply>? = nil
    ) {
        // Safe: a responder is never given an empty buffer; `limit` is at most its size.
        unsafe base = buffer.baseAddress.unsafelyUnwrapped
        self.limit = min(limit, buffer.count)
        self.payload = payload
        unsafe self.options = options
        capacity = buffer.count
        self.length = length
    }

    /// The answer's records so far.
    var isEmpty: Bool { counts.answer == 0 }

    /// A state to go back to.
    struct Mark {
        fileprivate let length: Int
        fileprivate let counts: (answer: UInt16, authority: UInt16, additional: UInt16)
    }

    var mark: Mark { Mark(length: length, counts: counts) }

    /// Takes all records back: only the question, which ends at `length`, stays.
    mutating func rewind(to length: Int) {
        self.length = length
        counts = (0, 0, 0)
    }

    /// Takes everything back that was written since `mark`.
    mutating func rewind(to mark: Mark) {
        length = mark.length
        counts = mark.counts
    }

    /// Appends a part whose owner's name stands at `owner`.
    ///
    /// - Returns: false, and nothing is written, when it does not fit.
    @inline(__always)
    mutating func append(
        _ part: PartView, of zone: ZoneView, owner: NamePlace, _ selection: PartSelection, to section: Section
    ) -> Bool {
        let data = selection == .signatures ? 0 : part.dataLength
        let signatures = selection == .data ? 0 : part.signatureLength
        let skipped = part.dataLength &- data
        let size = data &+ signatures
        guard size > 0 else { return true }
        if length &+ size > MessageWriter.pointerReach,
            part.selfPointers > 0 || owner.offset >= MessageWriter.pointerReach
        {
            return appendInFull(part, of: zone, owner: owner, selection, to: section)
        }
        // A record has 12 octets at least; only a damaged part claims less.
        guard length &+ size <= limit, size >= MessageWriter.smallestRecord, data == 0 || data >= 2,
            let wire = unsafe part.wire(length: part.dataLength &+ signatures)
        else { return false }
        let start = length
        // Safe: `size` octets are free up to `limit`, and `wire` has them behind the first `skipped`.
        unsafe memcpy(base + start, wire + skipped, size)
        length = start &+ size
        if data > 0 {
            store(0xC000 | UInt16(truncatingIfNeeded: owner.offset), at: start)
            patchPointers(of: part, start: start, owner: owner)
        }
        if signatures > 0 { patchSignatures(of: part, start: start &- skipped, owner: owner) }
        count(
            (data > 0 ? part.recordCount : 0) &+ (signatures > 0 ? part.signatureCount : 0), in: section)
        return true
    }

    /// Appends a part of `node`, whose name stands nowhere in the message yet, with its signatures.
    ///
    /// - Returns: false, and nothing is written, when it does not fit.
    mutating func append(_ part: PartView, of zone: ZoneView, under node: NodeView, to section: Section) -> Bool {
        let name = unsafe node.name
        let size = name.count &+ part.dataLength &+ part.signatureLength
        if name.isEmpty { return append(part, of: zone, owner: apex, .dataAndSignatures, to: section) }
        if length &+ size > MessageWriter.pointerReach {
            return appendInFull(part, of: zone, name: zone.ownerWire(of: node), .dataAndSignatures, to: section)
        }
        guard part.dataLength >= 2, length &+ size <= limit, let source = name.baseAddress,
            let wire = unsafe part.wire(length: size &- name.count)
        else { return false }
        let start = length
        // Safe: the name, a pointer and the rest of the part are `size` octets, free up to `limit`.
        unsafe memcpy(base + start, source, name.count)
        unsafe memcpy(base + start + name.count, wire, size &- name.count)
        length = start &+ size
        // The part begins with a pointer to its owner: here the name's labels stand before it, and it leads to the apex.
        store(0xC000 | UInt16(truncatingIfNeeded: apex.offset), at: start &+ name.count)
        patchPointers(of: part, start: start &+ name.count, owner: NamePlace(offset: start))
        patchSignatures(of: part, start: start &+ name.count, owner: NamePlace(offset: start))
        count(part.recordCount &+ part.signatureCount, in: section)
        return true
    }

    /// Adds the places of the anchors to the data's listed pointers.
    @inline(__always)
    private func patchPointers(of part: PartView, start: Int, owner: NamePlace) {
        if part.isWithoutPointers { return }
        let owners = part.ownerPointers
        let apexes = owners &+ part.apexPointers
        let selves = apexes &+ part.selfPointers
        guard let places = part.places(selves) else { return }
        var index = 0
        while index < owners {
            add(owner.offset, at: start &+ places[index])
            index &+= 1
        }
        while index < apexes {
            add(apex.offset, at: start &+ places[index])
            index &+= 1
        }
        while index < selves {
            add(start, at: start &+ places[index])
            index &+= 1
        }
    }

    @inline(__always)
    private func patchSignatures(of part: PartView, start: Int, owner: NamePlace) {
        let listed = part.listedPointers
        let end = listed &+ part.signatureCount
        guard let places = part.places(end) else { return }
        for index in listed..<end {
            let place = start &+ places[index]
            // A damaged part may list places outside what was copied.
            guard place >= MessageHeader.size, place &+ 2 <= length else { continue }
            store(0xC000 | UInt16(truncatingIfNeeded: owner.offset), at: place)
        }
    }

    /// Appends a CNAME record from the name at `owner` to a target given in full.
    mutating func appendCNAME(owner: NamePlace, ttl: UInt32, target: UnsafeRawBufferPointer) -> NamePlace? {
        if owner.offset >= MessageWriter.pointerReach {
            return unsafe appendCNAMEInFull(owner: owner, ttl: ttl, target: target)
        }
        let size = 12 + target.count
        guard length + size <= limit, let source = target.baseAddress else { return nil }
        store(0xC000 | UInt16(truncatingIfNeeded: owner.offset), at: length)
        store(RRType.cname.rawValue, at: length + 2)
        store(RRClass.in.rawValue, at: length + 4)
        store(UInt16(truncatingIfNeeded: ttl >> 16), at: length + 6)
        store(UInt16(truncatingIfNeeded: ttl), at: length + 8)
        store(UInt16(target.count), at: length + 10)
        // Safe: 12 octets and the target fit below `limit`.
        unsafe memcpy(base + length + 12, source, target.count)
        let place = NamePlace(offset: length + 12)
        length += size
        count(1, in: .answer)
        return place
    }

    /// Writes the header over the first octets of the message, and the OPT record behind the last.
    mutating func finish(
        _ query: QueryHeader, rcode: RCode, flags: MessageHeader.Flags, extendedError: UInt16? = nil
    ) {
        let kept = query.flags & (MessageHeader.opcodeMask | MessageHeader.Flags.recursionDesired.rawValue)
        let word = kept | flags.rawValue | MessageHeader.Flags.response.rawValue
        store(query.id, at: MessageHeader.idOffset)
        store(word | rcode.rawValue & MessageHeader.rcodeMask, at: MessageHeader.flagsOffset)
        store(query.questionLength > 0 ? 1 : 0, at: MessageHeader.questionCountOffset)
        store(counts.answer, at: MessageHeader.answerCountOffset)
        store(counts.authority, at: MessageHeader.authorityCountOffset)
        if query.hasEDNS {
            appendOPT(
                query, rcode: rcode, extendedError: extendedError, isAuthoritative: flags.contains(.authoritative))
        }
        storeAdditionalCount()
    }

    /// Writes the header's count of additional records, when one was appended to a finished message.
    func storeAdditionalCount() {
        store(counts.additional, at: MessageHeader.additionalCountOffset)
    }

    /// The room that the OPT record takes behind an answer's records, without options. Extended errors go with messages that have none.
    static let roomForOPT = EDNS.emptyRecordSize

    private mutating func appendOPT(
        _ query: QueryHeader, rcode: RCode, extendedError: UInt16?, isAuthoritative: Bool
    ) {
        // Room was kept below the message's limit: see `roomForOPT`.
        let start = length
        storeOctet(0, at: start)
        store(RRType.opt.rawValue, at: start + 1)
        store(UInt16(truncatingIfNeeded: payload), at: start + 3)
        storeOctet(UInt8(truncatingIfNeeded: rcode.rawValue >> 4), at: start + 5)
        storeOctet(0, at: start + 6)
        store(query.wantsDNSSEC ? UInt16(EDNS.dnssecOK) : 0, at: start + 7)
        length = start + EDNS.emptyRecordSize
        if let extendedError {
            appendReserved(word: EDNS.extendedErrorOption)
            appendReserved(word: 2)
            appendReserved(word: extendedError)
        }
        if let options = unsafe options { unsafe append(options.pointee, isAuthoritative: isAuthoritative) }
        store(UInt16(truncatingIfNeeded: length - start - EDNS.emptyRecordSize), at: start + 9)
        count(1, in: .additional)
    }

    /// Where the rdata stands of the record that starts at `start`.
    func rdataPlace(ofRecordAt start: Int) -> NamePlace {
        // Near the message's start owners are pointers; past that, see `appendInFull`.
        let fields = unsafe MessageFields(message)
        if fields.word(at: start) >= 0xC000 { return NamePlace(offset: start + MessageWriter.smallestRecord) }
        return NamePlace(offset: fields.record(at: start)?.rdata.lowerBound ?? length)
    }

    /// True when the part that starts at `start` was written with names in full, so that its own places do not hold.
    func isInFull(_ start: Int) -> Bool {
        unsafe start < length && MessageFields(message).word(at: start) < 0xC000
    }

    /// The message so far.
    var message: UnsafeRawBufferPointer { unsafe UnsafeRawBufferPointer(start: base, count: length) }

    /// Appends octets that no section counts.
    mutating func appendOctets(_ octets: some Collection<UInt8>) -> Bool {
        guard length + octets.count <= limit else { return false }
        for octet in octets {
            storeOctet(octet, at: length)
            length += 1
        }
        return true
    }

    /// Appends two octets in the room behind the limit.
    mutating func appendReserved(word: UInt16) {
        appendReserved(octet: UInt8(word >> 8))
        appendReserved(octet: UInt8(truncatingIfNeeded: word))
    }

    /// Appends an octet in the room behind the limit.
    mutating func appendReserved(octet: UInt8) {
        guard length < capacity else { return }
        storeOctet(octet, at: length)
        length += 1
    }

    /// Counts records in a section.
    @inline(__always)
    mutating func count(_ records: Int, in section: Section) {
        let records = UInt16(truncatingIfNeeded: records)
        switch section {
        case .answer: counts.answer &+= records
        case .authority: counts.authority &+= records
        case .additional: counts.additional &+= records
        }
    }

    @inline(__always)
    private func store(_ value: UInt16, at offset: Int) {
        // Safe: callers have checked that the octets are below `limit`, or within the header or the room for OPT.
        unsafe base.storeBytes(of: value.bigEndian, toByteOffset: offset, as: UInt16.self)
    }

    @inline(__always)
    private func storeOctet(_ value: UInt8, at offset: Int) {
        // Safe: as `store`.
        unsafe base.storeBytes(of: value, toByteOffset: offset, as: UInt8.self)
    }

    /// Adds an anchor's place to a stored pointer; nothing outside what has been written.
    @inline(__always)
    private func add(_ anchor: Int, at offset: Int) {
        guard offset &+ 2 <= length else { return }
        // Safe: two octets from `offset` on have been written.
        let stored = UInt16(bigEndian: unsafe base.loadUnaligned(fromByteOffset: offset, as: UInt16.self))
        store(stored &+ UInt16(truncatingIfNeeded: anchor), at: offset)
    }
}
