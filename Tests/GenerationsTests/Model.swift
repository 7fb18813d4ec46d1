// A small world for random runs: a manager that crashes and restarts, consumers that map, release, refuse and die,
// a disk, and queues between them. One seed is one run. After each step the invariants are checked against the
// truth: what consumers really map, what is really on the disk.

@testable import Generations

struct SplitMix64: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }
}

struct World {
    /// What a consumer says, in its order; the bus's word about it comes last.
    enum Word {
        case subscribed, unsubscribed, disconnected
        case answer(Consumer<Token>.Reply, Token)
        case released(ReleasedMessage)
    }

    struct Token { var manager: Int, generation: Generation? }

    enum Job {
        case build(Ledger.BuildJob)
        case directory(Ledger.DirectoryJob)
        case record(Record)
    }

    struct Process {
        var machine: Consumer<Token>
        var isAlive = true
        var isSubscribed = true
        /// Refuses poisoned content; others do not mind.
        var isFragile: Bool
        var hasRefused = false
        var inbox: [(Token, SwitchMessage?)] = []
        var outbox: [Word] = [.subscribed]
        var tasks: [Consumer<Token>.Effect] = []
        /// What it maps, in truth.
        var mapped: Set<Generation> = []
        /// What its threads answer from, in truth.
        var answering: Generation?
    }

    var random: SplitMix64
    let configuration: Ledger.Configuration
    var ledger: Ledger
    var manager = 0
    var jobs: [Job] = []
    var disk: Set<FileName> = []
    var record: Record?
    var timers: Set<Generation> = []
    var membersDue = true
    /// The files of each directory ever written.
    var named: [Generation: Set<FileName>] = [:]
    var poisoned: Set<Digest> = []
    var contents: [Generation: Set<Digest>] = [:]
    var sent: [Generation: Digest] = [:]
    var largestSent = Generation(0)
    var processes: [ConsumerID: Process] = [:]
    var open: Set<RequestID> = []
    var nextRequest: UInt64 = 1
    var nextConsumer = 1
    var nextSerial: UInt32 = 1
    var isCalm = false
    var problems: [String] = []
    var isTraced = false
    var trace: [String] = []

    init(seed: UInt64, traced: Bool = false) {
        isTraced = traced
        random = SplitMix64(state: seed)
        configuration = Ledger.Configuration(
            releaseLimit: [1, 4].randomElement(using: &random)!,
            historyLength: Int.random(in: 0...2, using: &random))
        let (ledger, effects) = Ledger.start(configuration, Ledger.Startup())
        self.ledger = ledger
        carryOut(effects)
    }

    // The steps.

    mutating func run(steps: Int) {
        for _ in 0..<steps where problems.isEmpty { step() }
        isCalm = true
        // A write that failed is tried again with the next event.
        for _ in 0..<3 {
            settle()
            request()
            settle()
        }
        checkTheEnd()
    }

    private mutating func settle() {
        var left = 5000
        while problems.isEmpty, left > 0 {
            left -= 1
            if work() { continue }
            // One that has unsubscribed does not switch any more, and holds until its time is up.
            guard !timers.isEmpty else { break }
            fireTimer()
        }
        if left == 0 { problems.append("I5: never comes to rest") }
    }

    private mutating func step() {
        switch Int.random(in: 0..<100, using: &random) {
        case 0..<7: request()
        case 7..<9: join()
        case 9..<11: die()
        case 11: restart()
        case 12: fireTimer()
        case 13: leave()
        default: if !work() { request() }
        }
        check()
    }

    /// Does one of the things that are waiting to be done.
    private mutating func work() -> Bool {
        var choices: [(inout World) -> Void] = []
        if membersDue { choices.append { $0.listMembers() } }
        for index in jobs.indices { choices.append { $0.finish(index) } }
        for id in processes.keys.sorted() {
            let process = processes[id]!
            if !process.outbox.isEmpty { choices.append { $0.hear(id) } }
            guard process.isAlive else { continue }
            if !process.inbox.isEmpty { choices.append { $0.deliver(id) } }
            for index in process.tasks.indices { choices.append { $0.perform(id, index) } }
        }
        guard let choice = choices.randomElement(using: &random) else { return false }
        choice(&self)
        return true
    }

