// Watching a generation on trial: whether the consumers that serve it answer worse than the others, by their own counters.

import Bus
import BusClient
import Generations
import Logging

/// What one or several consumers have answered in some time.
struct AnswerCounts: Hashable, Sendable {
    var answers = 0
    var serverFailures = 0
    var nameErrors = 0

    init() {}

    /// From the counters that `stats` tells.
    init(_ counters: JSONValue) {
        func count(_ name: String) -> Int { Int(counters[name]?.integer ?? 0) }
        answers = count("udp_answers") + count("tcp_answers")
        serverFailures = count("rcode_servfail")
        nameErrors = count("rcode_nxdomain")
    }

    static func + (left: AnswerCounts, right: AnswerCounts) -> AnswerCounts {
        var sum = left
        sum.answers += right.answers
        sum.serverFailures += right.serverFailures
        sum.nameErrors += right.nameErrors
        return sum
    }

    static func - (left: AnswerCounts, right: AnswerCounts) -> AnswerCounts {
        var difference = left
        // A consumer that was started anew counts from zero.
        difference.answers = max(0, left.answers - right.answers)
        difference.serverFailures = max(0, left.serverFailures - right.serverFailures)
        difference.nameErrors = max(0, left.nameErrors - right.nameErrors)
        return difference
    }
}

/// The rule by which a trial is judged. Those on trial do worse when the share of SERVFAIL or of NXDOMAIN among their answers is more
/// than twice that of the others, and by more than 5 points (of 100) above it. Fewer than 100 answers of either say nothing. Where
/// all consumers are on trial, the others are they themselves before it.
struct TrialRule {
    private static let fewest = 100
    private static let factor = 2.0
    private static let distance = 0.05

    static func judge(_ tried: AnswerCounts, against others: AnswerCounts) -> Ledger.TrialJudgement {
        guard tried.answers >= fewest, others.answers >= fewest else { return .good }
        for (rcode, counts) in [("SERVFAIL", \AnswerCounts.serverFailures), ("NXDOMAIN", \AnswerCounts.nameErrors)] {
            let share = Double(tried[keyPath: counts]) / Double(tried.answers)
            let usual = Double(others[keyPath: counts]) / Double(others.answers)
            if share > factor * usual, share > usual + distance {
                return .bad(
                    reason: "\(percent(share)) of the answers are \(rcode), and \(percent(usual)) of the others'")
            }
        }
        return .good
    }

    private static func percent(_ share: Double) -> String { "\(Int((share * 100).rounded())) %" }
}

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
    /// A consumer that does not tell in this time is stuck, and counts for nothing.
    private static let patience = Duration.seconds(2)

    /// By l-name.
    static func counts(on bus: BusConnection) async -> [String: AnswerCounts] {
        let members = (try? await bus.members(of: BusGroup.consumers)) ?? []
        return await withTaskGroup(of: (String, AnswerCounts?).self) { group in
            for member in members {
                group.addTask {
                    let answer = try? await bus.call("stats", to: member, deadline: patience)
                    return (member.text, answer.map { AnswerCounts($0["counters"] ?? .null) })
                }
            }
            return await group.reduce(into: [:]) { $0[$1.0] = $1.1 }
        }
    }

    static func judgement(
        on tried: Set<String>, _ before: [String: AnswerCounts], _ after: [String: AnswerCounts]
    ) -> Ledger.TrialJudgement {
        func sum(_ isCounted: (String) -> Bool) -> AnswerCounts {
            after.filter { isCounted($0.key) }.reduce(AnswerCounts()) {
                $0 + ($1.value - (before[$1.key] ?? AnswerCounts()))
            }
        }
        let others =
            after.keys.contains { !tried.contains($0) }
            ? sum { !tried.contains($0) } : before.values.reduce(AnswerCounts(), +)
        return TrialRule.judge(sum(tried.contains), against: others)
    }
}
