// The proof that the checks bite: each deliberate fault, over seeds until it is caught by an invariant that it breaks.

/// How a fault was caught.
public struct FaultProof: Sendable {
    public let fault: Fault
    /// The first failing run whose broken invariant is one that the fault breaks, shrunk; nil if no seed caught it.
    public let caught: RunReport?
    /// How many seeds it took.
    public let seeds: Int
}

extension Simulation {
    /// Runs a fault until it is caught.
    public static func prove(_ fault: Fault, _ options: RunOptions, first: UInt64 = 1, seeds: Int = 10_000)
        -> FaultProof
    {
        var options = options
        options.fault = fault
        let simulation = Simulation(options)
        for count in 1...max(1, seeds) {
            let report = simulation.run(seed: first + UInt64(count - 1))
            guard let violation = report.violations.first, fault.breaks.contains(violation.invariant) else { continue }
            return FaultProof(fault: fault, caught: simulation.shrink(report, attempts: 300), seeds: count)
        }
        return FaultProof(fault: fault, caught: nil, seeds: seeds)
    }
}
