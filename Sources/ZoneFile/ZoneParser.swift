// From entries to records: owner, TTL, class and type (RFC 1035, section 5.1; RFC 2308, section 4), and the state that
// one entry leaves to the next. Directives are in Directives.swift, rdata is RDataParser's business.

import DNSCore

/// The parse of one zone: its state, and what it has found.
struct ZoneParser: ~Copyable {
    /// What an entry without an owner means.
    enum PreviousOwner {
        /// There is none yet.
        case none
        /// It is in `owner`.
        case known
        /// It was wrong, and has been complained about.
        case lost
        /// It is in `owner`, and not a name of the zone.
        case outside
    }

    let apex: Name
    let rrClass: RRClass
    let limits: LoadLimits
    let calls: FileCalls
    /// The folders of files that may be included, beside that of the zone's first file.
    let includeFrom: [String]
    let progress: ((ReadProgress) -> Void)?
    /// Whether records outside the zone are left out; else they are errors.
    let skipsOutOfZone: Bool

    var records: RecordTable
    var places = RecordPlaces()
    var serial: Serial?
    /// The owners of SOA records elsewhere than at the apex.
    var foreignSOAs: [Name: Place] = [:]
    var log: DiagnosticLog
    var files = FileList()

    var entry = Entry()
    var rdata = RDataParser()
    let zone: NameBuffer
    var origin: NameBuffer
    /// True when names below `origin` are names of the zone.
    var originIsInZone = true
    var owner: NameBuffer
    /// The text that `owner` was made from; empty when that text would mean another name now.
    var ownerText: NameBuffer
    var previousOwner = PreviousOwner.none
    var defaultTTL: UInt32?
    var lastTTL: UInt32?
    /// True if the zone's first file has no octet.
    private var isEmpty = false
    var skipped = SkippedRecords()
    /// Records that `$GENERATE` has made so far, and octets of text.
    var generated = 0
    var generatedText = 0

    init(
        origin apex: Name, rrClass: RRClass, limits: LoadLimits, includeFrom: [String], calls: FileCalls,
        skipsOutOfZone: Bool, progress: ((ReadProgress) -> Void)?
    ) {
        self.apex = apex
        self.rrClass = rrClass
        self.limits = limits
        self.calls = calls
        self.includeFrom = includeFrom
        self.progress = progress
        self.skipsOutOfZone = skipsOutOfZone
        records = RecordTable(origin: apex, rrClass: rrClass)
        log = DiagnosticLog(limits: limits)
        zone = NameBuffer(apex)
        origin = NameBuffer(apex)
        owner = NameBuffer(apex)
        ownerText = NameBuffer()
    }

    /// Ends the parse.
    consuming func finish() throws(LoadFailure) -> LoadedZone {
        noteSkipped()
        noteEmptiness()
        let otherZone = serial == nil && foreignSOAs.count == 1 ? foreignSOAs.first.map(OtherZone.init) : nil
        if log.errorCount > 0 {
            throw LoadFailure(diagnostics: log.diagnostics, sources: files.sources, otherZone: otherZone)
        }
        return LoadedZone(
            records: records, serial: serial, otherZone: otherZone, warnings: log.diagnostics, sources: files.sources,
            places: places,
            fileNames: files.names)
    }

    /// One warning for all records that were left out, where the first of them is.
    private mutating func noteSkipped() {
        guard let first = skipped.first else { return }
        let message =
            skipped.count == 1
            ? "skipped \(first.owner), which is outside the zone \(apex)"
            : "skipped \(skipped.count) records outside the zone \(apex), the first of them \(first.owner)"
        log.insert(
            Diagnostic(.warning, at: first.place, message, excerpt: first.excerpt, warning: .outOfZone),
            at: skipped.index)
    }

