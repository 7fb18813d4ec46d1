// `memmgr load`: publish zones, and wait until they are served.

import ArgumentParser
import Bus
import BusClient
import CommandOptions
import DNSCore
import Glibc
import JSON
import Platform

struct Load: JSONCommand {
    static let configuration = CommandConfiguration(
        abstract: "Load master files and wait until they are served.",
        discussion: """
            All zones are published together, as one generation. One that fails is reported and keeps its last good version; \
            with --all-or-nothing, nothing is published then. A zone whose content has not changed is not published again, \
            except with --force. Files that were skipped count as changed: SIGHUP and a restart of the manager load them. \
            Of more than 100 zones, those that are not simply loaded are listed, and a summary.

            Exit codes: 0 every consumer has switched, 1 a zone failed or a consumer refused, 3 timed out; the load continues. \
            Ctrl-C ends the command, not the load, except with --canary.
            """)

    @OptionGroup var system: SystemOption
    @OptionGroup var origin: OriginOption
    @OptionGroup var outOfZone: OutOfZoneOption
    @OptionGroup var output: JSONOption

    @Option(
        help: ArgumentHelp("Load the zones of this list: one a line, `ORIGIN FILE`.", valueName: "file"),
        completion: .file())
    var list: String?

    @Flag(help: "Unload all zones that are not in --list, in the same generation. An empty list is refused.")
    var prune = false

    @Flag(help: "Publish nothing if one of the zones fails.")
    var allOrNothing = false

    @OptionGroup var warnings: WarningOptions

    @Flag(help: "Publish zones again even if their content has not changed.")
    var force = false

    @Option(
        help: ArgumentHelp(
            "Publish to one consumer first, such as authd.2, or to this number of them; to the others if that goes well.",
            discussion: """
                The generation is rolled back when one of them refuses it, dies, leaves or does not answer; when SERVFAIL or \
                NXDOMAIN are more than twice as frequent among its answers as among the others', and by more than 5 of 100, or \
                REFUSED are; when it answers almost nothing; on a rollback; and when this command ends, by Ctrl-C or its \
                --timeout. The file counts as changed then: SIGHUP and a restart load it. Until the canary has ended, nothing \
                else is published.
                """, valueName: "name|n"), completion: .consumers)
    var canary: String?

    @Option(help: ArgumentHelp("Seconds to watch the canary, in addition to --timeout.", valueName: "seconds"))
    var hold: Double?

    @Option(
        help: ArgumentHelp(
            "Abort the canary unless it gets this number of questions within --hold.", valueName: "questions"))
    var least: Int?

    @Option(help: ArgumentHelp("Seconds to wait until every consumer has switched.", valueName: "seconds"))
    var timeout: Double = 30

    @Argument(
        help: ArgumentHelp(
            "Master files, folders of them, or '-' for standard input, with --origin.", valueName: "zonefile"),
        completion: .file())
    var files: [String] = []

    func validate() throws {
        if files.isEmpty, list == nil { throw ValidationError("Name a master file, or a list with --list.") }
        if files.filter({ $0 == "-" }).count + (list == "-" ? 1 : 0) > 1 {
            throw ValidationError("Standard input can be read once.")
        }
        if origin.origin != nil, files.count != 1 { throw ValidationError("--origin needs exactly one master file.") }
        if prune, list == nil || !files.isEmpty { throw ValidationError("--prune needs --list, and no other files.") }
        if prune, canary != nil { throw ValidationError("Use either --prune or --canary.") }
        guard timeout > 0, timeout <= 1e6 else { throw ValidationError("--timeout must be above 0 seconds.") }
        if let hold, canary == nil || !(0...86400).contains(hold) {
            throw ValidationError("--hold needs --canary, and is at most 86400 seconds.")
        }
        if let least, canary == nil || !(0...1_000_000_000).contains(least) {
            throw ValidationError("--least needs --canary, and is a number of questions.")
        }
        if let number = canary.flatMap({ Int($0) }), number < 1 {
            throw ValidationError("--canary is the name of a consumer, or a number of them, 1 or more.")
        }
    }

    private var trial: [String: JSONValue] {
        guard let canary else { return [:] }
        let consumers: JSONValue = Int64(canary).map { ["count": .integer($0)] } ?? ["name": .string(canary)]
        return ["canary": consumers, "hold": .number(hold ?? 0), "least": .integer(Int64(least ?? 0))]
    }

    func run() throws {
        finish {
            var zones = try list.map { try ZoneToLoad.list(at: $0) } ?? []
            for file in files { zones += try ZoneToLoad.zones(at: file, origin: origin.origin) }
            if zones.isEmpty { throw CommandFailure("\(list ?? "the list") names no zones", .failed) }
            let request: [String: JSONValue] = [
                "zones": .array(try zones.map(LoadedInput.json)),
                "force": .bool(force), "all_or_nothing": .bool(allOrNothing), "prune": .bool(prune),
                "strict": .bool(warnings.strict), "no_warn": .array(warnings.noWarn.map { .string($0.rawValue) }),
                "skip_out_of_zone": .bool(outOfZone.skipOutOfZone),
            ]
            let folder = try system.folder()
            let waiting = PublishWait(
                command: "load", request: .object(request.merging(trial) { $1 }), isRepeatable: canary == nil,
                timeout: .milliseconds(Int64((timeout + (hold ?? 0)) * 1000)))
            let reply = try Blocking.wait { try await waiting.reply(of: folder) }
            let streams = zones.filter { $0.input.content != nil }.map { ("\($0.origin.lowercased)", $0.input.path) }
            return try PublishReport(
                reply, of: "load", json: output.json, endsWithCommand: canary != nil,
                streams: Dictionary(streams) { first, _ in first }
            ).print()
        }
    }
}

/// A zone of a load as the manager is told of it: by the file's path, which the manager opens; or by the text of a stream, which
/// only this process can read.
private enum LoadedInput {
    /// Frames on the bus have a limit of 80 MiB, and an octet may take three there.
    private static let limit = 16 << 20

    static func json(_ zone: ZoneToLoad) throws(CommandFailure) -> JSONValue {
        guard let content = zone.input.content else {
            return ["origin": .string("\(zone.origin)"), "file": .string(zone.path)]
        }
        guard content.count <= limit else {
            throw CommandFailure(
                "\(zone.input.path) has more than \(Wording.size(limit)), the most that is loaded from a pipe: write it to a file",
                .failed)
        }
        return ["origin": .string("\(zone.origin)"), "text": .string(String(path: content))]
    }
}
