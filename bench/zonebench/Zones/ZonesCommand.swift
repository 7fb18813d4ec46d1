// `zonebench zones`: writes test zones and the questions that go with them.

import ArgumentParser
import Platform

/// The kinds of test zones, by the shape that the budgets of bench/RESULTS.md speak of.
enum ZoneKind: String, CaseIterable, ExpressibleByArgument {
    case everyday, registry, signed, hosting

    var defaultSize: Int {
        switch self {
        case .everyday: 1
        case .registry, .signed: 100_000
        case .hosting: 10_000
        }
    }
}

struct ZonesCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "zones",
        abstract: "Write test zones, and questions to ask about them.",
        discussion: """
            everyday: one small zone. registry: one zone of N delegations, 2 name servers each, glue for 30 %, DS for \
            40 %. signed: the same in the shape of a signed zone with NSEC3 and opt-out (real hashes, random signatures). \
            hosting: N zones of 10 records each, with the list `zones.list`.

            Beside the zones it writes files of questions: uniform.questions and zipf.questions (hits), \
            misses.questions (names that are not there) and mixed.questions (types as resolvers ask them, a tenth \
            misses). The same arguments write the same bytes on every machine.
            """)

    @Argument(help: "everyday, registry, signed or hosting.")
    var kind: ZoneKind

    @Option(help: ArgumentHelp("Delegations, or zones.", valueName: "n"))
    var size: Int?

    @Option(help: ArgumentHelp("Other seeds make other names.", valueName: "s"))
    var seed: UInt64 = 1

    @Option(help: ArgumentHelp("The serial of a registry's zone.", valueName: "n"))
    var serial: UInt32 = 1

    @Option(help: ArgumentHelp("Delegations of a registry that differ from serial to serial.", valueName: "n"))
    var changed: Int = 0

    @Option(help: ArgumentHelp("Questions in each file; default: as many as names, 100000 to 1000000.", valueName: "n"))
    var questions: Int?

    @Option(help: ArgumentHelp("How many of the questions have the DO bit.", valueName: "per cent"))
    var `do`: Int = 50

    @Option(name: .shortAndLong, help: ArgumentHelp("Write into this folder.", valueName: "folder"))
    var output: String

    func validate() throws {
        guard (1...50_000_000).contains(size ?? 1) else { throw ValidationError("--size goes from 1 to 50000000.") }
        guard (0...100).contains(self.do) else { throw ValidationError("--do goes from 0 to 100.") }
        guard (1...10_000_000).contains(questions ?? 1) else {
            throw ValidationError("--questions goes from 1 to 10000000.")
        }
    }

    func run() {
        reportingErrors {
            let size = size ?? kind.defaultSize
            switch kind {
            case .everyday: try write(EverydayZone(seed: seed))
            case .registry:
                try write(RegistryZone(size: size, seed: seed, serial: serial, changed: changed))
            case .signed: try write(SignedRegistryZone(size: size, seed: seed))
            case .hosting: try write(HostingZones(size: size, seed: seed))
            }
        }
    }

    private func write(_ zones: some TestZones) throws {
        try System.makeFolder(output)
        try zones.write(to: output)
        let count = questions ?? min(1_000_000, max(100_000, zones.names))
        for set in QuestionSet.allCases {
            try set.write(zones, count: count, dnssec: self.do, seed: seed, to: "\(output)/\(set.rawValue).questions")
        }
        Terminal.note("\(output): \(zones.summary), and \(count) questions of each kind")
    }
}
