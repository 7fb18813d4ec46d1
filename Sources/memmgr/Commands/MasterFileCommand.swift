// What `check`, `compile` and `dump` do with a master file: compile it in this process, with a progress bar, and tell
// what was found.

import CommandOptions
import DNSCore
import ZoneAudit
import ZoneFile
import ZoneImage

extension BuildOptions {
    /// As the command line says.
    init(_ zones: ZoneOptions) {
        self.init(
            allowsMissingNS: zones.allowMissingNs,
            iterationLimit: zones.nsec3Iterations ?? BuildOptions.defaultIterationLimit,
            skipsOutOfZone: zones.outOfZone.skipOutOfZone, now: WallClock.now, warnings: zones.warnings.policy)
    }

    /// Whatever can be compiled: who wants to look at a zone need not be able to publish it.
    static func forPrinting(_ option: OutOfZoneOption) -> BuildOptions {
        BuildOptions(allowsMissingNS: true, iterationLimit: .max, skipsOutOfZone: option.skipOutOfZone)
    }
}

/// The compilation of a master file for a command.
enum MasterFile {
    /// Compiles a master file; its findings are in the result and nothing has been printed.
    static func compile(
        _ input: CommandInput, origin: Name, options: BuildOptions, including include: IncludeOption,
        checksSignatures: Bool = false
    ) -> ZoneCompilation {
        var bar = ProgressBar()
        func audit(_ zone: CompiledZone) -> ZoneAudit {
            ZoneAudit(zone, now: WallClock.now) { bar.show("checking signatures", fraction: $0) }
        }
        let compilation = ZoneCompilation(
            path: input.path, text: input.content, origin: origin, options: options, includeFrom: include.includeFrom,
            audit: checksSignatures ? audit : nil
        ) { progress in
            let fraction = Double(progress.bytesRead) / Double(max(1, progress.bytesTotal))
            bar.show("\(progress.path): \(Wording.count(progress.records, "record"))", fraction: fraction)
        }
        bar.clear()
        return compilation
    }

    /// Tells all findings on standard error.
    static func report(_ compilation: ZoneCompilation) {
        for diagnostic in compilation.diagnostics { Output.diagnostic(diagnostic.text) }
        if compilation.omitted > 0 {
            Output.diagnostic("and \(Wording.grouped(compilation.omitted)) more of the same kinds")
        }
    }

    /// `3 errors, 1 warning`, or nothing of what there is none.
    static func summary(_ compilation: ZoneCompilation) -> String {
        let counts = [(compilation.errorCount, "error"), (compilation.warningCount, "warning")]
        let text = counts.filter { $0.0 > 0 }.map { Wording.count($0.0, $0.1) }.joined(separator: ", ")
        return compilation.isCutShort ? "\(text), the rest of the file was not checked" : text
    }
}
