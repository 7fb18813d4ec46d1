// Queries in, answers out: the one entry to this module. A responder belongs to one thread and allocates nothing after
// its init. Queries are handled in batches, in steps that each end with a prefetch of what the next one will touch:
// in large generations that hides most of the time that memory takes. Small ones need no steps 5 to 8.
//
//     read ──▶ findEntry ──▶ findZone ──▶ findBucket ──▶ findNode ──▶ findParts ──▶ findTargets ──▶ findAddresses ──▶ answer
//      │           │            │            │           (twice)         │              │               │
//   directory's  zone's       zone's      index's         node       its RRsets    nodes of its     their RRsets
//     bucket     entry        header      bucket                                   name servers

import CLinux
import DNSCore
import ZoneImage

/// Answers batches of queries from a generation.
package struct Responder: ~Copyable {
    private let queries: UnsafeMutablePointer<Query>
    private let memory: UnsafeMutablePointer<AnswerMemory>
    /// What the options of the query at hand are answered with.
    private let options: UnsafeMutablePointer<OptionReply>
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
    /// Nil: it is not told.
    private var generationText: GenerationText?
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

    /// Step 1: reads query `index` of the batch from `message`.
    @inline(__always)
    package mutating func read(_ index: Int, _ message: UnsafeRawBufferPointer, in generation: GenerationView) {
        precondition(index >= 0 && index < capacity)
        // Safe: index is within the array, here and in the steps below.
        unsafe queries[index].read(message)
        guard case .question = unsafe queries[index].status else { return noteGeneration(generation) }
        let name = unsafe queries[index].name
        prefetch(generation.directory.likelyBucket(for: name))
    }

    /// Questions about the server are few, and so is all else that is no question for a zone.
    @inline(never)
    private mutating func noteGeneration(_ generation: GenerationView) { generationText?.write(generation.directory) }

    /// Step 2: has the entry fetched of the zone that the directory offers.
    @inline(__always)
    package func findEntry(_ index: Int, in generation: GenerationView) {
        precondition(index >= 0 && index < capacity)
        guard case .question = unsafe queries[index].status,
            let likely = unsafe generation.directory.likelyZone(for: queries[index].name)
        else { return }
        unsafe queries[index].likelyZone = likely
        unsafe prefetch(generation.directory.place(ofZone: likely.number))
    }

    /// Step 3: has that zone's header fetched.
    @inline(__always)
    package func findZone(_ index: Int, in generation: GenerationView) {
        precondition(index >= 0 && index < capacity)
        let number = unsafe queries[index].likelyZone.number
        guard number >= 0, let zone = generation.zone(number) else { return }
        unsafe queries[index].zone = .found(zone)
        prefetch(zone.bytes, 0)
        prefetch(zone.bytes, 64)
    }

    /// Step 4: makes sure of the zone, and has its index's bucket fetched.
    @inline(__always)
    package func findBucket(_ index: Int, in generation: GenerationView) {
        precondition(index >= 0 && index < capacity)
        let (number, suffix) = unsafe queries[index].likelyZone
        if number < 0 { return }
        let name = unsafe queries[index].name
        let isApexOfDS = unsafe suffix == 0 && queries[index].type == .ds
        if !isApexOfDS, case .found(let zone) = unsafe queries[index].zone,
            zone.apexLabels == name.labelCount &- suffix, zone.isAtOrAbove(name)
        {
            return beginLookup(index, in: zone)
        }
        searchZone(index, in: generation)
        if case .found(let zone) = unsafe queries[index].zone { beginLookup(index, in: zone) }
    }

    @inline(__always)
    private func beginLookup(_ index: Int, in zone: ZoneView) {
        let name = unsafe queries[index].name
        let start = zone.start(of: name)
        unsafe queries[index].start = start
        prefetch(zone.bytes, zone.bucketOffset(for: name.hash(ofSuffix: start.suffix)))
    }

    /// Finds the zone where the directory's first offer was not it, or may not be the one that is meant: a DS question at an
    /// apex goes to the parent's zone, if that is served too (RFC 4035, section 3.1.4.1).
    @inline(never)
    private func searchZone(_ index: Int, in generation: GenerationView) {
        let name = unsafe queries[index].name
        unsafe queries[index].zone = .none
        guard var match = generation.directory.zone(for: name) else { return }
        if match.suffix == 0, unsafe queries[index].type == .ds, name.labelCount > 0,
            let parent = generation.directory.zone(for: name, from: 1)
        {
            match = parent
        }
        unsafe queries[index].zone = generation.zone(match.zone).map { .found($0) } ?? .unavailable
    }

    /// Step 5, to be done twice: has the node fetched that the bucket offers, or else the bucket of the next shorter name.
    /// Most names that are asked for are in the zone, or have one label more than one that is.
    @inline(__always)
    package func findNode(_ index: Int) {
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

    /// Step 6: has the RRset fetched that the answer begins with. For a delegation that is the first one, NS, and DS may
    /// follow.
    @inline(__always)
    package func findParts(_ index: Int) {
        precondition(index >= 0 && index < capacity)
        guard case .found(let zone) = unsafe queries[index].zone else { return }
        let reference = unsafe queries[index].start.node
        if reference.isNone { return }
        let node = zone.view(reference)
        let isCut = node.flags.contains(.cut)
        var part = unsafe isCut ? node.rrset(0).part : node.part(of: queries[index].type)
        if part.isNone, node.flags.contains(.cname) { part = node.part(of: .cname) }
        unsafe queries[index].part = part
        prefetch(zone.bytes, part.byteOffset)
        prefetch(zone.bytes, part.byteOffset &+ 64)
        if isCut, node.rrsetCount > 1, unsafe queries[index].header.wantsDNSSEC {
            prefetch(zone.bytes, node.rrset(1).part.byteOffset)
        }
    }

    /// Step 7: has the first two nodes fetched whose addresses the answer needs.
    @inline(__always)
    package func findTargets(_ index: Int) {
        precondition(index >= 0 && index < capacity)
        guard case .found(let zone) = unsafe queries[index].zone else { return }
        let part = unsafe zone.view(queries[index].part)
        let count = part.additionalCount
        if count == 0 { return }
        let targets = (part.additional(0).node, count > 1 ? part.additional(1).node : .none)
        unsafe queries[index].targets = targets
        prefetch(zone.bytes, targets.0.byteOffset)
        prefetch(zone.bytes, targets.1.byteOffset)
    }

    /// Step 8: has the addresses of these nodes fetched.
    @inline(__always)
    package func findAddresses(_ index: Int) {
        precondition(index >= 0 && index < capacity)
        let targets = unsafe queries[index].targets
        guard !targets.0.isNone, case .found(let zone) = unsafe queries[index].zone else { return }
        fetchParts(of: targets.0, in: zone)
        fetchParts(of: targets.1, in: zone)
    }

    @inline(__always)
    private func fetchParts(of target: NodeReference, in zone: ZoneView) {
        if target.isNone { return }
        let node = zone.view(target)
        prefetch(zone.bytes, node.rrset(0).part.byteOffset)
        if node.rrsetCount > 1 { prefetch(zone.bytes, node.rrset(1).part.byteOffset) }
    }

    /// Steps 1 to 4, for a query that is alone.
    package mutating func prepare(_ message: UnsafeRawBufferPointer, in generation: GenerationView) {
        unsafe read(0, message, in: generation)
        findEntry(0, in: generation)
        findZone(0, in: generation)
        findBucket(0, in: generation)
    }

    /// Steps 5 to 8 for such a query: they change what is fetched when, and no answer.
    package func fetchAhead() {
        findNode(0)
        findNode(0)
        findParts(0)
        findTargets(0)
        findAddresses(0)
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
        var flags: MessageHeader.Flags = answer.isAuthoritative ? .authoritative : []
        if answer.isTruncated {
            if answer.transport == .tcp {
                answer.writer.rewind(to: header.end)
                answer.writer.finish(header, rcode: .servFail, flags: [])
                return Outcome(rcode: .servFail, isTruncated: false, length: answer.writer.length)
            }
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
        switch zone.lookup(name) {
        case .exact: return (.name, name.hash(ofSuffix: 0))
        case .belowCut(_, let labels): return (.name, name.hash(ofSuffix: labels))
        case .belowDNAME, .missing:
            return (.zone, name.hash(ofSuffix: max(0, name.labelCount - zone.apexLabels)))
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
        if query.requested.contains(.zoneVersion), case .found(let zone) = query.zone { reply.addZoneVersion(zone) }
        return reply
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
