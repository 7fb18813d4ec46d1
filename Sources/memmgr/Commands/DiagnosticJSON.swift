// Diagnostics in JSON: what `--json` prints, and what the manager answers.

import DNSCore
import JSON
import ZoneFile

extension Diagnostic {
    /// The diagnostic as an object; docs/JSON.md has its members.
    var json: JSONValue {
        var members: [String: JSONValue] = [
            "severity": .string(severity.rawValue),
            "file": place.map { .string($0.file) } ?? .null,
            "line": place.map { .integer(Int64($0.line)) } ?? .null,
            "column": place.map { .integer(Int64($0.column)) } ?? .null,
            "message": .string(message),
            "source_line": excerpt.map { .string($0.text) } ?? .null,
            "caret": excerpt.map { .integer(Int64($0.caret)) } ?? .null,
        ]
        // Only warnings, and what was one before --strict, have a name.
        if let warning { members["name"] = .string(warning.rawValue) }
        return .object(members)
    }

    /// A diagnostic out of the manager's answer.
    init(json: JSONValue) {
        let place: Place? =
            if let file = json["file"]?.string, let line = json["line"]?.integer, let column = json["column"]?.integer {
                Place(file: file, line: Int(line), column: Int(column))
            } else {
                nil
            }
        let excerpt = json["source_line"]?.string.map {
            SourceExcerpt(text: $0, caret: json["caret"]?.integer.map { Int($0) } ?? 0)
        }
        self.init(
            json["severity"]?.string.flatMap(Severity.init) ?? .error, at: place, json["message"]?.string ?? "",
            excerpt: excerpt, warning: json["name"]?.string.flatMap(ZoneWarning.init))
    }
}
