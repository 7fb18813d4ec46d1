// The program `memmgr`: the manager of generations as a daemon (`memmgr run`), and the command line that works with it
// or, for `check`, `plan`, `compile`, `verify`, `diff` and `dump`, without any running system.

import ArgumentParser
import CommandOptions
import Glibc
import Platform

@main
struct Memmgr: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "memmgr",
        abstract: "Manage the zones of a Zonecast system.",
        discussion: """
            Exit codes: 0 done, 1 failed or refused, 3 timed out or no answer, 64 wrong usage, 69 no system is running, \
            71 not enough memory, 74 a file could not be read or written, 77 no permission.
            """,
        version: Version.of("memmgr"),
        subcommands: [BuildCommand.self],
        groupedSubcommands: [
            CommandGroup(name: "Zone", subcommands: [Load.self, Unload.self, Rollback.self]),
            CommandGroup(
                name: "Status",
                subcommands: [
                    StatusCommand.self, List.self, Stats.self, History.self, LogCommand.self, Disconnect.self,
                ]),
            CommandGroup(name: "Query", subcommands: [QueryCommand.self, TestCommand.self]),
            CommandGroup(
                name: "File",
                subcommands: [Check.self, Plan.self, Compile.self, Verify.self, Diff.self, Dump.self]),
            CommandGroup(name: "Daemon", subcommands: [Run.self]),
        ])

    /// Parses the command line and runs the command. `--dir DIR` may stand before the subcommand as well.
    static func main() {
        Descriptors.prepare()
        // A file beyond the limit of the process is an error like a full disk, and no death.
        _ = signal(SIGXFSZ, SIG_IGN)
        var command = Misspelling.parse(Memmgr.self, CommandArguments.movingFolder(ProgramArguments.all))
        do {
            try command.run()
        } catch {
            exit(withError: error)
        }
    }
}
