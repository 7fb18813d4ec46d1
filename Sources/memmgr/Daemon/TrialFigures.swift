// What was seen of a generation on trial: the questions and answers of those that served it, and of the others in the same
// time. For whoever asked for the trial, and for the publish log.

import Bus
import Generations
import JSON

/// The counts of a trial.
struct TrialFigures: Hashable, Sendable {
    /// Of one side.
    struct Side: Hashable, Sendable {
        /// How many consumers it has.
        let consumers: Int
        let counts: AnswerCounts
    }

    /// For how long it was watched, in seconds.
    let seconds: Double
    let tried: Side
    /// Nil when all consumers were on trial.
    let others: Side?

    /// Why it is not enough to be believed; nil when it is.
    func shortage(of least: Int) -> String? {
        guard tried.counts.questions < least else { return nil }
        return "\(tried.counts.questions) questions came in \(seconds) s, and \(least) at least were wanted (--least)"
    }

    var json: JSONValue {
        ["seconds": .number(seconds), "tried": json(tried), "others": others.map(json) ?? .null]
    }

    private func json(_ side: Side) -> JSONValue {
        func integer(_ number: Int) -> JSONValue { .integer(Int64(number)) }
        let counts = side.counts
        return [
            "consumers": integer(side.consumers), "questions": integer(counts.questions),
            "questions_per_second": .number(seconds > 0 ? Double(counts.questions) / seconds : 0),
            "answers": integer(counts.answers), "servfail": integer(counts.serverFailures),
            "nxdomain": integer(counts.nameErrors), "refused": integer(counts.refusals),
        ]
    }
}
