// What clients may ask the manager for, checked before anything is done.

import Bus
import DNSCore
import Generations

/// The command `load {"zones":[{"origin":"example.","file":"/…"}],"force":true,"all_or_nothing":true}`; the last two may be
/// left out.
enum LoadRequest {
    /// What is wrong with a request.
    struct Problem: Error, CustomStringConvertible {
        let description: String
        init(_ description: String) { self.description = description }
    }

    static func sources(_ params: JSONValue) throws(Problem) -> [ZoneSource] {
        guard let zones = params["zones"]?.array, !zones.isEmpty else {
            throw Problem("load takes {\"zones\":[{\"origin\":name,\"file\":path}]}")
        }
        var sources: [ZoneSource] = []
        var seen: Set<ZoneName> = []
        for zone in zones {
            guard let origin = zone["origin"]?.string, let file = zone["file"]?.string else {
                throw Problem("a zone to be loaded needs an origin and a file")
            }
            guard let name = LoadRequest.zone(origin) else { throw Problem("'\(origin)' is no domain name") }
            guard file.hasPrefix("/"), !file.utf8.contains(0) else {
                throw Problem("the file of \(name) must be an absolute path, and '\(file)' is none")
            }
            guard seen.insert(name).inserted else { throw Problem("\(name) is asked for twice in one request") }
            sources.append(ZoneSource(zone: name, file: file))
        }
        return sources
    }

    static func options(_ params: JSONValue) -> Ledger.LoadOptions {
        var options: Ledger.LoadOptions = []
        if params["force"]?.bool == true { options.insert(.forced) }
        if params["all_or_nothing"]?.bool == true { options.insert(.allOrNothing) }
        return options
    }

    /// `"canary":{"name":"authd.2"}` or `"canary":{"count":1}`, with `"hold":seconds`; nil when it is not to be tried.
    static func trial(_ params: JSONValue) -> (consumers: Ledger.TrialConsumers, hold: Duration)? {
        let hold = Duration.milliseconds(Int64(max(0, min(params["hold"]?.double ?? 0, 86400)) * 1000))
        if let name = params["canary"]?["name"]?.string { return (.named(name), hold) }
        if let count = params["canary"]?["count"]?.integer { return (.count(Int(max(1, min(count, 10000)))), hold) }
        return nil
    }

    /// The one spelling of a zone's name; nil for what is no name.
    static func zone(_ text: String) -> ZoneName? {
        (try? Name(text)).map { ZoneName("\($0.lowercased)") }
    }
}
