// What the builder finds wrong with a zone's records. Problems name rows of the record table; the loader turns a row
// into file, line and column.

import DNSCore

/// Something that is wrong or questionable with the records of a zone.
public struct ZoneProblem: Hashable, Sendable {
    /// Whether the zone can be served all the same.
    public enum Severity: Sendable { case error, warning }

    public let severity: Severity
    /// The record's row in the table; nil for what concerns the zone as a whole.
    public let row: Int?
    /// What was found and what was expected, in a sentence without a full stop.
    public let message: String
    /// Whether validating resolvers will reject answers for it.
    public let breaksValidation: Bool

    static func error(_ row: Int?, _ message: String) -> ZoneProblem {
        ZoneProblem(severity: .error, row: row, message: message, breaksValidation: false)
    }

    static func warning(_ row: Int?, _ message: String) -> ZoneProblem {
        ZoneProblem(severity: .warning, row: row, message: message, breaksValidation: false)
    }

    /// A zone that can be served, to those who do not validate.
    static func unprovable(_ row: Int?, _ message: String) -> ZoneProblem {
        ZoneProblem(severity: .warning, row: row, message: message, breaksValidation: true)
    }
}

/// Which rules of the builder are relaxed.
public struct BuildOptions: Hashable, Sendable {
    /// Serve a zone without NS records at its apex.
    public var allowsMissingNS: Bool
    /// The most NSEC3 iterations of a zone that is served (RFC 9276, section 3.1): each denial takes as many hashes.
    public var iterationLimit: UInt16
    /// Whether the records of a master file that are outside the zone are left out; else they are errors.
    public var skipsOutOfZone: Bool
    /// The time by which signatures are judged, in seconds since 1970; nil for not at all.
    public var now: UInt32?

    /// The limit that RFC 5155, section 10.3, sets for the longest keys.
    public static let defaultIterationLimit: UInt16 = 2500

    public init(
        allowsMissingNS: Bool = false, iterationLimit: UInt16 = BuildOptions.defaultIterationLimit,
        skipsOutOfZone: Bool = false, now: UInt32? = nil
    ) {
        self.allowsMissingNS = allowsMissingNS
        self.iterationLimit = iterationLimit
        self.skipsOutOfZone = skipsOutOfZone
        self.now = now
    }
}

/// What came of a build.
public struct BuildResult: Sendable {
    /// The zone; nil if any problem is an error.
    public let zone: CompiledZone?
    /// All that was found, in the order of rows, those of the whole zone first.
    public let problems: [ZoneProblem]
}
