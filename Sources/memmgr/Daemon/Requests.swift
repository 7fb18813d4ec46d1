// What clients may ask the manager for, checked before anything is done.

import Bus
import DNSCore
import Generations
import JSON

/// The command `load {"zones":[{"origin":"example.","file":"/…"}],"force":true,"all_or_nothing":true,"prune":true,"strict":true,
/// "no_warn":["missing-glue"]}`; all but the zones may be left out. A zone may have a `text` in place of a file: `StreamedFiles`.
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
            guard let name = LoadRequest.zone(origin) else { throw Problem("'\(origin)' is not a domain name") }
            guard file.hasPrefix("/"), !file.utf8.contains(0) else {
                throw Problem("the file of \(name) must be an absolute path, and '\(file)' is not")
            }
            guard seen.insert(name).inserted else { throw Problem("\(name) appears twice in one request") }
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

    /// What becomes of warnings.
    static func warnings(_ params: JSONValue) throws(Problem) -> WarningPolicy {
        var policy = WarningPolicy(isStrict: params["strict"]?.bool == true)
        for name in params["no_warn"]?.array ?? [] {
            guard let warning = name.string.flatMap(ZoneWarning.init) else {
                throw Problem("no_warn has an unknown warning: \(name)")
            }
            policy.silenced.insert(warning)
        }
        return policy
    }

    /// Whether all other zones are to be unloaded.
    static func prunes(_ params: JSONValue) -> Bool { params["prune"]?.bool == true }

    /// How a load is to be tried.
    struct Trial {
        let consumers: Ledger.TrialConsumers
        let hold: Duration
        /// How many questions there must be in that time.
        let least: Int
    }

    /// `"canary":{"name":"authd.2"}` or `"canary":{"count":1}`, with `"hold":seconds` and `"least":questions`; nil when it is not to be tried.
    /// A name that nobody has is refused before anything is built.
    static func trial(
        _ params: JSONValue, among names: [String]
    ) throws(Problem) -> Trial? {
        guard let canary = params["canary"], !canary.isNull else { return nil }
        guard let seconds = (params["hold"] ?? 0).double, (0...86400).contains(seconds) else {
            throw Problem("hold must be 0 to 86400 seconds")
        }
        let hold = Duration.milliseconds(Int64(seconds * 1000))
        guard let least = (params["least"] ?? 0).integer, (0...1_000_000_000).contains(least) else {
            throw Problem("least is a number of questions, up to 1000000000")
        }
        func trial(_ consumers: Ledger.TrialConsumers) -> Trial {
            Trial(consumers: consumers, hold: hold, least: Int(least))
        }
        if let name = canary["name"]?.string {
            guard names.contains(name) else {
                throw Problem(unknownConsumer(name, names))
            }
            return trial(.named(name))
        }
        if let count = canary["count"]?.integer, (1...10000).contains(count) { return trial(.count(Int(count))) }
        throw Problem("a canary is {\"name\":consumer} or {\"count\":n}, from 1 on")
    }

    static func unknownConsumer(_ name: String, _ names: [String]) -> String {
        let known = names.isEmpty ? "there is none" : "there are \(names.joined(separator: ", "))"
        return "no consumer is called \(name): \(known)"
    }

    /// `"serial":"bump"`; false when there is none.
    static func wantsNewSerials(_ params: JSONValue) throws(Problem) -> Bool {
        guard let serial = params["serial"], !serial.isNull else { return false }
        if serial == "bump" { return true }
        throw Problem("rollback takes {\"serial\":\"bump\"}, or none")
    }

    /// The one spelling of a zone's name; nil for what is no name.
    static func zone(_ text: String) -> ZoneName? {
        (try? Name(text)).map { ZoneName("\($0.lowercased)") }
    }
}
