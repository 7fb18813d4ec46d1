// By what a generation on trial is judged: the counters of those that serve it, beside those of the others.

import Bus
import Generations
import JSON

/// What one or several consumers have answered in some time.
struct AnswerCounts: Hashable, Sendable {
    var questions = 0
    var answers = 0
    var serverFailures = 0
    var nameErrors = 0
    var refusals = 0

    /// Larger numbers are nonsense, whoever tells them.
    private static let bound: Int64 = 1 << 40

    init() {}

    /// From the counters that `stats` tells.
    init(_ counters: JSONValue) {
        func count(_ name: String) -> Int { Int(max(0, min(counters[name]?.integer ?? 0, AnswerCounts.bound))) }
        answers = count("udp_answers") + count("tcp_answers")
        questions = max(answers, count("udp_queries") + count("tcp_queries"))
        serverFailures = count("rcode_servfail")
        nameErrors = count("rcode_nxdomain")
        refusals = count("rcode_refused")
    }

    static func + (left: AnswerCounts, right: AnswerCounts) -> AnswerCounts { left.combined(right, +) }

    static func - (left: AnswerCounts, right: AnswerCounts) -> AnswerCounts { left.combined(right, -) }

    private func combined(_ other: AnswerCounts, _ operation: (Int, Int) -> Int) -> AnswerCounts {
        var result = AnswerCounts()
        // A consumer that was started anew counts from zero.
        result.questions = max(0, operation(questions, other.questions))
        result.answers = max(0, operation(answers, other.answers))
        result.serverFailures = max(0, operation(serverFailures, other.serverFailures))
        result.nameErrors = max(0, operation(nameErrors, other.nameErrors))
        result.refusals = max(0, operation(refusals, other.refusals))
        return result
    }
}

/// The rule by which a trial is judged. Those on trial do worse when the share of SERVFAIL, NXDOMAIN or REFUSED among their answers is
/// more than twice that of the others, and by more than 5 points (of 100) above it, or when they answer next to nothing while the others,
/// one by one, answer much. Fewer than 100 answers of the others say nothing. Where all consumers are on trial, the others are they
/// themselves before it, and only shares are compared.
enum TrialRule {
    private static let fewest = 100
    private static let factor = 2.0
    private static let distance = 0.05
    /// Of the answers that each of the others gives.
    private static let silence = 0.01

    /// - Parameter expected: how many answers those on trial would have given if they were like the others; 0: not known.
    static func judge(
        _ tried: AnswerCounts, against others: AnswerCounts, expected: Int = 0
    ) -> Ledger.TrialJudgement {
        guard others.answers >= fewest else { return .good }
        if expected >= fewest * fewest, Double(tried.answers) < silence * Double(expected) {
            return .bad(reason: "\(tried.answers) answers in the time in which \(expected) were to be expected")
        }
        guard tried.answers >= fewest else { return .good }
        let kinds: [(String, KeyPath<AnswerCounts, Int>)] = [
            ("SERVFAIL", \.serverFailures), ("NXDOMAIN", \.nameErrors), ("REFUSED", \.refusals),
        ]
        for (rcode, counts) in kinds {
            let share = min(1, Double(tried[keyPath: counts]) / Double(tried.answers))
            let usual = min(1, Double(others[keyPath: counts]) / Double(others.answers))
            if share > factor * usual, share > usual + distance {
                return .bad(
                    reason: "\(percent(share)) of the answers are \(rcode), and \(percent(usual)) of the others'")
            }
        }
        return .good
    }

    private static func percent(_ share: Double) -> String { "\(Int((share * 100).rounded())) %" }
}
