// `memmgr run`: the manager's process. The main thread takes the locks, starts the manager and then only waits for
// signals; all that the manager does happens on other threads.

import ArgumentParser
import BusClient
import CLinux
import CommandOptions
import Generations
import Glibc
import Logging
import Platform
import ZoneImage

struct Run: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Run the manager; zonecast does this for you.",
        discussion: """
            Needs a running bus in the same folder. The last generation is published at once, under its number; then \
            the zones whose files have changed meanwhile are loaded. SIGHUP has changed files loaded again, SIGTERM \
            ends the manager.
            """)

    @OptionGroup var system: SystemOption

    @OptionGroup var managing: ManagingOptions

    func run() throws {
        // Before any thread is there, so that all of them leave the signals to the main thread.
        Signals.block()
        bootstrapLogging(component: Environment[Variable.child] ?? "memmgr")
        let log = Logger(label: "memmgr")
        do {
            try serve(log)
        } catch let error as PlatformError {
            log.critical("\(error)")
            error.exitStatus.exit()
        } catch {
            log.critical("\(error)")
            ExitStatus.failed.exit()
        }
    }

    private func serve(_ log: Logger) throws {
        try Descriptors.require(Self.descriptors)
        let busSocket = try InheritedDescriptor.take(Variable.bus)
        let folder = try StateFolder(option: system.directory)
        log.starting(["folder": "\(folder.path)"])
        try folder.create()
        // There is one thread so far. As root, files of others are read, and written where the folder is another user's.
        try Sandbox.dropCapabilities(
            keeping: geteuid() != 0 ? [] : folder.isOfAnother ? [.readAnyFile, .writeAnyFile] : [.readAnyFile])
        try Lifeline.watch()
        let lock = try lock(folder)
        let settings = Manager.Settings(
            folder: folder, busSocket: busSocket,
            ledger: Ledger.Configuration(
                releaseLimit: managing.inRelease, historyLength: managing.history,
                buildLimit: managing.builds ?? max(2, Int(zc_processor_count()))),
            releaseTimeout: .milliseconds(Int64(managing.releaseTimeout * 1000)),
            history: HistoryLimits(bytes: managing.historyBytes?.bytes, age: managing.historyAge?.seconds),
            zones: BuildOptions(managing.zones), includeFrom: managing.zones.include.includeFrom,
            buildNice: managing.buildNice,
            buildMemory: managing.buildMemory?.bytes ?? BuildSandbox.machineMemory,
            buildTimeLimit: managing.buildTimeLimit > 0
                ? .milliseconds(Int64(managing.buildTimeLimit * 1000)) : nil)
        let mailbox = Mailbox()
        Task {
            let status = await Manager.live(settings, mailbox: mailbox, log: log)
            status.exit()
        }
        passOnSignals(to: mailbox, log, holding: consume lock)
    }

    /// The bus, an event loop, the runtime's, the files of the state, a build's pipes, and the runtime's reserve.
    private static let descriptors = 32

    /// Waits for signals as long as the process lives, and with it the lock.
    private func passOnSignals(to mailbox: Mailbox, _ log: Logger, holding lock: consuming FileLock) -> Never {
        while true {
            switch Signals.next() {
            case .hangUp: mailbox.put(.reload)
            case let signal:
                log.info("ending", metadata: ["signal": "\(signal)"])
                mailbox.put(.stop)
            }
        }
    }

    /// Makes sure that no second manager works on these images.
    private func lock(_ folder: StateFolder) throws -> FileLock {
        do throws(PlatformError) {
            return try FileLock(path: folder.imagesLock)
        } catch {
            guard case .locked(_, let holder) = error else { throw error }
            throw AnotherManager(images: folder.images, process: holder)
        }
    }
}

/// Two managers would unlink each other's files.
private struct AnotherManager: Error, CustomStringConvertible {
    let images: String
    let process: Int32?

    var description: String {
        "another manager\(process.map { " (process \($0))" } ?? "") works on \(images): there can be only one; stop it, "
            + "or choose another folder with --dir"
    }
}
