// Diagnostics for people: the message, the line that it is about, and a caret below the place, as compilers do it. The only
// place where they become text.

extension Diagnostic: CustomStringConvertible {
    /// `file:line:column: warning: message [name]`, on one line. The name is that by which the warning can be switched off.
    public var description: String {
        (place.map { "\($0): " } ?? "") + "\(severity.rawValue): \(message)"
            + (warning.map { " [\($0.rawValue)]" } ?? "")
    }

    /// The description, the source line, if there is one, and a caret; no newline at the end.
    public var text: String {
        guard let excerpt, !excerpt.text.isEmpty else { return description }
        return "\(description)\n\(excerpt.text)\n\(excerpt.caretLine)"
    }
}
