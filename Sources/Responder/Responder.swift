// Queries in, answers out: the one entry to this module. A responder belongs to one thread and allocates nothing after
// its init. Queries are handled in batches, in steps that each end with a prefetch of what the next one will touch:
// on large zones that hides most of the time that memory takes.
//
//     read ──▶ findZone ──▶ findBucket ──▶ findNode ──▶ findParts ──▶ answer     (findNode twice)
//      │           │            │             │            │
//   directory's   zone's      index's        node      its RRsets
//     bucket      header      bucket

import CLinux
import DNSCore
import ZoneImage

/// Answers batches of queries from a generation.
package struct Responder: ~Copyable {
    private let queries: UnsafeMutablePointer<Query>
    private var scratch: LookupName
    /// How many queries a batch may have.
    package let capacity: Int
    /// The most octets of an answer over UDP, whatever the requestor offers (RFC 9715).
    private let largestPayload: Int
    /// Nil: cookies are ignored.
    package var cookieSecrets: CookieSecrets?
    private let idleTimeout: UInt16?
    /// Nil when everyone may ask.
    private let access: AccessList?
    private let rateTable: RateTable?
    /// Copies of what the options say, so that no query counts references.
    private let identity: UnsafeMutableRawBufferPointer
    private let version: UnsafeMutableRawBufferPointer
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
        unsafe queries = .allocate(capacity: capacity)
        for index in 0..<capacity {
            unsafe (queries + index).initialize(to: Query(name: .allocate()))
        }
        scratch = .allocate()
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
        scratch.deallocate()
    }

    /// Step 1: reads query `index` of the batch from `message`.
    @inline(__always)
    package mutating func read(_ index: Int, _ message: UnsafeRawBufferPointer, in generation: GenerationView) {
        precondition(index >= 0 && index < capacity)
        // Safe: index is within the array, here and in the steps below.
        unsafe queries[index].read(message)
        guard case .question = unsafe queries[index].status else { return }
        let name = unsafe queries[index].name
        prefetch(generation.directory.likelyBucket(for: name))
    }

    /// Step 2: finds the zone. A DS question at an apex goes to the parent's zone, if that is served too (RFC 4035, 3.1.4.1).
    @inline(__always)
    package mutating func findZone(_ index: Int, in generation: GenerationView) {
        precondition(index >= 0 && index < capacity)
        guard case .question = unsafe queries[index].status else { return }
        let name = unsafe queries[index].name
        guard var match = generation.directory.zone(for: name) else { return }
        if match.suffix == 0, unsafe queries[index].type == .ds, name.labelCount > 0,
            let parent = generation.directory.zone(for: name, from: 1)
        {
            match = parent
        }
        guard let zone = generation.zone(match.zone) else {
            unsafe queries[index].zone = .unavailable
            return
        }
        unsafe queries[index].zone = .found(zone)
        prefetch(zone.bytes.base)
    }

    /// Step 3: has the index's bucket fetched.
    @inline(__always)
    package mutating func findBucket(_ index: Int) {
        precondition(index >= 0 && index < capacity)
        guard case .found(let zone) = unsafe queries[index].zone else { return }
        let name = unsafe queries[index].name
        let start = zone.start(of: name)
        unsafe queries[index].start = start
        prefetch(zone.bytes, zone.bucketOffset(for: name.hash(ofSuffix: start.suffix)))
    }

    /// Step 4, to be done twice: has the node fetched that the bucket offers, or else the bucket of the next shorter name.
    /// Most names that are asked for are in the zone, or have one label more than one that is.
    @inline(__always)
    package mutating func findNode(_ index: Int) {
        precondition(index >= 0 && index < capacity)
        guard case .found(let zone) = unsafe queries[index].zone else { return }
        let name = unsafe queries[index].name
        var start = unsafe queries[index].start
        guard start.node.isNone else { return }
        zone.advance(&start, of: name)
        unsafe queries[index].start = start
        if start.node.isNone {
            prefetch(zone.bytes, zone.bucketOffset(for: name.hash(ofSuffix: start.suffix)))
        } else {
            prefetch(zone.bytes, start.node.byteOffset)
            prefetch(zone.bytes, start.node.byteOffset &+ 64)
        }
    }

    /// Step 5: has the node's first RRset fetched. For a delegation that is NS, which many delegations share.
    @inline(__always)
    package func findParts(_ index: Int) {
        precondition(index >= 0 && index < capacity)
        guard case .found(let zone) = unsafe queries[index].zone else { return }
        let part = unsafe zone.view(queries[index].start.node).rrset(0).part
        prefetch(zone.bytes, part.byteOffset)
        prefetch(zone.bytes, part.byteOffset &+ 64)
    }

    /// All steps up to the last, for a query that is alone.
    package mutating func prepare(_ message: UnsafeRawBufferPointer, in generation: GenerationView) {
        unsafe read(0, message, in: generation)
        findZone(0, in: generation)
        findBucket(0)
        findNode(0)
        findNode(0)
        findParts(0)
    }

    /// Whether query `index` is about a zone that is served.
    package func hasZone(_ index: Int) -> Bool {
        guard index >= 0, index < capacity, case .found = unsafe queries[index].zone else { return false }
        return true
    }

    /// Step 6: writes the answer to query `index`, whose message must be the one that was read, into `buffer`.
    ///
    /// `buffer` has at least 512 octets; an answer is never longer than it.
    @inline(__always)
    package mutating func answer(
        _ index: Int, to message: UnsafeRawBufferPointer, over transport: Transport, from client: ClientAddress,
        into buffer: UnsafeMutableRawBufferPointer
    ) -> Outcome {
        precondition(index >= 0 && index < capacity && buffer.count >= EDNS.minimumPayload)
        let query = unsafe queries[index]
        let length = MessageHeader.size + query.questionLength
        // The message is as long as when it was read, so that this never cuts a question.
        guard length <= message.count else { return Outcome() }
        let allowed = transport == .udp ? min(query.payload, largestPayload) : Int(UInt16.max)
        var options: OptionReply?
        if !query.requested.isEmpty {
            options = unsafe reply(to: query, MessageFields(message), over: transport, from: client)
        }
        let limit = min(allowed, buffer.count) - (query.hasEDNS ? MessageWriter.roomForOPT : 0) - (options?.size ?? 0)
        // The header is written over by `finish`; the question is echoed as it came.
        unsafe buffer.copyMemory(from: UnsafeRawBufferPointer(rebasing: message[..<length]))
        let writer = unsafe MessageWriter(buffer, length: length, limit: limit, payload: largestPayload)
        if let access, !access.allows(client) { return prohibit(query, writer, options) }
        let outcome = unsafe respond(to: query, message, over: transport, writer, options)
        guard let rateTable, transport == .udp, outcome.length > 0, options?.hasGoodCookie != true else {
            return outcome
        }
        return applyRate(to: outcome, of: query, to: client, rateTable, writer, options)
    }

    /// Writes the answer that a query gets from whoever may ask.
    @inline(__always)
    private mutating func respond(
        to query: Query, _ message: UnsafeRawBufferPointer, over transport: Transport, _ writer: MessageWriter,
        _ options: OptionReply?
    ) -> Outcome {
        var writer = writer
        if transport == .tcp, query.requested.contains(.keepaliveWithValue) {
            return refuse(query, .formErr, writer, options)
        }
        switch query.status {
        case .ignored: return Outcome()
        case .failure(let rcode):
            if query.signature > 0, rcode == .notAuth {
                return unsafe refuseSignature(query, MessageFields(message), writer, options)
            }
            return refuse(query, rcode, writer, options)
        case .invalidType:
            return refuse(query, .formErr, writer, options, extendedError: ExtendedError.invalidQueryType)
        case .cookieOnly:
            // Without secrets there are no cookies here, and the message has no question.
            if cookieSecrets == nil { return refuse(query, .formErr, writer, options) }
            return refuse(query, options?.hasBadCookie == true ? .badCookie : .noError, writer, options)
        case .serverQuestion:
            guard let text = unsafe serverText(query) else { return refuse(query, .refused, writer, options) }
            guard unsafe writer.appendServerText(text) else { return refuse(query, .servFail, writer, options) }
            writer.finish(query, rcode: .noError, flags: .authoritative, extendedError: nil, options: options)
            return Outcome(rcode: .noError, isTruncated: false, length: writer.length)
        case .question: break
        }
        switch query.zone {
        case .none: return refuse(query, .refused, writer, options, extendedError: ExtendedError.notAuthoritative)
        case .unavailable: return refuse(query, .servFail, writer, options, extendedError: ExtendedError.notReady)
        case .found(let zone):
            var answer = Answer(zone: zone, query: query, transport: transport, writer: writer)
            answer.resolve(scratch: &scratch)
            return finish(answer, options)
        }
    }

    /// The type that query `index` asks for, for counting; nil when no question was read.
    package func questionType(_ index: Int) -> RRType? {
        guard index >= 0, index < capacity, case .question = unsafe queries[index].status else { return nil }
        return unsafe queries[index].type
    }

    @inline(__always)
    private func finish(_ answer: consuming Answer, _ options: OptionReply?) -> Outcome {
        var flags: MessageHeader.Flags = answer.isAuthoritative ? .authoritative : []
        if answer.isTruncated {
            if answer.transport == .tcp {
                var writer = answer.writer
                writer.rewind(to: MessageHeader.size + answer.query.questionLength)
                return refuse(answer.query, .servFail, writer, options)
            }
            flags.insert(.truncated)
            // No partial RRset stays (RFC 2181, section 9); a referral keeps what it has.
            if answer.isAuthoritative { answer.writer.rewind(to: MessageHeader.size + answer.query.questionLength) }
        }
        answer.writer.finish(answer.query, rcode: answer.rcode, flags: flags, extendedError: nil, options: options)
        return Outcome(rcode: answer.rcode, isTruncated: answer.isTruncated, length: answer.writer.length)
    }

    private func refuse(
        _ query: Query, _ rcode: RCode, _ writer: MessageWriter, _ options: OptionReply?, extendedError: UInt16? = nil
    ) -> Outcome {
        var writer = writer
        writer.finish(query, rcode: rcode, flags: [], extendedError: extendedError, options: options)
        return Outcome(rcode: rcode, isTruncated: false, length: writer.length)
    }

    /// The answer to whom the access list keeps out.
    @inline(never)
    private func prohibit(_ query: Query, _ writer: MessageWriter, _ options: OptionReply?) -> Outcome {
        if case .ignored = query.status { return Outcome() }
        return refuse(query, .refused, writer, options, extendedError: ExtendedError.prohibited)
    }

    /// The answer as far as the rate limit lets it go.
    @inline(never)
    private func applyRate(
        to outcome: Outcome, of query: Query, to client: ClientAddress, _ table: RateTable, _ writer: MessageWriter,
        _ options: OptionReply?
    ) -> Outcome {
        let (kind, subject) = rateSubject(of: query, outcome.rcode)
        switch table.count(kind, subject, to: client, at: time) {
        case .send: return outcome
        case .drop: return Outcome(rcode: outcome.rcode, isTruncated: false, length: 0)
        case .truncate:
            var writer = writer
            writer.finish(query, rcode: .noError, flags: .truncated, extendedError: nil, options: options)
            return Outcome(rcode: .noError, isTruncated: true, length: writer.length)
        }
    }

    /// What an answer is about, as far as its rate is concerned.
    private func rateSubject(of query: Query, _ rcode: RCode) -> (RateTable.Kind, UInt64) {
        guard case .found(let zone) = query.zone, rcode == .noError || rcode == .nxDomain else { return (.failure, 0) }
        let name = query.name
        switch zone.lookup(name) {
        case .exact: return (.name, name.hash(ofSuffix: 0))
        case .belowCut(_, let labels): return (.name, name.hash(ofSuffix: labels))
        case .belowDNAME, .missing:
            return (.zone, name.hash(ofSuffix: max(0, name.labelCount - zone.apexLabels)))
        }
    }

    private func refuseSignature(
        _ query: Query, _ fields: MessageFields, _ writer: MessageWriter, _ options: OptionReply?
    ) -> Outcome {
        var writer = writer
        writer.finish(query, rcode: .notAuth, flags: [], extendedError: nil, options: options)
        if let record = fields.record(at: query.signature), let signature = TransactionSignature(fields, record) {
            writer.appendBadKey(signature, fields, recordAt: query.signature, id: query.id)
        }
        return Outcome(rcode: .notAuth, isTruncated: false, length: writer.length)
    }

    /// What the options of a query are answered with.
    @inline(never)
    private func reply(
        to query: Query, _ fields: MessageFields, over transport: Transport, from client: ClientAddress
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
        if query.requested.contains(.zoneVersion), case .found(let zone) = query.zone { reply.addZoneVersion(zone) }
        return reply
    }

    /// The text that a question about the server is answered with; nil: it is not told.
    private func serverText(_ query: Query) -> UnsafeRawBufferPointer? {
        guard query.type == .txt || query.type == .any, let question = ServerQuestion(query.name) else { return nil }
        let text = unsafe question == .identity ? identity : version
        return text.isEmpty ? nil : UnsafeRawBufferPointer(text)
    }

    @inline(__always)
    private func prefetch(_ bytes: ImageBytes, _ offset: Int) {
        // A prefetch never faults, whatever the address.
        unsafe zc_prefetch(bytes.base + offset)
    }

    @inline(__always)
    private func prefetch(_ address: UnsafeRawPointer) {
        unsafe zc_prefetch(address)
    }
}

/// The info codes of RFC 8914 that explain our answers.
private enum ExtendedError {
    static var notReady: UInt16 { 14 }
    static var prohibited: UInt16 { 18 }
    static var notAuthoritative: UInt16 { 20 }
    static var invalidQueryType: UInt16 { 30 }
}
