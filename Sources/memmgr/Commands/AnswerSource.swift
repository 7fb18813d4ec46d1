// What `query` and `test` ask: a generation of the running system, or a file.

import ArgumentParser
import CommandOptions
import DNSCore
import Platform
import Responder
import ZoneFile
import ZoneImage

/// The options that choose who answers.
struct AnswerSource: ParsableArguments {
    @OptionGroup var system: SystemOption
    @OptionGroup var origin: OriginOption

    @Option(help: ArgumentHelp("Ask this generation; memmgr history shows those that are kept.", valueName: "n"))
    var generation: Int?

    @Option(
        help: ArgumentHelp("Ask this image, directory (g8.dir) or master file.", valueName: "file"), completion: .file()
    )
    var file: String?

    func validate() throws {
        if file != nil, generation != nil { throw ValidationError("--file and --generation exclude each other.") }
        if let generation, generation < 1 { throw ValidationError("--generation is a number from 1.") }
    }

    /// A responder that answers as authd would from there; `options` are the rules for a master file.
    ///
    /// - Throws: `CommandFailure` when nothing can be asked.
    func responder(accepting options: BuildOptions, including include: IncludeOption) throws -> OfflineResponder {
        do {
            return try file.map { try open($0, options, include) } ?? openGeneration()
        } catch let error as ImageError {
            throw CommandFailure("\(error)", error.exitStatus)
        }
    }

    private func openGeneration() throws -> OfflineResponder {
        let folder = try system.folder()
        var number = generation.map { Int64($0) }
        if number == nil {
            number = try Blocking.wait { try await SystemConnection(folder).read("status", ["zones": []]) }[
                "generation"]?
                .integer
        }
        guard let number else { throw CommandFailure("nothing has been published yet", .failed) }
        return OfflineResponder(generation: try MappedGeneration(folder: folder.images, name: "g\(number).dir"))
    }

    private func open(_ path: String, _ options: BuildOptions, _ include: IncludeOption) throws -> OfflineResponder {
        let input = try CommandInput(path)
        switch try input.kind() {
        case .image:
            let image = try input.withImagePath { path throws(ImageError) in try ImageFile(path: path) }
            return try OfflineResponder(image: image)
        case .directory:
            let slash = path.lastIndex(of: "/")
            let folder = slash.map { String(path[..<$0]) } ?? "."
            return OfflineResponder(
                generation: try MappedGeneration(
                    folder: folder.isEmpty ? "/" : folder,
                    name: slash.map { String(path[path.index(after: $0)...]) } ?? path))
        case .masterFile:
            let name = try origin.origin ?? ZoneOrigin.name(fromPath: path)
            let compilation = MasterFile.compile(input, origin: name, options: options, including: include)
            MasterFile.report(compilation)
            guard let zone = compilation.zone else {
                throw CommandFailure("\(path): zone \(name) is refused: \(MasterFile.summary(compilation))", .failed)
            }
            return try OfflineResponder([zone])
        }
    }
}

/// A question as people write it: a name, a type, `+dnssec`, `+tcp`.
struct WrittenQuestion {
    /// What is wrong with one.
    struct Problem: Error, CustomStringConvertible {
        let description: String
    }

    let name: Name
    private(set) var type = RRType.a
    private var wantsDNSSEC = false
    private(set) var transport = Transport.udp

    init(_ words: [String]) throws(Problem) {
        var plain: [String] = []
        for word in words {
            switch ASCII.uppercased(word) {
            case "+DNSSEC": wantsDNSSEC = true
            case "+TCP": transport = .tcp
            case _ where word.utf8.first == UInt8(ascii: "+"):
                throw Problem(description: "unknown option '\(PrintableText.of(word))' (known are +dnssec and +tcp)")
            default: plain.append(word)
            }
        }
        guard (1...2).contains(plain.count) else { throw Problem(description: "a question is a name and a type") }
        do {
            name = try ZoneOrigin.name(plain[0])
        } catch {
            throw Problem(description: "'\(PrintableText.of(plain[0]))' is not a domain name: \(error)")
        }
        if plain.count == 2 {
            guard let type = RRType(plain[1]) else {
                throw Problem(
                    description: "unknown RR type '\(PrintableText.of(plain[1]))' "
                        + "(use TYPEnnn for types without a mnemonic, RFC 3597)")
            }
            self.type = type
        }
    }

    /// The query's message, with EDNS and our own payload size.
    var message: [UInt8] {
        let payload = EDNS.defaultPayload
        return [0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 1] + name.wire
            + [UInt8(type.rawValue >> 8), UInt8(type.rawValue & 255), 0, 1, 0, 0, 41, UInt8(payload >> 8)]
            + [UInt8(payload & 255), 0, 0, wantsDNSSEC ? 0x80 : 0, 0, 0, 0]
    }
}
