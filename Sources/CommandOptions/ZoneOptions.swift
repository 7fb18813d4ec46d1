// What an operator decides about the zones that are accepted.

import ArgumentParser

/// The rules for zones that can be set, wherever zones are compiled.
package struct ZoneOptions: PassedOptions {
    @Flag(help: "Accept zones without NS records at their apex.")
    package var allowMissingNs = false

    @OptionGroup package var outOfZone: OutOfZoneOption

    @Option(
        help: ArgumentHelp(
            "Maximum NSEC3 iterations of a zone (RFC 9276); more than 100 are warned about. Default: 150.",
            valueName: "n"))
    package var nsec3Iterations: UInt16?

    @OptionGroup package var include: IncludeOption

    @OptionGroup package var warnings: WarningOptions

    package init() {}

    package var arguments: [String] {
        (allowMissingNs ? ["--allow-missing-ns"] : []) + outOfZone.arguments
            + spelled("--nsec3-iterations", nsec3Iterations) + include.arguments + warnings.arguments
    }
}

/// Which files a master file may include.
package struct IncludeOption: PassedOptions {
    @Option(
        help: ArgumentHelp(
            "Also let $INCLUDE read files below this folder; otherwise only files below the folder of the zone's own file. "
                + "May be repeated.", valueName: "folder"))
    package var includeFrom: [String] = []

    package init() {}

    package var arguments: [String] { includeFrom.flatMap { spelled("--include-from", $0) } }
}

/// What becomes of records outside the zone, wherever master files are read.
package struct OutOfZoneOption: PassedOptions {
    @Flag(help: "Skip records outside the zone, with one warning; without it they are errors.")
    package var skipOutOfZone = false

    package init() {}

    package var arguments: [String] { skipOutOfZone ? ["--skip-out-of-zone"] : [] }
}
