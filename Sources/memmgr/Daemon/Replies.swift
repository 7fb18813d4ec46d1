// The manager's answers as JSON. The command line prints them, and with `--json` passes them on: their members are a
// contract, to which more may only be added.

import Bus
import Generations
import JSON
import Platform
import ZoneFile

/// Answers to `load` and `unload`.
enum LoadReply {
    static func reply(_ answer: Ledger.Answer, caller: Caller, now: ContinuousClock.Instant) -> JSONValue {
        var members: [String: JSONValue] = [
            "ok": .bool(answer.succeeded && caller.prunes.isEmpty),
            "generation": .init(answer.generation),
            "problem": .init(answer.problem),
            "zones": .array(
                answer.zones.map { zone($0, report: caller.reports[$0.zone]) } + caller.prunes.map(notUnloaded)),
            "consumers": .array(answer.consumers.map(consumer)),
            "image_size": caller.build?.imageSize.map { .integer(Int64($0)) } ?? .null,
            "write_ms": caller.build.map { .number($0.writeMilliseconds) } ?? .null,
            "publish_ms": caller.built.map { .number((now - $0).milliseconds) } ?? .null,
        ]
        if let figures = caller.figures { members["canary"] = figures.json }
        return .object(members)
    }

    /// A zone that should have been unloaded with a load that came to nothing.
    private static func notUnloaded(_ zone: ZoneName) -> JSONValue {
        [
            "zone": .string(zone.presentation), "result": "skipped",
            "problem": "not unloaded, as the load did not succeed",
        ]
    }

    private static func zone(_ answer: Ledger.ZoneAnswer, report: ZoneReport?) -> JSONValue {
        var members: [String: JSONValue] = [
            "zone": .string(answer.zone.presentation),
            "file": .init(report?.file),
            "size": report?.size.map { .integer(Int64($0)) } ?? .null,
            "parse_ms": report.map { .number($0.parseMilliseconds) } ?? .null,
            "build_ms": report.map { .number($0.buildMilliseconds) } ?? .null,
            "diagnostics": .array((report?.diagnostics ?? []).map(\.diagnostic.json)),
            "omitted": .integer(Int64(report?.omitted ?? 0)),
            "generation": .null, "serial": .null, "records": .null, "problem": .null,
        ]
        func served(_ result: JSONValue, _ generation: Generation, _ version: ZoneVersion) {
            members["result"] = result
            members["generation"] = .init(generation)
            members["serial"] = .integer(Int64(version.serial))
            members["records"] = .integer(Int64(version.records))
            members["image"] = .string(version.image.string)
            members["digest"] = .string(version.digest.hex)
        }
        switch answer.result {
        case .published(let generation, let version): served("published", generation, version)
        case .unchanged(let generation, let version): served("unchanged", generation, version)
        case .unloaded(let generation):
            members["result"] = "unloaded"
            members["generation"] = .init(generation)
        case .superseded:
            members["result"] = "superseded"
        case .failed(let problems):
            members["result"] = "failed"
            members["problem"] = .string(problems.first ?? "failed")
        case .withheld(let zone):
            members["result"] = "skipped"
            members["problem"] = .string("skipped, as \(zone) failed")
        case .refused(let generation, let refuser, let reason):
            members["result"] = "refused"
            members["generation"] = .init(generation)
            members["problem"] = .string("\(refuser.name ?? refuser.consumer.lname) refused it: \(reason)")
        case .trialFailed(let generation, let reason):
            members["result"] = "rolled_back"
            members["generation"] = .init(generation)
            members["problem"] = .string("the canary failed: \(reason)")
        case .noSuchZone:
            members["result"] = "no_such_zone"
            members["problem"] = "no such zone"
        }
        return .object(members)
    }

    static func consumer(_ answer: Ledger.ConsumerAnswer) -> JSONValue {
        var members: [String: JSONValue] = [
            "lname": .string(answer.consumer.lname), "name": .init(answer.name), "serving": .init(answer.serving),
            "reason": .null,
        ]
        switch answer.outcome {
        case .switched: members["outcome"] = "switched"
        case .laggard: members["outcome"] = "laggard"
        case .refused(let reason):
            members["outcome"] = "refused"
            members["reason"] = .string(reason)
        case .setAside(let reason):
            members["outcome"] = "set_aside"
            members["reason"] = .string(reason)
        }
        return .object(members)
    }
}

/// The answer to `progress`.
enum ProgressReply {
    static func progress(_ progress: Ledger.Progress, build: BuildProgress?) -> JSONValue {
        [
            "phase": .string(progress.phase.rawValue),
            "generation": .init(progress.generation),
            "consumers": .array(progress.consumers.map(LoadReply.consumer)),
            "fraction": build.map { .number($0.fraction) } ?? .null,
            "file": .init(build?.file),
        ]
    }
}

/// The answer to `history`.
enum HistoryReply {
    /// How many zones of a generation are told about.
    private static let limit = 100

    static func history(_ entries: [HistoryEntry]) -> JSONValue {
        ["generations": .array(entries.map(entry))]
    }

