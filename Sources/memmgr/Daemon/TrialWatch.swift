// Watching a generation on trial: what all consumers have answered, before and after the time for which it is held.

import Bus
import BusClient
import Generations

extension Manager {
    /// Judges a generation after the time that those who want it to be tried have asked for.
    func watch(_ generation: Generation, on consumers: [ConsumerID]) {
        let hold = callers.hold(for: ledger.trialRequests)
        let (bus, mailbox) = (bus, mailbox)
        Task {
            let before = await TrialWatch.counts(on: bus)
            try? await Task.sleep(for: hold)
            let after = await TrialWatch.counts(on: bus)
            let judgement = TrialWatch.judgement(on: Set(consumers.map(\.lname)), before, after)
            mailbox.put(.event(.trialJudged(generation, judgement)))
        }
    }
}

/// What all consumers have counted.
enum TrialWatch {
    /// A consumer that does not tell in this time is stuck.
    private static let patience = Duration.seconds(10)

    /// By l-name; without those that did not tell.
    static func counts(on bus: BusConnection) async -> [String: AnswerCounts] {
        let answers = (try? await bus.callEach("stats", of: BusGroup.consumers, deadline: patience)) ?? []
        return answers.reduce(into: [:]) { counts, answer in
            if case .success(let value) = answer.result {
                counts[answer.member.text] = AnswerCounts(value["counters"] ?? .null)
            }
        }
    }

    /// One that does not tell after the time what it has counted is stuck. One of which nothing is known from before counts for nothing.
    static func judgement(
        on tried: Set<String>, _ before: [String: AnswerCounts], _ after: [String: AnswerCounts]
    ) -> Ledger.TrialJudgement {
        guard tried.isSubset(of: after.keys) else {
            return .bad(reason: "it does not tell what it has answered")
        }
        let answered = after.compactMap { name, counts in before[name].map { (name: name, counts: counts - $0) } }
        func sum(_ isCounted: (String) -> Bool) -> AnswerCounts {
            answered.filter { isCounted($0.name) }.reduce(AnswerCounts()) { $0 + $1.counts }
        }
        let rest = answered.count { !tried.contains($0.name) }
        guard rest > 0 else {
            return TrialRule.judge(sum(tried.contains), against: before.values.reduce(AnswerCounts(), +))
        }
        let others = sum { !tried.contains($0) }
        return TrialRule.judge(
            sum(tried.contains), against: others, expected: others.answers / rest * tried.count)
    }
}
