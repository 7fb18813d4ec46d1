// `zonecast upgrade`: asks the running supervisor to become the program that lies in its place now, and waits until all
// parts run today's programs. It asks by a signal, which only the same user or root may send, and looks at how it goes over the
// bus, which comes and goes meanwhile.

import ArgumentParser
import Bus
import BusClient
import Glibc
import JSON
import Platform

struct UpgradeCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "upgrade",
        abstract: "Have a running system go on with the programs that are installed now.",
        discussion: """
            Install the new programs in place of the old ones first, each by a rename (as install and package managers \
            do). No socket is closed and no query over UDP lost: the new zonecast first finds out whether it could take over, and \
            the old one becomes it; memmgr is started anew; each new authd answers before the old one stops, which \
            then ends its TCP connections when they are quiet. If msgq is another program too, the bus is started \
            anew meanwhile. A load that runs is broken off. What does not work leaves the old responders answering.

            The same as SIGUSR2 to zonecast. Exit codes: 0 done, 1 refused (nothing has changed), 3 not done within \
            --timeout (it goes on), 69 no system is running.
            """)

    @Option(
        help: ArgumentHelp(
            "The folder of the system.",
            discussion: """
                Default: ZONECAST_DIR, else /var/lib/zonecast for root, else a folder below the user's state folder.
                """), completion: .directory)
    var dir: String?

    @Option(help: ArgumentHelp("How long to wait.", valueName: "seconds"))
    var timeout: Double = 60

    @Flag(help: "Print one JSON object for programs.")
    var json = false

    func validate() throws {
        guard (0.1...86_400).contains(timeout) else { throw ValidationError("--timeout goes from 0.1 to 86400.") }
    }

    func run() throws {
        do {
            let folder = try StateFolder(option: dir)
            try Descriptors.require(Self.descriptors)
            guard let supervisor = folder.supervisor else {
                refuse("no zonecast runs in \(folder.path): there is nothing to upgrade", .noSystem)
            }
            // Asking is sending a signal; whether that may be is known before.
            guard kill(supervisor, 0) == 0, System.mayAccess(folder.socket, R_OK | W_OK) || errno != EACCES else {
                refuse(
                    "may not ask process \(supervisor) for an upgrade (\(SystemError.text(of: errno))): "
                        + "run this as the user that zonecast runs as, or root", .failed)
            }
            try upgrade(folder, supervisor)
        } catch let error as PlatformError {
            refuse(error.description, error.exitStatus)
        }
    }

    /// The bus, an event loop and the runtime's.
    private static let descriptors = 12

    private func upgrade(_ folder: StateFolder, _ supervisor: pid_t) throws {
        let begin = ContinuousClock.now
        let watch = UpgradeWatch(folder, until: begin + .milliseconds(Int64(timeout * 1000)))
        guard let before = try Blocking.wait(for: { await watch.report { _ in true } }) else {
            refuse("the system in \(folder.path) does not answer: nothing was asked of it", .noSystem)
        }
        guard before.state != UpgradeReport.unknown else {
            refuse("the zonecast that runs can't be upgraded while it runs: stop it and start the new one", .failed)
        }
        kill(supervisor, Supervisor.upgradeSignal.rawValue)
        let after = try Blocking.wait { await watch.report { $0.number > before.number && $0.isFinal } }
        let latest = try after ?? Blocking.wait { await watch.lastReport() }
        tell(latest, isOver: after != nil, ContinuousClock.now - begin)
    }

    private func tell(_ report: UpgradeReport?, isOver: Bool, _ time: Duration) {
        let seconds = Double(Int(time / .milliseconds(1))) / 1000
        let missing = report?.missing ?? []
        let names = missing.joined(separator: ", ")
        guard isOver, let report else {
            let what = missing.isEmpty ? "" : ": waiting for \(names)"
            printJSON(state: "timed_out", nil, missing: missing, seconds)
            fail("not done within \(timeout) s\(what); it goes on, see the log", .timedOut)
        }
        guard report.state == "done" else {
            let reason = report.reason ?? "for a reason that the log has"
            let former = missing.isEmpty ? "" : "; the upgrade before waits for \(names)"
            printJSON(state: "failed", reason, missing: missing, seconds)
            fail("no upgrade: \(reason)\(former); everything goes on as it was", .failed)
        }
        printJSON(state: "done", nil, missing: [], seconds, includesBus: report.includesBus)
        if json { return }
        let bus = report.includesBus ? "msgq" : "msgq excepted, which has not changed"
        print("upgraded in \(seconds) s: zonecast, memmgr, authd, \(bus)")
    }

    /// Ends the command where nothing was asked for.
    private func refuse(_ reason: String, _ status: ExitStatus) -> Never {
        printJSON(state: "failed", reason, missing: [], 0)
        fail(reason, status)
    }

    private func printJSON(
        state: String, _ reason: String?, missing: [String], _ seconds: Double, includesBus: Bool = false
    ) {
        guard json else { return }
        var members: [String: JSONValue] = [
            "format": 1, "state": .string(state), "seconds": .number(seconds), "msgq_replaced": .bool(includesBus),
            "missing": .array(missing.map { .string($0) }),
        ]
        if let reason { members["reason"] = .string(reason) }
        print(String(decoding: JSONValue.object(members).text, as: UTF8.self))
    }
}

extension UpgradeReport {
    fileprivate var isFinal: Bool { state == "done" || state == "failed" }
}

/// Looks at an upgrade from outside, over a bus that may not be there.
private struct UpgradeWatch {
    private let folder: StateFolder
    private let end: ContinuousClock.Instant

    private static let pause = Duration.milliseconds(20)
    /// For one answer: whoever becomes another program has forgotten the question.
    private static let patience = Duration.milliseconds(250)

    init(_ folder: StateFolder, until end: ContinuousClock.Instant) {
        self.folder = folder
        self.end = end
    }

    /// The first report that is as wanted; nil if none comes in time.
    func report(where wanted: (UpgradeReport) -> Bool) async -> UpgradeReport? {
        while ContinuousClock.now < end {
            if let bus = try? await BusConnection.connect(path: folder.socket, deadline: Self.patience) {
                while ContinuousClock.now < end, let report = await self.report(on: bus) {
                    if wanted(report) { return report }
                    try? await Task.sleep(for: Self.pause)
                }
                await bus.close()
            }
            try? await Task.sleep(for: Self.pause)
        }
        return nil
    }

    /// How things are now, after the time.
    func lastReport() async -> UpgradeReport? {
        await UpgradeWatch(folder, until: .now + Self.patience).report { _ in true }
    }

    private func report(on bus: BusConnection) async -> UpgradeReport? {
        do {
            let answer = try await bus.call(UpgradeReport.command, group: ChildHello.group, deadline: Self.patience)
            return try answer.decode()
        } catch BusError.remote {
            // From before there were upgrades.
            return UpgradeReport(state: UpgradeReport.unknown)
        } catch {
            return nil
        }
    }
}
