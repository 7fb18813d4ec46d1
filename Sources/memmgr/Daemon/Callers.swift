// Who waits for what: the requests from the bus, and what their builds have told, for the one answer that each gets.

import Bus
import Generations

/// A request, and what is known beside the ledger's answer.
struct Caller {
    /// Nil for loads that the manager began by itself.
    let message: IncomingMessage?
    let zones: Set<ZoneName>
    /// The reports of the builds that had to do with the request.
    var reports: [ZoneName: ZoneReport] = [:]
    /// The end of the last of them.
    var build: BuildEnd?
    var built: ContinuousClock.Instant?
}

/// The open requests.
struct Callers {
    private var open: [RequestID: Caller] = [:]
    private var last: UInt64 = 0

    /// Takes up a request; nil is the manager's own.
    mutating func add(_ message: IncomingMessage?, zones: [ZoneName]) -> RequestID {
        last += 1
        let id = RequestID(last)
        open[id] = Caller(message: message, zones: Set(zones))
        return id
    }

    mutating func remove(_ id: RequestID) -> Caller? { open.removeValue(forKey: id) }

    func newest(of client: LName) -> RequestID? {
        open.filter { $0.value.message?.from == client }.keys.max()
    }

    /// Nobody waits for the answers to this client any more. What it asked for goes on.
    mutating func forget(_ client: LName) {
        for (id, caller) in open where caller.message?.from == client {
            open[id] = Caller(
                message: nil, zones: caller.zones, reports: caller.reports, build: caller.build, built: caller.built)
        }
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
