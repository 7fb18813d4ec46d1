// What `load` and `unload` print when the manager has answered, or has not.

import Bus
import JSON
import Platform
import ZoneFile

/// The answer to a load or an unload, for people or for programs.
struct PublishReport {
    private let reply: PublishWait.Reply
    private let json: Bool
    /// Whether what was asked for is given up when the command ends.
    private let endsWithCommand: Bool

    init(_ reply: PublishWait.Reply, json: Bool, endsWithCommand: Bool = false) {
        self.reply = reply
        self.json = json
        self.endsWithCommand = endsWithCommand
    }

    /// Prints it; the exit status of the command.
    func print() throws -> ExitStatus {
        switch reply {
        case .answered(let answer): try print(answer)
        case .timedOut(let progress, let timeout): try printTimeout(progress, after: timeout)
        }
    }

    /// The names of the consumers with some outcome.
    static func names(of consumers: JSONValue?, outcome: String) -> [String] {
        (consumers?.array ?? []).filter { $0["outcome"]?.string == outcome }
            .compactMap { $0["name"]?.string ?? $0["lname"]?.string }
    }

    private func print(_ answer: JSONValue) throws -> ExitStatus {
        let succeeded = answer["ok"]?.bool == true
        let zones = answer["zones"]?.array ?? []
        for zone in zones { complain(about: zone) }
        if let problem = answer["problem"]?.string { Output.diagnostic("memmgr: \(problem)") }
        if json {
            try Output.json(answer.object ?? [:])
            return succeeded ? .done : .failed
        }
        let rows = zones.map(cells)
        try Output.append(Table(rows).text)
        try printSummary(answer, zones)
        return succeeded ? .done : .failed
    }

    // MARK: Zones

    private func cells(_ zone: JSONValue) -> [String] {
        let name = zone["zone"]?.string ?? "?"
        var cells = [name, word(zone["result"]?.string)]
        guard let serial = zone["serial"]?.integer else { return cells }
        cells.append("serial \(serial)")
        cells.append(zone["records"]?.integer.map { Wording.count(Int($0), "record") } ?? "")
        cells.append(zone["size"]?.integer.map { "image \(Wording.size(Int($0)))" } ?? "")
        // Nothing where the files were found to be the same.
        if let parse = zone["parse_ms"]?.double, let build = zone["build_ms"]?.double, parse + build > 0 {
            cells.append("parsed in \(time(parse)), built in \(time(build))")
        }
        return cells
    }

    private func word(_ result: String?) -> String {
        switch result {
        case "published": "loaded"
        case "failed": "refused"
        case "refused", "trial_failed": "taken back"
        case "withheld": "held back"
        case "no_such_zone": "not there"
        case let other: other ?? "?"
        }
    }

    /// Diagnostics and refusals go to standard error, also with `--json`.
    private func complain(about zone: JSONValue) {
        let diagnostics = zone["diagnostics"]?.array ?? []
        for diagnostic in diagnostics { Output.diagnostic(Diagnostic(json: diagnostic).text) }
        if let omitted = zone["omitted"]?.integer, omitted > 0 {
            Output.diagnostic("and \(Wording.grouped(Int(omitted))) more")
        }
        guard let problem = zone["problem"]?.string else { return }
        if zone["result"]?.string == "withheld" { return }
        let isTold = zone["result"]?.string == "failed" && diagnostics.contains { $0["severity"]?.string == "error" }
        if !isTold { Output.diagnostic("memmgr: \(zone["zone"]?.string ?? "?"): \(problem)") }
    }

    // MARK: The whole

    private func printSummary(_ answer: JSONValue, _ zones: [JSONValue]) throws {
        let failed = zones.filter { ["failed", "refused", "trial_failed"].contains($0["result"]?.string) }
        if !failed.isEmpty {
            let those = failed.count == 1 ? "it stays at its" : "they stay at their"
            try Output.line("\(Wording.count(failed.count, "zone")) refused: \(those) last good version, if any")
        }
        let withheld = zones.count { $0["result"]?.string == "withheld" }
        if withheld > 0 {
            try Output.line("\(Wording.count(withheld, "zone")) held back: all or nothing was asked for")
        }
        // What was tried in vain is served by nobody.
        if !zones.isEmpty, zones.allSatisfy({ $0["result"]?.string == "trial_failed" }) { return }
        guard let generation = answer["generation"]?.integer else { return }
        let consumers = answer["consumers"]?.array ?? []
        var line = "generation \(generation)"
        if consumers.isEmpty {
            line += ": no consumer is there to serve it"
        } else {
            let groups = [("switched", "served by"), ("refused", "refused by"), ("laggard", "not yet served by")]
            let parts = groups.compactMap { outcome, words -> String? in
                let names = Self.names(of: answer["consumers"], outcome: outcome)
                return names.isEmpty ? nil : "\(words) \(names.joined(separator: ", "))"
            }
            line += " " + parts.joined(separator: ", ")
        }
        if let write = answer["write_ms"]?.double, let publish = answer["publish_ms"]?.double {
            let size = answer["image_size"]?.integer
            line += size.map { "; image file \(Wording.size(Int($0))) written in \(time(write))" } ?? ""
            line += "\(size == nil ? ";" : ",") published in \(time(publish))"
        }
        try Output.line(line)
    }

    private func printTimeout(_ progress: JSONValue, after timeout: Duration) throws -> ExitStatus {
        let laggards = Self.names(of: progress["consumers"], outcome: "laggard")
        let reason: String
        var outcome = endsWithCommand ? "it is given up" : "the load goes on (see memmgr status)"
        switch progress["phase"]?.string {
        case _ where progress.isNull:
            reason = "the manager does not answer"
            outcome = "whether the load continues is not known (see memmgr status)"
        case "queued": reason = "another build is running"
        case "building": reason = "the zones are being compiled"
        case "waiting": reason = "the publication waits"
        default:
            reason =
                laggards.isEmpty
                ? "the consumers have not all switched" : "waiting for " + laggards.joined(separator: ", ")
        }
        Output.diagnostic(
            "memmgr: no end after \(Wording.time(timeout)): \(reason); \(outcome)")
        if json {
            var members = progress.object ?? [:]
            members["ok"] = false
            members["timed_out"] = true
            try Output.json(members)
        }
        return .timedOut
    }

    private func time(_ milliseconds: Double) -> String { Wording.time(.microseconds(Int64(milliseconds * 1000))) }
}

extension Diagnostic {
    /// A diagnostic out of the manager's answer.
    init(json: JSONValue) {
        let place: Place? =
            if let file = json["file"]?.string, let line = json["line"]?.integer, let column = json["column"]?.integer {
                Place(file: file, line: Int(line), column: Int(column))
            } else {
                nil
            }
        self.init(
            json["severity"]?.string == "warning" ? .warning : .error, at: place, json["message"]?.string ?? "",
            sourceLine: json["source_line"]?.string)
    }
}