    /// A file without any record is a mistake that the rules for zones would describe as two others.
    private mutating func noteEmptiness() {
        guard records.count == 0, skipped.count == 0, log.errorCount == 0, let name = files.names.first else { return }
        log.append(
            Diagnostic(
                .error, at: Place(file: name, line: 1, column: 1),
                isEmpty ? "the file is empty" : "the file has no records"))
    }

    /// Parses the zone's first file.
    mutating func parse(path: String) {
        open(path: path, from: nil)
    }

    /// Parses text in memory as the zone's first file.
    mutating func parse(text: [UInt8], name: String) {
        var window = Window(text: text)
        isEmpty = text.isEmpty
        do {
            parseEntries(of: &window, file: try files.enter(name, status: nil))
        } catch {
            log.append(Diagnostic(.error, at: nil, "\(PrintableText.of(name)) \(error.reason)"))
        }
        files.leave(nil)
    }

    /// Parses the file at `path`, which a directive at `place` includes; without one it is the zone's first. A failure to read it is
    /// reported at that place, or at the file itself.
    mutating func open(path: String, from place: Place?) {
        do {
            let folders = place == nil ? nil : IncludeFolders(ofFile: files.names[0], and: includeFrom)
            var window = try Window(path: path, in: folders, calls: calls)
            if place == nil { isEmpty = window.bytesTotal == 0 }
            if records.count == 0 { records.reserve(forText: window.bytesTotal) }
            let file: Int
            do {
                file = try files.enter(path, status: window.status)
            } catch {
                log.append(Diagnostic(.error, at: place, "\(PrintableText.of(path)) \(error.reason)"))
                return
            }
            parseEntries(of: &window, file: file)
            files.leave(window.digest)
        } catch {
            files.miss(path)
            log.append(Diagnostic(.error, at: place, "\(PrintableText.of(path)) \(error.reason)"))
        }
    }

    /// Parses everything that the window has to show.
    private mutating func parseEntries(of window: inout Window, file: Int) {
        while !log.isFull {
            switch entry.scan(window.unread) {
            case .complete(let length):
                if length > limits.recordText { return reportTooLong(file: file, line: window.line) }
                let directive = parseEntry(file: file, line: window.line)
                window.advance(by: length, lines: entry.lines)
                if let directive { obey(directive, file: file) }
            case .incomplete:
                if window.isComplete {
                    if let parenthesis = entry.openParenthesis, window.unreadCount > 0 {
                        report(
                            explained(ParseFailure(at: parenthesis, "'(' without ')' before the end of the file")),
                            file: file, line: window.line)
                    }
                    return
                }
                if window.unreadCount > limits.recordText { return reportTooLong(file: file, line: window.line) }
                do {
                    try window.fill()
                } catch {
                    files.miss(files.names[file])
                    log.append(Diagnostic(.error, at: nil, "\(PrintableText.of(files.names[file])) \(error.reason)"))
                    return
                }
                progress?(
                    ReadProgress(
                        path: files.names[file], bytesRead: window.bytesRead, bytesTotal: window.bytesTotal,
                        records: records.count))
            }
        }
    }

    /// Parses one entry. A directive that reads or makes further entries is handed back, to be obeyed when the window
    /// has moved on.
    private mutating func parseEntry(file: Int, line: Int) -> Directive? {
        if let failure = entry.failure {
            report(explained(failure), file: file, line: line)
            if !entry.startsWithBlank { previousOwner = .lost }
            return nil
        }
        if entry.count == 0 { return nil }
        if line == 1, entry.text.hasByteOrderMark {
            report(
                ParseFailure(at: 0, "the file begins with a byte order mark; save it as UTF-8 without one"),
                file: file, line: line)
            return nil
        }
        do {
            defer {
                for (kind, finding) in entry.warnings { report(finding, warning: kind, file: file, line: line) }
            }
            if !entry.startsWithBlank, isDirective(entry[0]) {
                return try parseDirective(file: file, line: line)
            }
            try parseRecord(file: file, line: line)
        } catch {
            report(explained(error), file: file, line: line)
        }
        return nil
    }

