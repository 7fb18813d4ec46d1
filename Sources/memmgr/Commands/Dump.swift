// `memmgr dump`: all records of a zone as a master file that compiles to the same image again.

import ArgumentParser
import CommandOptions
import DNSCore
import Platform
import ZoneFile
import ZoneImage

struct Dump: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Print all records of a master file or an image.",
        discussion: """
            One record a line, names absolute, in canonical order; the output compiles to the same image again. What \
            the file is, is seen from its content. Needs no running system.
            """)

    @OptionGroup var origin: OriginOption
    @OptionGroup var include: IncludeOption
    @OptionGroup var outOfZone: OutOfZoneOption

    @Argument(
        help: ArgumentHelp("A master file, an image (g8.img) or a generation's directory (g8.dir).", valueName: "file"),
        completion: .file())
    var file: String

    func run() throws {
        finish {
            do {
                let input = try CommandInput(file)
                switch try input.kind() {
                case .image: try dump(OpenedFile(image: input))
                case .directory: try dump(OpenedFile(directory: file))
                case .masterFile: try dumpMasterFile(input)
                }
            } catch let error as ImageError {
                throw CommandFailure("\(error)", error.exitStatus)
            }
            return .done
        }
    }

    private func dumpMasterFile(_ input: CommandInput) throws {
        let name = try origin.origin ?? ZoneOrigin.name(fromPath: file)
        let compilation = MasterFile.compile(
            input, origin: name, options: .forPrinting(outOfZone), including: include)
        MasterFile.report(compilation)
        guard let zone = compilation.zone else {
            throw CommandFailure("\(file): zone \(name) is refused: \(MasterFile.summary(compilation))", .failed)
        }
        try zone.withView(dump)
    }

    private func dump(_ opened: OpenedFile) throws {
        try opened.withZones { zones in
            let chosen = zones.filter { origin.origin == nil || $0.apex == origin.origin }
            if chosen.isEmpty {
                throw CommandFailure("\(file) has no zone \(origin.origin.map { "\($0)" } ?? "at all")", .failed)
            }
            for zone in chosen {
                if chosen.count > 1 {
                    try Output.line("; zone \(zone.apex)\(zone.view == nil ? ": no version is left" : "")")
                }
                if let view = zone.view { try dump(view) }
            }
        }
    }

    private func dump(_ zone: ZoneView) throws {
        var line: [UInt8] = []
        var count = 0
        try zone.forEachRecord { owner, record in
            line.removeAll(keepingCapacity: true)
            RecordText.append(
                owner: owner, type: record.type, rrClass: record.rrClass, ttl: record.ttl, rdata: record.rdata,
                to: &line)
            try Output.append(line)
            count += 1
        }
        // A damaged part gives fewer records, which must not look like a whole zone.
        if count != zone.recordCount {
            throw CommandFailure(
                "\(file): \(count) of \(zone.recordCount) records of zone \(zone.apex) can be read; "
                    + "memmgr verify says more", .failed)
        }
    }
}
