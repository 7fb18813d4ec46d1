// One zone of a build, and many small ones at once: a zone depends on nothing but its files, so that all processors can
// work. What came of each is taken up in the order of the zones, and is the same however many worked.

import DNSCore
import Dispatch
import Generations
import Glibc
import Platform
import Synchronization
import ZoneFile
import ZoneImage

/// What came of the attempt to compile one zone of an order.
struct ZoneAttempt: Sendable {
    let zone: BuildOrder.Zone
    /// Nil when it could not even be tried.
    let compilation: ZoneCompilation?
    /// The digest of the zone's content.
    let digest: Digest?
    /// The files of a zone that was not compiled, as their content is the one that it was compiled from before.
    let sameSources: [SourceFile]
    /// Why it could not be tried.
    let refusal: String
    /// The zone, where it was to get another serial only.
    let renewed: CompiledZone?

    init(_ zone: BuildOrder.Zone, _ order: BuildOrder, progress: ((ReadProgress) -> Void)? = nil) {
        self.zone = zone
        if let renewal = zone.renewal {
            (compilation, sameSources) = (nil, [])
            do {
                let result = try CompiledZone(renewal, apex: Name(zone.zone.presentation))
                (renewed, refusal, digest) = (result, "", Digest(hex: "\(result.digest)"))
            } catch {
                (renewed, refusal, digest) = (nil, "\(error)", nil)
            }
            return
        }
        renewed = nil
        let same = zone.sources.compactMap { $0.reread() }
        if !same.isEmpty, same.count == zone.sources.count {
            (compilation, digest, refusal, sameSources) = (nil, zone.digest, "", same)
            return
        }
        sameSources = []
        do {
            let origin = try Name(zone.zone.presentation)
            _ = try System.open(zone.file, O_RDONLY | O_NONBLOCK | O_NOCTTY)
            let options = BuildOptions(
                allowsMissingNS: order.allowsMissingNS, iterationLimit: order.iterationLimit,
                skipsOutOfZone: zone.skipsOutOfZone, now: WallClock.now, warnings: zone.warnings)
            let result = ZoneCompilation(
                path: zone.file, origin: origin, options: options, includeFrom: order.includeFrom, progress: progress)
            compilation = result
            digest = result.zone.flatMap { Digest(hex: "\($0.digest)") }
            refusal = ""
        } catch {
            compilation = nil
            digest = nil
            refusal =
                error is PlatformError
                ? "\(error) (memmgr runs as \(Account.description))"
                : "'\(zone.zone)' is no domain name: \(error)"
        }
    }
}

extension CompiledZone {
    /// The zone of an image with another serial.
    fileprivate init(_ renewal: BuildOrder.Renewal, apex: Name) throws {
        let image = try ImageFile(path: renewal.image)
        for location in try image.locations() where try image.zone(at: location).apex == apex {
            let zone = try CompiledZone(of: image, at: location)
            guard Digest(hex: "\(zone.digest)") == renewal.digest else { throw NewSerialProblem.damaged }
            self = try zone.with(serial: Serial(rawValue: renewal.serial))
            return
        }
        throw ImageError.badTable(path: renewal.image)
    }
}

/// Zones whose files are small, compiled at once.
enum SmallZones {
    /// How many are compiled before what came of them is taken up.
    static let batchSize = 256
    /// Files below this many bytes are small: a zone of such a file alone takes some MiB while it is compiled.
    private static let fileLimit: Int64 = 1 << 20

    static func contains(_ zone: BuildOrder.Zone) -> Bool {
        guard let entry = System.status(of: zone.file) else { return true }
        return entry.st_mode & S_IFMT == S_IFREG && entry.st_size < fileLimit
    }

    /// Whether the zone may be larger than its file: by what it includes or generates.
    private static func mayGrow(_ zone: BuildOrder.Zone) -> Bool {
        guard let file = try? System.open(zone.file, O_RDONLY | O_NONBLOCK | O_NOCTTY),
            let text = try? System.readToEnd(file.number, of: zone.file)
        else { return false }
        let letters = "IiGg".utf8
        return zip(text, text.dropFirst()).contains { $0 == UInt8(ascii: "$") && letters.contains($1) }
    }

    /// What came of each zone, in their order.
    static func compile(_ zones: ArraySlice<BuildOrder.Zone>, _ order: BuildOrder) -> [ZoneAttempt] {
        if zones.count == 1 { return zones.map { ZoneAttempt($0, order) } }
        let results = Results(count: zones.count)
        DispatchQueue.concurrentPerform(iterations: zones.count) { index in
            let zone = zones[zones.startIndex + index]
            if !mayGrow(zone) { results.put(ZoneAttempt(zone, order), at: index) }
        }
        // Those that were left are compiled one by one, as they may take any memory.
        return zip(zones, results.all).map { zone, attempt in attempt ?? ZoneAttempt(zone, order) }
    }

    /// Places for results, each of which is filled once.
    private final class Results: Sendable {
        private let places: Mutex<[ZoneAttempt?]>

        init(count: Int) {
            places = Mutex(Array(repeating: nil, count: count))
        }

        func put(_ attempt: ZoneAttempt, at index: Int) { places.withLock { $0[index] = attempt } }

        var all: [ZoneAttempt?] { places.withLock { $0 } }
    }
}
