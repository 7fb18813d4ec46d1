// What all kinds of test zones have in common: they write master files and they know which questions to ask.

import Platform

/// A set of zones, fully determined by its parameters.
protocol TestZones {
    /// The zones and their records, for the person at the terminal.
    var summary: String { get }

    /// Writes the master files (and a list of them, if they are many) into a folder.
    func write(to folder: String) throws

    /// A random question whose answer is data, or a referral. `rank` goes from 0 to `names`, the most popular first.
    func hit(_ rank: Int, _ random: inout Randomness) -> Question

    /// A random question for a name that is not there.
    func miss(_ random: inout Randomness) -> Question

    /// A random question of the mix of types that resolvers ask, hits and misses.
    func mixed(_ rank: Int, _ random: inout Randomness) -> Question

    /// How many names can be asked for.
    var names: Int { get }
}

/// The question files that belong to a set of zones.
enum QuestionSet: String, CaseIterable {
    case uniform, zipf, misses, mixed

    /// Writes `count` questions, `dnssec` per cent of them with the DO bit.
    func write(_ zones: some TestZones, count: Int, dnssec: Int, seed: UInt64, to path: String) throws(PlatformError) {
        var random = Randomness(seed: seed ^ Randomness.mix(Self.allCases.firstIndex(of: self) ?? 0, seed: 99))
        let zipf = Zipf(count: zones.names)
        var file = try TextFile(path: path)
        for _ in 0..<count {
            var question =
                switch self {
                case .uniform: zones.hit(random.below(zones.names), &random)
                case .zipf: zones.hit(zipf.rank(&random), &random)
                case .misses: zones.miss(&random)
                case .mixed: zones.mixed(zipf.rank(&random), &random)
                }
            question.dnssecOK = random.isTrue(percent: dnssec)
            try file.line(question.text)
        }
        try file.finish()
    }
}
