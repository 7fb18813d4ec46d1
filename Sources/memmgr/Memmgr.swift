// The program `memmgr`: the manager of generations as a daemon (`memmgr run`), and the command line that works with it
// or, for `check`, `plan`, `compile`, `verify`, `diff` and `dump`, without any running system.

import ArgumentParser
import Glibc
import Platform

@main
struct Memmgr: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "memmgr",
        abstract: "Compile zones, publish them to the responders, and see what is served.",
        discussion: """
            Exit codes: 0 done, 1 refused or failed, 3 timed out while the work goes on, 64 wrong usage, 69 no system \
            is running, 71 there is not enough memory, 74 a file could not be read or written.
            """,
        subcommands: [
            Load.self, Unload.self, Rollback.self, Disconnect.self, History.self, LogCommand.self, List.self,
            StatusCommand.self,
            Stats.self,
            QueryCommand.self, TestCommand.self, Check.self, Plan.self, Compile.self, Verify.self,
            Diff.self, Dump.self, Run.self, BuildCommand.self,
        ])

    /// Parses the command line and runs the command. `--dir DIR` may stand before the subcommand as well.
    static func main() {
        Descriptors.prepare()
        // A file beyond the limit of the process is an error like a full disk, and no death.
        _ = signal(SIGXFSZ, SIG_IGN)
        main(CommandArguments.movingFolder(Array(CommandLine.arguments.dropFirst())))
    }
}
