// Reads queries. Whatever the bytes are, the outcome is a question, a response code, or silence; never a trap.

import DNSCore
import ZoneImage

extension Query {
    /// Reads a message that claims to be a query.
    @inline(__always)
    mutating func read(_ message: UnsafeRawBufferPointer) {
        header = QueryHeader()
        zone = .none
        likelyZone.number = -1
        start = LookupStart(suffix: 0)
        part = .none
        targets = (.none, .none)
        requested = []
        signature = 0
        status = .ignored
        guard message.count >= MessageHeader.size else { return }
        let fields = MessageFields(message)
        header.id = fields.word(at: MessageHeader.idOffset)
        header.flags = fields.word(at: MessageHeader.flagsOffset)
        // A response is never answered: two servers would go on for ever.
        guard header.flags & MessageHeader.Flags.response.rawValue == 0 else { return }
        status = readSections(fields)
    }

    @inline(__always)
    private mutating func readSections(_ fields: MessageFields) -> QueryStatus {
        let opcode = UInt8(truncatingIfNeeded: (header.flags & MessageHeader.opcodeMask) >> MessageHeader.opcodeShift)
        guard Opcode(rawValue: opcode) == .query else {
            return .failure(readForeign(fields) ?? .notImp)
        }
        if fields.word(at: MessageHeader.questionCountOffset) == 0 { return readCookieOnly(fields) }
        // One question and no more (RFC 9619); queries carry no answers.
        guard fields.word(at: MessageHeader.questionCountOffset) == 1,
            fields.word(at: MessageHeader.answerCountOffset) == 0
        else {
            _ = readForeign(fields)
            return .failure(.formErr)
        }
        guard let nameLength = unsafe name.read(fields.bytes(from: MessageHeader.size)),
            MessageHeader.size + nameLength + 4 <= fields.count
        else { return .failure(.formErr) }
        let behindName = MessageHeader.size + nameLength
        type = RRType(rawValue: fields.word(at: behindName))
        rrClass = RRClass(rawValue: fields.word(at: behindName + 2))
        header.questionLength = UInt16(truncatingIfNeeded: nameLength + 4)
        if let failure = readRecords(fields, from: behindName + 4) { return .failure(failure) }
        return checkQuestion()
    }

    /// Without a question there must be an OPT record with a cookie.
    private mutating func readCookieOnly(_ fields: MessageFields) -> QueryStatus {
        type = RRType(rawValue: 0)
        guard fields.word(at: MessageHeader.answerCountOffset) == 0 else { return .failure(.formErr) }
        if let failure = readRecords(fields, from: MessageHeader.size) { return .failure(failure) }
        return requested.contains(.cookie) ? .cookieOnly : .failure(.formErr)
    }

    /// Of a message that is no query of one question, what its answer repeats: the question, and that there was an OPT
    /// record, which an answer must have too (RFC 6891, section 6.1.1).
    ///
    /// - Returns: BADVERS if the OPT record asks for it, which goes before what else is wrong (section 6.1.3).
    @inline(never)
    private mutating func readForeign(_ fields: MessageFields) -> RCode? {
        let questions = Int(fields.word(at: MessageHeader.questionCountOffset))
        var position = MessageHeader.size
        if questions == 1 {
            guard let length = unsafe name.read(fields.bytes(from: position)), position + length + 4 <= fields.count
            else { return nil }
            position += length + 4
            header.questionLength = UInt16(truncatingIfNeeded: length + 4)
        } else {
            for _ in 0..<questions {
                guard let behindName = fields.skipName(at: position), behindName + 4 <= fields.count else { return nil }
                position = behindName + 4
            }
        }
        let others =
            Int(fields.word(at: MessageHeader.answerCountOffset))
            + Int(fields.word(at: MessageHeader.authorityCountOffset))
        let additional = Int(fields.word(at: MessageHeader.additionalCountOffset))
        for index in 0..<others + additional {
            guard let record = fields.record(at: position) else { return nil }
            if index >= others, record.type == .opt {
                let failure = readOPT(fields, record)
                if failure != nil { return failure == .badVers ? failure : nil }
            }
            position = record.end
        }
        return nil
    }

    /// The question types and classes that no zone is asked about.
    @inline(__always)
    private func checkQuestion() -> QueryStatus {
        switch type {
        case .axfr, .ixfr: .failure(.refused)
        case .maila, .mailb: .failure(.notImp)
        // RFC 9824, section 3.5, says it of NXNAME; the others are no data of any name either.
        case .opt, .tsig, .tkey, .nxname: .invalidType
        default: rrClass == .in ? .question : rrClass == .ch ? .serverQuestion : .failure(.refused)
        }
    }

