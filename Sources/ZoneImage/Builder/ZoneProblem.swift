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
    /// The kind of warning; nil for errors.
    public let warning: ZoneWarning?

    static func error(_ row: Int?, _ message: String) -> ZoneProblem {
        ZoneProblem(severity: .error, row: row, message: message, warning: nil)
    }

    static func warning(_ warning: ZoneWarning, _ row: Int?, _ message: String) -> ZoneProblem {
        ZoneProblem(severity: .warning, row: row, message: message, warning: warning)
    }
}

/// By which rules a zone is compiled.
public struct BuildOptions: Hashable, Sendable {
    /// Serve a zone without NS records at its apex.
    public var allowsMissingNS: Bool
    /// The most NSEC3 iterations of a zone that is served (RFC 9276, section 3.1): each denial takes as many hashes.
    public var iterationLimit: UInt16
    /// Whether the records of a master file that are outside the zone are left out; else they are errors.
    public var skipsOutOfZone: Bool
    /// The time by which signatures are judged, in seconds since 1970; nil for not at all.
    public var now: UInt32?
    /// What becomes of warnings. The builder reports them all; the policy is applied where they become diagnostics.
    public var warnings: WarningPolicy

    /// More makes each denial dearer and protects nothing (RFC 9276, section 3.1): 2,500, which RFC 5155 allows, cost ten times
    /// an ordinary answer. BIND, Knot, Unbound and PowerDNS have limits of 50 to 150.
    public static let defaultIterationLimit: UInt16 = 150

    public init(
        allowsMissingNS: Bool = false, iterationLimit: UInt16 = BuildOptions.defaultIterationLimit,
        skipsOutOfZone: Bool = false, now: UInt32? = nil, warnings: WarningPolicy = WarningPolicy()
    ) {
        self.warnings = warnings
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
