// The command `zonebench`: makes test zones and questions, asks them, and measures who answers.

import ArgumentParser
import Glibc
import Platform

@main
struct Zonebench: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "zonebench",
        abstract: "Measure authoritative name servers: test zones, load, and what answering costs.",
        discussion: """
            Begin with `zonebench zones` for a zone and its questions, and `zonebench query` to ask them of a server \
            that runs. `peers`, `reload`, `restart` and `memory` start servers: zonecast's programs are looked for \
            beside zonebench or in ZONECAST_BIN, others where they are installed. `reflect` is the limit that no server \
            on the same machine can pass.
            """,
        version: Version.of("zonebench"),
        subcommands: [
            ZonesCommand.self, QueryCommand.self, PeersCommand.self, ReloadCommand.self, RestartCommand.self,
            MemoryCommand.self, ReflectCommand.self,
        ])

    static func main() {
        Descriptors.prepare()
        main(nil)
    }
}

/// Ends the process with a sentence on standard error, and whatever it has started.
func fail(_ message: String, _ status: ExitStatus = .failed) -> Never {
    Leftovers.cleanUp()
    Terminal.note("zonebench: \(message)")
    status.exit()
}

/// Runs a command's body, and turns its errors into a sentence and an exit code.
func reportingErrors(_ body: () throws -> Void) {
    do {
        try body()
    } catch let error as PlatformError {
        fail(error.description, error.exitStatus)
    } catch let error as BenchError {
        fail(error.description, error.exitStatus)
    } catch {
        fail("\(error)")
    }
}

/// Runs a command's body that starts servers, and leaves nothing of them behind.
func measuring(_ body: () throws -> Void) {
    reportingErrors {
        try Leftovers.watchSignals()
        defer { Leftovers.cleanUp() }
        try body()
    }
}
