// What a comparison serves and asks: a set of test zones and one of its question files.

import ArgumentParser
import Platform

/// A kind of zones with a size and a question set: `registry:100000:uniform`.
struct Workload: ExpressibleByArgument, CustomStringConvertible {
    let kind: ZoneKind
    let size: Int
    let questions: QuestionSet

    init?(argument: String) {
        let words = argument.split(separator: ":", omittingEmptySubsequences: false)
        guard (1...3).contains(words.count), let kind = ZoneKind(rawValue: String(words[0])) else { return nil }
        var size = kind.defaultSize
        var questions = QuestionSet.uniform
        for word in words.dropFirst() {
            if let number = Int(word), number > 0 {
                size = number
            } else if let set = QuestionSet(rawValue: String(word)) {
                questions = set
            } else {
                return nil
            }
        }
        (self.kind, self.size, self.questions) = (kind, size, questions)
    }

    var description: String { kind == .everyday ? "everyday \(questions)" : "\(kind) \(size) \(questions)" }

    /// Writes the zones and the questions into a folder.
    func write(to folder: String, seed: UInt64) throws -> WrittenWorkload {
        let path = folder + "/\(questions).questions"
        func writeAll(_ zones: some TestZones, dnssec: Int = 50) throws {
            try zones.write(to: folder)
            let count = min(1_000_000, max(100_000, zones.names))
            try questions.write(zones, count: count, dnssec: dnssec, seed: seed, to: path)
        }
        switch kind {
        case .everyday:
            try writeAll(EverydayZone(seed: seed))
            return WrittenWorkload(
                zones: [ServedZone(origin: EverydayZone.apex, file: folder + "/" + EverydayZone.fileName)],
                questions: path)
        case .registry:
            try writeAll(RegistryZone(size: size, seed: seed))
            return WrittenWorkload(
                zones: [ServedZone(origin: RegistryZone.apex, file: folder + "/" + RegistryZone.fileName)],
                questions: path)
        case .signed:
            try writeAll(SignedRegistryZone(size: size, seed: seed), dnssec: 100)
            return WrittenWorkload(
                zones: [ServedZone(origin: RegistryZone.apex, file: folder + "/" + SignedRegistryZone.fileName)],
                questions: path)
        case .hosting:
            let zones = HostingZones(size: size, seed: seed)
            try writeAll(zones)
            return WrittenWorkload(
                zones: (0..<size).map { ServedZone(origin: zones.apex($0), file: folder + "/" + zones.file($0)) },
                questions: path)
        }
    }
}

/// A workload whose files are there.
struct WrittenWorkload {
    let zones: [ServedZone]
    let questions: String
}
