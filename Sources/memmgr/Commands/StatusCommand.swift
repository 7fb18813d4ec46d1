// `memmgr status` and `memmgr list`: what is served, and by which consumers.

import ArgumentParser
import Bus
import DNSCore
import JSON
import Platform

struct StatusCommand: JSONCommand {
    static let configuration = CommandConfiguration(
        commandName: "status",
        abstract: "Show the generation, its zones and every consumer.",
        discussion: """
            A zone is serving, stale (its last load failed, the version before is served) or failed (no version of it can be \
            served: SERVFAIL). With zones: these only; 1 when there is no such zone. When memmgr does not answer within 5 s, the \
            consumers are asked what they serve, and the command ends with 3.

            --check prints one line for monitoring and ends with 0 when all is well, with 1 (warning) when zones are stale or a \
            consumer does not follow, with 2 (critical) when zones fail, nothing is served or no system runs, with 3 (unknown) when \
            the system can't be asked.
            """)

    @OptionGroup var system: SystemOption
    @OptionGroup var output: JSONOption
    @OptionGroup var lines: JSONLinesOption

    @Flag(help: "List only the zones that are stale or failed.")
    var failed = false

    @Flag(help: "List only the zones that are stale or failed, 100 at most.")
    var summary = false

    @Flag(help: "Print one line for monitoring; the exit code is 0, 1 or 2.")
    var check = false

    @Argument(
        help: ArgumentHelp("Show only these zones.", valueName: "zone"), completion: .zones,
        transform: { try ZoneOrigin.parse($0) })
    var zones: [Name] = []

    func validate() throws {
        if !zones.isEmpty, failed || summary {
            throw ValidationError("Name zones, or use --failed or --summary, not both.")
        }
        if failed, summary { throw ValidationError("Use either --failed or --summary.") }
        if lines.jsonLines, check || output.json {
            throw ValidationError("Use --json-lines without --json and --check.")
        }
    }

    private var question: JSONValue {
        if !zones.isEmpty { return ["zones": .array(zones.map { .string("\($0)") })] }
        if failed { return ["zones": "troubled"] }
        return summary || check ? ["zones": "summary"] : .null
    }

    func run() throws {
        if check { finish { try printCheck() } }
        finish {
            let (folder, question) = (try system.folder(), question)
            let report = try Blocking.wait { try await SystemReport.gather(from: folder, question) }
            if let failure = report.failure { Output.diagnostic("memmgr: \(failure)") }
            if output.json {
                try Output.json(report.members)
            } else if lines.jsonLines {
                try Output.jsonLines(system: report.members)
            } else {
                try StatusText(.object(report.members)).print(rowsOnly: !zones.isEmpty)
            }
            let unknown = report.members["unknown_zones"]?.array ?? []
            for zone in unknown.compactMap(\.string) { Output.diagnostic("memmgr: \(zone): no such zone") }
            return report.failure?.status ?? (unknown.isEmpty ? .done : .failed)
        }
    }

    private func printCheck() throws -> ExitStatus {
        let check: StatusCheck
        var members: [String: JSONValue] = [:]
        do {
            let (folder, question) = (try system.folder(), question)
            let report = try Blocking.wait { try await SystemReport.gather(from: folder, question) }
            members = report.members
            check = report.failure.map(StatusCheck.init) ?? StatusCheck(.object(members), names: zones.map { "\($0)" })
        } catch let failure as CommandFailure {
            check = StatusCheck(failure)
        }
        if output.json {
            try Output.json(members.merging(check.members) { $1 })
        } else {
            try Output.line(check.line)
        }
        return check.level.exitStatus
    }
}

struct List: JSONCommand {
    static let configuration = CommandConfiguration(abstract: "List the zones and the files that they come from.")

    @OptionGroup var system: SystemOption
    @OptionGroup var output: JSONOption
    @OptionGroup var lines: JSONLinesOption

    func validate() throws {
        if lines.jsonLines, output.json { throw ValidationError("Use either --json or --json-lines.") }
    }

    func run() throws {
        finish {
            let folder = try system.folder()
            let list = try Blocking.wait { try await SystemConnection(folder).read("list") }
            let zones = list["zones"]?.array ?? []
            if output.json {
                try Output.json(list.object ?? [:])
            } else if lines.jsonLines {
                for zone in zones { try Output.jsonLine(zone, record: "zone") }
            } else {
                let rows = zones.map { [$0["zone"]?.string ?? "?", $0["file"]?.string ?? "(unknown file)"] }
                try Output.append(Table(rows).text)
            }
            return .done
        }
    }
}

