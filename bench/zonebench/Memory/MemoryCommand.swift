// `zonebench memory`: what more responders cost.

import ArgumentParser
import Platform

struct MemoryCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "memory",
        abstract: "Measure the memory of one, two and more responders that serve the same zone.",
        discussion: """
            PSS counts each page that several processes share once in all; what is a responder's own is its anonymous \
            memory. All pages of the image are resident when this is read.
            """)

    @Option(parsing: .upToNextOption, help: ArgumentHelp("Delegations.", valueName: "n"))
    var sizes: [Int] = [100_000, 1_000_000]

    @Option(parsing: .upToNextOption, help: ArgumentHelp("Responders.", valueName: "n"))
    var processes: [Int] = [1, 2, 4]

    @Option(help: ArgumentHelp("How long loading may take.", valueName: "s"))
    var patience: Int = 120

    @Option(help: ArgumentHelp("The port to use, on 127.0.0.1.", valueName: "port"))
    var port: UInt16 = 5380

    @Flag(help: "Results as JSON.")
    var json = false

    func validate() throws {
        guard processes.allSatisfy({ (1...64).contains($0) }) else {
            throw ValidationError("--processes go from 1 to 64.")
        }
    }

    /// What one system took.
    struct Report: Encodable {
        let delegations, processes: Int
        let imageMiB, allMiB, respondersMiB, ownMiB: Double
    }

    func run() {
        measuring {
            var reports: [Report] = []
            for size in sizes {
                for count in processes {
                    Terminal.progress("\(size) delegations, \(count) responders")
                    reports.append(try measure(size, count))
                }
            }
            Terminal.endProgress()
            if json { return Terminal.print(try reports.jsonText()) }
            var table = MarkdownTable(head: [
                "delegations", "responders", "image MiB", "PSS of all MiB", "PSS of the responders", "own of each",
            ])
            for report in reports {
                table.rows.append([
                    "\(report.delegations)", "\(report.processes)", report.imageMiB.text(1), report.allMiB.text(1),
                    report.respondersMiB.text(1), report.ownMiB.text(1),
                ])
            }
            for line in table.lines { Terminal.print(line) }
        }
    }

    private func measure(_ size: Int, _ count: Int) throws -> Report {
        let folder = try Leftovers.makeFolder()
        defer { Leftovers.removeTree(folder) }
        try RegistryZone(size: size, seed: 1).write(to: folder)
        var site = Site(
            folder: folder + "/server",
            zones: [ServedZone(origin: RegistryZone.apex, file: folder + "/" + RegistryZone.fileName)],
            endpoint: Endpoint(address: [127, 0, 0, 1], port: port))
        site.processes = count
        // The first start compiles; what is measured is a start that finds the image.
        let first = try RunningServer(.zonecast, site)
        try first.waitUntilReady(seconds: patience)
        first.stop()
        let server = try RunningServer(.zonecast, site)
        defer { server.stop() }
        try server.waitUntilReady(seconds: patience)
        try server.waitForResponders(count, seconds: patience)
        let memory = server.answering.compactMap { ProcessFile.memory(of: $0) }
        return Report(
            delegations: size, processes: count, imageMiB: site.imageMiB, allMiB: server.memory,
            respondersMiB: Double(memory.reduce(0) { $0 + $1.proportional }) / 1024,
            ownMiB: Double(memory.reduce(0) { $0 + $1.anonymous }) / 1024 / Double(max(1, memory.count)))
    }
}
