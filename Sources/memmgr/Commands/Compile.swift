// `memmgr compile`: one zone into an image file of its own.

import ArgumentParser
import Bus
import CommandOptions
import DNSCore
import Glibc
import Platform
import ZoneImage

struct Compile: JSONCommand {
    static let configuration = CommandConfiguration(
        abstract: "Compile a master file into an image file.",
        discussion: "The same records give the same bytes, on every machine and in whatever order they come.")

    @OptionGroup var origin: OriginOption
    @OptionGroup var zones: ZoneOptions
    @OptionGroup var output: JSONOption

    @Argument(help: ArgumentHelp("The master file.", valueName: "zonefile"), completion: .file())
    var file: String

    @Option(
        name: [.customShort("o"), .customLong("output")],
        help: ArgumentHelp("The image file to write.", valueName: "image"), completion: .file())
    var image: String

    func run() throws {
        finish {
            let name = try origin.origin ?? ZoneOrigin.name(fromPath: file)
            try ImageTarget.check(image, inputs: [file])
            let compilation = MasterFile.compile(
                try CommandInput(file), origin: name, options: BuildOptions(zones), including: zones.include)
            MasterFile.report(compilation)
            guard let zone = compilation.zone else {
                throw CommandFailure(
                    "\(file): zone \(name) is refused: \(MasterFile.summary(compilation)); nothing was written", .failed
                )
            }
            // With what was included.
            try ImageTarget.check(image, inputs: compilation.sources.map(\.path))
            let written: ImageFile
            let clock = ContinuousClock()
            let start = clock.now
            do throws(ImageError) {
                try ImageFile.write([zone], generation: 0, to: image)
                written = try ImageFile(path: image)
            } catch {
                throw CommandFailure("\(error)", error.exitStatus)
            }
            let writeTime = clock.now - start
            if output.json {
                try Output.json([
                    "zone": .string("\(zone.apex)"),
                    "serial": .integer(Int64(zone.serial.rawValue)),
                    "records": .integer(Int64(zone.recordCount)),
                    "image": .string(image),
                    "size": .integer(Int64(written.header.fileSize)),
                    "digest": .string("\(written.headerDigest)"),
                    "warnings": .integer(Int64(compilation.warningCount)),
                    "parse_ms": .number(compilation.parseTime.milliseconds),
                    "build_ms": .number(compilation.buildTime.milliseconds),
                    "write_ms": .number(writeTime.milliseconds),
                ])
            } else {
                try Output.line(
                    "\(image): zone \(zone.apex) serial \(zone.serial), \(Wording.count(zone.recordCount, "record")), "
                        + "\(Wording.size(Int(written.header.fileSize))); parsed in \(Wording.time(compilation.parseTime)), "
                        + "built in \(Wording.time(compilation.buildTime)), written in \(Wording.time(writeTime))")
                try Output.line("digest \(written.headerDigest)")
            }
            return .done
        }
    }
}

/// Where an image may be written: in place of a file of its name, which is lost, and never of what is read.
private enum ImageTarget {
    static func check(_ image: String, inputs: [String]) throws(CommandFailure) {
        guard let target = System.status(of: image) else { return }
        guard target.st_mode & S_IFMT == S_IFREG else {
            throw CommandFailure("\(image) is not a regular file and is not replaced: name a new file with -o", .usage)
        }
        for input in inputs {
            guard let source = System.status(of: input), source.st_dev == target.st_dev, source.st_ino == target.st_ino
            else {
                continue
            }
            throw CommandFailure(
                "\(image)\(image == input ? "" : " is \(input), which") is read: name a new file with -o", .usage)
        }
    }
}

extension ImageError {
    /// The exit code for a command that ends because of this.
    var exitStatus: ExitStatus {
        if case .platform(let error) = self { error.exitStatus } else { .failed }
    }
}