    /// Walks what follows the question; a response code if something is wrong with it.
    @inline(__always)
    private mutating func readRecords(_ fields: MessageFields, from start: Int) -> RCode? {
        let authority = Int(fields.word(at: MessageHeader.authorityCountOffset))
        let additional = Int(fields.word(at: MessageHeader.additionalCountOffset))
        // IXFR alone carries a record in the authority section (RFC 1995, section 3).
        if authority != 0, type != .ixfr { return .formErr }
        var position = start
        var failure: RCode?
        for index in 0..<authority + additional {
            guard let record = fields.record(at: position) else { return .formErr }
            if index >= authority, record.type == .opt {
                if let found = readOPT(fields, record) { failure = failure ?? found }
            } else if record.type == .tsig {
                // It is the last record, and well-formed (RFC 8945, section 5.2). No key is known here (section 5.2.1).
                guard index == authority + additional - 1, index >= authority,
                    TransactionSignature(fields, record) != nil
                else { return .formErr }
                failure = failure ?? .notAuth
                signature = position
            }
            if failure == .formErr { return failure }
            position = record.end
        }
        return position == fields.count ? failure : .formErr
    }

    /// RFC 6891, section 6.1: one OPT, at the root.
    private mutating func readOPT(_ fields: MessageFields, _ record: MessageFields.Record) -> RCode? {
        guard !header.hasEDNS, record.isAtRoot else { return .formErr }
        header.payload = max(UInt16(EDNS.minimumPayload), record.rrClass)
        header.wantsDNSSEC = record.ttl & EDNS.dnssecOK != 0
        // What the options of another version look like is not known.
        if record.ttl >> 16 & 0xFF != 0 {
            header.hasEDNS = true
            return .badVers
        }
        // A malformed one is answered with one too (section 7).
        header.hasEDNS = true
        guard fields.hasWholeOptions(record) else { return .formErr }
        return record.rdata.isEmpty || readOptions(fields, record) ? nil : .formErr
    }
}

/// Checked reads from a message.
struct MessageFields {
    private let message: UnsafeRawBufferPointer

    init(_ message: UnsafeRawBufferPointer) {
        unsafe self.message = message
    }

    var count: Int { message.count }

    /// The 16-bit word at `offset`; 0 outside the message.
    @inline(__always)
    func word(at offset: Int) -> UInt16 {
        guard offset >= 0, offset &+ 2 <= message.count else { return 0 }
        // Safe: two octets from `offset` on are within the message.
        return UInt16(bigEndian: unsafe message.loadUnaligned(fromByteOffset: offset, as: UInt16.self))
    }

    /// The octets from `offset` on; none outside the message.
    @inline(__always)
    func bytes(from offset: Int) -> UnsafeRawBufferPointer {
        unsafe UnsafeRawBufferPointer(rebasing: message[min(offset, message.count)...])
    }

    /// The fixed fields of a record.
    struct Record {
        let isAtRoot: Bool
        let type: RRType
        let rrClass: UInt16
        let ttl: UInt32
        let rdata: Range<Int>
        var end: Int { rdata.upperBound }
    }

    /// The record at `offset`; nil when it is not whole.
    func record(at offset: Int) -> Record? {
        guard let behindName = skipName(at: offset), behindName + 10 <= message.count else { return nil }
        let start = behindName + 10
        let end = start + Int(word(at: behindName + 8))
        guard end <= message.count else { return nil }
        return Record(
            isAtRoot: behindName == offset + 1, type: RRType(rawValue: word(at: behindName)),
            rrClass: word(at: behindName + 2),
            ttl: UInt32(word(at: behindName + 4)) << 16 | UInt32(word(at: behindName + 6)), rdata: start..<end)
    }

    /// The first octet behind the name at `offset`, which may end with a pointer; nil when there is none.
    func skipName(at offset: Int) -> Int? {
        var position = offset
        while position < message.count, position - offset < Name.maximumLength {
            let length = unsafe Int(message[position])
            if length == 0 { return position + 1 }
            if length >= 0xC0 { return position + 2 <= message.count ? position + 2 : nil }
            if length > Name.maximumLabelLength { return nil }
            position += 1 + length
        }
        return nil
    }

    /// True when the options of an OPT record fill its rdata exactly.
    func hasWholeOptions(_ record: Record) -> Bool {
        var position = record.rdata.lowerBound
        while position + 4 <= record.rdata.upperBound { position += 4 + Int(word(at: position + 2)) }
        return position == record.rdata.upperBound
    }
}
