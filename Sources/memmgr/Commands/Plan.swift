// `memmgr plan`: what zones would take if they were loaded.

import ArgumentParser
import Bus
import CommandOptions
import DNSCore
import JSON
import Platform
import ZoneImage

struct Plan: JSONCommand {
    static let configuration = CommandConfiguration(
        abstract: "Show what zones would take: bytes, records, memory.",
        discussion: """
            Nothing is written and nothing published; no system needs to run. Ends with 1 if one of the zones would be refused.
            """)

    @OptionGroup var origin: OriginOption
    @OptionGroup var zones: ZoneOptions
    @OptionGroup var output: JSONOption

    @Argument(help: ArgumentHelp("Master files, or folders of them.", valueName: "zonefile"), completion: .file())
    var files: [String]

    func validate() throws {
        if origin.origin != nil, files.count != 1 { throw ValidationError("--origin goes with one master file.") }
    }

    func run() throws {
        finish {
            var planned: [PlannedZone] = []
            var sizes = ZoneSizes()
            for file in files {
                for zone in try ZoneToLoad.zones(at: file, origin: origin.origin) {
                    let compilation = try MasterFile.compile(
                        zone.input.content == nil ? CommandInput(zone.path) : zone.input, origin: zone.origin,
                        options: BuildOptions(zones), including: zones.include)
                    MasterFile.report(compilation)
                    planned.append(PlannedZone(compilation))
                    compilation.zone?.withView { sizes.add($0) }
                }
            }
            try tell(planned, sizes)
            return planned.allSatisfy(\.isGood) ? .done : .failed
        }
    }

    private func tell(_ planned: [PlannedZone], _ sizes: ZoneSizes) throws {
        let build = ProcessMemory.peak
        if output.json {
            try Output.json([
                "zones": .array(planned.map(\.json)), "sizes": sizes.json, "build_memory": .integer(Int64(build)),
            ])
            return
        }
        try Output.append(Table(planned.map(\.cells)).text)
        try Output.append(Table([["", "bytes", "share", "a record"]] + sizes.rows, numeric: [1, 2, 3]).text)
        try Output.line(
            "serving takes \(Wording.size(sizes.total)), shared by all processes, and as much again until the version before is released; "
                + "this compilation took \(Wording.size(build))")
    }
}

/// What came of one zone.
private struct PlannedZone {
    let origin: Name
    let serial: Serial?
    let records: Int
    let size: Int

    init(_ compilation: ZoneCompilation) {
        origin = compilation.origin
        serial = compilation.zone?.serial
        records = compilation.zone?.recordCount ?? 0
        size = compilation.zone?.size ?? 0
    }

    var isGood: Bool { serial != nil }

    var cells: [String] {
        guard let serial else { return ["zone \(origin)", "would be refused", "", ""] }
        return ["zone \(origin)", "serial \(serial)", Wording.count(records, "record"), Wording.size(size)]
    }

    var json: JSONValue {
        [
            "zone": .string("\(origin)"), "ok": .bool(isGood), "records": .integer(Int64(records)),
            "size": .integer(Int64(size)), "serial": serial.map { .integer(Int64($0.rawValue)) } ?? .null,
        ]
    }
}
