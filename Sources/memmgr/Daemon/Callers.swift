// Who waits for what: the requests from the bus, and what their builds have told, for the one answer that each gets.

import Bus
import DNSCore
import Generations

/// A request, and what is known beside the ledger's answer.
struct Caller {
    /// Nil for loads that the manager began by itself.
    var message: IncomingMessage?
    let origin: Origin
    let zones: Set<ZoneName>
    /// For how long its generation is to be tried; nil: not at all.
    let hold: Duration?
    /// What becomes of warnings, as the request has it; nil for what the manager began by itself.
    let warnings: WarningPolicy?
    /// Whether records outside these zones are left out.
    let skipsOutOfZone: Bool
    /// How many questions those that it is tried on must see at least in that time.
    let leastQuestions: Int
    /// What was seen of the trial.
    var figures: TrialFigures?
    /// Zones that are to be unloaded together with what the request loads.
    var prunes: [ZoneName] = []
    /// Whether nothing is to happen if one of its zones fails.
    var isAllOrNothing = false
    /// The reports of the builds that had to do with the request.
    var reports: [ZoneName: ZoneReport] = [:]
    /// The end of the last of them.
    var build: BuildEnd?
    var built: ContinuousClock.Instant?

    /// Where a request came from, for the publish log.
    struct Origin {
        /// What was asked for: load, unload, rollback; or what had the manager do it.
        let command: String
        /// Who asked, as the command says; whoever may speak on the bus may say so.
        let user: String?
    }
}

/// The open requests.
struct Callers {
    private var open: [RequestID: Caller] = [:]
    private var last: UInt64 = 0

    /// Takes up a request; nil is the manager's own.
    mutating func add(
        _ message: IncomingMessage?, _ command: String, zones: [ZoneName], hold: Duration? = nil,
        leastQuestions: Int = 0, pruning prunes: [ZoneName] = [], isAllOrNothing: Bool = false,
        warnings: WarningPolicy? = nil
    ) -> RequestID {
        last += 1
        let id = RequestID(last)
        let user = message?.params["user"]?.string.map { String($0.prefix(64)) }
        open[id] = Caller(
            message: message, origin: Caller.Origin(command: command, user: user), zones: Set(zones),
            hold: hold, warnings: warnings, skipsOutOfZone: message?.params["skip_out_of_zone"]?.bool == true,
            leastQuestions: leastQuestions, prunes: prunes, isAllOrNothing: isAllOrNothing)
        return id
    }

    func origin(of id: RequestID) -> Caller.Origin? { open[id]?.origin }

    /// Who waits for a zone.
    func users(waitingFor zone: ZoneName) -> [String] {
        Set(open.values.filter { $0.zones.contains(zone) }.compactMap(\.origin.user)).sorted()
    }

    /// Whether one who waits for a zone wants what is outside it left out.
    func skipsOutOfZone(_ zone: ZoneName) -> Bool {
        open.values.contains { $0.skipsOutOfZone && $0.zones.contains(zone) }
    }

    mutating func remove(_ id: RequestID) -> Caller? { open.removeValue(forKey: id) }

    func newest(of client: LName) -> RequestID? {
        open.filter { $0.value.message?.from == client }.keys.max()
    }

    /// Nobody waits for the answers to this client any more. What it asked for goes on.
    ///
    /// - Returns: the requests whose generations were to be tried, which are given up with them.
    mutating func forget(_ client: LName) -> [RequestID] {
        let left = open.filter { $0.value.message?.from == client }
        for id in left.keys { open[id]?.message = nil }
        return left.filter { $0.value.hold != nil }.keys.sorted()
    }

    /// The unloads that are due with the end of a build: of requests whose zones it built. They are asked for once.
    mutating func takePrunes(after reports: [ZoneReport]) -> [Ledger.Event] {
        let built = Set(reports.map(\.zone))
        let failed = Set(reports.filter { $0.result == .failed }.map(\.zone))
        return open.keys.sorted().compactMap { id in
            guard let caller = open[id], !caller.prunes.isEmpty, !caller.zones.isDisjoint(with: built),
                !caller.isAllOrNothing || caller.zones.isDisjoint(with: failed)
            else { return nil }
            open[id]?.prunes = []
            return .unloadRequested(id, caller.prunes)
        }
    }

    /// For how long a generation is to be watched: as long as the most patient of those who wait for one of its zones wants.
    func hold(for requests: Set<RequestID>) -> Duration {
        requests.compactMap { open[$0]?.hold }.max() ?? .zero
    }

    /// What becomes of a zone's warnings in the build that begins now: it is strict if one who waits for it wants that, and a
    /// warning is switched off if all do, on top of what `base`, the manager's own policy, says.
    func warnings(of zone: ZoneName, _ base: WarningPolicy) -> WarningPolicy {
        let wanted = open.values.filter { $0.zones.contains(zone) && $0.reports[zone] == nil }.compactMap(\.warnings)
        guard let first = wanted.first else { return base }
        return WarningPolicy(
            isStrict: base.isStrict || wanted.contains(where: \.isStrict),
            silenced: base.silenced.union(wanted.dropFirst().reduce(first.silenced) { $0.intersection($1.silenced) }))
    }

    func leastQuestions(for requests: Set<RequestID>) -> Int {
        requests.compactMap { open[$0]?.leastQuestions }.max() ?? 0
    }

    mutating func note(_ figures: TrialFigures, for requests: Set<RequestID>) {
        for id in requests { open[id]?.figures = figures }
    }

    /// Notes what a build has told, with all who asked for one of its zones.
    mutating func note(_ result: BuildResult, at time: ContinuousClock.Instant) {
        for id in Array(open.keys) {
            guard let zones = open[id]?.zones else { continue }
            let reports = result.reports.filter { zones.contains($0.zone) }
            guard !reports.isEmpty else { continue }
            for report in reports { open[id]?.reports[report.zone] = report }
            open[id]?.build = result.end
            open[id]?.built = time
        }
    }
}
