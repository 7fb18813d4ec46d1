// A server that runs for a benchmark.

import Glibc
import Platform

/// A started server; `stop` ends it with all its processes.
final class RunningServer {
    let kind: ServerKind
    let site: Site
    /// Seconds from the start to the first answer for the last zone.
    private(set) var startSeconds = 0.0

    private let process: ChildProcess
    private var ended = false
    private let log: String

    /// Starts a server; it does not answer yet.
    init(_ kind: ServerKind, _ site: Site) throws {
        self.kind = kind
        self.site = site
        log = site.folder + "/" + kind.rawValue + ".out"
        try System.makeFolder(site.folder)
        var command = try kind.prepare(site)
        if let processor = site.processor, let taskset = Programs.find("taskset") {
            command = [taskset, "-c", "\(processor)"] + command
        }
        let output = try System.open(log, O_WRONLY | O_CREAT | O_APPEND)
        var child = ChildCommand(command[0], Array(command.dropFirst()))
        child.output = output.number
        child.errors = output.number
        process = try ChildProcess(child)
        Leftovers.add(process: process.id)
    }

    /// Waits until every one of the zones' last is answered.
    func waitUntilReady(seconds: Int) throws {
        let started = Clock.now()
        var probe = try Probe(site.endpoint)
        let zone = site.zones[site.zones.count - 1].origin
        while Clock.now() - started < UInt64(seconds) * 1_000_000_000 {
            if try process.end() != nil {
                ended = true
                Leftovers.remove(process: process.id)
                throw BenchError.serverEnded(name: kind.rawValue, log: lastOutput())
            }
            let asked = Question(name: zone, type: .soa)
            if let answer = try probe.ask(asked, milliseconds: 50), kind == .reflect || Probe.serial(in: answer) != nil
            {
                startSeconds = Double(Clock.now() - started) / 1e9
                return
            }
            usleep(2000)
        }
        throw BenchError.notReady(name: kind.rawValue, seconds: seconds, log: lastOutput())
    }

    /// Waits until so many responders run and no process's memory changes any more: images are resident, builds have ended.
    func waitForResponders(_ count: Int, seconds: Int) throws {
        let end = Clock.now() + UInt64(seconds) * 1_000_000_000
        var sizes: [Int] = []
        while Clock.now() < end {
            usleep(1_000_000)
            // In MiB: the system's own bookkeeping goes on.
            let now = family.map { (ProcessFile.memory(of: $0)?.proportional ?? 0) / 1024 }
            if answering.count == count, now == sizes { return }
            sizes = now
        }
        throw BenchError.notReady(name: kind.rawValue, seconds: seconds, log: lastOutput())
    }

    /// Which processes answer queries, and whose processor time counts.
    var answering: [pid_t] { kind.answering(process.id) }

    /// All of the server's processes.
    var family: [pid_t] { ProcessFile.family(of: process.id) }

    /// The memory of all processes, each shared page counted once, in MiB.
    var memory: Double {
        Double(family.reduce(0) { $0 + (ProcessFile.memory(of: $1)?.proportional ?? 0) }) / 1024
    }

    /// Has a zone read again; returns when the control command does.
    func reload(_ zone: ServedZone) throws {
        let command = try kind.reloadCommand(site, zone)
        if !command.isEmpty { try Programs.run(command) }
    }

    /// Kills the parts of that name without warning, and returns when they are gone.
    func kill(_ program: String) throws {
        let parts = family.filter { ProcessFile.text("/proc/\($0)/comm") == program + "\n" }
        guard !parts.isEmpty else { throw BenchError.serverEnded(name: program, log: lastOutput()) }
        for part in parts { Glibc.kill(part, SIGKILL) }
        while parts.contains(where: Self.runs) { usleep(100) }
    }

    private static func runs(_ process: pid_t) -> Bool {
        guard let state = ProcessFile.fields(process, "stat")?.first else { return false }
        return state != "Z" && state != "X"
    }

    /// Ends the server: SIGTERM, and SIGKILL for all that is left after ten seconds.
    func stop() {
        if ended { return }
        let family = family
        process.send(.terminate)
        let end = Clock.now() + 10_000_000_000
        while Clock.now() < end {
            if (try? process.end()) != nil { break }
            usleep(10_000)
        }
        for member in family.reversed() where ProcessFile.text("/proc/\(member)/comm") != nil {
            Glibc.kill(member, SIGKILL)
        }
        _ = try? process.end()
        Leftovers.remove(process: process.id)
    }

    private func lastOutput() -> String {
        let text = (ProcessFile.text(log) ?? "") + (ProcessFile.text(site.folder + "/nsd.log") ?? "")
        return text.split(separator: "\n").suffix(12).joined(separator: " | ")
    }
}
