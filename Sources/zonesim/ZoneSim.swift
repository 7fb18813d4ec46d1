// The command line of the simulator.

import ArgumentParser
import Glibc
import Platform
import Simulator

@main
struct ZoneSim: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "zonesim",
        abstract: "Run the publish protocol in a simulated world, at random or exhaustively.",
        discussion: """
            The ledger, the consumers, the router and the sessions are those of the daemons. A seed is a run; a failing \
            one is shrunk and printed. Exits with 1 when an invariant is broken, a pair of state and event never came \
            (--table), or a deliberate fault was not caught (--faults).
            """,
        version: Version.of("zonesim"))

    @Option(help: ArgumentHelp("How many seeds are run; with --faults, how many each fault gets.", valueName: "n"))
    var seeds = 1000

    @Option(help: ArgumentHelp("The first seed.", valueName: "seed"))
    var first: UInt64 = 1

    @Option(help: ArgumentHelp("Run this seed only.", valueName: "seed"))
    var seed: UInt64?

    @Option(help: ArgumentHelp("Actions of a run before its calm.", valueName: "n"))
    var steps = 105

    @Option(help: ArgumentHelp("Consumers at the start (default: 2 or 3, by the seed).", valueName: "n"))
    var consumers: Int?

    @Option(help: ArgumentHelp("Generations that may be in release (default: 1 or 4, by the seed).", valueName: "r"))
    var releases: Int?

    @Option(help: ArgumentHelp("Each n-th seed runs on real frames, the others on a model of the bus.", valueName: "n"))
    var routed = 10

    @Option(help: ArgumentHelp("With --exhaustive, how many states are visited at most.", valueName: "n"))
    var states = 200_000

    @Option(help: ArgumentHelp("With --exhaustive, how many loads come.", valueName: "n"))
    var loads = 2

    @Option(help: ArgumentHelp("With --exhaustive, how many processes are killed at most.", valueName: "n"))
    var crashes = 1

    @Flag(help: "Print how often each pair of state and event came.")
    var table = false

    @Flag(help: "Visit every state of a small world instead.")
    var exhaustive = false

    @Flag(help: "Prove that each deliberate fault is caught.")
    var faults = false

    @Flag(help: "Print what happened, step by step.")
    var trace = false

    @Flag(help: "Print one JSON object.")
    var json = false

    func validate() throws {
        guard seeds >= 1, seeds <= 1_000_000_000 else { throw ValidationError("--seeds is at least 1.") }
        guard (1...100_000).contains(steps) else { throw ValidationError("--steps goes from 1 to 100000.") }
        guard consumers.map({ (1...16).contains($0) }) ?? true else {
            throw ValidationError("--consumers goes from 1 to 16.")
        }
        guard releases.map({ (1...64).contains($0) }) ?? true else {
            throw ValidationError("--releases goes from 1 to 64.")
        }
        guard routed >= 1 else { throw ValidationError("--routed is at least 1.") }
        guard states >= 1 else { throw ValidationError("--states is at least 1.") }
        guard (0...16).contains(loads) else { throw ValidationError("--loads goes from 0 to 16.") }
        guard (0...16).contains(crashes) else { throw ValidationError("--crashes goes from 0 to 16.") }
        guard first <= UInt64.max - UInt64(seeds) else { throw ValidationError("--first is too large.") }
        if trace, seed == nil { throw ValidationError("--trace goes with --seed.") }
    }

    private var options: RunOptions {
        var options = RunOptions()
        options.steps = steps
        options.consumers = consumers
        options.releases = releases
        options.routedEvery = routed
        return options
    }

    static func main() {
        Descriptors.prepare()
        main(nil)
    }

    func run() throws {
        let isGood = if exhaustive { explore() } else if faults { prove() } else { simulate() }
        if !isGood { throw ExitCode(ExitStatus.failed.rawValue) }
    }

    // MARK: Random runs

    private func simulate() -> Bool {
        let simulation = Simulation(options)
        var summary = Summary()
        let range = seed.map { $0..<$0 + 1 } ?? first..<first + UInt64(seeds)
        for seed in range {
            let report = simulation.run(seed: seed, traced: trace)
            summary.add(report)
            if trace { print(report.trace.joined(separator: "\n")) }
            if summary.runs.isMultiple(of: 500) {
                progress("\(summary.runs) of \(range.count) schedules, \(summary.failures.count) failed")
            }
        }
        progress(nil)
        let missing = table ? summary.coverage.missing : []
        if json {
            print(summary.json(missing: missing))
        } else {
            if !trace { for failure in summary.failures.prefix(3) { show(simulation.shrink(failure)) } }
            if table {
                print(summary.coverage.table)
                for pair in missing { print("never came: \(pair)") }
            }
            print(summary.text)
        }
        return summary.failures.isEmpty && missing.isEmpty
    }

    private func show(_ failure: RunReport) {
        print("seed \(failure.seed) breaks \(failure.violations.map(\.description).joined(separator: "; "))")
        print("in \(failure.schedule.count) actions:")
        print(failure.trace.map { "  " + $0 }.joined(separator: "\n"))
        print("again: zonesim --seed \(failure.seed) --steps \(steps) --routed \(routed) --trace\n")
    }

    // MARK: Faults

    private func prove() -> Bool {
        var lines: [String] = []
        var isGood = true
        for fault in Fault.allCases {
            progress("\(fault.rawValue) …")
            let proof = Simulation.prove(fault, options, first: first, seeds: max(seeds, 10_000))
            progress(nil)
            if let caught = proof.caught, let violation = caught.violations.first {
                lines.append(
                    json
                        ? "{\"fault\":\"\(fault.rawValue)\",\"invariant\":\"\(violation.invariant.rawValue)\",\"seeds\":\(proof.seeds)}"
                        : "\(fault.rawValue): caught by seed \(caught.seed) in \(caught.schedule.count) actions: \(violation)"
                )
            } else {
                isGood = false
                lines.append(
                    json
                        ? "{\"fault\":\"\(fault.rawValue)\",\"invariant\":null,\"seeds\":\(proof.seeds)}"
                        : "\(fault.rawValue): NOT CAUGHT in \(proof.seeds) seeds")
            }
            if !json { print(lines.removeLast()) }
        }
        if json { print("{\"faults\":[\(lines.joined(separator: ","))],\"good\":\(isGood)}") }
        return isGood
    }

    // MARK: Exhaustive exploration

    private func explore() -> Bool {
        let report = Exploration(bound: states, releases: releases ?? 1, loads: loads, crashes: crashes).run()
        let isGood = report.violations.isEmpty
        if json {
            print(
                "{\"states\":\(report.states),\"transitions\":\(report.transitions),\"depth\":\(report.depth),"
                    + "\"complete\":\(report.isComplete),\"good\":\(isGood)}")
        } else {
            for violation in report.violations { print("\(violation)") }
            for (number, action) in report.path.enumerated() { print("  \(number + 1) \(action)") }
            print(
                "\(report.states) states, \(report.transitions) transitions, depth \(report.depth), "
                    + (report.isComplete ? "all of them" : "bounded"))
        }
        return isGood
    }

    /// A line that is overwritten, if someone is watching.
    private func progress(_ text: String?) {
        guard isatty(STDERR_FILENO) == 1 else { return }
        let line = Array("\r\u{1B}[K\(text ?? "")".utf8)
        // Safe: the bytes live as long as the call. That nobody reads them is no failure.
        _ = unsafe line.withUnsafeBytes { bytes in unsafe write(STDERR_FILENO, bytes.baseAddress, bytes.count) }
    }
}

/// The sum of many runs.
private struct Summary {
    private(set) var runs = 0
    private(set) var steps = 0
    private(set) var crashes = 0
    private(set) var routed = 0
    private(set) var failures: [RunReport] = []
    private(set) var coverage = Coverage()

    mutating func add(_ report: RunReport) {
        runs += 1
        steps += report.steps
        crashes += report.crashes
        if report.isRouted { routed += 1 }
        coverage.add(report.coverage)
        if !report.violations.isEmpty { failures.append(report) }
    }

    var text: String {
        "\(runs) schedules, \(steps / max(1, runs)) steps and \(Double(crashes * 10 / max(1, runs)) / 10) crashes on average, "
            + "\(routed) on real frames: \(failures.count) failed"
            + (failures.isEmpty ? "" : " (seeds \(failures.prefix(10).map { "\($0.seed)" }.joined(separator: ", ")))")
    }

    func json(missing: [String]) -> String {
        "{\"schedules\":\(runs),\"steps\":\(steps),\"crashes\":\(crashes),\"routed\":\(routed),"
            + "\"failed\":[\(failures.map { "\($0.seed)" }.joined(separator: ","))],"
            + "\"missing\":[\(missing.map { "\"\($0)\"" }.joined(separator: ","))]}"
    }
}
