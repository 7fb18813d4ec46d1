// `zonebench restart`: parts are killed, and how long nobody answers.

import ArgumentParser
import Glibc
import Platform

struct RestartCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "restart",
        abstract: "Kill zonecast's parts and wait for the first answer.",
        discussion: """
            Serves a registry's zone and asks 1000 questions a second (open loop). authd killed: SIGKILL to the responder. \
            msgq killed: SIGKILL to the bus, with which the whole system starts anew. What is told is the longest wait \
            for an answer, and how many were lost. started again: the system is ended and started again on the same \
            folder, from the start to the first answer.
            """)

    @Option(parsing: .upToNextOption, help: ArgumentHelp("Delegations.", valueName: "n"))
    var sizes: [Int] = [1_000, 10_000, 100_000]

    @Option(help: ArgumentHelp("How often each part is killed.", valueName: "n"))
    var times: Int = 5

    @Option(help: ArgumentHelp("How long loading or a restart may take.", valueName: "s"))
    var patience: Int = 120

    @Option(help: ArgumentHelp("The port to use, on 127.0.0.1.", valueName: "port"))
    var port: UInt16 = 5380

    @Flag(help: "Results as JSON.")
    var json = false

    func validate() throws {
        guard (1...1000).contains(times) else { throw ValidationError("--times goes from 1 to 1000.") }
        guard sizes.allSatisfy({ (1...50_000_000).contains($0) }) else {
            throw ValidationError("--sizes go from 1 to 50000000.")
        }
    }

    func run() {
        measuring {
            _ = try ServerKind.installed([.zonecast])
            var reports: [RestartReport] = []
            for size in sizes { reports.append(try measure(size)) }
            Terminal.endProgress()
            if json {
                Terminal.print(try reports.jsonText())
            } else {
                for line in RestartReport.table(reports).lines { Terminal.print(line) }
            }
        }
    }

    private func measure(_ size: Int) throws -> RestartReport {
        let folder = try Leftovers.makeFolder()
        defer { Leftovers.removeTree(folder) }
        let zone = RegistryZone(size: size, seed: 1)
        try zone.write(to: folder)
        let site = Site(
            folder: folder + "/server",
            zones: [ServedZone(origin: RegistryZone.apex, file: folder + "/" + RegistryZone.fileName)],
            endpoint: Endpoint(address: [127, 0, 0, 1], port: port))
        var report = RestartReport(delegations: size)
        var server = try RunningServer(.zonecast, site)
        defer { server.stop() }
        try server.waitUntilReady(seconds: patience)
        report.load = server.startSeconds
        report.imageMiB = site.imageMiB
        report.privateMiB = server.answering.reduce(0) {
            $0 + Double(ProcessFile.memory(of: $1)?.anonymous ?? 0) / 1024
        }
        for round in 1...times {
            Terminal.progress("\(size) delegations: round \(round) of \(times)")
            for program in ["authd", "msgq"] {
                let outage = try kill(program, of: server)
                report.longestWait[program, default: []].append(outage.longestWait)
                report.lost[program, default: 0] += outage.lost
            }
            server.stop()
            server = try RunningServer(.zonecast, site)
            try server.waitUntilReady(seconds: patience)
            report.start.append(server.startSeconds)
            usleep(300_000)
        }
        return report
    }

    /// Kills a part under load: the longest wait for an answer in seconds, and how many never came.
    private func kill(_ program: String, of server: RunningServer) throws -> (longestWait: Double, lost: Int) {
        var plan = LoadPlan(server: server.site.endpoint, pace: .open(perSecond: 1000))
        plan.seconds = 86400
        plan.timeout = 5
        let question = Question(name: RegistryZone.apex, type: .soa, expected: .noError)
        let load = try BackgroundLoad(plan, corpus: try QuestionCorpus([question]))
        defer { load.control.stop() }
        usleep(500_000)
        try server.kill(program)
        usleep(2_000_000)
        load.control.stop()
        let total = load.wait().total
        guard total.answered > 0 else { throw BenchError.nothingAnswered(server.site.endpoint) }
        return (Double(total.latency.max) / 1e9, total.lost + total.unexpectedCode)
    }
}