    private mutating func feed(_ event: Ledger.Event) {
        if isTraced { trace.append("\(event)") }
        carryOut(ledger.handle(event))
    }

    private mutating func request() {
        let id = RequestID(nextRequest)
        nextRequest += 1
        open.insert(id)
        let zones = ["a.", "b.", "c."].filter { _ in Bool.random(using: &random) }.map { ZoneName($0) }
        switch Int.random(in: 0..<10, using: &random) {
        case 0: feed(.unloadRequested(id, zones))
        case 1: feed(.rollbackRequested(id, to: nil))
        default:
            feed(
                .loadRequested(
                    id,
                    zones.map { zone in
                        nextSerial += UInt32.random(in: 0...1, using: &random)
                        return ZoneSource(zone: zone, file: "/\(nextSerial)")
                    }))
        }
    }

    private mutating func join() {
        guard processes.values.count(where: \.isAlive) < 3 else { return }
        let id = ConsumerID("c\(nextConsumer)")
        nextConsumer += 1
        processes[id] = Process(
            machine: Consumer(name: "\(id)"), isFragile: Int.random(in: 0..<3, using: &random) == 0)
    }

    private mutating func die() {
        guard let id = processes.filter(\.value.isAlive).keys.sorted().randomElement(using: &random) else { return }
        kill(id)
        if Bool.random(using: &random) { feed(.childDied(id, signal: Bool.random(using: &random) ? 11 : 9)) }
    }

    private mutating func kill(_ id: ConsumerID) {
        guard processes[id]?.isAlive == true else { return }
        processes[id]!.isAlive = false
        processes[id]!.mapped = []
        processes[id]!.tasks = []
        processes[id]!.inbox = []
        processes[id]!.outbox.append(.disconnected)
    }

    private mutating func leave() {
        guard Int.random(in: 0..<4, using: &random) == 0,
            let id = processes.filter({ $0.value.isAlive && $0.value.isSubscribed }).keys.sorted()
                .randomElement(using: &random)
        else { return }
        processes[id]!.isSubscribed = false
        processes[id]!.outbox.append(.unsubscribed)
    }

    private mutating func fireTimer() {
        guard let generation = timers.sorted().first else { return }
        timers.remove(generation)
        feed(.timerFired(generation))
    }

    /// The manager dies at any moment; what it had asked for may be done, half done, or not begun.
    private mutating func restart() {
        for job in jobs where Bool.random(using: &random) {
            switch job {
            case .build(let build): disk.insert(build.image)
            case .directory(let directory): disk.insert(write(directory))
            case .record(let record): self.record = record
            }
        }
        jobs = []
        timers = []
        open = []
        manager += 1
        for id in processes.keys { processes[id]!.outbox = [] }
        // One that has left the group is no consumer to the next manager; it keeps its pages, not its files.
        processes = processes.filter { $0.value.isAlive && $0.value.isSubscribed }
        membersDue = true
        if isTraced { trace.append("the manager restarts") }
        let startup = Ledger.Startup(record: record, names: disk.sorted(), intact: disk)
        let (ledger, effects) = Ledger.start(configuration, startup)
        self.ledger = ledger
        carryOut(effects)
    }

    // The manager's hands.

    private mutating func carryOut(_ effects: [Ledger.Effect]) {
        for effect in effects {
            if isTraced { trace.append("    \(effect)") }
            switch effect {
            case .startBuild(let job): jobs.append(.build(job))
            case .writeDirectory(let job): jobs.append(.directory(job))
            case .writeRecord(let record): jobs.append(.record(record))
            case .sendSwitch(let id, let message): send(message, to: id)
            case .askHolding(let id):
                if processes[id]?.isAlive == true {
                    processes[id]!.inbox.append((Token(manager: manager, generation: nil), nil))
                }
            case .unlink(let names): disk.subtract(names)
            case .armTimer(let generation): timers.insert(generation)
            case .cancelTimer(let generation): timers.remove(generation)
            case .disconnectAndKill(let id, _, _): kill(id)
            case .answerCaller(let id, let answer): heardBack(id, answer)
            case .announceZoneUpdates, .note: break
            }
        }
    }

