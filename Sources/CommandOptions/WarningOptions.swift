// What an operator decides about warnings, wherever zones are compiled or loaded.

import ArgumentParser
import DNSCore

/// `--strict` and `--no-warn`.
package struct WarningOptions: PassedOptions {
    @Flag(help: "Treat warnings as errors: a zone with one is refused.")
    package var strict = false

    @Option(
        help: ArgumentHelp(
            "Switch off a warning by its name, which stands in brackets at the end of its line; may be repeated. "
                + "memmgr check --list-warnings prints all names.", valueName: "warning"),
        transform: { try WarningOptions.warning(named: $0) })
    package var noWarn: [ZoneWarning] = []

    package init() {}

    package var policy: WarningPolicy { WarningPolicy(isStrict: strict, silenced: Set(noWarn)) }

    package var arguments: [String] {
        (strict ? ["--strict"] : []) + noWarn.flatMap { ["--no-warn", $0.rawValue] }
    }

    private static func warning(named name: String) throws -> ZoneWarning {
        if let warning = ZoneWarning(rawValue: name) { return warning }
        let hint = Spelling.nearest(to: name, among: ZoneWarning.allCases.map(\.rawValue)).map {
            "Did you mean '\($0)'? "
        }
        throw ValidationError(
            "Unknown warning '\(name)'. \(hint ?? "")memmgr check --list-warnings prints all names.")
    }
}
