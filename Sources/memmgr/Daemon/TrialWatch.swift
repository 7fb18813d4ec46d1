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
    var refusals = 0

    /// Larger numbers are nonsense, whoever tells them.
    private static let bound: Int64 = 1 << 40

    init() {}

    /// From the counters that `stats` tells.
    init(_ counters: JSONValue) {
        func count(_ name: String) -> Int { Int(max(0, min(counters[name]?.integer ?? 0, AnswerCounts.bound))) }
        answers = count("udp_answers") + count("tcp_answers")
        serverFailures = count("rcode_servfail")
        nameErrors = count("rcode_nxdomain")
        refusals = count("rcode_refused")
    }

    static func + (left: AnswerCounts, right: AnswerCounts) -> AnswerCounts { left.combined(right, +) }

    static func - (left: AnswerCounts, right: AnswerCounts) -> AnswerCounts { left.combined(right, -) }

    private func combined(_ other: AnswerCounts, _ operation: (Int, Int) -> Int) -> AnswerCounts {
        var result = AnswerCounts()
        // A consumer that was started anew counts from zero.
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