    private mutating func heardBack(_ id: RequestID, _ answer: Ledger.Answer) {
        if open.remove(id) == nil { problems.append("I3: request \(id) is answered twice") }
        for case .published(let generation, _) in answer.zones.map(\.result) {
            for consumer in answer.consumers where consumer.outcome == .switched {
                guard let process = processes[consumer.consumer], process.isAlive else { continue }
                if process.machine.serving.map({ $0 < generation }) ?? true {
                    problems.append("I7: request \(id) is told that \(consumer.consumer) serves \(generation)")
                }
            }
        }
    }

    private mutating func send(_ message: SwitchMessage, to id: ConsumerID) {
        let generation = message.generation
        if let digest = sent[generation], digest != message.digest {
            problems.append("I4: generation \(generation) means two things")
        }
        if generation < largestSent { problems.append("I4: \(generation) is sent after \(largestSent)") }
        // After a failed write the record on disk may be ahead; it still lists what it replaced.
        let recorded = [record?.current?.generation] + (record?.former.map(\.announced.generation) ?? [])
        if !recorded.contains(generation) { problems.append("I1: \(generation) is not in the record") }
        if named[generation]?.isSubset(of: disk) != true { problems.append("I1: \(generation) is sent without files") }
        sent[generation] = message.digest
        largestSent = max(largestSent, generation)
        if processes[id]?.isAlive == true {
            processes[id]!.inbox.append((Token(manager: manager, generation: generation), message))
        }
    }

    private mutating func listMembers() {
        membersDue = false
        // The bus tells who is a member in one order with who comes and goes: what it has not seen comes later.
        let members = processes.filter { _, process in
            var isMember = process.isAlive && process.isSubscribed
            for word in process.outbox.reversed() {
                switch word {
                case .subscribed: isMember = false
                case .unsubscribed, .disconnected: isMember = true
                case .answer, .released: break
                }
            }
            return isMember
        }
        feed(.membersListed(members.keys.sorted()))
    }

    private mutating func write(_ job: Ledger.DirectoryJob) -> FileName {
        named[job.generation] = Set(job.zones.values.map(\.image)).union([job.directory])
        contents[job.generation] = Set(job.zones.values.map(\.digest))
        return job.directory
    }

    private mutating func finish(_ index: Int) {
        let fails = !isCalm && Int.random(in: 0..<12, using: &random) == 0
        switch jobs.remove(at: index) {
        case .build(let job):
            if fails { return feed(.buildFailed(job.generation, reason: "out of memory")) }
            if disk.contains(job.image) { problems.append("I2: \(job.image) is used again") }
            var outcomes: [ZoneName: Ledger.BuildOutcome] = [:]
            for zone in job.zones { outcomes[zone.source.zone] = compile(zone, job) }
            feed(.buildFinished(job.generation, Ledger.BuildResult(outcomes: outcomes)))
        case .directory(let job):
            if fails { return feed(.directoryFailed(job.generation, reason: "no space")) }
            if disk.contains(job.directory) { problems.append("I2: \(job.directory) is used again") }
            disk.insert(write(job))
            feed(.directoryWritten(job.generation, digest: digest(job.generation.number << 16 | UInt64(manager))))
        case .record(let record):
            // A failed write may have reached the disk.
            if !fails || Bool.random(using: &random) { self.record = record }
            feed(
                fails
                    ? .recordFailed(revision: record.revision, reason: "I/O error")
                    : .recordWritten(revision: record.revision))
        }
    }

    private mutating func compile(_ zone: Ledger.BuildJob.Zone, _ job: Ledger.BuildJob) -> Ledger.BuildOutcome {
        let serial = UInt32(zone.source.file.dropFirst()) ?? 0
        if !isCalm, serial % 5 == 1 { return .failed(["\(zone.source.file):1:1: nonsense"]) }
        let content = digest(UInt64(serial) << 8 | UInt64(zone.source.zone.presentation.utf8.first ?? 0))
        if serial % 5 == 2 { poisoned.insert(content) }
        if zone.former?.digest == content { return .unchanged }
        disk.insert(job.image)
        return .built(digest: content, serial: serial, records: 1)
    }

    private func digest(_ number: UInt64) -> Digest {
        let digits = String(number, radix: 16)
        return Digest(hex: String(repeating: "0", count: 16 - digits.count) + digits)!
    }

