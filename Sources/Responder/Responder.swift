// Queries in, answers out: the one entry to this module. A responder belongs to one thread and allocates nothing after
// its init. Queries are handled in batches: they are read and looked up in the steps of QuerySteps.swift, and answered here.

import DNSCore
import ZoneImage

/// Answers batches of queries from a generation.
package struct Responder: ~Copyable {
    let queries: UnsafeMutablePointer<Query>
    private let memory: UnsafeMutablePointer<AnswerMemory>
    /// What the options of the query at hand are answered with.
    private let options: UnsafeMutablePointer<OptionReply>
    /// How many queries a batch may have.
    package let capacity: Int
    /// The most octets of an answer over UDP, whatever the requestor offers (RFC 9715).
    private let largestPayload: Int
    /// Nil: cookies are ignored.
    package var cookieSecrets: CookieSecrets?
    /// What clients over TCP are told of how long a connection may be silent, in units of 100 ms (RFC 7828); 0 asks them to close it.
    package var idleTimeout: UInt16?
    /// Nil when everyone may ask.
    private let access: AccessList?
    private let rateTable: RateTable?
    /// Copies of what the options say, so that no query counts references.
    private let identity: UnsafeMutableRawBufferPointer
    private let version: UnsafeMutableRawBufferPointer
    /// Nil: it is not told.
    var generationText: GenerationText?
    /// Seconds since 1970, for cookies. Whoever has a clock sets it, once a batch.
    package var time: UInt32 = 0

    package init(capacity: Int, options: ResponderOptions = ResponderOptions()) {
        self.capacity = capacity
        largestPayload = max(EDNS.minimumPayload, options.largestPayload)
        cookieSecrets = options.cookieSecrets
        idleTimeout = options.idleTimeout
        access = options.access.isOpen ? nil : options.access
        rateTable = options.rateTable
        unsafe identity = Responder.copy(options.identity)
        unsafe version = Responder.copy(options.version)
        generationText = options.tellsGeneration ? GenerationText() : nil
        unsafe queries = .allocate(capacity: capacity)
        for index in 0..<capacity {
            unsafe (queries + index).initialize(to: Query(name: .allocate()))
        }
        unsafe memory = .allocate(capacity: 1)
        unsafe memory.initialize(to: AnswerMemory(link: .allocate()))
        unsafe self.options = .allocate(capacity: 1)
        unsafe self.options.initialize(to: OptionReply())
    }

    private static func copy(_ text: [UInt8]?) -> UnsafeMutableRawBufferPointer {
        let kept = (text ?? []).prefix(ResponderOptions.longestText)
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: kept.count, alignment: 1)
        unsafe buffer.copyBytes(from: kept)
        return unsafe buffer
    }

    deinit {
        for index in 0..<capacity { unsafe queries[index].name.deallocate() }
        unsafe queries.deallocate()
        unsafe identity.deallocate()
        unsafe version.deallocate()
        generationText?.deallocate()
        unsafe memory.pointee.link.deallocate()
        unsafe memory.deallocate()
        unsafe options.deallocate()
    }

    /// Whether query `index` is about a zone that is served.
    package func hasZone(_ index: Int) -> Bool {
        guard index >= 0, index < capacity, case .found = unsafe queries[index].zone else { return false }
        return true
    }

    /// Step 9: writes the answer to query `index`, whose message must be the one that was read, into `buffer`.
    ///
    /// `buffer` has at least 512 octets; an answer is never longer than it.
    @inline(__always)
    package mutating func answer(
        _ index: Int, to message: UnsafeRawBufferPointer, over transport: Transport, from client: ClientAddress,
        into buffer: UnsafeMutableRawBufferPointer
    ) -> Outcome {
        precondition(index >= 0 && index < capacity && buffer.count >= EDNS.minimumPayload)
        let query = unsafe UnsafePointer(queries + index)
        let header = unsafe query.pointee.header
        // The message is as long as when it was read, so that this never cuts a question.
        guard header.end <= message.count else { return Outcome() }
        let options = unsafe reply(to: query, message, over: transport, from: client)
        let allowed = transport == .udp ? min(Int(header.payload), largestPayload) : Int(UInt16.max)
        let reserved = unsafe (header.hasEDNS ? MessageWriter.roomForOPT : 0) &+ (options?.pointee.size ?? 0)
        // The header is written over by `finish`; the question is echoed as it came.
        unsafe buffer.copyMemory(from: UnsafeRawBufferPointer(rebasing: message[..<header.end]))
        var writer = unsafe MessageWriter(
            buffer, length: header.end, limit: min(allowed, buffer.count) &- reserved, payload: largestPayload,
            options: options)
        if let access, !access.allows(client) { return unsafe prohibit(query, &writer) }
        let outcome = unsafe respond(to: query, message, over: transport, &writer)
        guard let rateTable, transport == .udp, outcome.length > 0, unsafe options?.pointee.hasGoodCookie != true
        else { return outcome }
        return unsafe applyRate(to: outcome, of: query, to: client, rateTable, &writer)
    }

    /// Writes the answer that a query gets from whoever may ask.
    @inline(__always)
    private func respond(
        to query: UnsafePointer<Query>, _ message: UnsafeRawBufferPointer, over transport: Transport,
        _ writer: inout MessageWriter
    ) -> Outcome {
        if transport == .tcp, unsafe query.pointee.requested.contains(.keepaliveWithValue) {
            return unsafe refuse(query, .formErr, &writer)
        }
        guard case .question = unsafe query.pointee.status else {
            return unsafe respond(toOther: query, message, &writer)
        }
        switch unsafe query.pointee.zone {
        case .none: return unsafe refuse(query, .refused, &writer, ExtendedError.notAuthoritative)
        case .unavailable: return unsafe refuse(query, .servFail, &writer, ExtendedError.notReady)
        case .found(let zone):
            let question = unsafe Question(
                name: query.pointee.name, type: query.pointee.type,
                wantsDNSSEC: query.pointee.header.wantsDNSSEC, start: query.pointee.start)
            var answer = unsafe Answer(
                zone: zone, query: question, transport: transport, writer: writer, memory: memory)
            answer.resolve()
            return unsafe finish(&answer, query.pointee.header)
        }
    }

    /// What is no question that a zone may answer.
    @inline(never)
    private func respond(
        toOther query: UnsafePointer<Query>, _ message: UnsafeRawBufferPointer, _ writer: inout MessageWriter
    ) -> Outcome {
        switch unsafe query.pointee.status {
        case .ignored, .question: return Outcome()
        case .failure(let rcode):
            if unsafe query.pointee.signature > 0, rcode == .notAuth {
                return unsafe refuseSignature(query, MessageFields(message), &writer)
            }
            return unsafe refuse(query, rcode, &writer)
        case .invalidType: return unsafe refuse(query, .formErr, &writer, ExtendedError.invalidQueryType)
        case .cookieOnly:
            // Without secrets there are no cookies here, and the message has no question.
            if cookieSecrets == nil { return unsafe refuse(query, .formErr, &writer) }
            return unsafe refuse(query, options.pointee.hasBadCookie ? .badCookie : .noError, &writer)
        case .serverQuestion:
            guard let text = unsafe serverText(query) else { return unsafe refuse(query, .refused, &writer) }
            guard unsafe writer.appendServerText(text) else { return unsafe refuse(query, .servFail, &writer) }
            unsafe writer.finish(query.pointee.header, rcode: .noError, flags: .authoritative)
            return Outcome(rcode: .noError, isTruncated: false, length: writer.length)
        }
    }

    /// The type that query `index` asks for, for counting; nil when no question was read.
    package func questionType(_ index: Int) -> RRType? {
        guard index >= 0, index < capacity, case .question = unsafe queries[index].status else { return nil }
        return unsafe queries[index].type
    }

    @inline(__always)
    private func finish(_ answer: inout Answer, _ header: QueryHeader) -> Outcome {
        if answer.isTruncated, answer.transport == .tcp, !answer.resolveWithoutEnd(from: header.end) {
            answer.writer.rewind(to: header.end)
            answer.writer.finish(header, rcode: .servFail, flags: [])
            return Outcome(rcode: .servFail, isTruncated: false, length: answer.writer.length)
        }
        var flags: MessageHeader.Flags = answer.isAuthoritative ? .authoritative : []
        if answer.isTruncated {
            flags.insert(.truncated)
            // No partial RRset stays (RFC 2181, section 9); a referral keeps what it has.
            if answer.isAuthoritative { answer.writer.rewind(to: header.end) }
        }
        answer.writer.finish(header, rcode: answer.rcode, flags: flags)
        return Outcome(rcode: answer.rcode, isTruncated: answer.isTruncated, length: answer.writer.length)
    }

    @inline(never)
    private func refuse(
        _ query: UnsafePointer<Query>, _ rcode: RCode, _ writer: inout MessageWriter, _ extendedError: UInt16? = nil
    ) -> Outcome {
        unsafe writer.finish(query.pointee.header, rcode: rcode, flags: [], extendedError: extendedError)
        return Outcome(rcode: rcode, isTruncated: false, length: writer.length)
    }

    /// The answer to whom the access list keeps out.
    @inline(never)
    private func prohibit(_ query: UnsafePointer<Query>, _ writer: inout MessageWriter) -> Outcome {
        if case .ignored = unsafe query.pointee.status { return Outcome() }
        return unsafe refuse(query, .refused, &writer, ExtendedError.prohibited)
    }

    /// The answer as far as the rate limit lets it go.
    @inline(never)
    private func applyRate(
        to outcome: Outcome, of query: UnsafePointer<Query>, to client: ClientAddress, _ table: RateTable,
        _ writer: inout MessageWriter
    ) -> Outcome {
        let (kind, subject) = unsafe rateSubject(of: query, outcome.rcode)
        switch table.count(kind, subject, to: client, at: time) {
        case .send: return outcome
        case .drop: return Outcome(rcode: outcome.rcode, isTruncated: false, length: 0)
        case .truncate:
            unsafe writer.rewind(to: query.pointee.header.end)
            unsafe writer.finish(query.pointee.header, rcode: .noError, flags: .truncated)
            return Outcome(rcode: .noError, isTruncated: true, length: writer.length)
        }
    }

    /// What an answer is about, as far as its rate is concerned.
    private func rateSubject(of query: UnsafePointer<Query>, _ rcode: RCode) -> (RateTable.Kind, UInt64) {
        guard case .found(let zone) = unsafe query.pointee.zone, rcode == .noError || rcode == .nxDomain else {
            return (.failure, 0)
        }
        let name = unsafe query.pointee.name
        // A zone's own hashes begin at its apex.
        let apex = name.apexHash(ofSuffix: max(0, name.labelCount - zone.apexLabels))
        switch zone.lookup(name) {
        case .exact: return (.name, apex ^ name.hash(ofSuffix: 0))
        case .belowCut(_, let labels): return (.name, apex ^ name.hash(ofSuffix: labels))
        case .belowDNAME, .missing: return (.zone, apex)
        }
    }

    private func refuseSignature(
        _ query: UnsafePointer<Query>, _ fields: MessageFields, _ writer: inout MessageWriter
    ) -> Outcome {
        unsafe writer.finish(query.pointee.header, rcode: .notAuth, flags: [])
        let start = unsafe query.pointee.signature
        if let record = fields.record(at: start), let signature = TransactionSignature(fields, record) {
            unsafe writer.appendBadKey(signature, fields, recordAt: start, id: query.pointee.header.id)
        }
        return Outcome(rcode: .notAuth, isTruncated: false, length: writer.length)
    }

    /// What the options of a query are answered with; nil for the many queries that have none.
    @inline(__always)
    private func reply(
        to query: UnsafePointer<Query>, _ message: UnsafeRawBufferPointer, over transport: Transport,
        from client: ClientAddress
    ) -> UnsafePointer<OptionReply>? {
        if unsafe query.pointee.requested.isEmpty { return nil }
        unsafe options.pointee = reply(
            toOptionsOf: query.pointee, MessageFields(message), over: transport, from: client)
        return unsafe UnsafePointer(options)
    }

    @inline(never)
    private func reply(
        toOptionsOf query: Query, _ fields: MessageFields, over transport: Transport, from client: ClientAddress
    ) -> OptionReply {
        var reply = OptionReply()
        if query.requested.contains(.identity), identity.count > 0 {
            unsafe reply.addIdentity(UnsafeRawBufferPointer(identity))
        }
        if query.requested.contains(.cookie), let cookieSecrets {
            reply.addCookie(of: query, fields, from: client, at: time, cookieSecrets)
        }
        if transport == .tcp, query.requested.contains(.keepalive), let idleTimeout {
            reply.addKeepalive(idleTimeout)
        }
        // Room for it is only kept where it is sent.
        if query.requested.contains(.zoneVersion), case .found(let zone) = query.zone, !isReferral(query, in: zone) {
            reply.addZoneVersion(zone)
        }
        return reply
    }

    /// True when the answer is a referral and nothing else, which is not from the zone's own data (RFC 9660, section 3.2).
    private func isReferral(_ query: Query, in zone: ZoneView) -> Bool {
        switch zone.lookup(query.name) {
        case .belowCut: true
        case .exact(let node): query.type != .ds && zone.view(node).flags.contains(.cut)
        case .belowDNAME, .missing: false
        }
    }

    /// The text that a question about the server is answered with; nil: it is not told.
    private func serverText(_ query: UnsafePointer<Query>) -> UnsafeRawBufferPointer? {
        let type = unsafe query.pointee.type
        guard type == .txt || type == .any, let question = unsafe ServerQuestion(query.pointee.name) else { return nil }
        let text =
            switch question {
            case .identity: unsafe UnsafeRawBufferPointer(identity)
            case .version: unsafe UnsafeRawBufferPointer(version)
            case .generation: generationText?.octets ?? UnsafeRawBufferPointer(start: nil, count: 0)
            }
        return text.isEmpty ? nil : unsafe text
    }
}

/// The info codes of RFC 8914 that explain our answers.
private enum ExtendedError {
    static var notReady: UInt16 { 14 }
    static var prohibited: UInt16 { 18 }
    static var notAuthoritative: UInt16 { 20 }
    static var invalidQueryType: UInt16 { 30 }
}
