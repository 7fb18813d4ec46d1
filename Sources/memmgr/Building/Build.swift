// A build: all zones of an order from their master files into one image file. Nothing here knows of generations beyond
// their number, or of the bus.

import DNSCore
import Generations
import Glibc
import Platform
import ZoneFile
import ZoneImage

/// The work of one build process.
struct Build {
    /// The most diagnostics that a build reports for all its zones; the rest are counted.
    private static let diagnosticLimit = 2000
    /// The most for one zone.
    private static let zoneDiagnosticLimit = 100

    private let order: BuildOrder
    private let emit: (BuildLine) -> Void
    private var reports: [ZoneReport] = []
    private var zones: [CompiledZone] = []
    private var diagnosticsLeft = Build.diagnosticLimit
    private var nextProgress = ContinuousClock.now

    /// Carries out an order and tells of it by `emit`, in the order that `BuildMessages.swift` shows.
    static func run(_ order: BuildOrder, emit: @escaping (BuildLine) -> Void) {
        var build = Build(order: order, emit: emit)
        var rest = order.zones[...]
        while let first = rest.first {
            let batch = rest.prefix(SmallZones.batchSize).prefix(while: SmallZones.contains)
            if let last = batch.last {
                rest = rest.dropFirst(batch.count)
                for attempt in SmallZones.compile(batch, order) { build.take(attempt) }
                build.tellProgress(of: last.file, bytesRead: 0, bytesTotal: 0)
            } else {
                rest = rest.dropFirst()
                build.take(
                    ZoneAttempt(first, order) { progress in
                        build.tellProgress(
                            of: progress.path, bytesRead: progress.bytesRead, bytesTotal: progress.bytesTotal)
                    })
            }
        }
        build.write()
    }

    private init(order: BuildOrder, emit: @escaping (BuildLine) -> Void) {
        self.order = order
        self.emit = emit
    }

    /// Tells how far the build is, now and then.
    private mutating func tellProgress(of file: String, bytesRead: Int64, bytesTotal: Int64) {
        guard ContinuousClock.now >= nextProgress else { return }
        nextProgress = ContinuousClock.now + .milliseconds(50)
        emit(
            BuildLine(
                progress: BuildProgress(
                    zonesDone: reports.count, zonesTotal: order.zones.count, file: file, bytesRead: bytesRead,
                    bytesTotal: bytesTotal)))
    }

    /// Notes what came of a zone.
    private mutating func take(_ attempt: ZoneAttempt) {
        let zone = attempt.zone
        if !attempt.sameSources.isEmpty {
            reports.append(ZoneReport(unchanged: zone, attempt.sameSources))
            return
        }
        if let renewed = attempt.renewed {
            reports.append(ZoneReport(zone, renewed, attempt.digest))
            zones.append(renewed)
            return
        }
        guard let compilation = attempt.compilation else {
            reports.append(ZoneReport(unreadable: zone, attempt.refusal))
            return
        }
        let digest = attempt.digest
        var result: ZoneReport.Result =
            if compilation.zone == nil { .failed } else if digest == zone.digest, !zone.isForced { .unchanged } else {
                .built
            }
        var diagnostics = compilation.diagnostics
        var silenced = compilation.silenced
        if result == .built, digest != zone.digest, let serial = compilation.zone?.serial,
            let served = zone.serial.map({ Serial(rawValue: $0) }),
            !serial.isNewer(than: served)
        {
            let warning = Diagnostic(
                .warning, at: nil,
                "\(zone.zone): the serial \(serial) is not above \(served), which is served: secondaries will not notice",
                warning: .serialNotNewer)
            if let diagnostic = warning.applying(zone.warnings) {
                // First, so that no bound cuts it off.
                diagnostics.insert(diagnostic, at: 0)
                if diagnostic.severity == .error { result = .failed }
            } else {
                silenced += 1
            }
        }
        let told = tell(diagnostics)
        reports.append(
            ZoneReport(
                zone: zone.zone, file: zone.file, result: result, serial: compilation.zone?.serial.rawValue,
                records: compilation.zone?.recordCount, size: compilation.zone?.size, digest: digest,
                parseMilliseconds: compilation.parseTime.milliseconds,
                buildMilliseconds: compilation.buildTime.milliseconds, diagnostics: told.map(ReportedDiagnostic.init),
                omitted: compilation.omitted + diagnostics.count - told.count, silenced: silenced,
                sources: compilation.sources))
        if result == .built, let zone = compilation.zone { zones.append(zone) }
    }

