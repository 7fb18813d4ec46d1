// What several commands share of their command lines.

import ArgumentParser
import DNSCore
import Platform

/// The command line before it is parsed.
enum CommandArguments {
    /// Moves a `--dir` that stands before the subcommand behind it, where the parser expects options.
    static func movingFolder(_ arguments: [String]) -> [String] {
        guard let first = arguments.first else { return arguments }
        let length: Int
        if first == "--dir" {
            length = 2
        } else if first.hasPrefix("--dir=") {
            length = 1
        } else {
            return arguments
        }
        guard arguments.count > length, !arguments[length].hasPrefix("-") else { return arguments }
        return [arguments[length]] + arguments[..<length] + arguments[(length + 1)...]
    }
}

/// `--dir`, for the commands that speak with a running system.
struct SystemOption: ParsableArguments {
    @Option(
        name: .customLong("dir"),
        help: ArgumentHelp(
            "The folder of the running system.",
            discussion: """
                Default: ZONECAST_DIR, else /var/lib/zonecast for root, else a folder below the user's state folder.
                """), completion: .directory)
    var directory: String?

    func validate() throws {
        do {
            _ = try StateFolder(option: directory)
        } catch {
            throw ValidationError("\(error)")
        }
    }

    func folder() throws -> StateFolder {
        do {
            return try StateFolder(option: directory)
        } catch {
            throw CommandFailure("\(error)", error.exitStatus)
        }
    }
}

/// `--json`.
struct JSONOption: ParsableArguments {
    @Flag(help: "Print one JSON object for programs.")
    var json = false
}

/// `--json-lines`, for what may have many lines.
struct JSONLinesOption: ParsableArguments {
    @Flag(help: "Print a line of JSON for the system, and one for each zone.")
    var jsonLines = false
}

/// `--origin`, and what stands for it where it is not given.
struct OriginOption: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "The zone's name. Default: the file's name without db. before it, and .zone, .db, .hosts, .txt and .signed after it.",
            valueName: "name"),
        transform: { try ZoneOrigin.parse($0) })
    var origin: Name?
}

/// What ends a command: a sentence for people and the exit code.
struct CommandFailure: Error, CustomStringConvertible {
    let description: String
    let status: ExitStatus
    /// Whether a manager may have begun with what was asked of it.
    let mayHaveBeenAsked: Bool

    init(_ description: String, _ status: ExitStatus, mayHaveBeenAsked: Bool = false) {
        self.description = description
        self.status = status
        self.mayHaveBeenAsked = mayHaveBeenAsked
    }
}

/// A command whose results may be one JSON object.
protocol JSONCommand: ParsableCommand {
    var output: JSONOption { get }
}

extension ParsableCommand {
    /// Prints that a command could not do its work, for programs: where they read, unless the result stands there already.
    private func tellPrograms(_ problem: String) {
        guard (self as? any JSONCommand)?.output.json == true, !Output.hasJSON else { return }
        try? Output.json(["ok": false, "problem": .string(problem)])
        try? Output.flush()
    }

    /// Runs a command's work and ends the process with its status; failures are told on standard error.
    func finish(_ body: () throws -> ExitStatus) -> Never {
        let status: ExitStatus
        do {
            status = try body()
            try Output.flush()
        } catch let failure as CommandFailure {
            try? Output.flush()
            Output.diagnostic("memmgr: \(failure.description)")
            tellPrograms(failure.description)
            failure.status.exit()
        } catch let failure as OutputFailure {
            Output.diagnostic("memmgr: \(failure)")
            ExitStatus.ioError.exit()
        } catch {
            Output.diagnostic("memmgr: \(error)")
            tellPrograms("\(error)")
            ExitStatus.failed.exit()
        }
        status.exit()
    }
}
