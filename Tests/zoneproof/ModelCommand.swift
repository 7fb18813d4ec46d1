// `zoneproof model`: every answer of small zones against the naive model.

import ArgumentParser
import DNSCore
import Platform
import ResponderModel

struct ModelCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "model",
        abstract: "Compare every answer of small zones with a naive model.",
        discussion: """
            Takes every zone over a few names and record sets, unsigned and with each kind of NSEC and NSEC3 chain, and \
            asks it everything; then as many random zones. What differs is shrunk and printed, with its number or seed. \
            Exits with 1 at the first difference.
            """)

    @Option(help: ArgumentHelp("Of all small zones take each n-th; 0 for none.", valueName: "n"))
    var each = 1

    @Option(help: ArgumentHelp("How many random zones.", valueName: "n"))
    var seeds = 1000

    @Option(help: ArgumentHelp("The first seed.", valueName: "seed"))
    var first: UInt64 = 1

    func validate() throws {
        guard each >= 0 else { throw ValidationError("--each is at least 0.") }
        guard seeds >= 0, seeds <= 1_000_000_000 else { throw ValidationError("--seeds goes from 0 to 1000000000.") }
        guard first <= UInt64.max - UInt64(seeds) else { throw ValidationError("--first is too large.") }
    }

    func run() throws {
        for chain in ModelComparison.Chain.allCases {
            var zones = 0
            if each > 0 {
                for number in stride(from: 0, to: SmallZones.count, by: each) {
                    zones += 1
                    try check("zone \(number)", SmallZones.zone(number), chain)
                }
            }
            for seed in first..<first + UInt64(seeds) {
                zones += 1
                try check("seed \(seed)", SmallZones.random(seed), chain)
            }
            print("\(chain.rawValue): \(zones) zones, no difference")
        }
    }

    private func check(_ name: String, _ sample: SmallZones.Sample, _ chain: ModelComparison.Chain) throws {
        guard let text = try ModelComparison.failure(sample, chain) else { return }
        print("\(name), \(text)")
        throw ExitCode(ExitStatus.failed.rawValue)
    }
}
