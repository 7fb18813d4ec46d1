// The zones that fuzzers ask about.

import DNSCore
import ZoneFile
import ZoneImage

public enum FuzzZones {
    /// The zones of `Zones`, compiled: with NSEC, with NSEC3 and opt-out, and unsigned.
    public static let all: [CompiledZone] = ["plain", "nsec", "nsec3"].map { name in
        let folder = "\(#filePath)".split(separator: "/").dropLast(3).map { "/\($0)" }.joined() + "/Zones"
        do {
            let records = try ZoneLoader(origin: Name("\(name).test.")).load(path: "\(folder)/\(name).zone").records
            guard let zone = ZoneBuilder.build(records).zone else { fatalError("\(name).zone is refused") }
            return zone
        } catch {
            fatalError("\(name).zone: \(error)")
        }
    }
}
