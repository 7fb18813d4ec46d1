// `zonebench query`: asks the questions of a file and tells what came back.

import ArgumentParser
import Platform

struct QueryCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "query",
        abstract: "Ask the questions of a file, and measure the answers.",
        discussion: """
            Closed loop unless --rate is given: every socket keeps --window questions under way. With --rate, questions \
            are due at that rate whatever the server does, and latency counts from when they were due.

            Exits 1 if an answer was wrong, or more were lost than --tolerate allows.
            """)

    @Argument(help: ArgumentHelp("Where to ask.", valueName: "address:port"), transform: { try Endpoint(argument: $0) })
    var server: Endpoint

    @Argument(help: "A file of questions, `NAME TYPE [do] [RCODE]` a line.")
    var questions: String

    @Option(help: ArgumentHelp("For how long.", valueName: "s"))
    var seconds: Double = 5

    @Option(help: ArgumentHelp("Sockets, each with a port of its own.", valueName: "n"))
    var sockets: Int = 4

    @Option(help: ArgumentHelp("Questions under way on each socket.", valueName: "n"))
    var window: Int = 64

    @Option(help: ArgumentHelp("Questions a second (open loop).", valueName: "n"))
    var rate: Double?

    @Option(help: ArgumentHelp("An answer that has not come by then is lost.", valueName: "s"))
    var timeout: Double = 1

    @Option(help: ArgumentHelp("Lost questions that are no failure, in per cent.", valueName: "n"))
    var tolerate: Double = 0

    @Option(
        help: ArgumentHelp(
            "Count the processor time of this process and of those that it has started; may be repeated.",
            valueName: "pid"))
    var serverPid: [Int32] = []

    @Flag(help: "Don't compare the answers' codes with those of the file.")
    var anyCode = false

    @Flag(help: "Ask other than loopback addresses.")
    var iKnow = false

    @Flag(help: "Results as JSON.")
    var json = false

    func validate() throws {
        guard seconds > 0, seconds <= 86400 else { throw ValidationError("--seconds goes up to 86400.") }
        guard (1...64).contains(sockets) else { throw ValidationError("--sockets goes from 1 to 64.") }
        guard (1...8192).contains(window) else { throw ValidationError("--window goes from 1 to 8192.") }
        guard timeout > 0, timeout <= 60 else { throw ValidationError("--timeout goes up to 60.") }
        if let rate, !(1...10_000_000).contains(rate) { throw ValidationError("--rate goes from 1 to 10000000.") }
    }

    func run() {
        reportingErrors {
            guard server.isLoopback || iKnow else { throw BenchError.notLoopback(server) }
            let corpus = try QuestionCorpus(file: questions)
            var plan = LoadPlan(server: server, pace: rate.map { .open(perSecond: $0) } ?? .closed(window: window))
            plan.sockets = sockets
            plan.seconds = seconds
            plan.timeout = timeout
            plan.checkingCodes = !anyCode
            let watch = try ServerWatch(serverPid.flatMap { ProcessFile.family(of: $0) })
            let generator = try LoadGenerator(plan, corpus: corpus)
            let outcome = generator.run()
            let report = LoadReport(outcome, serverTime: try watch?.elapsed())
            if json {
                Terminal.print(try report.jsonText())
            } else {
                for line in report.lines { Terminal.print(line) }
            }
            let allowed = Double(report.sent) * tolerate / 100
            if report.answered == 0 { throw BenchError.nothingAnswered(server) }
            if report.wrong + report.unexpectedCode > 0 || Double(report.lost) > allowed { ExitStatus.failed.exit() }
        }
    }
}

/// Counts the processor time of a server during a run.
struct ServerWatch {
    private let processes: [Int32]
    private let before: ProcessorReading

    /// Nil if there is no process to watch.
    init?(_ processes: [Int32]) throws {
        guard !processes.isEmpty else { return nil }
        self.processes = processes
        before = try ProcessorReading.of(processes)
    }

    func elapsed() throws -> ProcessorTime { try ProcessorReading.of(processes).since(before) }
}
