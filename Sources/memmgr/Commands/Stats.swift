// `memmgr stats`: the counters that the consumers keep. Which there are is their business; here they are only added up.

import ArgumentParser
import Bus
import BusClient
import JSON
import Platform

struct Stats: JSONCommand {
    static let configuration = CommandConfiguration(
        abstract: "Show the counters of the consumers.",
        discussion: """
            A consumer counts from its start on, which is shown. Counters that are 0 are left out; --json has all of them. When \
            a consumer does not answer within 3 s, it is named and the command ends with 3.
            """)

    @OptionGroup var system: SystemOption
    @OptionGroup var output: JSONOption

    @Flag(help: "Show counters that are 0, too.")
    var all = false

    func run() throws {
        finish {
            let folder = try system.folder()
            let counters = try Blocking.wait { try await ConsumerCounters(of: SystemConnection(folder)) }
            for silent in counters.silent { Output.diagnostic("memmgr: \(silent)") }
            if output.json {
                try Output.json(counters.json)
            } else {
                try Output.append(counters.text(all: all))
            }
            return counters.silent.isEmpty ? .done : .timedOut
        }
    }
}

/// The counters of every consumer that has reported them.
struct ConsumerCounters: Sendable {
    struct Consumer: Sendable {
        let name: String
        let counters: [String: Int64]
        /// When it began to count; nil where it does not say.
        var start: String?
    }

    /// By name.
    let consumers: [Consumer]
    /// What is to be said of those that did not answer.
    let silent: [String]

    /// Counting takes no time; a consumer that does not answer in this time is stopped or hangs.
    private static let patience = Duration.seconds(3)

    init(consumers: [Consumer], silent: [String] = []) {
        self.consumers = consumers.sorted { Wording.precedes($0.name, $1.name) }
        self.silent = silent
    }

    init(of system: SystemConnection) async throws {
        let answers = await ConsumerAnswers.of("stats", from: system, deadline: Self.patience)
        let consumers = answers.values.map { lname, value in
            Consumer(
                name: value["name"]?.string ?? lname,
                counters: (value["counters"]?.object ?? [:]).compactMapValues(\.integer),
                start: value["started"]?.string)
        }
        let names = answers.silent.isEmpty ? [:] : await Self.names(from: system)
        let time = Wording.time(Self.patience)
        self.init(
            consumers: consumers,
            silent: answers.silent.map { "\(names[$0] ?? $0) did not answer within \(time)" }.sorted())
    }

    /// What the consumers are called, by l-name, as far as the manager says.
    private static func names(from system: SystemConnection) async -> [String: String] {
        let status = try? await system.askManager("status", ["zones": []], deadline: system.readingTimeLeft())
        let pairs = (status?["consumers"]?.array ?? []).compactMap { consumer -> (String, String)? in
            guard let lname = consumer["lname"]?.string, let name = consumer["name"]?.string else { return nil }
            return (lname, name)
        }
        return Dictionary(pairs) { $1 }
    }

    /// Each counter summed up over all consumers.
    var totals: [String: Int64] {
        consumers.reduce(into: [:]) { totals, consumer in
            for (name, value) in consumer.counters {
                let (sum, overflow) = totals[name, default: 0].addingReportingOverflow(value)
                totals[name] = overflow ? .max : sum
            }
        }
    }

    var json: [String: JSONValue] {
        var members: [String: JSONValue] = [
            "totals": .object(totals.mapValues(JSONValue.integer)),
            "consumers": .array(
                consumers.map { consumer in
                    var members: [String: JSONValue] = [
                        "name": .string(consumer.name),
                        "counters": .object(consumer.counters.mapValues(JSONValue.integer)),
                    ]
                    if let start = consumer.start { members["since"] = .string(start) }
                    return .object(members)
                }),
        ]
        // RFC 3339 in UTC is ordered as text.
        if let start = consumers.compactMap(\.start).min() { members["since"] = .string(start) }
        return members
    }

    /// Since when; then a column for the sum, and one for each consumer if there are several.
    func text(all: Bool) -> [UInt8] {
        guard !consumers.isEmpty else { return Array("no consumer answers\n".utf8) }
        let starts = consumers.compactMap { consumer in consumer.start.map { "\($0) (\(consumer.name))" } }
        let since = starts.isEmpty ? "" : "since \(starts.joined(separator: ", "))\n"
        let columns = consumers.count > 1 ? consumers : []
        var rows = [["", "total"] + columns.map(\.name)]
        if columns.isEmpty { rows = [["", consumers[0].name]] }
        for (name, total) in totals.sorted(by: { $0.key < $1.key }) where all || total != 0 {
            let values = columns.map { $0.counters[name].map { Wording.grouped(Int($0)) } ?? "" }
            rows.append([name, Wording.grouped(Int(total))] + values)
        }
        if rows.count == 1 { return Array("\(since)all counters are 0\n".utf8) }
        return Array(since.utf8) + Table(rows, numeric: Set(1...(columns.count + 1))).text
    }
}
