// `memmgr status` and `memmgr list`: what is served, and by whom.

import ArgumentParser
import Bus
import JSON
import Platform

struct StatusCommand: JSONCommand {
    static let configuration = CommandConfiguration(
        commandName: "status",
        abstract: "Show the generation, its zones, every consumer, and what is being released.")

    @OptionGroup var system: SystemOption
    @OptionGroup var output: JSONOption

    @Flag(help: "Leave the zones out, of which there may be many.")
    var summary = false

    func run() throws {
        finish {
            let folder = try system.folder()
            let question: JSONValue = ["zones": .bool(!summary)]
            let status = try Blocking.wait { try await SystemConnection(folder).askManager("status", question) }
            if output.json {
                try Output.json(status.object ?? [:])
            } else {
                try StatusText(status).print()
            }
            return .done
        }
    }
}

struct List: JSONCommand {
    static let configuration = CommandConfiguration(
        abstract: "List the zones of the running system and the files that they come from.")

    @OptionGroup var system: SystemOption
    @OptionGroup var output: JSONOption

    func run() throws {
        finish {
            let folder = try system.folder()
            let list = try Blocking.wait { try await SystemConnection(folder).askManager("list") }
            if output.json {
                try Output.json(list.object ?? [:])
                return .done
            }
            let rows = (list["zones"]?.array ?? []).map { zone in
                [zone["zone"]?.string ?? "?", zone["file"]?.string ?? "(file not known)"]
            }
            try Output.append(Table(rows).text)
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

    func print() throws {
        let zones = status["zones"]?.array ?? []
        let count = Int(status["zone_count"]?.integer ?? 0)
        let consumers = status["consumers"]?.array ?? []
        let generation = status["generation"]?.integer.map { "generation \($0)" } ?? "no generation yet"
        try Output.line(
            "\(generation), \(Wording.count(count, "zone")), \(Wording.count(consumers.count, "consumer"))")
        try section("zones", zones.map(cells(ofZone:)))
        try section("consumers", consumers.map(cells(ofConsumer:)))
        let releasing = numbers("in_release")
        if !releasing.isEmpty { try Output.line("\nbeing released: \(releasing.joined(separator: ", "))") }
        if let building = status["building"]?.integer { try Output.line("\nbeing built: \(building)") }
        if let trial = status["trial"], let generation = trial["generation"]?.integer {
            let names = (trial["consumers"]?.array ?? []).compactMap(\.string).joined(separator: ", ")
            try Output.line("\non trial: \(generation), on \(names)")
        }
        let waiting = ["queued", "waiting"].flatMap { status[$0]?.array ?? [] }.compactMap(\.string)
        if !waiting.isEmpty { try Output.line("\nwaiting: \(waiting.joined(separator: ", "))") }
        if status["recovered"]?.bool == false {
            try Output.line("\nnot every consumer has told what it holds: nothing is deleted until then")
        }
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
        let name = consumer["name"]?.string ?? consumer["lname"]?.string ?? "?"
        let serving = consumer["serving"]?.integer.map { "serves \($0)" } ?? "serves nothing"
        let held = holds.isEmpty ? "holds nothing" : "holds \(holds.joined(separator: ", "))"
        var cells = [name, consumer["state"]?.string ?? "?", serving, held]
        if let problem = consumer["problem"]?.string { cells.append(problem) }
        return cells
    }

    private func numbers(_ key: String) -> [String] {
        (status[key]?.array ?? []).compactMap(\.integer).map(String.init)
    }
}
