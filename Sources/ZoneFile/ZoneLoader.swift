// The module's front door: a master file goes in, a table of records comes out, or every error that was found.
// The work is done by ZoneParser.

import DNSCore

/// Bounds that keep a hostile or mistaken file from taking more than its share.
public struct LoadLimits: Sendable {
    /// One error more than this ends the check, with a note.
    public var errors = 50
    /// Warnings of one kind beyond this are not kept.
    public var warnings = 200
    /// How deep `$INCLUDE` may nest.
    public var includeDepth = 10
    /// The most octets from the start of a record to its end, comments between parentheses included.
    public var recordText = 16 << 20
    /// The most records that one `$GENERATE` may make.
    public var generatedRecords = 1 << 20
    /// The most records that all `$GENERATE`s of a zone may make together.
    public var allGeneratedRecords = 16 << 20
    /// The most octets of text that all `$GENERATE`s of a zone may make together, as long as their templates are.
    public var allGeneratedText = 512 << 20

    public init() {}
}

/// How far the reading of a zone has come.
public struct ReadProgress: Sendable {
    /// The file that is being read.
    public let path: String
    /// Octets of that file.
    public let bytesRead: Int64
    public let bytesTotal: Int64
    /// Records of the zone so far.
    public let records: Int
}

/// A zone's records and where they came from.
public struct LoadedZone: Sendable {
    public let records: RecordTable
    /// The serial of the first SOA at the apex; nil if there is none, which is for the builder to refuse.
    public let serial: Serial?
    /// Another zone that the file seems to hold.
    public let otherZone: OtherZone?
    /// In the order of the text.
    public let warnings: [Diagnostic]
    /// Every file that was read, the first one first, each once.
    public let sources: [SourceFile]
    let places: RecordPlaces
    let fileNames: [String]

    /// Where the record in row `index` of `records` begins.
    public func place(ofRecord index: Int) -> Place {
        let place = places[index]
        return Place(file: fileNames[place.file], line: place.line, column: 1)
    }

    /// What the builder found out about the record in row `index`, with its place.
    public func diagnostic(
        _ severity: Diagnostic.Severity, record index: Int, _ message: String
    ) -> Diagnostic {
        Diagnostic(severity, at: place(ofRecord: index), message)
    }
}

/// Reads master files (RFC 1035, section 5) into tables of records.
///
/// A loader reads one zone and can be used again. It keeps nothing from one load to the next.
public struct ZoneLoader: Sendable {
    /// The zone's apex, and the origin at the start of the file.
    public let origin: Name
    /// Records of any other class are refused.
    public let rrClass: RRClass
    public let limits: LoadLimits
    /// Files below these folders may be included, beside those below that of the zone's own file.
    public let includeFrom: [String]
    /// Whether records outside the zone are left out, with one warning; else they are errors.
    public let skipsOutOfZone: Bool

    public init(
        origin: Name, rrClass: RRClass = .in, limits: LoadLimits = LoadLimits(), includeFrom: [String] = [],
        skipsOutOfZone: Bool = false
    ) {
        self.origin = origin
        self.rrClass = rrClass
        self.limits = limits
        self.includeFrom = includeFrom
        self.skipsOutOfZone = skipsOutOfZone
    }

    /// Reads the file at `path` and all that it includes.
    ///
    /// - Parameter progress: Called now and then, at least once a file, on the caller's thread.
    /// - Throws: `LoadFailure` if there is any error.
    public func load(
        path: String, progress: ((ReadProgress) -> Void)? = nil
    ) throws(LoadFailure) -> LoadedZone {
        try load(path: path, calls: .system, progress: progress)
    }

    /// Reads a master file that is in memory already; `name` stands for the file in places.
    ///
    /// `$INCLUDE` works as in a file of that name.
    public func load(text: some Sequence<UInt8>, name: String) throws(LoadFailure) -> LoadedZone {
        var parser = parser(calls: .system, progress: nil)
        parser.parse(text: Array(text), name: name)
        return try parser.finish()
    }

    /// Reads a master file from a string.
    public func load(text: String, name: String) throws(LoadFailure) -> LoadedZone {
        try load(text: Array(text.utf8), name: name)
    }

    func load(
        path: String, calls: FileCalls, progress: ((ReadProgress) -> Void)? = nil
    ) throws(LoadFailure) -> LoadedZone {
        var parser = parser(calls: calls, progress: progress)
        parser.parse(path: path)
        return try parser.finish()
    }

    private func parser(calls: FileCalls, progress: ((ReadProgress) -> Void)?) -> ZoneParser {
        ZoneParser(
            origin: origin, rrClass: rrClass, limits: limits, includeFrom: includeFrom, calls: calls,
            skipsOutOfZone: skipsOutOfZone, progress: progress)
    }
}
