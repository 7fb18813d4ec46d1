// `memmgr stats`: the counters that the consumers keep. Which there are is their business; here they are only added up.

import ArgumentParser
import Bus
import BusClient
import JSON
import Platform

struct Stats: JSONCommand {
    static let configuration = CommandConfiguration(
        abstract: "Show the counters of all consumers, summed up and one by one.")

    @OptionGroup var system: SystemOption
    @OptionGroup var output: JSONOption

    func run() throws {
        finish {
            let folder = try system.folder()
            let counters = try Blocking.wait { try await ConsumerCounters(of: SystemConnection(folder)) }
            for silent in counters.silent { Output.diagnostic("memmgr: \(silent)") }
            if output.json {
                try Output.json(counters.json)
            } else {
                try Output.append(counters.text)
            }
            return counters.silent.isEmpty ? .done : .failed
        }
    }
}

/// The counters of every consumer that has told them.
struct ConsumerCounters: Sendable {
    /// Name and counters of each, by name.
    let consumers: [(name: String, counters: [String: Int64])]
    /// What is to be said of those that told nothing.
    let silent: [String]

    /// Counting takes no time; a consumer that does not answer in this time is stuck.
    private static let patience = Duration.seconds(5)

    init(consumers: [(name: String, counters: [String: Int64])], silent: [String] = []) {
        self.consumers = consumers.sorted { $0.name < $1.name }
        self.silent = silent
    }

    init(of system: SystemConnection) async throws {
        var consumers: [(name: String, counters: [String: Int64])] = []
        var silent: [String] = []
        let answers = try await system.bus.callEach("stats", of: BusGroup.consumers, deadline: Self.patience)
        for (member, answer) in answers {
            switch answer {
            case .success(let value):
                let counters = (value["counters"]?.object ?? [:]).compactMapValues(\.integer)
                consumers.append((value["name"]?.string ?? member.text, counters))
            // Gone since it was listed: there is nothing to tell.
            case .failure(.recipientGone), .failure(.noSuchRecipient): break
            case .failure(let error): silent.append("\(member) has told nothing: \(error)")
            }
        }
        self.init(consumers: consumers, silent: silent.sorted())
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
        [
            "totals": .object(totals.mapValues(JSONValue.integer)),
            "consumers": .array(
                consumers.map {
                    ["name": .string($0.name), "counters": .object($0.counters.mapValues(JSONValue.integer))]
                }),
        ]
    }

    /// A column for the sum, and one for each consumer if there are several.
    var text: [UInt8] {
        guard !consumers.isEmpty else { return Array("no consumer is there\n".utf8) }
        let columns = consumers.count > 1 ? consumers : []
        var rows = [["", "total"] + columns.map(\.name)]
        if columns.isEmpty { rows = [["", consumers[0].name]] }
        for (name, total) in totals.sorted(by: { $0.key < $1.key }) {
            let values = columns.map { $0.counters[name].map { Wording.grouped(Int($0)) } ?? "" }
            rows.append([name, Wording.grouped(Int(total))] + values)
        }
        return Table(rows, numeric: Set(1...(columns.count + 1))).text
    }
}
