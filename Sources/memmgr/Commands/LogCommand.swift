// `memmgr log`: what was published, by whom, and what came of it.

import ArgumentParser
import Bus
import DNSCore
import JSON
import Platform

struct LogCommand: JSONCommand {
    static let configuration = CommandConfiguration(
        commandName: "log",
        abstract: "Show what was published, by whom, with which result.",
        discussion: """
            The log is in the folder of the system, which need not run. Its size is limited; the oldest entries are dropped. The \
            users are those that the commands report.
            """)

    @OptionGroup var system: SystemOption
    @OptionGroup var output: JSONOption

    @Option(help: ArgumentHelp("Number of generations and failures to show; 0: all.", valueName: "n"))
    var last = 20

    @Option(help: "Show only entries about this zone.", completion: .zones, transform: { try ZoneOrigin.parse($0) })
    var zone: Name?

    func validate() throws {
        guard last >= 0 else { throw ValidationError("--last must be 0 or more.") }
    }

    func run() throws {
        finish {
            var chapters = PublishChapter.all(of: try PublishLog.events(in: system.folder()))
            if let zone { chapters = chapters.filter { $0.concerns("\(zone.lowercased)") } }
            if last > 0 { chapters = chapters.suffix(last) }
            if output.json {
                try Output.json(["events": .array(chapters.flatMap(\.events))])
            } else if chapters.isEmpty {
                try Output.line("the log is empty")
            } else {
                for chapter in chapters { for line in chapter.lines { try Output.line(line) } }
            }
            return .done
        }
    }
}

/// What belongs together in the log: a generation with all that came of it, or a failure.
struct PublishChapter {
    private(set) var events: [JSONValue]

    /// The events in chapters, in the order in which these begin.
    static func all(of events: [JSONValue]) -> [PublishChapter] {
        var chapters: [PublishChapter] = []
        /// Where the chapter of a generation is. A manager that starts anew announces one of an earlier chapter again.
        var places: [Int64: Int] = [:]
        for event in events {
            let generation = event["generation"]?.integer
            if event["event"] != "announced", let place = generation.flatMap({ places[$0] }) {
                chapters[place].events.append(event)
            } else {
                if let generation { places[generation] = chapters.count }
                chapters.append(PublishChapter(events: [event]))
            }
        }
        return chapters
    }

    func concerns(_ zone: String) -> Bool {
        let zone = JSONValue.string(zone)
        return events.contains { event in
            event["zone"] == zone || (event["zones"]?.array ?? []).contains { $0["zone"] == zone }
        }
    }

    /// For people.
    var lines: [String] { events.flatMap(PublishChapter.lines) }

    private static func lines(of event: JSONValue) -> [String] {
        let time = event["time"]?.string ?? "?"
        let generation = event["generation"]?.integer.map { "generation \($0)" } ?? "?"
        let consumer = event["consumer"]?.string ?? "?"
        let after = event["ms"]?.double.map { " after \(Wording.time(.milliseconds($0)))" } ?? ""
        let users = (event["users"]?.array ?? []).compactMap(\.string).joined(separator: ", ")
        let by = users.isEmpty ? "" : " by \(users)"
        let reason = event["reason"]?.string ?? "?"
        switch event["event"]?.string {
        case "announced":
            let count = Wording.count(Int(event["zone_count"]?.integer ?? 0), "zone")
            let cause = event["cause"]?.string ?? "?"
            let zones = (event["zones"]?.array ?? []).map(zone)
            let omitted = Int(event["omitted"]?.integer ?? 0)
            return ["\(time)  \(generation): \(cause)\(by); \(count)"] + zones
                + (omitted > 0 ? ["  and \(Wording.count(omitted, "zone")) more"] : [])
        case "failed":
            let zone = event["zone"]?.string ?? "?"
            return ["\(time)  \(zone) failed\(by)", "  \(reason)"]
        case "switched": return ["  \(consumer) switched\(after.isEmpty ? " at \(time)" : after)"]
        case "manager":
            let serving = event["serving"]?.integer.map { "; generation \($0) is published again" } ?? ""
            return ["\(time)  the manager began\(serving)"]
        case "joined": return ["\(time)  \(consumer) joined: \(reason)"]
        case "left": return ["\(time)  \(consumer) is gone: \(reason)"]
        case "refused": return ["  \(consumer) refused it: \(reason)"]
        case "tried":
            let names = (event["consumers"]?.array ?? []).compactMap(\.string).joined(separator: ", ")
            return ["\(time)  \(generation): canary on \(names)"]
        case "watched": return ["  \(CanaryText.line(event["canary"] ?? .null))"]
        case "aborted": return ["  canary aborted: \(reason)"]
        case "served everywhere": return ["  served everywhere\(after)"]
        case "rolled back": return ["  rolled back to the content of generation \(event["to"]?.integer ?? 0)"]
        case let other: return ["\(time)  \(other ?? "?")"]
        }
    }

    private static func zone(_ zone: JSONValue) -> String {
        let name = zone["zone"]?.string ?? "?"
        guard let serial = zone["serial"]?.integer else { return "  \(name) removed" }
        let file = zone["file"]?.string.map { " from \($0)" } ?? ""
        return "  \(name) serial \(serial)\(file)"
    }
}
