// A run's results, for people and for programs.

import FoundationEssentials
import Histogram

/// Percentiles in microseconds.
struct LatencyReport: Encodable {
    let p50, p90, p99, p999, max, mean: Double

    init(_ histogram: Histogram<UInt64>) {
        func microseconds(_ percentile: Double) -> Double { Double(histogram.valueAtPercentile(percentile)) / 1000 }
        p50 = microseconds(50)
        p90 = microseconds(90)
        p99 = microseconds(99)
        p999 = microseconds(99.9)
        max = histogram.totalCount > 0 ? Double(histogram.max) / 1000 : 0
        mean = histogram.totalCount > 0 ? histogram.mean / 1000 : 0
    }

    var text: String {
        "p50 \(p50.text(0)), p90 \(p90.text(0)), p99 \(p99.text(0)), p99.9 \(p999.text(0)), max \(max.text(0))"
    }
}

struct LoadReport: Encodable {
    let seconds: Double
    let sent, answered, lost, wrong, unexpectedCode, strays: Int
    let perSecond: Double
    let latencyMicroseconds: LatencyReport
    /// The server's processor time for each answer, in microseconds.
    let serverUser, serverSystem: Double?
    let intervals: [Interval]

    init(_ outcome: LoadOutcome, serverTime: ProcessorTime?) {
        let total = outcome.total
        seconds = outcome.seconds
        sent = total.sent
        answered = total.answered
        lost = total.lost
        wrong = total.wrong
        unexpectedCode = total.unexpectedCode
        strays = outcome.strays
        perSecond = outcome.seconds > 0 ? Double(total.answered) / outcome.seconds : 0
        latencyMicroseconds = LatencyReport(total.latency)
        let answers = Double(max(1, total.answered))
        serverUser = serverTime.map { Double($0.user) / 1000 / answers }
        serverSystem = serverTime.map { Double($0.system) / 1000 / answers }
        intervals = outcome.intervals
    }

    var lines: [String] {
        var lines = [
            "asked \(sent) in \(seconds.text(2)) s: answered \(answered), lost \(lost), wrong \(wrong), "
                + "unexpected code \(unexpectedCode), late or double \(strays)",
            "answers a second: \(perSecond.text(0))",
            "latency in µs: \(latencyMicroseconds.text)",
        ]
        if let serverUser, let serverSystem {
            lines.append(
                "server's processor time an answer in µs: \((serverUser + serverSystem).text(2)) "
                    + "(user \(serverUser.text(2)), system \(serverSystem.text(2)))")
        }
        return lines
    }
}

extension Encodable {
    /// The value as JSON, with sorted keys.
    func jsonText() throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        return String(decoding: try encoder.encode(self), as: UTF8.self)
    }
}
