// What `memmgr status --json` says, as far as the opening needs it.

import Bus

/// A status of the manager.
struct SystemStatus: Hashable, Sendable {
    let generation: Int64
    let zoneCount: Int
    /// The names of the zones that are served.
    let served: [String]
    /// What each consumer answers from, by its name.
    let serving: [String: Int64]
    /// Whether nothing is being built, nor waits for that or for its publication.
    let isIdle: Bool

    /// Reads the object; members that are not known here don't matter.
    init?(json: [UInt8]) {
        guard let value = try? JSONValue(text: json), let generation = value["generation"]?.integer,
            let zones = value["zones"]?.array
        else { return nil }
        self.generation = generation
        zoneCount = zones.count
        served = zones.filter { $0["state"]?.string == "serving" }.compactMap { $0["zone"]?.string }
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
        "ready: \(served.count) of \(zoneCount) zones, generation \(generation)"
    }
}
