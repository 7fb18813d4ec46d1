// The publish log: what was published, by whom, and what came of it. For people, not for the manager: it is read by `memmgr log`
// only, with or without a running system, and losing its last lines in a crash costs nothing but them.

import Bus
import Generations
import Glibc
import JSON
import Platform

extension StateFolder {
    /// The publish log; beside it, with `.1` at the end of its name, is the part before it.
    var publishLog: String { path + "/publish.jsonl" }
}

/// `publish.jsonl`: one JSON object a line. It takes twice `limit` at most: full, it becomes the part before, whose own part
/// before is gone.
struct PublishLog: Sendable {
    private let path: String
    private let limit: Int
    static let standardLimit = 4 << 20

    init(path: String, limit: Int = PublishLog.standardLimit) {
        self.path = path
        self.limit = limit
    }

    /// Appends an event.
    func append(_ event: JSONValue) throws(PlatformError) {
        let size = try StateFile.append(event.text + [UInt8(ascii: "\n")], to: path)
        if size > limit { try System.rename(path, to: path + ".1") }
    }

    /// All events, the oldest first. Lines that a crash has cut short are left out.
    static func events(in folder: StateFolder) throws(PlatformError) -> [JSONValue] {
        let newer = try StateFile.read(folder.publishLog) ?? []
        // It may have become the part before in the meantime.
        let older = try StateFile.read(folder.publishLog + ".1") ?? []
        let text = older.starts(with: newer) ? older : older + newer
        return text.split(separator: UInt8(ascii: "\n")).compactMap { try? JSONValue(text: Array($0)) }
    }
}

extension Manager {
    /// The most zones that an event tells about.
    private static let zonesTold = 100

    private func log(_ event: String, _ members: [String: JSONValue]) {
        var members = members
        members["time"] = .string(TimeOfDay.text(TimeOfDay.now))
        members["event"] = .string(event)
        let value = JSONValue.object(members)
        let (publishLog, log) = (publishLog, log)
        onDisk {
            do {
                try publishLog.use { try $0.append(value) }
            } catch {
                log.warning("the publish log: \(error)")
            }
        }
    }

    func logAnnouncement(_ announcement: Ledger.Announcement) {
        announcements[announcement.generation] = .now
        let origins = announcement.requests.sorted().compactMap { callers.origin(of: $0) }
        let zones = announcement.changes.sorted { $0.key < $1.key }
        let users = Set(origins.compactMap(\.user)).sorted().map(JSONValue.string)
        let told = zones.prefix(Manager.zonesTold).map { PublishLog.zone($0, $1) }
        log(
            "announced",
            [
                "generation": JSONValue(announcement.generation),
                "digest": .string(announcement.digest.hex),
                "cause": .string(cause(of: announcement, origins)),
                "users": .array(users),
                "zone_count": .integer(Int64(announcement.zones)),
                "consumers": .integer(Int64(announcement.consumers)),
                "zones": .array(told),
                "omitted": .integer(Int64(zones.count - told.count)),
            ])
    }

    private func cause(of announcement: Ledger.Announcement, _ origins: [Caller.Origin]) -> String {
        switch announcement.cause {
        case .first: "start"
        // What nobody asks for is built because its image was lost.
        case .changes where origins.isEmpty: "files were lost"
        case .changes: Set(origins.map(\.command)).sorted().joined(separator: ", ")
        case .repair: "files were lost"
        case .refusal: "refusal"
        case .renumbering: "a consumer knew a larger number"
        case .trial: "the end of a trial"
        case .listing: "zones without a version"
        }
    }

    /// Tells that this manager has begun, and what it goes on with.
    func logStart() {
        log("manager", ["serving": JSONValue(ledger.status.generation)])
    }

    /// Tells of a consumer that is there, and why: its forerunner of the same name may be gone, or be about to go.
    func logJoining(_ consumer: Ledger.Refuser, wasThere: Bool) {
        let name = consumer.name ?? consumer.consumer.lname
        let departure = departures.removeValue(forKey: name)
        let reason =
            if wasThere {
                "it was there before the manager"
            } else if ledger.consumers(named: name).count > 1 {
                "it takes the place of another \(name), as in an upgrade"
            } else if let departure {
                "the one before \(departure)"
            } else {
                "it was started"
            }
        log("joined", ["consumer": .string(name), "reason": .string(reason)])
    }

    func logLeaving(_ consumer: Ledger.Refuser, _ reason: String?) {
        guard let name = consumer.name else { return }
        let why = reason.map { "was cut off: it \($0)" } ?? departures[name] ?? "ended, or left the bus"
        departures[name] = why
        log("left", ["consumer": .string(name), "reason": .string(why)])
    }

    func logSwitch(_ generation: Generation, _ consumer: ConsumerID) {
        log(
            "switched",
            [
                "generation": JSONValue(generation), "consumer": .string(ledger.name(of: consumer)),
                "ms": milliseconds(since: generation),
            ])
    }

    func logRefusal(_ generation: Generation, by refuser: Ledger.Refuser, _ reason: String) {
        log(
            "refused",
            [
                "generation": JSONValue(generation), "consumer": .string(refuser.name ?? refuser.consumer.lname),
                "reason": .string(reason),
            ])
    }

    func logCompletion(_ generation: Generation) {
        log("served everywhere", ["generation": JSONValue(generation), "ms": milliseconds(since: generation)])
        announcements = announcements.filter { $0.key > generation }
    }

    func logReturn(from generation: Generation, to former: Generation) {
        log("rolled back", ["generation": JSONValue(generation), "to": JSONValue(former)])
    }

    func logTrial(_ generation: Generation, on consumers: [String]) {
        log("tried", ["generation": JSONValue(generation), "consumers": .array(consumers.map { .string($0) })])
    }

    func logTrialFigures(_ generation: Generation, _ figures: TrialFigures) {
        log("watched", ["generation": JSONValue(generation), "canary": figures.json])
    }

    func logEndOfTrial(_ generation: Generation, _ reason: String) {
        log("aborted", ["generation": JSONValue(generation), "reason": .string(reason)])
    }

    /// Tells of zones that could not be compiled, with the first thing that is wrong with each.
    func logFailures(_ reports: [ZoneReport]) {
        for report in reports.filter({ $0.result == .failed }).prefix(Manager.zonesTold) {
            log(
                "failed",
                [
                    "zone": .string(report.zone.presentation), "file": .string(report.file),
                    "reason": .string(report.errors.first ?? "the build failed"),
                    "users": .array(callers.users(waitingFor: report.zone).map { .string($0) }),
                ])
        }
    }

    private func milliseconds(since generation: Generation) -> JSONValue {
        announcements[generation].map { .number((ContinuousClock.now - $0).milliseconds) } ?? .null
    }
}

extension PublishLog {
    fileprivate static func zone(_ zone: ZoneName, _ change: Change) -> JSONValue {
        guard let version = change.version else {
            return ["zone": .string(zone.presentation), "change": "removed"]
        }
        return [
            "zone": .string(zone.presentation), "change": "published", "serial": .integer(Int64(version.serial)),
            "digest": .string(version.digest.hex), "file": version.file.map { .string($0) } ?? .null,
        ]
    }
}