    /// The same failure, with why the line was read so if that may surprise.
    func explained(_ failure: ParseFailure) -> ParseFailure {
        // What is said of the beginning of such a line speaks of its blank already.
        if failure.offset == 0, entry.startsWithBlank { return failure }
        guard let reason = entry.misreading(rdata.mnemonics) else { return failure }
        return ParseFailure(at: failure.offset, "\(failure.message) (\(reason))")
    }

    private func isDirective(_ token: Token) -> Bool {
        !token.isQuoted && entry.octets(of: token)[0] == UInt8(ascii: "$")
    }

    /// Parses the record in `entry` and appends it to `records`.
    mutating func parseRecord(file: Int, line: Int) throws(ParseFailure) {
        do throws(ParseFailure) {
            try parseOwner()
        } catch {
            // The records that follow may rely on this one's TTL.
            if let (type, ttl) = try? parseTypeAndTTL() {
                lastTTL = ttl ?? lastTTL
                if type == .soa { noteForeignSOA(file: file, line: line) }
            }
            throw error
        }
        let (type, stated) = try parseTypeAndTTL()
        lastTTL = stated ?? lastTTL
        let first = entry.next
        try rdata.parse(type, from: &entry, origin: origin.octets)
        if ZoneParser.holdsText(type) { warnOfText(type, from: first, file: file, line: line) }
        if previousOwner == .lost { return }
        let ttl = try timeToLive(stated: stated, type: type)
        if type == .soa {
            if owner.count != zone.count {
                noteForeignSOA(file: file, line: line)
            } else if serial == nil {
                serial = rdata.serialOfSOA
            }
        }
        if previousOwner == .outside { return skip(file: file, line: line) }
        do {
            // Safe: both views are of buffers that live in this object and are not changed meanwhile.
            try unsafe records.append(owner: owner.octets.buffer, type: type, ttl: ttl, rdata: rdata.octets.buffer)
        } catch {
            throw ParseFailure(
                at: 0, "the zone has more than 4 GiB of names and rdata, the most that one zone can have")
        }
        places.append(file: file, line: line)
    }

    private mutating func noteForeignSOA(file: Int, line: Int) {
        let owner = owner.name
        if owner != apex { foreignSOAs[owner] = Place(file: files.names[file], line: line, column: 1) }
    }

    private mutating func reportTooLong(file: Int, line: Int) {
        report(
            ParseFailure(
                at: entry.openParenthesis ?? 0,
                "the record is longer than \(limits.recordText) octets; is a parenthesis not closed?"),
            file: file, line: line)
    }

    /// Notes what was found at an offset of the entry, which begins on `line`.
    mutating func report(
        _ finding: ParseFailure, warning: ZoneWarning? = nil, file: Int, line: Int
    ) {
        let (place, excerpt) = place(of: finding.offset, file: file, line: line)
        log.append(
            Diagnostic(
                warning == nil ? .error : .warning, at: place, finding.message, excerpt: excerpt, warning: warning))
    }

    /// Where an offset of the entry is, and what its line looks like.
    private func place(of offset: Int, file: Int, line: Int) -> (Place, SourceExcerpt) {
        let position = entry.position(of: offset)
        let text = entry.text[position.range]
        return (
            Place(file: files.names[file], line: line + position.line, column: position.column),
            SourceExcerpt(column: position.column, ofLineWith: text.count) { text[$0].array[...] }
        )
    }

    /// Leaves out the record in `entry`.
    private mutating func skip(file: Int, line: Int) {
        skipped.count += 1
        if skipped.first != nil { return }
        let (place, excerpt) = place(of: 0, file: file, line: line)
        skipped.first = (owner.name, place, excerpt)
        skipped.index = log.diagnostics.count
    }
}

/// Records outside the zone that were left out.
struct SkippedRecords {
    var count = 0
    var first: (owner: Name, place: Place, excerpt: SourceExcerpt)?
    /// How many diagnostics there were before the first of them.
    var index = 0
}