    private static func entry(_ entry: HistoryEntry) -> JSONValue {
        [
            "generation": .init(entry.generation),
            "digest": .string(entry.digest.hex),
            "role": .string(entry.role.rawValue),
            "refused": .bool(entry.isRefused),
            "zones": .integer(Int64(entry.zones)),
            "differing": .array(
                entry.differences.prefix(limit).map { difference in
                    [
                        "zone": .string(difference.zone.presentation),
                        "serial": .init(serial: difference.serial),
                        "current_serial": .init(serial: difference.currentSerial),
                    ]
                }),
            "omitted": .integer(Int64(max(0, entry.differences.count - limit))),
        ]
    }
}

/// The answers to `status` and `list`.
enum StatusReply {
    /// The most zones that a summary names in one list.
    private static let summaryLimit = 100

    /// The zones that a request asks for: `{"zones":["a."]}` for these, `{"zones":"troubled"}` for those that fail or are
    /// stale, `{"zones":"summary"}` for the first of these; else all. Nil if the request is malformed.
    static func selection(_ params: JSONValue) -> Status.Selection? {
        guard let zones = params["zones"], !zones.isNull else { return .all }
        switch zones.string {
        case "summary": return .troubled(limit: summaryLimit)
        case "troubled": return .troubled(limit: .max)
        case nil: break
        default: return nil
        }
        guard let names = zones.array?.map({ $0.string.flatMap(LoadRequest.zone) }), !names.contains(nil) else {
            return nil
        }
        return .named(names.compactMap { $0 })
    }

    static func status(
        _ status: Status, _ selection: Status.Selection, examined: Set<ZoneName>, sizes: [ZoneName: Int]
    ) -> JSONValue {
        func names(_ zones: some Collection<ZoneName>) -> JSONValue {
            let told = selection == .all ? Array(zones) : Array(zones.prefix(summaryLimit))
            return .array(told.sorted().map { .string($0.presentation) })
        }
        return [
            "generation": .init(status.generation),
            "digest": .init(status.digest?.hex),
            "version": .string(Version.text),
            "started": .string(Version.start),
            "counts": [
                "serving": .integer(Int64(status.counts.serving)), "stale": .integer(Int64(status.counts.stale)),
                "failed": .integer(Int64(status.counts.failed)),
            ],
            "zone_count": .integer(Int64(status.zoneCount)),
            "served_count": .integer(Int64(status.servedCount)),
            "zones": .array(status.zones.map { zone($0, size: sizes[$0.zone]) }),
            "unknown_zones": .array(status.unknownZones.map { .string($0.presentation) }),
            "omitted": .integer(Int64(status.omittedZones)),
            "consumers": .array(status.consumers.map(consumer)),
            "in_release": .array(status.inRelease.map { .init($0) }),
            "history": .array(status.history.map { .init($0) }),
            "building": status.builds.first.map { .init($0.generation) } ?? .null,
            "builds": .array(
                status.builds.map { build in
                    ["generation": .init(build.generation), "zones": names(build.zones)]
                }),
            // A zone whose file is being looked at may be about to be built: whoever waits for quiet waits for it too.
            "queued": names(examined.union(status.queued)),
            "waiting": names(status.waiting),
            "trial": status.trial.map(trial) ?? .null,
            "recovered": .bool(status.recovered),
        ]
    }

    private static func trial(_ trial: Status.Trial) -> JSONValue {
        ["generation": .init(trial.generation), "consumers": .array(trial.consumers.map { .string($0) })]
    }

    static func list(_ status: Status) -> JSONValue {
        ["zones": .array(status.zones.map { zone($0, size: nil) })]
    }

    private static func zone(_ zone: Status.Zone, size: Int?) -> JSONValue {
        var members: [String: JSONValue] = [
            "zone": .string(zone.zone.presentation),
            "state": .string(word(for: zone.state)),
            "file": .init(zone.file),
            "serial": zone.serial.map { .integer(Int64($0)) } ?? .null,
            "records": zone.records.map { .integer(Int64($0)) } ?? .null,
            "image": .init(zone.image?.string),
            "problem": .init(zone.problem),
        ]
        if let size { members["size"] = .integer(Int64(size)) }
        return .object(members)
    }

    /// One word for one state, in every form.
    private static func word(for state: Status.Zone.State) -> String {
        switch state {
        case .good: "serving"
        case .stale: "stale"
        case .unserved, .missing: "failed"
        }
    }

    private static func consumer(_ consumer: Status.Consumer) -> JSONValue {
        [
            "name": .init(consumer.name),
            "lname": .string(consumer.consumer.lname),
            "serving": .init(consumer.serving),
            "holds": .array(consumer.holds.map { .init($0) }),
            "state": .string(consumer.state.rawValue),
            "problem": .init(consumer.problem),
        ]
    }
}

extension JSONValue {
    fileprivate init(serial: UInt32?) { self = serial.map { .integer(Int64($0)) } ?? .null }

    fileprivate init(_ text: String?) { self = text.map(JSONValue.string) ?? .null }

    /// Generation numbers are at most 2^53 - 1.
    init(_ generation: Generation?) { self = generation.map { .integer(Int64($0.number)) } ?? .null }
}
