// The command `zonecast`: brings up a whole system from one line.

import ArgumentParser
import CommandOptions
import Glibc
import Platform

@main
struct Zonecast: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "zonecast",
        abstract: "An authoritative DNS system: starts its parts, keeps them running, ends them in order.",
        version: Version.of("zonecast"),
        subcommands: [Run.self, UpgradeCommand.self, RunAs.self],
        defaultSubcommand: Run.self)

    static func main() {
        Descriptors.prepare()
        var command = Misspelling.parse(Zonecast.self, ProgramArguments.all)
        do {
            try command.run()
        } catch {
            exit(withError: error)
        }
    }
}

/// Ends the process with a sentence on standard error.
func fail(_ message: String, _ status: ExitStatus) -> Never {
    let line = "\(Journal.errorPrefix)zonecast: \(message.shown)\n"
    _ = unsafe line.utf8CString.withUnsafeBytes { unsafe write(STDERR_FILENO, $0.baseAddress, $0.count - 1) }
    status.exit()
}
