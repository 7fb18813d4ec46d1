// `memmgr diff`: the records that two versions of zones do not share.

import ArgumentParser
import Bus
import CommandOptions
import DNSCore
import JSON
import Platform
import ZoneFile
import ZoneImage

struct Diff: JSONCommand {
    static let configuration = CommandConfiguration(
        abstract: "Print the records that differ between two versions.",
        discussion: """
            A version is a generation's number (memmgr history shows those that are kept), an image (g8.img), a generation's \
            directory (g8.dir) or a master file. Lines are records in master-file form behind `-` or `+`, in canonical order of \
            names. With a master file only its zone is compared. Ends with 0 if nothing differs, with 1 if something does, or if a \
            version is damaged or refused: standard error says so.
            """)

    @OptionGroup var system: SystemOption
    @OptionGroup var origin: OriginOption
    @OptionGroup var include: IncludeOption
    @OptionGroup var outOfZone: OutOfZoneOption
    @OptionGroup var output: JSONOption

    @Flag(help: "Count the records of each zone that differs instead of printing them.")
    var summary = false

    @Argument(help: "The version before.", completion: .file())
    var old: String

    @Argument(help: "The version after.", completion: .file())
    var new: String

    func run() throws {
        finish {
            do {
                let before = try ComparedVersion(old, system, origin.origin, include, outOfZone)
                let after = try ComparedVersion(new, system, origin.origin, include, outOfZone)
                let zone = try before.onlyZone(and: after)
                return try before.withZones { olds in
                    try after.withZones { news in try compare(olds, news, only: origin.origin ?? zone) }
                }
            } catch let error as ImageError {
                throw CommandFailure("\(error)", error.exitStatus)
            }
        }
    }

    private func compare(_ olds: [Name: ZoneView], _ news: [Name: ZoneView], only chosen: Name?) throws -> ExitStatus {
        if let chosen, olds[chosen] == nil, news[chosen] == nil {
            throw CommandFailure("neither \(old) nor \(new) has a zone \(chosen)", .failed)
        }
        var changed: [ZoneChange] = []
        for apex in Set(olds.keys).union(news.keys).sorted() {
            if let chosen, chosen != apex { continue }
            let change = try ZoneChange(apex: apex, from: olds[apex], to: news[apex]) { mark, line in
                guard !summary, !output.json else { return }
                try Output.append([mark, UInt8(ascii: " ")] + line)
            }
            if change.isThere { changed.append(change) }
        }
        if output.json {
            try Output.json(["equal": .bool(changed.isEmpty), "zones": .array(changed.map(\.json))])
        } else if summary {
            try Output.append(Table(changed.map(\.cells)).text)
        }
        return changed.isEmpty ? .done : .failed
    }
}

/// One side of a comparison.
private enum ComparedVersion {
    case opened(OpenedFile)
    case compiled(CompiledZone)

    init(
        _ text: String, _ system: SystemOption, _ origin: Name?, _ include: IncludeOption, _ outOfZone: OutOfZoneOption
    ) throws {
        if let number = UInt64(text) {
            self = try ComparedVersion(sound: OpenedFile(directory: "\(system.folder().images)/g\(number).dir"))
            return
        }
        let input = try CommandInput(text)
        switch try input.kind() {
        case .image: self = try ComparedVersion(sound: OpenedFile(image: input))
        case .directory: self = try ComparedVersion(sound: OpenedFile(directory: text))
        case .masterFile:
            let name = try origin ?? ZoneOrigin.name(fromPath: text)
            let compilation = MasterFile.compile(
                input, origin: name, options: .forPrinting(outOfZone), including: include)
            MasterFile.report(compilation)
            guard let zone = compilation.zone else {
                throw CommandFailure("\(text): zone \(name) is refused: \(MasterFile.summary(compilation))", .failed)
            }
            self = .compiled(zone)
        }
    }

    /// What is damaged must not look like a change.
    private init(sound file: OpenedFile) throws {
        try file.verifyDigests()
        self = .opened(file)
    }

    /// The zone of a master file, if one side is one: nothing else is compared.
    func onlyZone(and other: ComparedVersion) throws -> Name? {
        switch (self, other) {
        case (.compiled(let old), .compiled(let new)):
            guard old.apex == new.apex else {
                throw CommandFailure(
                    "\(old.apex) and \(new.apex) are two zones; --origin names the zone of both files", .usage)
            }
            return old.apex
        case (.compiled(let zone), .opened), (.opened, .compiled(let zone)): return zone.apex
        case (.opened, .opened): return nil
        }
    }

    func withZones<Result>(_ body: ([Name: ZoneView]) throws -> Result) throws -> Result {
        switch self {
        case .opened(let file):
            return try file.withZones { zones in
                try body(
                    Dictionary(
                        zones.compactMap { zone in zone.view.map { (zone.apex, $0) } },
                        uniquingKeysWith: { first, _ in first }))
            }
        case .compiled(let zone):
            guard let result = try zone.withView({ try body([zone.apex: $0]) }) else { return try body([:]) }
            return result
        }
    }
}

/// What has become of one zone.
private struct ZoneChange {
    let apex: Name
    let serials: [Serial?]
    private(set) var removed = 0
    private(set) var added = 0

    /// Compares two versions; `tell` gets each line.
    init(apex: Name, from old: ZoneView?, to new: ZoneView?, tell: (UInt8, [UInt8]) throws -> Void) throws {
        self.apex = apex
        serials = [old?.serial, new?.serial]
        var line: [UInt8] = []
        func tellRecord(_ change: ZoneDifference.Change, _ owner: [UInt8], _ record: PartRecord) throws {
            line.removeAll(keepingCapacity: true)
            RecordText.append(
                owner: owner, type: record.type, rrClass: record.rrClass, ttl: record.ttl, rdata: record.rdata,
                to: &line)
            switch change {
            case .removed:
                removed += 1
                try tell(UInt8(ascii: "-"), line)
            case .added:
                added += 1
                try tell(UInt8(ascii: "+"), line)
            }
        }
        if let old, let new {
            try ZoneDifference(from: old, to: new).forEachChange(tellRecord)
        } else {
            try old?.forEachRecord { owner, record in try tellRecord(.removed, owner, record) }
            try new?.forEachRecord { owner, record in try tellRecord(.added, owner, record) }
        }
    }

    var isThere: Bool { removed + added > 0 }

    var cells: [String] {
        let texts = serials.map { $0.map { "\($0)" } ?? "none" }
        return [
            "zone \(apex)", "serial \(texts[0]) to \(texts[1])", "\(Wording.count(removed, "record")) removed",
            "\(Wording.grouped(added)) added",
        ]
    }

    var json: JSONValue {
        let values = serials.map { $0.map { JSONValue.integer(Int64($0.rawValue)) } ?? .null }
        return [
            "zone": .string("\(apex)"), "from": values[0], "to": values[1], "removed": .integer(Int64(removed)),
            "added": .integer(Int64(added)),
        ]
    }
}
