// `memmgr load`: publish zones, and wait until they are served.

import ArgumentParser
import Bus
import BusClient
import DNSCore
import Glibc
import JSON
import Platform

struct Load: JSONCommand {
    static let configuration = CommandConfiguration(
        abstract: "Load master files into the running system and wait until they are served.",
        discussion: """
            All zones are published together, as one generation; a bad one is named and stays at its last good version, \
            or, with --all-or-nothing, none of them is published. A zone whose content has not changed is not published \
            again, but with --force it is. Files that were held back count as changed: SIGHUP and a restart of the manager \
            load them. \
            Ends with 0 when every consumer has switched, with 1 when a zone or a consumer refused, with 3 when the time \
            is up while the work goes on. Ctrl-C ends the command, not the load, but for a trial.
            """)

    @OptionGroup var system: SystemOption
    @OptionGroup var origin: OriginOption
    @OptionGroup var output: JSONOption

    @Option(help: ArgumentHelp("Load the zones of this list: one a line, `ORIGIN FILE`.", valueName: "file"))
    var list: String?

    @Flag(help: "Publish nothing if one of the zones is refused.")
    var allOrNothing = false

    @Flag(help: "Publish zones again even if their content has not changed.")
    var force = false

    @Option(
        help: ArgumentHelp(
            "Try the zones on one responder first, such as authd.2, or on so many of them; the others follow when it went well.",
            discussion: """
                It is given up when one of them refuses, dies, leaves or does not answer, when SERVFAIL or NXDOMAIN are more than \
                twice as frequent among its answers as among the others', and by more than 5 of 100, or REFUSED are, when it answers \
                next to nothing, when a rollback is asked for, and when this command ends, by Ctrl-C or its --timeout. Its file counts as changed then: SIGHUP and a \
                restart load it. Until the trial ends, nothing else is published.
                """, valueName: "name|n"))
    var canary: String?

    @Option(help: ArgumentHelp("How long to watch --canary, beside --timeout.", valueName: "seconds"))
    var hold: Double?

    @Option(help: ArgumentHelp("How long to wait.", valueName: "seconds"))
    var timeout: Double = 30

    @Argument(help: ArgumentHelp("Master files, or folders of them.", valueName: "zonefile"))
    var files: [String] = []

    func validate() throws {
        if files.isEmpty, list == nil { throw ValidationError("Name a master file, or a list with --list.") }
        if origin.origin != nil, files.count != 1 { throw ValidationError("--origin goes with one master file.") }
        guard timeout > 0, timeout <= 1e6 else { throw ValidationError("--timeout is more than 0 seconds.") }
        if let hold, canary == nil || !(0...86400).contains(hold) {
            throw ValidationError("--hold goes with --canary, and is at most 86400 seconds.")
        }
        if let number = canary.flatMap({ Int($0) }), number < 1 {
            throw ValidationError("--canary is the name of a responder, or how many of them, 1 or more.")
        }
    }

    private var trial: [String: JSONValue] {
        guard let canary else { return [:] }
        let consumers: JSONValue = Int64(canary).map { ["count": .integer($0)] } ?? ["name": .string(canary)]
        return ["canary": consumers, "hold": .number(hold ?? 0)]
    }

    func run() throws {
        finish {
            var zones = try list.map(ZoneToLoad.list(at:)) ?? []
            for file in files { zones += try ZoneToLoad.zones(at: file, origin: origin.origin) }
            if zones.isEmpty { throw CommandFailure("\(list ?? "the list") names no zones", .failed) }
            let request: [String: JSONValue] = [
                "zones": .array(zones.map { ["origin": .string("\($0.origin)"), "file": .string($0.path)] }),
                "force": .bool(force), "all_or_nothing": .bool(allOrNothing),
            ]
            let folder = try system.folder()
            let waiting = PublishWait(
                command: "load", request: .object(request.merging(trial) { $1 }), isRepeatable: canary == nil,
                timeout: .milliseconds(Int64((timeout + (hold ?? 0)) * 1000)))
            let reply = try Blocking.wait { try await waiting.reply(of: folder) }
            return try PublishReport(reply, json: output.json, endsWithCommand: canary != nil).print()
        }
    }
}