/// A status for people.
struct StatusText {
    private let status: JSONValue

    init(_ status: JSONValue) {
        self.status = status
    }

    /// Prints it; `rowsOnly` for the zones alone, which then have a row each.
    func print(rowsOnly: Bool = false) throws {
        let zones = status["zones"]?.array ?? []
        if rowsOnly {
            return try Output.append(Table(zones.map { cells(ofZone: $0) + [$0["file"]?.string ?? ""] }).text)
        }
        let consumers = (status["consumers"]?.array ?? []).sorted {
            Wording.precedes(Wording.name($0), Wording.name($1))
        }
        try printHead(consumers.count)
        try section("zones", zones.map(cells(ofZone:)))
        let omitted = Int(status["omitted"]?.integer ?? 0)
        if omitted > 0 { try Output.line("  and \(Wording.grouped(omitted)) more: memmgr status --failed") }
        try section("consumers", consumers.map(cells(ofConsumer:)))
        let releasing = numbers("in_release")
        if !releasing.isEmpty { try Output.line("\nbeing released: \(releasing.joined(separator: ", "))") }
        if let building = status["building"]?.integer { try Output.line("\nbeing built: \(building)") }
        if let trial = status["trial"], let generation = trial["generation"]?.integer {
            let names = (trial["consumers"]?.array ?? []).compactMap(\.string).joined(separator: ", ")
            try Output.line("\ncanary: generation \(generation) on \(names)")
        }
        let waiting = ["queued", "waiting"].flatMap { status[$0]?.array ?? [] }.compactMap(\.string)
        if !waiting.isEmpty { try Output.line("\nwaiting: \(waiting.joined(separator: ", "))") }
        if status["recovered"]?.bool == false {
            try Output.line("\nsome consumers have not reported what they hold; nothing is deleted until then")
        }
    }

    private func printHead(_ consumers: Int) throws {
        let addresses = (status["addresses"]?.array ?? []).compactMap(\.string).joined(separator: " ")
        let listening = addresses.isEmpty ? "" : "listening on \(addresses)"
        if let version = status["version"]?.string {
            let started = status["started"]?.string.map { ", started \($0)" } ?? ""
            try Output.line("Zonecast \(version)\(started)\(listening.isEmpty ? "" : ", ")\(listening)")
        } else if !listening.isEmpty {
            try Output.line(listening)
        }
        let generation = status["generation"]?.integer.map { "generation \($0)" } ?? "no generation yet"
        let count = status["zone_count"]?.integer.map { Wording.count(Int($0), "zone") + ", " } ?? ""
        try Output.line("\(generation), \(count)\(Wording.count(consumers, "consumer"))")
        guard let counts = status["counts"] else { return }
        let words = ["serving", "stale", "failed"].map { "\(Wording.grouped(Int(counts[$0]?.integer ?? 0))) \($0)" }
        try Output.line("zones: \(words.joined(separator: ", "))")
    }

    private func section(_ title: String, _ rows: [[String]]) throws {
        if rows.isEmpty { return }
        try Output.line("\n\(title)")
        try Output.append(Table(rows.map { [" "] + $0 }).text)
    }

    private func cells(ofZone zone: JSONValue) -> [String] {
        let serial = zone["serial"]?.integer.map { "serial \($0)" } ?? ""
        let records = zone["records"]?.integer.map { Wording.count(Int($0), "record") } ?? ""
        var cells = [zone["zone"]?.string ?? "?", zone["state"]?.string ?? "?", serial, records]
        if let problem = zone["problem"]?.string { cells.append("last load failed: \(problem)") }
        return cells
    }

    private func cells(ofConsumer consumer: JSONValue) -> [String] {
        let holds = (consumer["holds"]?.array ?? []).compactMap(\.integer).map(String.init)
        let name = Wording.name(consumer)
        let serving = consumer["serving"]?.integer.map { "serves \($0)" } ?? "serves nothing"
        let held = holds.isEmpty ? "holds nothing" : "holds \(holds.joined(separator: ", "))"
        var cells = [name, consumer["state"]?.string ?? "?", serving, held]
        if consumer["responding"]?.bool == false { cells.append("does not respond") }
        if let problem = consumer["problem"]?.string { cells.append(problem) }
        return cells
    }

    private func numbers(_ key: String) -> [String] {
        (status[key]?.array ?? []).compactMap(\.integer).map(String.init)
    }
}