    /// As many diagnostics as the bounds allow, in the order of the text; errors before warnings if not all fit.
    private mutating func tell(_ diagnostics: [Diagnostic]) -> [Diagnostic] {
        let limit = max(1, min(Build.zoneDiagnosticLimit, diagnosticsLeft))
        var told = diagnostics
        if told.count > limit {
            told = diagnostics.filter { $0.severity == .error } + diagnostics.filter { $0.severity != .error }
            told.removeLast(told.count - limit)
        }
        diagnosticsLeft -= told.count
        return told
    }

    /// Writes the image, if any zone is new, reads it back, and reports.
    private mutating func write() {
        let clock = ContinuousClock()
        let start = clock.now
        var size: Int?
        var copied: [ZoneName] = []
        if !zones.isEmpty {
            do throws(ImageError) {
                let copies = order.copies.map(copies).reduce([], +)
                do throws(ImageError) {
                    size = try write(zones + copies.map(\.zone))
                    copied = copies.map(\.name)
                } catch  where !copies.isEmpty {
                    // Nobody has asked for the copies: where there is no room for them, the zones alone may fit.
                    size = try write(zones)
                }
            } catch {
                reports = reports.map { $0.result == .built ? $0.failed(because: "\(error)") : $0 }
            }
        }
        for report in reports { emit(BuildLine(zone: report)) }
        emit(
            BuildLine(
                end: BuildEnd(imageSize: size, writeMilliseconds: (clock.now - start).milliseconds, copied: copied)))
    }

    /// Writes an image and reads it back; its size. No file is left if that fails.
    private func write(_ zones: [CompiledZone]) throws(ImageError) -> Int {
        do throws(ImageError) {
            try ImageFile.write(zones, generation: order.generation.number, to: order.image)
            let image = try ImageFile(path: order.image)
            try image.verify()
            return Int(image.header.fileSize)
        } catch {
            _ = try? System.remove(order.image)
            throw error
        }
    }

    /// Zones of another image, as they are. Left out is what is not there or not what it should be: an image that is gone or
    /// damaged is not this build's trouble, and damage must not get a new digest.
    private func copies(_ copies: BuildOrder.Copies) -> [(name: ZoneName, zone: CompiledZone)] {
        guard let image = try? ImageFile(path: copies.image), let locations = try? image.locations() else { return [] }
        var wanted: [Name: BuildOrder.Copy] = [:]
        for copy in copies.zones { if let apex = try? Name(copy.zone.presentation) { wanted[apex] = copy } }
        return locations.compactMap { location in
            guard let zone = try? CompiledZone(of: image, at: location), let copy = wanted[zone.apex],
                Digest(hex: "\(zone.digest)") == copy.digest
            else { return nil }
            wanted[zone.apex] = nil
            return (copy.zone, zone)
        }
    }
}

extension ZoneReport {
    /// A zone whose files have the content that it was compiled from before.
    fileprivate init(unchanged zone: BuildOrder.Zone, _ sources: [SourceFile]) {
        self.init(
            zone: zone.zone, file: zone.file, result: .unchanged, serial: zone.serial, records: nil, size: nil,
            digest: zone.digest, parseMilliseconds: 0, buildMilliseconds: 0, diagnostics: [], omitted: 0,
            sources: sources)
    }

    /// A zone that got another serial.
    fileprivate init(_ zone: BuildOrder.Zone, _ renewed: CompiledZone, _ digest: Digest?) {
        self.init(
            zone: zone.zone, file: zone.file, result: .built, serial: renewed.serial.rawValue,
            records: renewed.recordCount, size: renewed.size, digest: digest, parseMilliseconds: 0,
            buildMilliseconds: 0, diagnostics: [], omitted: 0, sources: [])
    }

    /// A zone that could not even be tried.
    fileprivate init(unreadable zone: BuildOrder.Zone, _ reason: String) {
        self.init(
            zone: zone.zone, file: zone.file, result: .failed, serial: nil, records: nil, size: nil, digest: nil,
            parseMilliseconds: 0, buildMilliseconds: 0,
            diagnostics: [
                ReportedDiagnostic(
                    severity: "error", file: nil, line: nil, column: nil, message: reason, excerpt: nil)
            ], omitted: 0, sources: [])
    }
}
