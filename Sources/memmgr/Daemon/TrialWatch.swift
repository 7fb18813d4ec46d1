// Watching a generation on trial: what all consumers have answered, before and after the time for which it is held.

import Bus
import BusClient
import Generations

extension Manager {
    /// Judges a generation after the time that those who want it to be tried have asked for.
    func watch(_ generation: Generation, on consumers: [ConsumerID]) {
        let hold = callers.hold(for: ledger.trialRequests)
        let least = callers.leastQuestions(for: ledger.trialRequests)
        let (bus, mailbox) = (bus, mailbox)
        Task {
            let before = await TrialWatch.counts(on: bus)
            let start = ContinuousClock.now
            try? await Task.sleep(for: hold)
            let after = await TrialWatch.counts(on: bus)
            let tried = Set(consumers.map(\.lname))
            let seconds = ((ContinuousClock.now - start).milliseconds / 10).rounded() / 100
            let figures = TrialWatch.figures(on: tried, before, after, seconds: seconds)
            var judgement = TrialWatch.judgement(on: tried, before, after)
            if judgement == .good, let reason = figures.shortage(of: least) { judgement = .bad(reason: reason) }
            mailbox.put(.trialWatched(generation, figures, judgement))
        }
    }

    func trialWatched(_ generation: Generation, _ figures: TrialFigures, _ judgement: Ledger.TrialJudgement) {
        if ledger.trial?.generation == generation {
            callers.note(figures, for: ledger.trialRequests)
            logTrialFigures(generation, figures)
        }
        tell(.trialJudged(generation, judgement))
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

    /// What both sides have counted in the time between.
    static func figures(
        on tried: Set<String>, _ before: [String: AnswerCounts], _ after: [String: AnswerCounts], seconds: Double
    ) -> TrialFigures {
        func side(_ isCounted: (String) -> Bool) -> TrialFigures.Side {
            let counts = after.filter { isCounted($0.key) }.map { name, counts in counts - (before[name] ?? counts) }
            return TrialFigures.Side(consumers: counts.count, counts: counts.reduce(AnswerCounts(), +))
        }
        let others = side { !tried.contains($0) }
        return TrialFigures(
            seconds: seconds, tried: side(tried.contains), others: others.consumers > 0 ? others : nil)
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
