// `memmgr check`: would this file be published?

import ArgumentParser
import Bus
import CommandOptions
import DNSCore
import JSON
import Platform
import ZoneImage

struct Check: JSONCommand {
    static let configuration = CommandConfiguration(
        abstract: "Check a master file.",
        discussion: """
            Prints every error and warning with its place, and ends with 0 if the zone could be published, else with 1. \
            With --dnssec the zone must also validate: every signature is checked with the zone's keys, the chain of NSEC \
            or NSEC3 records must be whole, the types that NSEC records list must be there, and the ZONEMD record must \
            fit the content. A warning ends with its name in brackets: --no-warn NAME switches it off, --strict makes \
            errors of all that are left.
            """)

    @OptionGroup var origin: OriginOption
    @OptionGroup var zones: ZoneOptions
    @OptionGroup var output: JSONOption

    @Flag(help: "Check all signatures and the zone's digest, too.")
    var dnssec = false

    @Flag(help: "Print the names of all warnings, which --no-warn takes, and what they are about.")
    var listWarnings = false

    @Argument(help: ArgumentHelp("The master file.", valueName: "zonefile"), completion: .file())
    var file: String?

    func validate() throws {
        if file == nil, !listWarnings { throw ValidationError("Missing expected argument '<zonefile>'") }
    }

    func run() throws {
        finish {
            guard let file, !listWarnings else { return try CheckReport.listWarnings(json: output.json) }
            let name = try origin.origin ?? ZoneOrigin.name(fromPath: file)
            let compilation = MasterFile.compile(
                try CommandInput(file), origin: name, options: BuildOptions(zones), including: zones.include,
                checksSignatures: dnssec)
            MasterFile.report(compilation)
            if output.json {
                try Output.json(CheckReport.json(of: compilation, file: file))
            } else {
                try Output.line(CheckReport.summary(of: compilation, file: file))
            }
            return compilation.zone == nil || compilation.errorCount > 0 ? .failed : .done
        }
    }
}

/// What `check` has to say.
enum CheckReport {
    static func listWarnings(json: Bool) throws -> ExitStatus {
        let warnings = ZoneWarning.allCases
        if json {
            try Output.json([
                "warnings": .array(
                    warnings.map { ["name": .string($0.rawValue), "explanation": .string($0.explanation)] })
            ])
        } else {
            try Output.append(Table(warnings.map { [$0.rawValue, $0.explanation] }).text)
        }
        return .done
    }

    static func summary(of compilation: ZoneCompilation, file: String) -> String {
        let findings = MasterFile.summary(compilation)
        guard let zone = compilation.zone else {
            return "\(file): zone \(compilation.origin) is refused: \(findings)"
        }
        let facts =
            "\(file): zone \(compilation.origin) serial \(zone.serial), "
            + "\(Wording.count(zone.recordCount, "record")), image \(Wording.size(zone.size))"
        let signatures = compilation.validSignatures.map { ", \(Wording.count($0, "valid signature"))" } ?? ""
        if compilation.errorCount > 0 { return facts + signatures + ": does not validate: \(findings)" }
        return facts + signatures + (findings.isEmpty ? ": good" : ": good, with \(findings)")
    }

    static func json(of compilation: ZoneCompilation, file: String) -> [String: JSONValue] {
        let zone = compilation.zone
        return [
            "file": .string(file),
            "zone": .string("\(compilation.origin.lowercased)"),
            "ok": .bool(zone != nil && compilation.errorCount == 0),
            "errors": .integer(Int64(compilation.errorCount)),
            "warnings": .integer(Int64(compilation.warningCount)),
            "omitted": .integer(Int64(compilation.omitted)),
            "serial": zone.map { .integer(Int64($0.serial.rawValue)) } ?? .null,
            "records": zone.map { .integer(Int64($0.recordCount)) } ?? .null,
            "size": zone.map { .integer(Int64($0.size)) } ?? .null,
            "valid_signatures": compilation.validSignatures.map { .integer(Int64($0)) } ?? .null,
            "diagnostics": .array(compilation.diagnostics.map(\.json)),
        ]
    }
}
