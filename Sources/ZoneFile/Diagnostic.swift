// What is wrong with a master file, and where. The loader writes these itself; for what the builder finds, which knows
// records by number only, `LoadedZone.place(ofRecord:)` supplies the place.

import DNSCore

/// A position in a master file. Lines and columns count from 1; columns count octets.
public struct Place: Hashable, Sendable {
    /// The file's path as it was given, or as `$INCLUDE` led to it.
    public let file: String
    public let line: Int
    public let column: Int

    public init(file: String, line: Int, column: Int) {
        self.file = file
        self.line = line
        self.column = column
    }
}

extension Place: CustomStringConvertible {
    /// `file:line:column`; an included file's name is a stranger's text.
    public var description: String { "\(PrintableText.of(file)):\(line):\(column)" }
}

/// One finding about a master file.
public struct Diagnostic: Hashable, Sendable {
    /// How bad it is.
    public enum Severity: String, Sendable {
        /// The zone is refused.
        case error
        /// The zone can be served, but its author should look at it.
        case warning
        /// About the check itself: that it stopped early.
        case note
    }

    public let severity: Severity
    /// Nil for what concerns no particular place, such as a file that can't be opened.
    public let place: Place?
    /// What was found, what was expected, and what to do.
    public let message: String
    /// The line that `place` is on, or the part around it, if it was at hand.
    public let excerpt: SourceExcerpt?
    /// The kind of warning that it is, or was before `WarningPolicy` made it an error.
    public let warning: ZoneWarning?

    public init(
        _ severity: Severity, at place: Place?, _ message: String, excerpt: SourceExcerpt? = nil,
        warning: ZoneWarning? = nil
    ) {
        self.severity = severity
        self.warning = warning
        self.place = place
        self.message = message
        self.excerpt = excerpt
    }

    /// What becomes of the diagnostic; nil if it is switched off.
    public func applying(_ policy: WarningPolicy) -> Diagnostic? {
        guard severity == .warning, let warning else { return self }
        if policy.silenced.contains(warning) { return nil }
        if !policy.isStrict { return self }
        return Diagnostic(.error, at: place, message, excerpt: excerpt, warning: warning)
    }
}

/// A zone that can't be loaded: everything that was found up to the limit, and what was read.
public struct LoadFailure: Error, Sendable {
    /// Errors and warnings in the order of the text; a note at the end if the check stopped early.
    public let diagnostics: [Diagnostic]
    /// The files that were read; when one of them changes it is worth trying again.
    public let sources: [SourceFile]
    /// Another zone that the file seems to hold.
    public var otherZone: OtherZone?
}

/// The zone of a file whose only SOA record is for another zone than the one that was asked for.
public struct OtherZone: Sendable {
    public let apex: Name
    /// Of the SOA record.
    public let place: Place

    init(_ soa: Dictionary<Name, Place>.Element) {
        apex = soa.key
        place = soa.value
    }

    /// The one error that says it all.
    public var diagnostic: Diagnostic {
        let name = "\(apex)"
        return Diagnostic(
            .error, at: place, "the SOA is for \(name): use --origin \(name.count > 1 ? String(name.dropLast()) : name)"
        )
    }
}

extension LoadFailure: CustomStringConvertible {
    public var description: String {
        diagnostics.map(\.description).joined(separator: "\n")
    }
}
