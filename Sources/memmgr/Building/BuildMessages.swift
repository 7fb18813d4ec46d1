// What the manager and the process that builds for it say to each other: one order in, then lines of JSON out.
//
//     manager → build   {"generation":8,"image":"/…/images/g8.img","zones":[{"zone":"example.","file":"…","digest":null,"serial":null}],
//                        "copies":[{"image":"/…/images/g7.img","zones":[{"zone":"example.net.","digest":"…"}]}]}
//     build → manager   {"progress":{…}}     now and then
//                       {"zone":{…}}         one for each zone of the order, once the image is complete and durable
//                       {"end":{…}}          the last line; a build that ends without it has failed

import DNSCore
import Generations
import ZoneFile

/// What is to be built.
struct BuildOrder: Codable, Sendable {
    let generation: Generation
    /// The path of the image file to write.
    let image: String
    let allowsMissingNS: Bool
    let iterationLimit: UInt16
    /// Folders of files that may be included, beside that of each zone's own file.
    let includeFrom: [String]
    /// How far the build stands back behind other processes: 0 to 19.
    let nice: Int32
    /// The most address space that it may take, in bytes.
    let memory: Int
    var zones: [Zone]
    /// Zones to be copied from images that are there, if any zone is built: see `CompactionPolicy`.
    let copies: [Copies]

    /// Zones of one image.
    struct Copies: Codable, Sendable {
        /// The path of the image file.
        let image: String
        let zones: [Copy]
    }

    /// A zone of it, and what its content must be.
    struct Copy: Codable, Sendable {
        let zone: ZoneName
        let digest: Digest
    }

    /// A zone of an image, which gets another serial.
    struct Renewal: Codable, Sendable {
        /// The path of the image file.
        let image: String
        /// What the zone's content there must be.
        let digest: Digest
        let serial: UInt32
    }

    struct Zone: Codable, Sendable {
        let zone: ZoneName
        let file: String
        /// The digest of the content that is served; nil when there is none.
        let digest: Digest?
        /// Its serial.
        let serial: UInt32?
        /// Whether it is built even if its content is that.
        let isForced: Bool
        /// Whether records outside the zone are left out.
        let skipsOutOfZone: Bool
        /// The files that this content was read from; empty when that is not known. If they are the same still, so is the zone.
        var sources: [SourceFile] = []
        /// Not its file is wanted, but this.
        var renewal: Renewal?
        /// What becomes of warnings.
        var warnings = WarningPolicy()
    }
}

/// How far a build is.
struct BuildProgress: Codable, Hashable, Sendable {
    var zonesDone: Int
    var zonesTotal: Int
    /// The file that is being read, and how much of it.
    var file: String
    var bytesRead: Int64
    var bytesTotal: Int64

    /// The part of the work that is done, 0 to 1, if all zones are taken to be of one size.
    var fraction: Double {
        let current = bytesTotal > 0 ? Double(bytesRead) / Double(bytesTotal) : 0
        return (Double(zonesDone) + min(current, 1)) / Double(max(zonesTotal, 1))
    }
}

/// What came of one zone of a build.
struct ZoneReport: Codable, Sendable {
    enum Result: String, Codable, Sendable {
        case built, unchanged, failed
    }

    let zone: ZoneName
    let file: String
    var result: Result
    let serial: UInt32?
    let records: Int?
    /// Of the zone within its image, in bytes.
    let size: Int?
    let digest: Digest?
    let parseMilliseconds: Double
    let buildMilliseconds: Double
    /// Bounded; for a failed zone at least one error is among them.
    var diagnostics: [ReportedDiagnostic]
    /// Those beyond the bound.
    var omitted: Int
    /// Warnings that the policy switched off.
    var silenced = 0
    /// What was read, by which a later change is noticed.
    let sources: [SourceFile]
}

/// A diagnostic on its way to the one who asked for the load.
struct ReportedDiagnostic: Codable, Sendable {
    let severity: String
    let file: String?
    let line: Int?
    let column: Int?
    let message: String
    let excerpt: SourceExcerpt?
    /// The name of the warning; nil for an error that never was one.
    var name: String?
}

/// The end of a build in which nothing went wrong but, perhaps, zones.
struct BuildEnd: Codable, Sendable {
    /// Nil when no zone was written.
    let imageSize: Int?
    let writeMilliseconds: Double
    /// The zones that the image has from other images.
    let copied: [ZoneName]
}

/// One line of a build's output.
struct BuildLine: Codable, Sendable {
    var progress: BuildProgress?
    var zone: ZoneReport?
    var end: BuildEnd?
}

extension ReportedDiagnostic {
    init(_ diagnostic: Diagnostic) {
        self.init(
            severity: diagnostic.severity.rawValue, file: diagnostic.place?.file, line: diagnostic.place?.line,
            column: diagnostic.place?.column, message: diagnostic.message, excerpt: diagnostic.excerpt,
            name: diagnostic.warning?.rawValue)
    }

    /// The diagnostic as the loader would state it.
    var diagnostic: Diagnostic {
        let place: Place? =
            if let file, let line, let column { Place(file: file, line: line, column: column) } else { nil }
        return Diagnostic(
            Diagnostic.Severity(rawValue: severity) ?? .error, at: place, message, excerpt: excerpt,
            warning: name.flatMap(ZoneWarning.init))
    }
}

extension ZoneReport {
    /// The same zone, whose image could not be written.
    func failed(because reason: String) -> ZoneReport {
        var report = self
        report.result = .failed
        report.diagnostics = [
            ReportedDiagnostic(
                severity: "error", file: nil, line: nil, column: nil, message: reason, excerpt: nil)
        ]
        return report
    }

    /// The errors, one a line, each with its place if it has one.
    var errors: [String] {
        diagnostics.filter { $0.severity == "error" }.map { $0.file == nil ? $0.message : $0.diagnostic.description }
    }
}
