// `memmgr verify`: is this image, or this generation, whole and sound?

import ArgumentParser
import Bus
import DNSCore
import JSON
import Platform
import ZoneImage

struct Verify: JSONCommand {
    static let configuration = CommandConfiguration(
        abstract: "Check an image, or a directory with all its images.",
        discussion: "Ends with 0 if the file is whole and sound, else with 1. Needs no running system.")

    @OptionGroup var output: JSONOption

    @Flag(help: "Tell what the bytes are used for, by section.")
    var sizes = false

    @Argument(
        help: ArgumentHelp("An image (g8.img) or a generation's directory (g8.dir).", valueName: "image"),
        completion: .file())
    var file: String

    func run() throws {
        finish {
            do {
                return try verify()
            } catch let error as ImageError {
                if case .platform(let cause) = error { throw CommandFailure("\(error)", cause.exitStatus) }
                if output.json {
                    try Output.json(["file": .string(file), "ok": false, "problem": .string("\(error)")])
                }
                throw CommandFailure("\(error)", .failed)
            }
        }
    }

    private func verify() throws -> ExitStatus {
        let opened: OpenedFile
        let input = try CommandInput(file)
        switch try input.kind() {
        case .image: opened = try OpenedFile(image: input)
        case .directory: opened = try OpenedFile(directory: file)
        case .masterFile: throw ImageError.foreign(path: file)
        }
        try opened.verifyDigests()
        var bar = ProgressBar()
        var findings: [ZoneFinding] = []
        var used = ZoneSizes()
        opened.withZones { zones in
            for (index, zone) in zones.enumerated() {
                bar.show("zone \(zone.apex)", fraction: Double(index) / Double(zones.count))
                let finding = ZoneFinding(zone)
                findings.append(finding)
                if sizes, finding.problems.isEmpty, let view = zone.view { used.add(view) }
            }
        }
        bar.clear()
        let isSound = findings.allSatisfy(\.problems.isEmpty)
        for finding in findings {
            for problem in finding.problems { Output.diagnostic("\(file): zone \(finding.apex): \(problem)") }
        }
        if output.json {
            try Output.json([
                "file": .string(file),
                "ok": .bool(isSound),
                "kind": .string(opened.isDirectory ? "directory" : "image"),
                "generation": .integer(Int64(clamping: opened.generation)),
                "zones": .array(findings.map(\.json)),
                "sizes": sizes ? used.json : .null,
            ])
        } else {
            try Output.append(Table(findings.map(\.cells)).text)
            if sizes {
                try Output.append(Table([["", "bytes", "share", "a record"]] + used.rows, numeric: [1, 2, 3]).text)
                let shared = Wording.grouped(used.rrsets - used.parts)
                try Output.line("\(Wording.count(used.rrsets, "RRset")), \(shared) of them share the part of another")
            }
            let what = opened.isDirectory ? "generation \(opened.generation)" : "image"
            let count = Wording.count(findings.count, "zone")
            try Output.line(
                isSound
                    ? "\(file): \(what) with \(count) is whole: every digest and every zone fits"
                    : "\(file): \(what) with \(count) is damaged: load its zones with --force")
        }
        return isSound ? .done : .failed
    }
}

/// What was found out about one zone.
private struct ZoneFinding {
    let apex: Name
    let serial: Serial?
    let records: Int?
    let size: Int?
    let digest: ContentDigest?
    let problems: [String]

    init(_ zone: OpenedFile.Zone) {
        apex = zone.apex
        serial = zone.view?.serial
        records = zone.view?.recordCount
        size = zone.view?.bytes.count
        guard let view = zone.view else {
            digest = nil
            problems = []
            return
        }
        let digest = unsafe ContentDigest(of: view.bytes.slice(at: 0, length: view.bytes.count))
        self.digest = digest
        var problems = ZoneStructure(of: view).problems
        if let expected = zone.expectedDigest, expected != digest {
            problems.append("the content is not the one that the directory names")
        }
        if view.apex != zone.apex { problems.append("the image has \(view.apex) in its place") }
        self.problems = problems
    }

    var cells: [String] {
        guard let serial, let records, let size else { return ["zone \(apex)", "no version left", "", ""] }
        return [
            "zone \(apex)", "serial \(serial)", Wording.count(records, "record"), Wording.size(size),
        ]
    }

    var json: JSONValue {
        [
            "zone": .string("\(apex)"),
            "serial": serial.map { .integer(Int64($0.rawValue)) } ?? .null,
            "records": records.map { .integer(Int64($0)) } ?? .null,
            "size": size.map { .integer(Int64($0)) } ?? .null,
            "digest": digest.map { .string("\($0)") } ?? .null,
            "problems": .array(problems.map(JSONValue.string)),
        ]
    }
}