struct Unload: JSONCommand {
    static let configuration = CommandConfiguration(
        abstract: "Take a zone out of the running system.",
        discussion: "Questions for it are refused as soon as every consumer has switched.")

    @OptionGroup var system: SystemOption
    @OptionGroup var output: JSONOption

    @Option(help: ArgumentHelp("How long to wait.", valueName: "seconds"))
    var timeout: Double = 30

    @Argument(help: "The zone's name.", transform: { try ZoneOrigin.parse($0) })
    var zone: Name

    func validate() throws {
        guard timeout > 0, timeout <= 1e6 else { throw ValidationError("--timeout is more than 0 seconds.") }
    }

    func run() throws {
        finish {
            let folder = try system.folder()
            let waiting = PublishWait(
                command: "unload", request: ["zone": .string("\(zone)")], isRepeatable: false,
                timeout: .milliseconds(Int64(timeout * 1000)))
            let reply = try Blocking.wait { try await waiting.reply(of: folder) }
            return try PublishReport(reply, json: output.json).print()
        }
    }
}

/// Waits for the manager's answer to something that publishes a generation, with a bar on the terminal.
struct PublishWait: Sendable {
    let command: String
    let request: JSONValue
    /// Whether it may be asked again when a manager has ended with it: what was loaded is found unchanged.
    let isRepeatable: Bool
    let timeout: Duration

    /// What the manager said in the end.
    enum Reply: Sendable {
        case answered(JSONValue)
        /// The time is up; how far the request is, if the manager can tell.
        case timedOut(JSONValue, after: Duration)
    }

    /// Asks, and asks again if the manager or the whole system is about to be restarted by its supervisor.
    func reply(of folder: StateFolder) async throws -> Reply {
        let end = ContinuousClock.now + timeout
        while true {
            do {
                return try await reply(of: SystemConnection(folder), until: end)
            } catch let failure as CommandFailure where failure.status == .noSystem {
                guard isRepeatable || !failure.mayHaveBeenAsked, ContinuousClock.now < end,
                    folder.supervisor != nil
                else { throw failure }
                try await Task.sleep(for: .milliseconds(20))
            }
        }
    }

    private func reply(of system: SystemConnection, until end: ContinuousClock.Instant) async throws -> Reply {
        let bar = isatty(STDERR_FILENO) == 1 ? Task { await showProgress(of: system) } : nil
        let result: Result<JSONValue, any Error>
        do {
            var request = request.object ?? [:]
            request["user"] = .string(Account.commander)
            result = .success(try await system.askManager(command, .object(request), deadline: end - .now))
        } catch {
            result = .failure(error)
        }
        bar?.cancel()
        await bar?.value
        do {
            return .answered(try result.get())
        } catch BusError.deadline {
            return .timedOut(try await progress(of: system), after: timeout)
        }
    }

    /// How far the request is; null when the manager does not answer.
    ///
    /// - Throws: `CommandFailure` when there is no manager: then nothing continues.
    private func progress(of system: SystemConnection) async throws -> JSONValue {
        do {
            return try await system.askManager("progress", deadline: .seconds(2))
        } catch BusError.deadline {
            return .null
        }
    }

    private func showProgress(of system: SystemConnection) async {
        var bar = ProgressBar()
        while (try? await Task.sleep(for: .milliseconds(100))) != nil {
            guard let progress = try? await system.askManager("progress", deadline: .seconds(1)) else { continue }
            let file = progress["file"]?.string.map { " \($0)" } ?? ""
            let laggards = PublishReport.names(of: progress["consumers"], outcome: "laggard")
            switch progress["phase"]?.string {
            case "building": bar.show("compiling\(file)", fraction: progress["fraction"]?.double ?? 0)
            case "queued": bar.show("waiting for another build", fraction: nil)
            case "waiting": bar.show("publishing", fraction: nil)
            case "switching":
                bar.show(
                    "waiting for \(laggards.isEmpty ? "the consumers" : laggards.joined(separator: ", "))", fraction: 1)
            default: break
            }
        }
        bar.clear()
    }
}
