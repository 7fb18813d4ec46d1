// What `load`, `unload` and `rollback` print when the manager has answered, or has not.

import Bus
import DNSCore
import Glibc
import JSON
import Platform
import ZoneFile

/// The answer to a load, an unload or a rollback, for people or for programs.
struct PublishReport {
    private let reply: PublishWait.Reply
    private let command: String
    private let json: Bool
    /// Whether what was asked for is aborted when the command ends.
    private let endsWithCommand: Bool
    /// By zone, the stream that it was read from, which people know and not the manager's copy.
    private let streams: [String: String]

    /// Of more zones than this, those that simply succeeded are only counted.
    static let zonesListed = 100

    init(
        _ reply: PublishWait.Reply, of command: String, json: Bool, endsWithCommand: Bool = false,
        streams: [String: String] = [:]
    ) {
        self.streams = streams
        self.reply = reply
        self.command = command
        self.json = json
        self.endsWithCommand = endsWithCommand
    }

    /// Prints it; the exit status of the command.
    func print() throws -> ExitStatus {
        switch reply {
        case .answered(let answer): try print(answer)
        case .timedOut(let progress, let timeout): try printTimeout(progress, after: timeout)
        case .silent(let words, let timeout): try printSilence(words, after: timeout)
        }
    }

    /// The names of the consumers with some outcome, in their order.
    static func names(of consumers: JSONValue?, outcome: String) -> [String] {
        (consumers?.array ?? []).filter { $0["outcome"]?.string == outcome }
            .map(Wording.name).sorted(by: Wording.precedes)
    }

    private func print(_ answer: JSONValue) throws -> ExitStatus {
        let succeeded = answer["ok"]?.bool == true
        let zones = answer["zones"]?.array ?? []
        complain(about: zones)
        if !succeeded { complainAboutConsumers(answer) }
        if let problem = answer["problem"]?.string { Output.diagnostic("memmgr: \(problem)") }
        if json {
            try Output.json(answer.object ?? [:])
            return succeeded ? .done : .failed
        }
        let listed = zones.count > Self.zonesListed ? zones.filter { !Self.isPlain($0) } : zones
        try Output.append(Table(listed.map(cells)).text)
        if let figures = answer["canary"], !figures.isNull { try Output.line(CanaryText.line(figures)) }
        try printSummary(answer, zones)
        return succeeded ? .done : .failed
    }

    // MARK: Zones

    /// Whether there is nothing to say of a zone but that it succeeded.
    private static func isPlain(_ zone: JSONValue) -> Bool {
        ["published", "unchanged", "unloaded"].contains(zone["result"]?.string)
    }

