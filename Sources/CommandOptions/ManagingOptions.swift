// What an operator sets for the manager of generations.

import ArgumentParser

/// The options of `memmgr run`, which `zonecast` passes on.
package struct ManagingOptions: PassedOptions {
    @Option(
        help: ArgumentHelp(
            "How long a consumer may take to answer a switch, or to release what was replaced, before it is cut off.",
            valueName: "seconds"))
    package var releaseTimeout = 60.0

    @Option(help: ArgumentHelp("How many generations may wait for their release.", valueName: "n"))
    package var inRelease = 4

    @Option(help: ArgumentHelp("How many former generations are kept for a rollback.", valueName: "n"))
    package var history = 1

    @Option(
        help: ArgumentHelp(
            "The most that former generations may take on disk beside what is in use, such as 500M or 20G; older ones go first. "
                + "Default: no limit.", valueName: "size"))
    package var historyBytes: ByteCount?

    @Option(
        help: ArgumentHelp(
            "How old a former generation may become, such as 12h or 7d; looked at whenever a generation has come to be served, "
                + "and when the history is asked for. Default: no limit.", valueName: "time"))
    package var historyAge: TimeSpan?

    @OptionGroup package var zones: ZoneOptions

    @Option(
        help: ArgumentHelp(
            "How far builds stand back behind the responders: 0, not at all, to 19.", valueName: "n"))
    package var buildNice: Int32 = 19

    @Option(
        help: ArgumentHelp(
            "Maximum address space of a build, such as 8G; a build that needs more fails. Default: as much as the machine's "
                + "memory.", valueName: "size"))
    package var buildMemory: ByteCount?

    @Option(
        help: ArgumentHelp(
            "How many builds may run at once; one of them is left to zones that are small. Default: one a processor, two at least.",
            valueName: "n"))
    package var builds: Int?

    @Option(
        help: ArgumentHelp(
            "How long a build may take before it is ended and its zones stay as they are; 0: no limit.",
            valueName: "seconds"))
    package var buildTimeLimit = 600.0

    package init() {}

    package func validate() throws {
        guard releaseTimeout > 0, releaseTimeout <= 86400 else {
            throw ValidationError("--release-timeout is more than 0 and at most 86400 seconds.")
        }
        guard (1...1000).contains(inRelease) else { throw ValidationError("--in-release goes from 1 to 1000.") }
        guard (0...1000).contains(history) else { throw ValidationError("--history goes from 0 to 1000.") }
        if let buildMemory, buildMemory.bytes < 64 << 20 {
            throw ValidationError("--build-memory is at least 64M.")
        }
        guard builds.map({ (1...256).contains($0) }) ?? true else {
            throw ValidationError("--builds goes from 1 to 256.")
        }
        guard (0...1e6).contains(buildTimeLimit) else {
            throw ValidationError("--build-time-limit goes from 0 to 1000000 seconds.")
        }
        guard (0...19).contains(buildNice) else { throw ValidationError("--build-nice goes from 0 to 19.") }
    }

    package var arguments: [String] {
        spelled("--release-timeout", releaseTimeout)
            + spelled("--in-release", inRelease)
            + spelled("--history", history)
            + spelled("--history-bytes", historyBytes)
            + spelled("--history-age", historyAge)
            + zones.arguments
            + spelled("--build-nice", buildNice)
            + spelled("--build-memory", buildMemory)
            + spelled("--builds", builds)
            + spelled("--build-time-limit", buildTimeLimit)
    }
}
