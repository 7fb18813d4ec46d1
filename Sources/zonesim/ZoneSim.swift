import ArgumentParser
import Simulator

@main
struct ZoneSim: ParsableCommand {
    @Option var seeds = 1000
    @Option var first: UInt64 = 1
    @Option var seed: UInt64?
    @Option var steps = 100
    @Option var routed = 4
    @Option var only: String = ""
    @Option var show = 1
    @Flag var table = false
    func run() throws {
        var o = RunOptions()
        o.steps = steps
        o.routedEvery = routed
        let sim = Simulation(o)
        var cov = Coverage()
        var n = 0
        var total = 0
        var shown = 0
        var failures = 0
        for s in (seed.map { $0...$0 } ?? first...(first + UInt64(seeds) - 1)) {
            let r = sim.run(seed: s)
            n += 1
            total += r.steps
            guard let v = r.violations.first else { continue }
            failures += 1
            if shown < show, only.isEmpty || v.description.contains(only) {
                shown += 1
                let t = sim.shrink(r)
                print("seed \(s) routed \(r.isRouted) \(r.schedule.count) -> \(t.schedule.count)", t.violations)
                print(t.trace.suffix(2000).joined(separator: "\n"))
            } else {
                print(s, r.isRouted, v)
            }
        }
        print(n, "runs", total / n, "steps", failures, "failures")
        _ = cov
    }
}
