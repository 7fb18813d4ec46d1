// What reloads have shown.

import Histogram

/// Latencies and losses of one phase.
struct PhaseReport: Encodable {
    let asked, lost, wrong: Int
    let latencyMicroseconds: LatencyReport

    init(_ tally: Tally) {
        asked = tally.sent
        lost = tally.lost
        wrong = tally.wrong + tally.unexpectedCode
        latencyMicroseconds = LatencyReport(tally.latency)
    }
}

struct ReloadReport: Encodable {
    let server: String
    let version: String
    let delegations: Int
    /// MiB of all processes, shared pages counted once: before the first reload, and the most seen during one without
    /// load.
    var memory = 0.0
    var peakMemory = 0.0
    /// Seconds from the start of the command to the first answer with the new serial, one value a reload.
    var untilAnswered: [Double] = []
    /// Seconds to the end of the command.
    var untilDone: [Double] = []
    private(set) var phases: [String: PhaseReport] = [:]
    /// The time line of the load, in slices of so many seconds.
    private(set) var intervals: [Interval] = []
    private(set) var intervalSeconds = 0.1
    /// When a reload began and ended, in seconds on that time line.
    private(set) var publications: [Publication] = []
    /// Memory during the reload without load.
    var memoryOverTime: [MemorySample] = []

    struct Publication: Encodable {
        let from, to: Double
    }

    struct MemorySample: Encodable {
        let second, mebibytes: Double
    }

    init(kind: ServerKind, size: Int) {
        server = kind.rawValue
        version = kind.version
        delegations = size
    }

    /// Takes the load's outcome, and the reloads' beginnings and ends on `Clock`.
    mutating func add(_ outcome: LoadOutcome, publications: [(from: UInt64, to: UInt64)]) {
        func second(_ time: UInt64) -> Double { Double(time - min(time, outcome.began)) / 1e9 }
        self.publications = publications.map { Publication(from: second($0.from), to: second($0.to)) }
        for phase in ReloadPhase.allCases where phase != .preparing {
            phases["\(phase)"] = PhaseReport(outcome.tallies[phase.rawValue])
        }
        intervals = outcome.intervals
    }

    static func table(_ reports: [ReloadReport]) -> MarkdownTable {
        var table = MarkdownTable(head: [
            "delegations", "server", "phase", "asked", "lost", "wrong", "p50 µs", "p99", "p99.9", "max",
            "new serial after s", "PSS MiB", "at most",
        ])
        for report in reports {
            for phase in ReloadPhase.allCases {
                guard let result = report.phases["\(phase)"] else { continue }
                let latency = result.latencyMicroseconds
                let isPublishing = phase == .publishing
                let range = Middle(report.untilAnswered)
                table.rows.append([
                    "\(report.delegations)", report.server, "\(phase)", "\(result.asked)", "\(result.lost)",
                    "\(result.wrong)", latency.p50.text(0), latency.p99.text(0), latency.p999.text(0),
                    latency.max.text(0), isPublishing ? range.text(3) : "", isPublishing ? report.memory.text(0) : "",
                    isPublishing ? report.peakMemory.text(0) : "",
                ])
            }
        }
        return table
    }
}
