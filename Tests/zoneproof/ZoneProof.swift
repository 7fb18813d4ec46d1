// The command line of what is proven about answers with an optimised build: that they are right, and what they cost.

import ArgumentParser
import Platform

@main
struct ZoneProof: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "zoneproof",
        abstract: "Prove things about answers.",
        version: Version.of("zoneproof"),
        subcommands: [ModelCommand.self, AllocationsCommand.self, AnswersCommand.self])

    static func main() {
        Descriptors.prepare()
        main(nil)
    }
}
