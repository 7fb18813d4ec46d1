// `memmgr history` and `memmgr rollback`: former generations, and the way back to one.

import ArgumentParser
import Bus
import DNSCore
import JSON
import Platform

struct History: JSONCommand {
    static let configuration = CommandConfiguration(
        abstract: "Show the generations that the system can go back to.",
        discussion: """
            Beside each former one stands how it differs from what is served. How many are kept is said with \
            --history of zonecast or memmgr run; what a consumer still holds is kept in any case.
            """)

    @OptionGroup var system: SystemOption
    @OptionGroup var output: JSONOption

    func run() throws {
        finish {
            let folder = try system.folder()
            let history = try Blocking.wait { try await SystemConnection(folder).askManager("history") }
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
        guard let serial = zone["serial"]?.integer else { return "\(name) not there" }
        guard let current = zone["current_serial"]?.integer else { return "\(name) serial \(serial), not served now" }
        return current == serial ? "\(name) other records under serial \(serial)" : "\(name) serial \(serial)"
    }
}

struct Rollback: JSONCommand {
    static let configuration = CommandConfiguration(
        abstract: "Serve the content of a former generation again.",
        discussion: """
            It is published under a new number, without being compiled again, and the command ends as load does. Without --to \
            it is the newest other content that was good. Zones that came later stay as they are. Master files are not touched: \
            the next change of one is loaded as ever, and so is what a start of zonecast has on its command line. Serials go \
            back with the zones, and secondaries then keep what they have; unless they get new ones by --serial bump.
            """)

    @OptionGroup var system: SystemOption
    @OptionGroup var output: JSONOption

    @Option(help: ArgumentHelp("The generation to go back to; memmgr history shows them.", valueName: "n"))
    var to: Int?

    @Option(
        help: ArgumentHelp(
            "bump: the zones get serials above those that are served, so that secondaries follow. Refused as a whole if one of "
                + "them is signed or has a ZONEMD record, which new serials would break."))
    var serial: SerialPolicy?

    enum SerialPolicy: String, ExpressibleByArgument, CaseIterable {
        case bump
    }

    @Option(help: ArgumentHelp("How long to wait.", valueName: "seconds"))
    var timeout: Double = 30

    func validate() throws {
        guard timeout > 0, timeout <= 1e6 else { throw ValidationError("--timeout is more than 0 seconds.") }
        if let to, to < 1 { throw ValidationError("--to is the number of a generation.") }
    }

    func run() throws {
        finish {
            let folder = try system.folder()
            let before = try Blocking.wait { try await SystemConnection(folder).askManager("list") }
            let waiting = PublishWait(
                command: "rollback",
                request: [
                    "to": to.map { .integer(Int64($0)) } ?? .null,
                    "serial": serial.map { .string($0.rawValue) } ?? .null,
                ], isRepeatable: false,
                timeout: .milliseconds(Int64(timeout * 1000)))
            let reply = try Blocking.wait { try await waiting.reply(of: folder) }
            let status = try PublishReport(reply, json: output.json).print()
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
                    "memmgr: \(name): the serial goes back from \(earlier) to \(serial); secondaries that have the newer one "
                        + "keep it until a serial above it comes")
            }
        }
    }
}
