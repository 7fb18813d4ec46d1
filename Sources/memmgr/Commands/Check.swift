// `memmgr check`: would this file be published?

import ArgumentParser
import Bus
import CommandOptions
import DNSCore
import Platform
import ZoneImage

struct Check: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Check a master file, without any running system.",
        discussion: """
            Prints every error and warning with its place, and ends with 0 if the zone could be published, else with 1.
            """)

    @OptionGroup var origin: OriginOption
    @OptionGroup var zones: ZoneOptions
    @OptionGroup var output: JSONOption

    @Argument(help: ArgumentHelp("The master file.", valueName: "zonefile"))
    var file: String

    func run() throws {
        finish {
            let name = try origin.origin ?? ZoneOrigin.name(fromPath: file)
            let compilation = try MasterFile.compile(file, origin: name, options: BuildOptions(zones))
            MasterFile.report(compilation)
            if output.json {
                try Output.json(CheckReport.json(of: compilation, file: file))
            } else {
                try Output.line(CheckReport.summary(of: compilation, file: file))
            }
            return compilation.zone == nil ? .failed : .done
        }
    }
}

/// What `check` has to say.
enum CheckReport {
    static func summary(of compilation: ZoneCompilation, file: String) -> String {
        let findings = MasterFile.summary(compilation)
        guard let zone = compilation.zone else { return "\(file): zone \(compilation.origin) is refused: \(findings)" }
        let facts =
            "\(file): zone \(compilation.origin) serial \(zone.serial), "
            + "\(Wording.count(zone.recordCount, "record")), image \(Wording.size(zone.size))"
        return facts + (findings.isEmpty ? ": good" : ": good, with \(findings)")
    }

    static func json(of compilation: ZoneCompilation, file: String) -> [String: JSONValue] {
        let zone = compilation.zone
        return [
            "file": .string(file),
            "zone": .string("\(compilation.origin.lowercased)"),
            "ok": .bool(zone != nil),
            "errors": .integer(Int64(compilation.errorCount)),
            "warnings": .integer(Int64(compilation.warningCount)),
            "omitted": .integer(Int64(compilation.omitted)),
            "serial": zone.map { .integer(Int64($0.serial.rawValue)) } ?? .null,
            "records": zone.map { .integer(Int64($0.recordCount)) } ?? .null,
            "size": zone.map { .integer(Int64($0.size)) } ?? .null,
            "diagnostics": .array(compilation.diagnostics.map(\.json)),
        ]
    }
}
