// A ledger on a bench: jobs that it asks for are done at once unless a test holds them back, everything else is fed by
// hand. The module Simulator has the other kind of test, with whole consumers and a random scheduler.

import Testing

@testable import Generations

struct Bench {
    var ledger: Ledger
    /// Every effect so far.
    var effects: [Ledger.Effect] = []
    /// The effects of the latest event and of the jobs that it led to.
    var latest: [Ledger.Effect] = []
    var record: Record?
    var disk: Set<FileName> = []

    enum Job { case build, directory, record }
    var heldBack: Set<Job> = []
    var failing: Set<Job> = []
    private var nextRequest: UInt64 = 1

    init(_ configuration: Ledger.Configuration = .init(), startup: Ledger.Startup = .init(), members: [String]? = []) {
        let (ledger, first) = Ledger.start(configuration, startup)
        self.ledger = ledger
        self.disk = Set(startup.names)
        run(first)
        if let members { send(.membersListed(members.map { ConsumerID($0) })) }
    }

    @discardableResult
    mutating func send(_ event: Ledger.Event) -> [Ledger.Effect] {
        latest = []
        run(ledger.handle(event))
        return latest
    }

    private mutating func run(_ first: [Ledger.Effect]) {
        var waiting = first
        while !waiting.isEmpty {
            let effect = waiting.removeFirst()
            effects.append(effect)
            latest.append(effect)
            if case .unlink(let names) = effect { disk.subtract(names) }
            if let event = done(effect) { waiting += ledger.handle(event) }
        }
        let broken = ledger.checkInvariants()
        #expect(broken.isEmpty, "\(broken.joined(separator: "; "))")
    }

    /// What becomes of a job.
    mutating func done(_ effect: Ledger.Effect) -> Ledger.Event? {
        switch effect {
        case .startBuild(let job) where !heldBack.contains(.build): return build(job)
        case .writeDirectory(let job) where !heldBack.contains(.directory):
            if failing.contains(.directory) { return .directoryFailed(job.generation, reason: "no space") }
            disk.insert(job.directory)
            return .directoryWritten(job.generation, digest: digest(of: job.generation))
        case .writeRecord(let record) where !heldBack.contains(.record):
            if failing.contains(.record) { return .recordFailed(revision: record.revision, reason: "no space") }
            self.record = record
            return .recordWritten(revision: record.revision)
        default: return nil
        }
    }

    /// A file named `…/broken` fails, `…/<serial>` has that serial as its whole content.
    mutating func build(_ job: Ledger.BuildJob) -> Ledger.Event {
        if failing.contains(.build) { return .buildFailed(job.generation, reason: "killed by SIGKILL") }
        var outcomes: [ZoneName: Ledger.BuildOutcome] = [:]
        for zone in job.zones {
            if let renewal = zone.renewal {
                let digest = digest(of: Generation(UInt64(renewal.serial) << 8))
                outcomes[zone.source.zone] = .built(digest: digest, serial: renewal.serial, records: 3)
                disk.insert(job.image)
                continue
            }
            let serial = UInt32(zone.source.file.split(separator: "/").last ?? "")
            guard let serial else {
                outcomes[zone.source.zone] = .failed(["\(zone.source.file):1:1: nonsense"])
                continue
            }
            let content = digest(of: Generation(UInt64(serial)))
            outcomes[zone.source.zone] =
                zone.former?.digest == content && !zone.isForced
                ? .unchanged : .built(digest: content, serial: serial, records: 3)
            disk.insert(job.image)
        }
        return .buildFinished(job.generation, Ledger.BuildResult(outcomes: outcomes))
    }

    func digest(of number: Generation) -> Digest {
        let digits = String(number.number, radix: 16)
        return Digest(hex: String(repeating: "0", count: 16 - digits.count) + digits)!
    }

    // The callers' side.

    @discardableResult
    mutating func load(_ zone: String, _ serial: String, _ options: Ledger.LoadOptions = []) -> RequestID {
        load([(zone, serial)], options)
    }

