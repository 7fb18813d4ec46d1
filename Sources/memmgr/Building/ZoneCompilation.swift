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

    /// Reads and compiles the zone at `origin` from the master file at `path`. With `audit`, which is then carried out, what
    /// validating resolvers hold against it is an error, though the zone can be had.
    init(
        path: String, origin: Name, options: BuildOptions = BuildOptions(), includeFrom: [String],
        audit: ((CompiledZone) -> ZoneAudit)? = nil,
        progress: ((ReadProgress) -> Void)? = nil
    ) {
        self.origin = origin
        let clock = ContinuousClock()
        let start = clock.now
        let loaded: LoadedZone
        do throws(LoadFailure) {
            loaded = try ZoneLoader(
                origin: origin, includeFrom: includeFrom, skipsOutOfZone: options.skipsOutOfZone
            ).load(path: path, progress: progress)
        } catch {
            zone = nil
            diagnostics = error.diagnostics
            omitted = 0
            sources = error.sources
            parseTime = clock.now - start
            buildTime = .zero
            return
        }
        let parsed = clock.now
        parseTime = parsed - start
        let result = ZoneBuilder.build(loaded.records, options: options)
        buildTime = clock.now - parsed
        zone = result.zone
        sources = loaded.sources
        var found = FoundProblems(path: path)
        found.add(result.problems, of: loaded, mustValidate: audit != nil)
        if let audit, let zone {
            let audit = audit(zone)
            validSignatures = audit.validSignatures
            found.add(audit, of: loaded)
        }
        omitted = found.omitted
        diagnostics = loaded.warnings + SourceLines.attached(to: found.diagnostics, of: loaded.sources)
    }
}

/// The builder's problems on their way to diagnostics.
private struct FoundProblems {
    let path: String
    var diagnostics: [Diagnostic] = []
    var omitted = 0
    private var counts: [Diagnostic.Severity: Int] = [:]

    init(path: String) {
        self.path = path
    }

    mutating func add(_ problems: [ZoneProblem], of zone: LoadedZone, mustValidate: Bool) {
        for problem in problems {
            let isError = problem.severity == .error || mustValidate && problem.breaksValidation
            let severity: Diagnostic.Severity = isError ? .error : .warning
            counts[severity, default: 0] += 1
            guard counts[severity, default: 0] <= ZoneCompilation.diagnosticLimit else {
                omitted += 1
                continue
            }
            add(problem.message, severity, at: problem.row.map(zone.place))
        }
    }

    mutating func add(_ audit: ZoneAudit, of zone: LoadedZone) {
        omitted += audit.omitted
        let places = AuditPlaces(of: audit.findings.compactMap(\.subject), in: zone)
        for finding in audit.findings {
            add(finding.message, finding.isError ? .error : .warning, at: finding.subject.flatMap { places[$0] })
        }
    }

    private mutating func add(_ message: String, _ severity: Diagnostic.Severity, at place: Place?) {
        if let place {
            diagnostics.append(Diagnostic(severity, at: place, message))
        } else {
            // What concerns the zone as a whole is at the file's start, so that every finding names the file;
            // the text of the first line would say nothing.
            let start = Place(file: path, line: 1, column: 1)
            diagnostics.append(Diagnostic(severity, at: start, message, excerpt: SourceExcerpt(text: "", caret: 0)))
        }
    }
}
