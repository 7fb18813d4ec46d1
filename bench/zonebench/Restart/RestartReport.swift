// What restarts have shown.

/// Seconds from a signal or a start to the first answer, one value a round.
struct RestartReport: Encodable {
    let delegations: Int
    /// The first start, with the zone's compilation.
    var load = 0.0
    /// The size of the image file.
    var imageMiB = 0.0
    /// What authd does not share with anyone, however large the zone.
    var privateMiB = 0.0
    /// The longest wait for an answer after each kill, by the program that was killed.
    var longestWait: [String: [Double]] = [:]
    /// Questions without an answer, or with a wrong one, in all rounds.
    var lost: [String: Int] = [:]
    var start: [Double] = []

    init(delegations: Int) { self.delegations = delegations }

    static func table(_ reports: [RestartReport]) -> MarkdownTable {
        func milliseconds(_ seconds: [Double]) -> String { Middle(seconds.map { $0 * 1000 }).text(0) }
        var table = MarkdownTable(head: [
            "delegations", "authd killed, ms", "lost", "msgq killed, ms", "lost", "started again, ms",
            "first start, ms",
            "image MiB", "authd's own MiB",
        ])
        for report in reports {
            let kills = ["authd", "msgq"].flatMap {
                [milliseconds(report.longestWait[$0] ?? []), "\(report.lost[$0] ?? 0)"]
            }
            table.rows.append(
                ["\(report.delegations)"] + kills
                    + [
                        milliseconds(report.start), (report.load * 1000).text(0), report.imageMiB.text(1),
                        report.privateMiB.text(1),
                    ])
        }
        return table
    }
}
