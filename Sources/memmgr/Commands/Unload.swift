// `memmgr unload`: take zones out of the running system.

import ArgumentParser
import Bus
import DNSCore
import JSON
import Platform

struct Unload: JSONCommand {
    static let configuration = CommandConfiguration(
        abstract: "Remove zones from the running system.",
        discussion: """
            All of them are removed together, as one generation. Queries for them are refused as soon as every consumer has \
            switched. A name that is not a zone of the system is reported (exit code 1); the others are removed.
            """)

    @OptionGroup var system: SystemOption
    @OptionGroup var output: JSONOption

    @Option(
        help: ArgumentHelp(
            "Unload the zones of this list: one a line, `ORIGIN`; what follows the name is ignored.", valueName: "file"),
        completion: .file())
    var list: String?

    @Option(help: ArgumentHelp("Seconds to wait until every consumer has switched.", valueName: "seconds"))
    var timeout: Double = 30

    @Argument(
        help: ArgumentHelp("Names of zones.", valueName: "zone"), completion: .zones,
        transform: { try ZoneOrigin.parse($0) })
    var zones: [Name] = []

    func validate() throws {
        if zones.isEmpty, list == nil { throw ValidationError("Name a zone, or a list with --list.") }
        guard timeout > 0, timeout <= 1e6 else { throw ValidationError("--timeout must be above 0 seconds.") }
    }

    func run() throws {
        finish {
            let listed = try list.map { try ZoneToLoad.list(at: $0, needsFiles: false).map(\.origin) } ?? []
            let names = zones + listed
            if names.isEmpty { throw CommandFailure("\(list ?? "the list") names no zones", .failed) }
            let folder = try system.folder()
            let waiting = PublishWait(
                command: "unload", request: ["zones": .array(names.map { .string("\($0)") })], isRepeatable: false,
                timeout: .milliseconds(Int64(timeout * 1000)))
            let reply = try Blocking.wait { try await waiting.reply(of: folder) }
            return try PublishReport(reply, of: "unload", json: output.json).print()
        }
    }
}