    private func cells(_ zone: JSONValue) -> [String] {
        let name = zone["zone"]?.string ?? "?"
        var cells = [name, Self.word(zone["result"]?.string)]
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

    /// An outcome in words; in JSON they have underscores for blanks.
    private static func word(_ result: String?) -> String {
        switch result {
        case "published": "loaded"
        case "rolled_back": "rolled back"
        case "no_such_zone": "no such zone"
        case let other: other ?? "?"
        }
    }

    /// Diagnostics and refusals go to standard error, also with `--json`; those of the first zones that have any.
    private func complain(about zones: [JSONValue]) {
        let remarkable = zones.filter { zone in
            zone["problem"]?.string != nil && zone["result"]?.string != "skipped"
                || !(zone["diagnostics"]?.array ?? []).isEmpty
        }
        for zone in remarkable.prefix(Self.zonesListed) { complain(about: zone) }
        let omitted = remarkable.count - Self.zonesListed
        if omitted > 0 {
            Output.diagnostic(
                "memmgr: \(Wording.count(omitted, "more zone")) with errors or warnings; see memmgr status --failed")
        }
    }

    private func complain(about zone: JSONValue) {
        let diagnostics = zone["diagnostics"]?.array ?? []
        let stream = zone["zone"]?.string.flatMap { streams[$0] }
        for diagnostic in diagnostics {
            Output.diagnostic(Diagnostic(json: diagnostic).naming(stream, insteadOf: zone["file"]?.string).text)
        }
        if let omitted = zone["omitted"]?.integer, omitted > 0 {
            Output.diagnostic("and \(Wording.grouped(Int(omitted))) more")
        }
        if let file = zone["file"]?.string,
            Self.isHidden(
                file, diagnostics.compactMap { $0["message"]?.string }, isHere: { System.mayAccess($0, F_OK) })
        {
            Output.diagnostic(
                "memmgr: \(file) exists here, but memmgr sees another file system (PrivateTmp= or RootDirectory= of its service, "
                    + "or a container); put the file elsewhere")
        }
        guard let problem = zone["problem"]?.string, zone["result"]?.string != "skipped" else { return }
        let isReported =
            zone["result"]?.string == "failed" && diagnostics.contains { $0["severity"]?.string == "error" }
        if !isReported { Output.diagnostic("memmgr: \(zone["zone"]?.string ?? "?"): \(problem)") }
    }

    /// Whether the manager did not find a file which is there for this command.
    static func isHidden(_ file: String, _ messages: [String], isHere: (String) -> Bool) -> Bool {
        let absence = "\(file): \(SystemError.text(of: ENOENT))"
        return messages.contains { $0.contains(absence) } && isHere(file)
    }

    /// All zones may be as wanted, and yet nobody answers from them, or somebody answers what was before.
    private func complainAboutConsumers(_ answer: JSONValue) {
        for consumer in answer["consumers"]?.array ?? [] {
            guard let outcome = consumer["outcome"]?.string, outcome != "switched" else { continue }
            let name = consumer["name"]?.string ?? consumer["lname"]?.string ?? "?"
            let reason = consumer["reason"]?.string.map { ": \($0)" } ?? ""
            let serving = consumer["serving"]?.integer.map { "answers from generation \($0)" } ?? "answers nothing"
            Output.diagnostic("memmgr: \(name) \(serving)\(reason)")
        }
    }

    // MARK: The whole

    private func printSummary(_ answer: JSONValue, _ zones: [JSONValue]) throws {
        let words = zones.map { Self.word($0["result"]?.string) }
        if zones.count > Self.zonesListed { try Output.line(Self.summary(of: words)) }
        let keeping = ["failed", "refused", "rolled back"]
        let behind = words.filter(keeping.contains)
        if !behind.isEmpty {
            let kinds = keeping.filter(behind.contains).joined(separator: " or ")
            let versions =
                behind.count == 1 ? "its last good version, if any, is" : "their last good versions, if any, are"
            try Output.line("\(Wording.count(behind.count, "zone")) \(kinds); \(versions) still served")
        }
        let skipped = words.count { $0 == "skipped" }
        if skipped > 0 { try Output.line("\(Wording.count(skipped, "zone")) skipped, as others failed") }
        // Nobody serves what was rolled back.
        if !words.isEmpty, words.allSatisfy({ $0 == "rolled back" }) { return }
        guard let generation = answer["generation"]?.integer else { return }
        let consumers = answer["consumers"]?.array ?? []
        var line = "generation \(generation)"
        if consumers.isEmpty {
            line += ": no consumer is there to serve it"
        } else {
            let groups = [
                ("switched", "served by"), ("refused", "refused by"), ("laggard", "not yet served by"),
                ("set_aside", "not waited for:"),
            ]
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

    /// Such as `1,200 zones: 1,190 loaded, 8 unchanged, 2 failed`.
    static func summary(of words: [String]) -> String {
        let order = ["loaded", "unchanged", "unloaded", "superseded", "failed", "refused", "rolled back", "skipped"]
        let counts = Dictionary(grouping: words) { $0 }.mapValues(\.count)
        let known = order.filter { counts[$0] != nil }
        let parts = (known + counts.keys.filter { !order.contains($0) }.sorted()).map { word in
            "\(Wording.grouped(counts[word] ?? 0)) \(word)"
        }
        return "\(Wording.count(words.count, "zone")): \(parts.joined(separator: ", "))"
    }

    // MARK: No answer

    private func printTimeout(_ progress: JSONValue, after timeout: Duration) throws -> ExitStatus {
        let laggards = Self.names(of: progress["consumers"], outcome: "laggard")
        let reason: String
        switch progress["phase"]?.string {
        case "queued": reason = "waiting for another build"
        case "building": reason = "compiling zones"
        case "waiting": reason = "waiting to publish"
        default: reason = "waiting for \(laggards.isEmpty ? "the consumers" : laggards.joined(separator: ", "))"
        }
        let outcome = endsWithCommand ? "the canary is aborted" : "the \(command) continues (see memmgr status)"
        let problem = "timed out after \(Wording.seconds(timeout)) \(reason); \(outcome)"
        Output.diagnostic("memmgr: \(problem)")
        if json {
            var members = progress.object ?? [:]
            members["ok"] = false
            members["timed_out"] = true
            members["problem"] = .string(problem)
            try Output.json(members)
        }
        return .timedOut
    }

    /// The bus keeps the request for a manager that is stopped or hangs.
    private func printSilence(_ words: String, after timeout: Duration) throws -> ExitStatus {
        let outcome = endsWithCommand ? "the canary is aborted" : "the \(command) continues when it answers again"
        let problem = "timed out after \(Wording.seconds(timeout)): \(words); \(outcome)"
        Output.diagnostic("memmgr: \(problem)")
        if json { try Output.json(["ok": false, "timed_out": true, "problem": .string(problem)]) }
        return .timedOut
    }

    private func time(_ milliseconds: Double) -> String { Wording.time(.microseconds(Int64(milliseconds * 1000))) }
}

extension Diagnostic {
    /// The diagnostic with another name for a file; the same without one.
    fileprivate func naming(_ name: String?, insteadOf file: String?) -> Diagnostic {
        guard let name, let place, place.file == file else { return self }
        let renamed = Place(file: name, line: place.line, column: place.column)
        return Diagnostic(severity, at: renamed, message, excerpt: excerpt, warning: warning)
    }
}
