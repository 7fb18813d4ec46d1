// `zonebench restart`: parts are killed, and how long nobody answers.

import ArgumentParser
import Glibc
import Platform

struct RestartCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "restart",
        abstract: "Kill zonecast's parts and wait for the first answer.",
        discussion: """
            Serves a registry's zone. kill authd: SIGKILL to the responder. kill msgq: SIGKILL to the bus, with which the \
            whole system starts anew. start: the system is ended and started again on the same folder. Times go from \
            the signal, or the start, to the first answer.
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
            report.authd.append(try killed("authd", server))
            usleep(300_000)
            report.msgq.append(try killed("msgq", server))
            usleep(300_000)
            server.stop()
            server = try RunningServer(.zonecast, site)
            try server.waitUntilReady(seconds: patience)
            report.start.append(server.startSeconds)
            usleep(300_000)
        }
        return report
    }

    private func killed(_ program: String, _ server: RunningServer) throws -> Double {
        var probe = try Probe(server.site.endpoint)
        let question = Question(name: RegistryZone.apex, type: .soa)
        let killed = Clock.now()
        try server.kill(program)
        guard let seconds = try probe.firstAnswer(to: question, after: killed, seconds: patience) else {
            throw BenchError.nothingAnswered(server.site.endpoint)
        }
        return seconds
    }
}
