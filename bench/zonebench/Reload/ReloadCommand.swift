// `zonebench reload`: what publishing a changed zone does to those who ask meanwhile.

import ArgumentParser
import Platform

struct ReloadCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "reload",
        abstract: "Change and reload a zone under a steady load, and see who notices.",
        discussion: """
            A registry's zone is asked at a steady rate (open loop: latency counts from when a question was due). Every \
            so often the zone file gets a new serial and other name servers for --changed delegations, and the server \
            is told to read it. Three phases are told apart: idle; publishing, from the command until the new serial \
            answers and the command has ended, and 0.3 s more; and a control in which a nice-19 loop takes the \
            builder's place for as long. What is asked while zonebench writes zone files does not count.

            No process is bound to a processor.
            """)

    @Option(parsing: .upToNextOption, help: "zonecast, nsd, knot, bind.")
    var servers: [ServerKind] = [.zonecast, .nsd, .knot, .bind]

    @Option(parsing: .upToNextOption, help: ArgumentHelp("Delegations.", valueName: "n"))
    var sizes: [Int] = [10_000, 100_000]

    @Option(help: ArgumentHelp("Delegations that change each time.", valueName: "n"))
    var changed: Int = 100

    @Option(help: ArgumentHelp("Questions a second.", valueName: "n"))
    var rate: Double = 20_000

    @Flag(help: "Ask as fast as answers come instead: 4 sockets with 64 questions under way each.")
    var flatOut = false

    @Option(help: ArgumentHelp("How often the zone is reloaded.", valueName: "n"))
    var times: Int = 5

    @Option(help: ArgumentHelp("Idle time before each reload.", valueName: "s"))
    var every: Double = 3

    @Option(help: ArgumentHelp("How long a server may take to load or reload.", valueName: "s"))
    var patience: Int = 120

    @Option(help: ArgumentHelp("The port to use, on 127.0.0.1.", valueName: "port"))
    var port: UInt16 = 5380

    @Option(help: ArgumentHelp("Draw a chart of each run into this folder, as SVG.", valueName: "folder"))
    var charts: String?

    @Flag(help: "Results as JSON.")
    var json = false

    func validate() throws {
        guard !servers.contains(.reflect) else { throw ValidationError("The reflector has no zones to reload.") }
        guard (1...1000).contains(times) else { throw ValidationError("--times goes from 1 to 1000.") }
        guard (1...10_000_000).contains(rate) else { throw ValidationError("--rate goes from 1 to 10000000.") }
        guard every >= 0, every <= 3600 else { throw ValidationError("--every goes up to 3600.") }
        guard sizes.allSatisfy({ (1...50_000_000).contains($0) }) else {
            throw ValidationError("--sizes go from 1 to 50000000.")
        }
    }

    func run() {
        measuring {
            var reports: [ReloadReport] = []
            for size in sizes {
                for kind in try ServerKind.installed(servers) {
                    reports.append(try ReloadRun(command: self, kind: kind, size: size).run())
                }
            }
            Terminal.endProgress()
            if let charts {
                try System.makeFolder(charts)
                for report in reports {
                    let name = "reload-\(report.server)-\(report.delegations).svg"
                    try ReloadChart(report: report).drawing.write(to: charts + "/" + name)
                }
            }
            if json {
                Terminal.print(try reports.jsonText())
            } else {
                for line in ReloadReport.table(reports).lines { Terminal.print(line) }
            }
        }
    }
}
