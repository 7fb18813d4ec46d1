// `memmgr history` and `memmgr rollback`: former generations, and the way back to one.

import ArgumentParser
import Bus
import DNSCore
import JSON
import Platform

struct History: JSONCommand {
    static let configuration = CommandConfiguration(
        abstract: "Show the generations that are kept for rollback.",
        discussion: """
            Each former generation is listed with its differences from what is served. The number that is kept is set by \
            --history of zonecast or memmgr run; what a consumer still holds is always kept.
            """)

    @OptionGroup var system: SystemOption
    @OptionGroup var output: JSONOption

    func run() throws {
        finish {
            let folder = try system.folder()
            let history = try Blocking.wait { try await SystemConnection(folder).read("history") }
            if output.json {
                try Output.json(history.object ?? [:])
                return .done
            }
            let rows = (history["generations"]?.array ?? []).map(cells)
            if rows.isEmpty { try Output.line("nothing has been published yet") }
            try Output.append(Table(rows).text)
            return .done
        }
    }

    private func cells(_ entry: JSONValue) -> [String] {
        let number = entry["generation"]?.integer ?? 0
        let role =
            switch entry["role"]?.string {
            case "current": "current"
            case "releasing": "still held"
            default: "kept"
            }
        let zones = entry["zones"]?.integer ?? 0
        var cells = [
            "generation \(number)", entry["refused"]?.bool == true ? "refused" : role,
            Wording.count(Int(zones), "zone"),
        ]
        let differing = (entry["differing"]?.array ?? []).prefix(4).map(difference)
        let more = (entry["differing"]?.array?.count ?? 0) - differing.count + Int(entry["omitted"]?.integer ?? 0)
        cells.append(
            (differing + (more > 0 ? ["and \(Wording.count(more, "zone")) more"] : [])).joined(separator: ", "))
        return cells
    }

    private func difference(_ zone: JSONValue) -> String {
        let name = zone["zone"]?.string ?? "?"
        guard let serial = zone["serial"]?.integer else { return "\(name) no such zone" }
        guard let current = zone["current_serial"]?.integer else { return "\(name) serial \(serial), not served now" }
        return current == serial ? "\(name) other records under serial \(serial)" : "\(name) serial \(serial)"
    }
}

struct Rollback: JSONCommand {
    static let configuration = CommandConfiguration(
        abstract: "Serve the content of a former generation again.",
        discussion: """
            It is published under a new number, without compiling, and the command ends as load does. Default: the newest good \
            generation with other content. Zones that were added later stay as they are. Master files are not touched: the next \
            change of one is loaded as usual, and so are the files on zonecast's command line when it starts. Serials go back \
            with the zones, so that secondaries keep what they have, unless --serial bump gives the zones new serials.
            """)

    @OptionGroup var system: SystemOption
    @OptionGroup var output: JSONOption

    @Option(help: ArgumentHelp("The generation to go back to (see memmgr history).", valueName: "n"))
    var to: Int?

    @Option(
        help: ArgumentHelp(
            "bump: give the zones serials above those that are served, so that secondaries follow. Refused if one of them is "
                + "signed or has a ZONEMD record, which a new serial would break."))
    var serial: SerialPolicy?

    enum SerialPolicy: String, ExpressibleByArgument, CaseIterable {
        case bump
    }

    @Option(help: ArgumentHelp("Seconds to wait until every consumer has switched.", valueName: "seconds"))
    var timeout: Double = 30

    func validate() throws {
        guard timeout > 0, timeout <= 1e6 else { throw ValidationError("--timeout must be above 0 seconds.") }
        if let to, to < 1 { throw ValidationError("--to must be the number of a generation.") }
    }

    func run() throws {
        finish {
            let folder = try system.folder()
            let before = try Blocking.wait { try await SystemConnection(folder).read("list") }
            let waiting = PublishWait(
                command: "rollback",
                request: [
                    "to": to.map { .integer(Int64($0)) } ?? .null,
                    "serial": serial.map { .string($0.rawValue) } ?? .null,
                ], isRepeatable: false,
                timeout: .milliseconds(Int64(timeout * 1000)))
            let reply = try Blocking.wait { try await waiting.reply(of: folder) }
            let status = try PublishReport(reply, of: "rollback", json: output.json).print()
            if case .answered(let answer) = reply { warnAboutSerials(answer, before) }
            return status
        }
    }

    /// Secondaries follow serials that grow, and no others (RFC 1996; RFC 1982).
    private func warnAboutSerials(_ answer: JSONValue, _ before: JSONValue) {
        let former = (before["zones"]?.array ?? []).compactMap { zone -> (String, Serial)? in
            guard let name = zone["zone"]?.string, let serial = zone["serial"]?.integer else { return nil }
            return (name, Serial(rawValue: UInt32(truncatingIfNeeded: serial)))
        }
        let serials = Dictionary(former, uniquingKeysWith: { first, _ in first })
        for zone in answer["zones"]?.array ?? [] where zone["result"]?.string == "published" {
            guard let name = zone["zone"]?.string, let now = zone["serial"]?.integer, let earlier = serials[name] else {
                continue
            }
            let serial = Serial(rawValue: UInt32(truncatingIfNeeded: now))
            if !serial.isNewer(than: earlier), serial != earlier {
                Output.diagnostic(
                    "memmgr: \(name): the serial goes back from \(earlier) to \(serial); secondaries keep the newer version until "
                        + "the serial is above it (see --serial bump)")
            }
        }
    }
}
