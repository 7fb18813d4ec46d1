// What was seen of a canary, in a line.

import Bus
import JSON
import Platform

enum CanaryText {
    /// From the member `canary` of an answer or of the publish log.
    static func line(_ figures: JSONValue) -> String {
        let seconds = Wording.decimal(figures["seconds"]?.double ?? 0)
        let tried = figures["tried"] ?? .null
        var line = "canary: \(side(tried)) in \(seconds) s"
        if let others = figures["others"], !others.isNull { line += "; the others: \(side(others))" }
        if tried["questions"]?.integer == 0 {
            line += "; without questions it says nothing about the answers (--least N demands some)"
        }
        return line
    }

    private static func side(_ side: JSONValue) -> String {
        let questions = Int(side["questions"]?.integer ?? 0)
        let rate = Wording.decimal(side["questions_per_second"]?.double ?? 0)
        let answers = Double(side["answers"]?.integer ?? 0)
        let shares = [("SERVFAIL", "servfail"), ("NXDOMAIN", "nxdomain"), ("REFUSED", "refused")].compactMap {
            name, key in
            let count = Double(side[key]?.integer ?? 0)
            return count > 0 && answers > 0 ? "\(Wording.decimal(100 * count / answers)) % \(name)" : nil
        }
        return ([Wording.count(questions, "question") + " (\(rate)/s)"] + shares).joined(separator: ", ")
    }
}
