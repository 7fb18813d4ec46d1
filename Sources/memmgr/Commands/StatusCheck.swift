// `memmgr status --check`: a status in one line and an exit code, as monitoring systems want it (Nagios's conventions, which most others
// understand too). A pure function of the status.

import Bus
import JSON
import Platform

/// What monitoring is told.
struct StatusCheck: Equatable {
    enum Level: Int, Comparable {
        case ok, warning, critical, unknown

        var word: String {
            switch self {
            case .ok: "ok"
            case .warning: "warning"
            case .critical: "critical"
            case .unknown: "unknown"
            }
        }

        var exitStatus: ExitStatus {
            switch self {
            case .ok: .done
            case .warning: .failed
            case .critical: .critical
            case .unknown: .timedOut
            }
        }

        static func < (one: Level, other: Level) -> Bool { one.rawValue < other.rawValue }
    }

    private(set) var level = Level.ok
    private(set) var problems: [String] = []
    private let good: String
    /// Numbers for graphs, behind the bar as plugins have them.
    private let numbers: String

    private static let namesShown = 5

    /// Judges a status; `names` are the zones that were asked for, or none for all.
    init(_ status: JSONValue, names: [String]) {
        let consumers = (status["consumers"]?.array ?? []).filter { $0["state"]?.string != "left" }
            .sorted { Wording.precedes(Wording.name($0), Wording.name($1)) }
        let counts = status["counts"] ?? .null
        func count(_ state: String) -> Int { Int(counts[state]?.integer ?? 0) }
        let generation = status["generation"]?.integer.map { "generation \($0)" } ?? "no generation"
        let number = names.isEmpty ? count("serving") + count("stale") : names.count
        good =
            "\(Wording.count(number, "zone")) served by \(Wording.count(consumers.count, "consumer")) (\(generation))"
        numbers =
            "serving=\(count("serving")) stale=\(count("stale")) failed=\(count("failed")) consumers=\(consumers.count)"

        let listed = status["zones"]?.array ?? []
        func zones(_ state: String) -> [String] {
            listed.filter { $0["state"]?.string == state }.compactMap { $0["zone"]?.string }
        }
        let unknown = (status["unknown_zones"]?.array ?? []).compactMap(\.string)
        if !unknown.isEmpty { add(.critical, "no such zone: \(Self.list(unknown, of: unknown.count))") }
        for (state, level) in [("failed", Level.critical), ("stale", .warning)] {
            let those = zones(state)
            let number = names.isEmpty ? count(state) : those.count
            if number > 0 { add(level, "\(Wording.count(number, "zone")) \(state): \(Self.list(those, of: number))") }
        }
        if !consumers.contains(where: { $0["serving"]?.integer != nil }) {
            add(.critical, "no consumer serves anything")
        } else if consumers.allSatisfy({ $0["responding"]?.bool == false }) {
            add(.critical, "no consumer responds")
        }
        for consumer in consumers {
            let name = Wording.name(consumer)
            switch consumer["state"]?.string {
            case "refused": add(.warning, "\(name) refused \(generation)")
            case "expelled": add(.warning, "\(name) was cut off")
            default: break
            }
            if consumer["responding"]?.bool == false { add(.warning, "\(name) does not respond") }
        }
    }

    /// There is no status.
    init(_ failure: CommandFailure) {
        good = ""
        numbers = ""
        add(failure.status == .noSystem ? .critical : .unknown, failure.description)
    }

    private mutating func add(_ level: Level, _ problem: String) {
        self.level = max(self.level, level)
        problems.append(problem)
    }

    private static func list(_ names: [String], of number: Int) -> String {
        let shown = names.prefix(namesShown)
        let more = number > shown.count ? ["and \(Wording.grouped(number - shown.count)) more"] : []
        return (shown + more).joined(separator: ", ")
    }

    /// Such as `WARNING: 1 zone stale: b. | serving=3 stale=1 failed=0 consumers=2`.
    var line: String {
        let text = problems.isEmpty ? good : problems.joined(separator: "; ")
        return "\(level.word.uppercased()): \(text)\(numbers.isEmpty ? "" : " | \(numbers)")"
    }

    /// What `--json` has beside the status.
    var members: [String: JSONValue] {
        [
            "ok": .bool(level == .ok), "check": .string(level.word),
            "problems": .array(problems.map { .string($0) }),
        ]
    }
}
