// What `memmgr status --summary --json` says, as far as the opening needs it.

import Bus
import JSON

/// A status of the manager.
struct SystemStatus: Hashable, Sendable {
    let generation: Int64
    let zoneCount: Int
    let servedCount: Int
    /// The name of a zone that is served; only where zones are told.
    let example: String?
    /// What each consumer answers from, by its name.
    let serving: [String: Int64]
    /// Whether nothing is being built, nor waits for that or for its publication.
    let isIdle: Bool

    /// Reads the object; members that are not known here don't matter.
    init?(json: [UInt8]) {
        guard let value = try? JSONValue(text: json), let generation = value["generation"]?.integer,
            let zoneCount = value["zone_count"]?.integer, let servedCount = value["served_count"]?.integer
        else { return nil }
        self.generation = generation
        self.zoneCount = Int(zoneCount)
        self.servedCount = Int(servedCount)
        example = (value["zones"]?.array ?? []).first { $0["state"]?.string == "serving" }?["zone"]?.string
        isIdle =
            (value["building"] ?? .null).isNull
            && ["queued", "waiting"].allSatisfy { (value[$0]?.array ?? []).isEmpty }
        let consumers = (value["consumers"]?.array ?? []).compactMap { consumer -> (String, Int64)? in
            guard let name = consumer["name"]?.string, let serving = consumer["serving"]?.integer else { return nil }
            return (name, serving)
        }
        serving = Dictionary(consumers) { $1 }
    }

    /// Whether all consumers, and each of these among them, answer from a generation that nothing is about to replace.
    func isServed(by names: [String]) -> Bool {
        isIdle && serving.values.allSatisfy { $0 == generation } && names.allSatisfy { serving[$0] != nil }
    }

    /// For people and for scripts, so always of one form.
    var readyLine: String {
        "ready: \(servedCount) of \(zoneCount) zones, generation \(generation)"
    }
}
