// One server and one zone size: load on one thread, reloads from another.

import Glibc
import Platform
import Synchronization

/// In which a question was asked.
enum ReloadPhase: Int, CaseIterable {
    case idle, publishing, control
    /// While zone files are written; not reported.
    case preparing
}

struct ReloadRun {
    let command: ReloadCommand
    let kind: ServerKind
    let size: Int

    func run() throws -> ReloadReport {
        let folder = try Leftovers.makeFolder()
        defer { Leftovers.removeTree(folder) }
        let title = "\(kind.rawValue), \(size) delegations"
        Terminal.progress("\(title): starting")
        var zone = RegistryZone(size: size, seed: 1, serial: 1, changed: command.changed)
        try zone.write(to: folder)
        let questions = folder + "/uniform.questions"
        try QuestionSet.uniform.write(zone, count: 200_000, dnssec: 50, seed: 1, to: questions)
        let served = ServedZone(origin: RegistryZone.apex, file: folder + "/" + RegistryZone.fileName)
        let site = Site(
            folder: folder + "/server", zones: [served],
            endpoint: Endpoint(address: [127, 0, 0, 1], port: command.port))
        let server = try RunningServer(kind, site)
        defer { server.stop() }
        try server.waitUntilReady(seconds: command.patience)
        var report = ReloadReport(kind: kind, size: size)
        report.memory = server.memory

        let load = try BackgroundLoad(plan(site), corpus: try QuestionCorpus(file: questions))
        defer { load.control.stop() }
        var publications: [(from: UInt64, to: UInt64)] = []
        for round in 1...command.times {
            Terminal.progress("\(title): reload \(round) of \(command.times)")
            load.control.enter(.preparing)
            zone.serial += 1
            try zone.write(to: folder)
            usleep(500_000)
            load.control.enter(.idle)
            usleep(UInt32(command.every * 1e6))
            load.control.enter(.publishing)
            let began = Clock.now()
            let times = try reload(server, served, serial: zone.serial, folder)
            publications.append((began, Clock.now()))
            usleep(300_000)
            load.control.enter(.idle)
            usleep(300_000)
            load.control.enter(.control)
            try spin(seconds: max(times.answered, times.command))
            usleep(300_000)
            report.untilAnswered.append(times.answered)
            report.untilDone.append(times.command)
        }
        load.control.stop()
        report.add(load.wait(), publications: publications)

        Terminal.progress("\(title): memory")
        zone.serial += 1
        try zone.write(to: folder)
        let began = Clock.now()
        _ = try reload(server, served, serial: zone.serial, folder) {
            let memory = server.memory
            report.peakMemory = max(report.peakMemory, memory)
            report.memoryOverTime.append(.init(second: Double(Clock.now() - began) / 1e9, mebibytes: memory))
        }
        return report
    }

    private func plan(_ site: Site) -> LoadPlan {
        var plan = LoadPlan(
            server: site.endpoint, pace: command.flatOut ? .closed(window: 64) : .open(perSecond: command.rate))
        plan.seconds = 86400
        return plan
    }

    /// Reloads and waits for the new serial and for the command's end: seconds until either.
    private func reload(
        _ server: RunningServer, _ zone: ServedZone, serial: UInt32, _ folder: String, meanwhile: () -> Void = {}
    ) throws -> (answered: Double, command: Double) {
        var probe = try Probe(server.site.endpoint)
        let started = Clock.now()
        func passed() -> Double { Double(Clock.now() - started) / 1e9 }
        let running = try BackgroundCommand(
            try server.kind.reloadCommand(server.site, zone), output: folder + "/reload.out")
        var answered: Double?
        var ended: Double?
        while answered == nil || ended == nil {
            if answered == nil, try probe.serial(of: zone.origin, milliseconds: 100) == serial { answered = passed() }
            if ended == nil, try running.hasEnded() {
                ended = passed()
                try running.requireSuccess()
            }
            guard passed() < Double(command.patience) else {
                throw BenchError.notReady(name: kind.rawValue, seconds: command.patience, log: "serial \(serial)")
            }
            meanwhile()
            usleep(1000)
        }
        return (answered ?? 0, ended ?? 0)
    }

    /// Has a loop of the lowest priority take a processor's time, as a builder would.
    private func spin(seconds: Double) throws {
        let loop = try BackgroundCommand(
            [try Programs.need("nice"), "-n", "19", "/bin/sh", "-c", "while :; do :; done"], output: "/dev/null")
        usleep(UInt32(min(seconds, 3600) * 1e6))
        try loop.kill()
    }
}

/// A load generator on a thread of its own.
final class BackgroundLoad: Sendable {
    let control = LoadControl()
    private let thread: DaemonThread
    private let box = Box()

    init(_ plan: LoadPlan, corpus: QuestionCorpus) throws {
        let control = control
        let box = box
        thread = try DaemonThread(named: "load") {
            do {
                let generator = try LoadGenerator(
                    plan, corpus: corpus, phases: ReloadPhase.allCases.count, control: control)
                let outcome = generator.run()
                box.outcome.withLock { $0 = outcome }
            } catch {
                fail("\(error)")
            }
        }
    }

    /// Waits for the end; the control must say stop.
    func wait() -> LoadOutcome {
        thread.join()
        return box.outcome.withLock { $0 } ?? LoadOutcome(tallies: [])
    }

    private final class Box: Sendable {
        let outcome = Mutex<LoadOutcome?>(nil)
    }
}

extension LoadControl {
    func enter(_ phase: ReloadPhase) { self.phase = phase.rawValue }
}
