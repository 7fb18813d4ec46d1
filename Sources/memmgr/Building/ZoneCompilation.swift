// One zone from its master file to its compiled form, with everything that was found on the way and what it took. The
// offline commands and the build's child process do the same thing here.

import DNSCore
import Glibc
import ZoneAudit
import ZoneFile
import ZoneImage

/// The time of day, by which signatures are judged.
enum WallClock {
    /// In seconds since 1970, as RRSIG records count them.
    static var now: UInt32 { UInt32(truncatingIfNeeded: time(nil)) }
}

/// What came of compiling one zone.
struct ZoneCompilation: Sendable {
    let origin: Name
    /// Nil if there is any error.
    let zone: CompiledZone?
    /// In the order of the text, findings about the whole zone last.
    let diagnostics: [Diagnostic]
    /// Findings beyond the bound, which were only counted.
    let omitted: Int
    /// Warnings that were switched off.
    let silenced: Int
    /// The files that were read.
    let sources: [SourceFile]
    let parseTime: Duration
    let buildTime: Duration
    /// How many signatures were found valid; nil when they were not checked.
    var validSignatures: Int?

    /// The most findings of one severity that are kept: more are no help to whoever has to mend the file.
    static let diagnosticLimit = 200

    var errorCount: Int { diagnostics.count { $0.severity == .error } }
    /// Whether the check stopped before the file's end.
    var isCutShort: Bool { diagnostics.contains { $0.severity == .note } }
    var warningCount: Int { diagnostics.count { $0.severity == .warning } }

    /// Reads and compiles the zone at `origin` from the master file at `path`, or from `text`, which came from there.
    /// With `audit`, which is then carried out, what validating resolvers hold against it is an error, though the zone can be had.
    init(
        path: String, text: [UInt8]? = nil, origin: Name, options: BuildOptions = BuildOptions(), includeFrom: [String],
        audit: ((CompiledZone) -> ZoneAudit)? = nil,
        progress: ((ReadProgress) -> Void)? = nil
    ) {
        self.origin = origin
        let policy = options.warnings
        let clock = ContinuousClock()
        let start = clock.now
        let loaded: LoadedZone
        do throws(LoadFailure) {
            let loader = ZoneLoader(
                origin: origin, includeFrom: includeFrom, skipsOutOfZone: options.skipsOutOfZone)
            loaded =
                if let text { try loader.load(text: text, name: path) } else {
                    try loader.load(path: path, progress: progress)
                }
        } catch {
            zone = nil
            let found =
                error.otherZone.map { SourceLines.attached(to: [$0.diagnostic], of: error.sources, text, of: path) }
                ?? error.diagnostics
            diagnostics = found.compactMap { $0.applying(policy) }
            omitted = 0
            silenced = found.count - diagnostics.count
            sources = error.sources
            parseTime = clock.now - start
            buildTime = .zero
            return
        }
        let parsed = clock.now
        parseTime = parsed - start
        if let otherZone = loaded.otherZone {
            zone = nil
            diagnostics = SourceLines.attached(to: [otherZone.diagnostic], of: loaded.sources, text, of: path)
            (omitted, silenced) = (0, 0)
            sources = loaded.sources
            buildTime = .zero
            return
        }
        let result = ZoneBuilder.build(loaded.records, options: options)
        buildTime = clock.now - parsed
        sources = loaded.sources
        var found = FoundProblems(path: path, policy: policy)
        found.add(loaded.warnings)
        found.add(result.problems, of: loaded, mustValidate: audit != nil)
        if let audit, let zone = result.zone {
            let audit = audit(zone)
            validSignatures = audit.validSignatures
            found.add(audit, of: loaded)
        }
        omitted = found.omitted
        silenced = found.silenced
        diagnostics = SourceLines.attached(to: found.diagnostics, of: loaded.sources, text, of: path)
        zone = policy.isStrict && found.isRefused ? nil : result.zone
    }
}

/// The builder's problems on their way to diagnostics.
private struct FoundProblems {
    let path: String
    let policy: WarningPolicy
    private(set) var diagnostics: [Diagnostic] = []
    private(set) var omitted = 0
    private(set) var silenced = 0
    private var counts: [Diagnostic.Severity: Int] = [:]

    init(path: String, policy: WarningPolicy) {
        self.path = path
        self.policy = policy
    }

    /// Whether a warning has become an error.
    var isRefused: Bool { diagnostics.contains { $0.severity == .error && $0.warning != nil } }

    mutating func add(_ warnings: [Diagnostic]) {
        for warning in warnings { take(warning) }
    }

    mutating func add(_ problems: [ZoneProblem], of zone: LoadedZone, mustValidate: Bool) {
        for problem in problems {
            let breaksValidation = mustValidate && problem.warning?.breaksValidation == true
            take(problem.message, breaksValidation ? nil : problem.warning, at: problem.row.map(zone.place))
        }
    }

    mutating func add(_ audit: ZoneAudit, of zone: LoadedZone) {
        omitted += audit.omitted
        let places = AuditPlaces(of: audit.findings.compactMap(\.subject), in: zone)
        for finding in audit.findings {
            take(finding.message, finding.warning, at: finding.subject.flatMap { places[$0] })
        }
    }

    private mutating func take(_ message: String, _ warning: ZoneWarning?, at place: Place?) {
        // What concerns the zone as a whole has the start of the file as its place, so that every finding names the file;
        // the text of the first line would say nothing.
        take(
            Diagnostic(
                warning == nil ? .error : .warning, at: place ?? Place(file: path, line: 1, column: 1), message,
                excerpt: place == nil ? SourceExcerpt(text: "", caret: 0) : nil, warning: warning))
    }

    /// Keeps a finding as the policy wants it, within the bound.
    private mutating func take(_ found: Diagnostic) {
        guard let diagnostic = found.applying(policy) else {
            silenced += 1
            return
        }
        counts[diagnostic.severity, default: 0] += 1
        if counts[diagnostic.severity, default: 0] <= ZoneCompilation.diagnosticLimit {
            diagnostics.append(diagnostic)
        } else {
            omitted += 1
        }
    }
}
