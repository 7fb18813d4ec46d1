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
    var authd: [Double] = []
    var msgq: [Double] = []
    var start: [Double] = []

    init(delegations: Int) { self.delegations = delegations }

    static func table(_ reports: [RestartReport]) -> MarkdownTable {
        func milliseconds(_ seconds: [Double]) -> String { Middle(seconds.map { $0 * 1000 }).text(0) }
        return MarkdownTable(
            head: [
                "delegations", "authd killed, ms", "msgq killed, ms", "started again, ms", "first start, ms",
                "image MiB",
                "authd's own MiB",
            ],
            rows: reports.map {
                [
                    "\($0.delegations)", milliseconds($0.authd), milliseconds($0.msgq), milliseconds($0.start),
                    ($0.load * 1000).text(0), $0.imageMiB.text(1), $0.privateMiB.text(1),
                ]
            })
    }
}
