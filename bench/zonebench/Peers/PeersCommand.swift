// `zonebench peers`: the same zones and questions on several servers, in interleaved rounds.

import ArgumentParser
import Platform

struct PeersCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "peers",
        abstract: "Compare what an answer costs zonecast, NSD, Knot, BIND and the bare reflector.",
        discussion: """
            All servers run at once, one worker each, and are asked in turn; a round asks each of them once, in an order \
            that changes. What counts is processor time for each answer: the middle of the rounds, and of the ratios \
            to the reflector in the same round, with 95 % intervals. Servers that are not installed are left out.

            Server and generator are bound to different processors where there are two.
            """)

    @Option(
        parsing: .upToNextOption,
        help: ArgumentHelp(
            "KIND[:SIZE][:QUESTIONS] such as registry:100000:uniform; questions are uniform, zipf, misses or mixed.",
            valueName: "workload"))
    var workloads: [Workload] = ["everyday", "registry:100000", "hosting:10000"].compactMap(Workload.init(argument:))

    @Option(parsing: .upToNextOption, help: "reflect, zonecast, nsd, knot, bind.")
    var servers: [ServerKind] = ServerKind.allCases

    @Option(help: ArgumentHelp("Rounds.", valueName: "n"))
    var rounds: Int = 7

    @Option(help: ArgumentHelp("For how long each server is asked in a round.", valueName: "s"))
    var seconds: Double = 2

    @Option(help: ArgumentHelp("How long a server may take to load its zones.", valueName: "s"))
    var patience: Int = 120

    @Option(help: ArgumentHelp("The first of the ports to use, on 127.0.0.1.", valueName: "port"))
    var port: UInt16 = 5380

    @Option(help: ArgumentHelp("The seed of the zones.", valueName: "s"))
    var seed: UInt64 = 1

    @Option(help: ArgumentHelp("Draw a chart into this folder, as SVG.", valueName: "folder"))
    var charts: String?

    @Flag(help: "Results as JSON.")
    var json = false

    func validate() throws {
        guard (1...1000).contains(rounds) else { throw ValidationError("--rounds goes from 1 to 1000.") }
        guard seconds > 0, seconds <= 3600 else { throw ValidationError("--seconds goes up to 3600.") }
    }

    func run() {
        measuring {
            let installed = try ServerKind.installed(servers)
            var reports: [PeersReport] = []
            for workload in workloads {
                let report = try Comparison(command: self, servers: installed).run(workload)
                reports.append(report)
                if !json { for line in report.lines { Terminal.print(line) } }
            }
            if let charts {
                try System.makeFolder(charts)
                try CostChart(reports: reports).drawing.write(to: charts + "/peers.svg")
            }
            if json { Terminal.print(try reports.jsonText()) }
        }
    }
}
