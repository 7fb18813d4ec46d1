// The comparison's results.

/// What one server has shown.
struct PeerResult: Encodable {
    let server: String
    let version: String
    var startSeconds = 0.0
    /// MiB of all processes, shared pages counted once, before the first round.
    var memory = 0.0
    /// Microseconds of processor time for each answer, one value a round.
    var user: [Double] = []
    var system: [Double] = []
    var perSecond: [Double] = []
    var lost = 0
    var wrong = 0
    var unexpectedCode = 0

    init(server: ServerKind) {
        self.server = server.rawValue
        version = server.version
    }

    mutating func add(_ outcome: LoadOutcome, _ spent: ProcessorTime) {
        let total = outcome.total
        let answers = Double(total.answered)
        user.append(Double(spent.user) / 1000 / answers)
        system.append(Double(spent.system) / 1000 / answers)
        perSecond.append(answers / outcome.seconds)
        lost += total.lost
        wrong += total.wrong
        unexpectedCode += total.unexpectedCode
    }

    var total: [Double] { zip(user, system).map { $0 + $1 } }
}

struct PeersReport: Encodable {
    let workload: String
    let results: [PeerResult]

    init(workload: Workload, results: [PeerResult]) {
        self.workload = workload.description
        self.results = results
    }

    var lines: [String] {
        let limit = results.first { $0.server == ServerKind.reflect.rawValue }
        var table = MarkdownTable(head: [
            workload, "µs an answer", "user", "system", "ratio to reflect", "answers/s", "start s", "PSS MiB", "lost",
            "wrong",
        ])
        for result in results {
            let ratios = limit.map { limit in zip(result.total, limit.total).map { $0 / $1 } }
            table.rows.append([
                result.version, Middle(result.total).text(2), Middle(result.user).median.text(2),
                Middle(result.system).median.text(2), ratios.map { Middle($0).text(2) } ?? "-",
                Middle(result.perSecond).median.text(0), result.startSeconds.text(2), result.memory.text(0),
                "\(result.lost)", "\(result.wrong + result.unexpectedCode)",
            ])
        }
        return [""] + table.lines
    }
}
