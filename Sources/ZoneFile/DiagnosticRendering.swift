// Diagnostics for people: the message, the line that it is about, and a caret below the place, as compilers do it.

extension Diagnostic {
    /// The longest piece of a source line that is shown, in characters.
    private static let shownWidth = 160

    /// The diagnostic with its source line, if there is one, and a caret; no newline at the end.
    ///
    /// - Parameter color: With the escape sequences of ANSI terminals.
    public func rendered(color: Bool) -> String {
        let style = Style(isOn: color)
        var text = place.map { style.bold("\($0):") + " " } ?? ""
        switch severity {
        case .error: text += style.red("error:")
        case .warning: text += style.magenta("warning:")
        }
        text += " " + style.bold(message) + suffix
        guard let place, let sourceLine, place.column >= 1 else { return text }
        // Columns count octets, carets stand below characters.
        let before = String(decoding: sourceLine.utf8.prefix(place.column - 1), as: UTF8.self)
        var shown = Substring(sourceLine)
        var lead = Substring(before)
        if lead.count > Diagnostic.shownWidth / 2 {
            let dropped = lead.count - Diagnostic.shownWidth / 2
            shown = "…" + shown.dropFirst(dropped)
            lead = "…" + lead.dropFirst(dropped)
        }
        if shown.count > Diagnostic.shownWidth { shown = shown.prefix(Diagnostic.shownWidth) + "…" }
        // Tabs stay tabs, so that the caret moves as the text does; other control characters must not reach a terminal.
        text += "\n    " + String(shown.map { Diagnostic.isControl($0) ? "�" : $0 })
        text += "\n    " + String(lead.map { $0 == "\t" ? "\t" : " " }) + style.green("^")
        return text
    }

    private static func isControl(_ character: Character) -> Bool {
        character != "\t" && character.unicodeScalars.contains { $0.properties.generalCategory == .control }
    }
}

/// Text styles of ANSI terminals.
private struct Style {
    let isOn: Bool

    func bold(_ text: String) -> String { wrap(text, "1") }
    func red(_ text: String) -> String { wrap(text, "1;31") }
    func magenta(_ text: String) -> String { wrap(text, "1;35") }
    func green(_ text: String) -> String { wrap(text, "1;32") }

    private func wrap(_ text: String, _ code: String) -> String { isOn ? "\u{1B}[\(code)m\(text)\u{1B}[0m" : text }
}