    @discardableResult
    mutating func load(_ zones: [(String, String)], _ options: Ledger.LoadOptions = []) -> RequestID {
        let id = newRequest()
        send(.loadRequested(id, zones.map { ZoneSource(zone: ZoneName($0.0), file: "/zones/\($0.1)") }, options))
        return id
    }

    @discardableResult
    mutating func tryOut(_ zone: String, _ serial: String, on consumers: Ledger.TrialConsumers) -> RequestID {
        let id = newRequest()
        send(
            .trialRequested(id, [ZoneSource(zone: ZoneName(zone), file: "/zones/\(serial)")], [], on: consumers))
        return id
    }

    @discardableResult
    mutating func unload(_ zone: String) -> RequestID {
        let id = newRequest()
        send(.unloadRequested(id, [ZoneName(zone)]))
        return id
    }

    @discardableResult
    mutating func rollBack(to generation: UInt64? = nil, newSerials: Bool = false) -> RequestID {
        let id = newRequest()
        send(.rollbackRequested(id, to: generation.map { Generation($0) }, newSerials: newSerials))
        return id
    }

    private mutating func newRequest() -> RequestID {
        defer { nextRequest += 1 }
        return RequestID(nextRequest)
    }

    func answers(to id: RequestID) -> [Ledger.Answer] {
        effects.compactMap { if case .answerCaller(id, let answer) = $0 { answer } else { nil } }
    }

    func results(of id: RequestID) -> [Ledger.ZoneResult] {
        answers(to: id).flatMap { $0.zones.map(\.result) }
    }

    // The consumers' side.

    mutating func join(_ lname: String, answering: Bool = true) {
        send(.consumerSubscribed(ConsumerID(lname)))
        guard answering, let current = ledger.current?.generation else { return }
        follow(lname, current.number)
    }

    /// Answers the switch, and releases everything else.
    mutating func follow(_ lname: String, _ generation: UInt64) {
        send(.switchAnswered(ConsumerID(lname), Generation(generation), .switched))
        report(lname, serving: generation, holds: [generation])
    }

    mutating func report(_ lname: String, serving: UInt64?, holds: [UInt64]) {
        let message = ReleasedMessage(
            generation: Generation(0), serving: serving.map { Generation($0) }, holds: holds.map { Generation($0) })
        send(.released(ConsumerID(lname), message))
    }

    mutating func refuse(_ lname: String, _ generation: UInt64, _ reason: String = "bad digest") {
        send(.switchAnswered(ConsumerID(lname), Generation(generation), .refused(reason: reason)))
    }

    func switches(to lname: String) -> [UInt64] {
        effects.compactMap {
            if case .sendSwitch(ConsumerID(lname), let message) = $0 { message.generation.number } else { nil }
        }
    }

    func consumer(_ lname: String) -> Status.Consumer? {
        ledger.status.consumers.first { $0.consumer == ConsumerID(lname) }
    }

    func serial(_ zone: String) -> UInt32? {
        ledger.status.zones.first { $0.zone == ZoneName(zone) }?.serial
    }

    /// The zones that the newest directory lists without a version.
    var lost: Set<ZoneName> {
        effects.reversed().lazy.compactMap { if case .writeDirectory(let job) = $0 { job.lost } else { nil } }.first
            ?? ledger.lost
    }

    var current: UInt64? { ledger.current?.generation.number }
    var unlinked: [String] {
        effects.flatMap { if case .unlink(let names) = $0 { names.map(\.string) } else { [String]() } }
    }

    /// A crash of this manager, and the next one on the same disk.
    func restarted(
        _ configuration: Ledger.Configuration = .init(), keepingRecord: Bool = true, members: [String]? = []
    ) -> Bench {
        let startup = Ledger.Startup(
            record: keepingRecord ? record : nil, names: disk.sorted(), intact: disk,
            found: keepingRecord ? nil : ledger.current?.content.zones)
        var next = Bench(configuration, startup: startup, members: members)
        next.record = next.record ?? record
        return next
    }
}
