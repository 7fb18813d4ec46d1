// What a system says of itself: the manager's status, and beside it each consumer's own word. A consumer is asked directly, so that
// one that hangs is seen, and so that there is something to show where the manager hangs.

import Bus
import BusClient
import Generations
import JSON
import Platform

/// The status of a system, with what its consumers say.
struct SystemReport: Sendable {
    /// The object of `status --json`.
    let members: [String: JSONValue]
    /// Why the manager says nothing.
    let failure: CommandFailure?

    /// A consumer that is only asked what it is answers in this time, or hangs.
    private static let patience = Duration.milliseconds(2500)

    /// Asks everyone at once.
    ///
    /// - Throws: `CommandFailure` when there is no system, or the manager refuses the question.
    static func gather(from folder: StateFolder, _ question: JSONValue) async throws -> SystemReport {
        let system = try await SystemConnection(folder)
        let asking = Task { await ConsumerAnswers.of("stats", from: system, deadline: patience) }
        do {
            let status = try await system.read("status", question)
            return SystemReport(status, await asking.value)
        } catch let failure as CommandFailure where failure.status != .failed {
            let holding = await ConsumerAnswers.of(
                HoldingMessage.name, from: system, deadline: system.readingTimeLeft())
            return SystemReport(failure, await asking.value, holding)
        }
    }

    init(_ status: JSONValue, _ answers: ConsumerAnswers) {
        var members = status.object ?? [:]
        let consumers = (status["consumers"]?.array ?? []).map { consumer -> JSONValue in
            var consumer = consumer.object ?? [:]
            let answer = consumer["lname"]?.string.flatMap { answers.values[$0] }
            for member in ["version", "started", "addresses"] { consumer[member] = answer?[member] ?? .null }
            consumer["responding"] = .bool(!answers.silent.contains(consumer["lname"]?.string ?? ""))
            return .object(consumer)
        }
        members["consumers"] = .array(consumers)
        members["addresses"] = .array(answers.addresses.map { .string($0) })
        self.init(members: members, failure: nil)
    }

    /// Without a manager: what each consumer says that it serves.
    init(_ failure: CommandFailure, _ answers: ConsumerAnswers, _ holding: ConsumerAnswers) {
        let consumers = holding.values.sorted { $0.key < $1.key }.map { lname, value -> JSONValue in
            let answer = answers.values[lname]
            return [
                "lname": .string(lname), "name": value["name"] ?? .null, "serving": value["serving"] ?? .null,
                "holds": value["holds"] ?? [], "state": "unknown", "problem": .null, "responding": true,
                "version": answer?["version"] ?? .null, "started": answer?["started"] ?? .null,
                "addresses": answer?["addresses"] ?? .null,
            ]
        }
        let silent = holding.silent.sorted().map { lname -> JSONValue in
            ["lname": .string(lname), "name": .null, "state": "unknown", "responding": false]
        }
        let serving = holding.values.values.compactMap { $0["serving"]?.integer }
        self.init(
            members: [
                "ok": false, "problem": .string(failure.description),
                "generation": serving.max().map { .integer($0) } ?? .null, "consumers": .array(consumers + silent),
                "addresses": .array(answers.addresses.map { .string($0) }),
            ], failure: failure)
    }

    private init(members: [String: JSONValue], failure: CommandFailure?) {
        self.members = members
        self.failure = failure
    }
}

/// What each consumer answered to one question.
struct ConsumerAnswers: Sendable {
    /// The answers, by l-name.
    private(set) var values: [String: JSONValue] = [:]
    /// Those that did not answer in time.
    private(set) var silent: Set<String> = []

    /// Asks all consumers. Those that have left meanwhile, or don't know the question, are in neither set.
    static func of(_ question: String, from system: SystemConnection, deadline: Duration) async -> ConsumerAnswers {
        var answers = ConsumerAnswers()
        let results = (try? await system.bus.callEach(question, of: BusGroup.consumers, deadline: deadline)) ?? []
        for (member, result) in results {
            switch result {
            case .success(let value): answers.values[member.text] = value
            case .failure(.deadline): answers.silent.insert(member.text)
            case .failure: break
            }
        }
        return answers
    }

    /// Where the consumers listen, each address once.
    var addresses: [String] {
        Set(values.values.flatMap { $0["addresses"]?.array ?? [] }.compactMap(\.string)).sorted()
    }
}