    private mutating func hear(_ id: ConsumerID) {
        switch processes[id]!.outbox.removeFirst() {
        case .subscribed: feed(.consumerSubscribed(id))
        case .unsubscribed: feed(.consumerUnsubscribed(id))
        case .disconnected:
            processes[id] = nil
            feed(.consumerDisconnected(id))
        case .released(let message): feed(.released(id, message))
        case .answer(let reply, let token):
            guard token.manager == manager else { return }
            switch reply {
            case .holding(let state): feed(.holdingAnswered(id, state))
            case .switched(let answer): feed(.switchAnswered(id, answer.generation, .switched))
            case .superseded: feed(.switchAnswered(id, token.generation!, .superseded))
            case .refused(let reason): feed(.switchAnswered(id, token.generation!, .refused(reason: reason)))
            }
        }
    }

    // The consumers.

    private mutating func deliver(_ id: ConsumerID) {
        let (token, message) = processes[id]!.inbox.removeFirst()
        tell(id, message.map { .switchReceived(token, $0) } ?? .holdingAsked(token))
    }

    private mutating func tell(_ id: ConsumerID, _ event: Consumer<Token>.Event) {
        for effect in processes[id]!.machine.handle(event) {
            switch effect {
            case .reply(let token, let reply):
                if case .refused = reply { processes[id]!.hasRefused = true }
                if case .switched(let answer) = reply, processes[id]!.answering != answer.generation {
                    problems.append("I7: \(id) says that it answers from \(answer.generation), and does not")
                }
                processes[id]!.outbox.append(.answer(reply, token))
            case .sendReleased(let message): processes[id]!.outbox.append(.released(message))
            case .map(let message, _):
                processes[id]!.mapped.insert(message.generation)
                processes[id]!.tasks.append(effect)
            case .swap, .release: processes[id]!.tasks.append(effect)
            }
        }
    }

    private mutating func perform(_ id: ConsumerID, _ index: Int) {
        switch processes[id]!.tasks.remove(at: index) {
        case .map(let message, _):
            let generation = message.generation
            if processes[id]!.isFragile, !poisoned.isDisjoint(with: contents[generation] ?? []) {
                if !isCalm, Bool.random(using: &random) {
                    kill(id)
                    return feed(.childDied(id, signal: 7))
                }
                processes[id]!.mapped.remove(generation)
                tell(id, .mapFailed(generation, reason: "poison"))
            } else {
                tell(id, .mapped(generation))
            }
        case .swap(let generation):
            processes[id]!.answering = generation
            tell(id, .switched(generation))
        case .release(let generation):
            processes[id]!.mapped.remove(generation)
            tell(id, .released(generation))
        case .reply, .sendReleased: break
        }
    }

    // The checks.

    private mutating func check() {
        problems += ledger.checkInvariants()
        for (id, process) in processes where process.isAlive {
            for generation in process.mapped where named[generation]?.isSubset(of: disk) != true {
                problems.append("I2: \(id) maps \(generation), whose files are gone")
            }
        }
        let added = disk.filter { $0.string.hasSuffix(".img") }.count
        // Current, R in release, history, one to return to, one waiting, one in a candidate, one being built.
        let images = (configuration.releaseLimit + configuration.historyLength + 6) * 3
        if added > images { problems.append("I3: \(added) images on the disk") }
    }

    private mutating func checkTheEnd() {
        guard problems.isEmpty else { return }
        check()
        guard let current = ledger.current else { return problems.append("I5: nothing is published") }
        if !open.isEmpty { problems.append("I3: never answered: \(open.sorted())") }
        for (id, process) in processes where process.isAlive && process.isSubscribed && !process.hasRefused {
            if process.machine.serving != current.generation {
                problems.append(
                    "I5: \(id) serves \(process.machine.serving?.description ?? "nothing"), not \(current.generation)")
            }
        }
        let listening = processes.values.contains { $0.isAlive && !$0.isSubscribed }
        if disk != ledger.referenced, !listening, ledger.holdsAreKnown {
            problems.append(
                "leaked: \(disk.subtracting(ledger.referenced).sorted()), lost: \(ledger.referenced.subtracting(disk).sorted())"
            )
        }
    }
}
