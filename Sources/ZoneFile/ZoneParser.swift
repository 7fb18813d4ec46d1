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
    }

    let apex: Name
    let rrClass: RRClass
    let limits: LoadLimits
    let calls: FileCalls
    /// The folders of files that may be included, beside that of the zone's first file.
    let includeFrom: [String]
    let progress: ((ReadProgress) -> Void)?

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
    /// Records that `$GENERATE` has made so far, and octets of text.
    var generated = 0
    var generatedText = 0

    init(
        origin apex: Name, rrClass: RRClass, limits: LoadLimits, includeFrom: [String], calls: FileCalls,
        progress: ((ReadProgress) -> Void)?
    ) {
        self.apex = apex
        self.rrClass = rrClass
        self.limits = limits
        self.calls = calls
        self.includeFrom = includeFrom
        self.progress = progress
        records = RecordTable(origin: apex, rrClass: rrClass)
        log = DiagnosticLog(limits: limits)
        zone = NameBuffer(apex)
        origin = NameBuffer(apex)
        owner = NameBuffer(apex)
        ownerText = NameBuffer()
    }

    /// Ends the parse.
    consuming func finish() throws(LoadFailure) -> LoadedZone {
        let otherZone = serial == nil && foreignSOAs.count == 1 ? foreignSOAs.first.map(OtherZone.init) : nil
        if log.errorCount > 0 {
            throw LoadFailure(diagnostics: log.diagnostics, sources: files.sources, otherZone: otherZone)
        }
        return LoadedZone(
            records: records, serial: serial, otherZone: otherZone, warnings: log.diagnostics, sources: files.sources,
            places: places,
            fileNames: files.names)
    }

    /// Parses the zone's first file.
    mutating func parse(path: String) {
        open(path: path, from: nil)
    }

    /// Parses text in memory as the zone's first file.
    mutating func parse(text: [UInt8], name: String) {
        var window = Window(text: text)
        do {
            parseEntries(of: &window, file: try files.enter(name, status: nil))
        } catch {
            log.append(Diagnostic(.error, at: nil, "\(name) \(error.reason)"))
        }
        files.leave(nil)
    }

    /// Parses the file at `path`, which a directive at `place` includes; without one it is the zone's first. A failure to read it is
    /// reported at that place, or at the file itself.
    mutating func open(path: String, from place: Place?) {
        do {
            let folders = place == nil ? nil : IncludeFolders(ofFile: files.names[0], and: includeFrom)
            var window = try Window(path: path, in: folders, calls: calls)
            if records.count == 0 { records.reserve(forText: window.bytesTotal) }
            let file: Int
            do {
                file = try files.enter(path, status: window.status)
            } catch {
                log.append(Diagnostic(.error, at: place, "\(path) \(error.reason)"))
                return
            }
            parseEntries(of: &window, file: file)
            files.leave(window.digest)
        } catch {
            log.append(Diagnostic(.error, at: place, "\(path) \(error.reason)"))
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
                            ParseFailure(at: parenthesis, "this parenthesis is never closed"), file: file,
                            line: window.line)
                    }
                    return
                }
                if window.unreadCount > limits.recordText { return reportTooLong(file: file, line: window.line) }
                do {
                    try window.fill()
                } catch {
                    log.append(Diagnostic(.error, at: nil, "\(files.names[file]) \(error.reason)"))
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
            report(failure, file: file, line: line)
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
            if !entry.startsWithBlank, isDirective(entry[0]) {
                return try parseDirective(file: file, line: line)
            }
            try parseRecord(file: file, line: line)
        } catch {
            report(error, file: file, line: line)
        }
        return nil
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
        do {
            // Safe: both views are of buffers that live in this object and are not changed meanwhile.
            try unsafe records.append(owner: owner.octets.buffer, type: type, ttl: ttl, rdata: rdata.octets.buffer)
        } catch {
            throw ParseFailure(at: 0, "the zone has more than 4 GiB of names and rdata, which is more than fits")
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
                "the record has more than \(limits.recordText) octets; is a parenthesis not closed?"),
            file: file, line: line)
    }

    /// Notes what is wrong at an offset of the entry, which begins on `line`.
    mutating func report(_ failure: ParseFailure, file: Int, line: Int) {
        let position = entry.position(of: failure.offset)
        log.append(
            Diagnostic(
                .error, at: Place(file: files.names[file], line: line + position.line, column: position.column),
                failure.message, sourceLine: entry.text[position.range].text))
    }
}
