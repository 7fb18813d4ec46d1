// A command's connection to the running system, with the errors that people need: no system runs, this account may not use it,
// the manager is missing, or a process is silent. Commands that only read end within 5 s, whatever is stopped or hangs.

import Bus
import BusClient
import Glibc
import JSON
import Platform

/// The bus of a system, for a command.
struct SystemConnection: Sendable {
    let folder: StateFolder
    let bus: BusConnection
    private let opened: ContinuousClock.Instant

    /// How long a reading command waits for the bus and the manager. What is left of its 5 s is for asking the consumers, and for
    /// starting and ending.
    static let patience = Duration.milliseconds(3300)
    /// How long a reading command waits for everything.
    private static let readingTime = Duration.milliseconds(4500)

    /// Whether there are too few descriptors for the bus, an event loop and the runtime's. Found once, before the first
    /// connection: what that one has opened serves the next one too.
    private static let shortage: PlatformError? = {
        do throws(PlatformError) { try Descriptors.require(12) } catch { return error }
        return nil
    }()

    /// Connects to the system in a folder.
    ///
    /// - Throws: `CommandFailure` when none runs there, it may not be used, or the bus says nothing.
    init(_ folder: StateFolder) async throws {
        self.folder = folder
        opened = .now
        if let shortage = Self.shortage { throw CommandFailure(shortage.description, shortage.exitStatus) }
        do {
            bus = try await BusConnection.connect(path: folder.socket, deadline: Self.patience)
        } catch {
            if ContinuousClock.now - opened >= Self.patience {
                let process = SilentProcess("msgq", lock: folder.socket + ".lock")
                throw CommandFailure(process.description(after: Self.patience), .timedOut)
            }
            throw SystemSearch(folder).failure(because: error)
        }
    }

    /// What is left of the time of a command that only reads, `least` at least.
    func readingTimeLeft(least: Duration = .milliseconds(100)) -> Duration {
        max(least, opened + Self.readingTime - .now)
    }

    /// Asks the manager. Without a deadline it waits as long as the manager lives.
    func askManager(
        _ command: String, _ params: JSONValue = .null, deadline: Duration? = nil
    ) async throws -> JSONValue {
        do {
            return try await bus.call(command, params, group: BusGroup.manager, deadline: deadline)
        } catch .noSuchRecipient {
            throw CommandFailure(
                "the system in \(folder.path) has no manager at the moment; start it with: memmgr run --dir \(folder.path)",
                .noSystem)
        } catch .recipientGone {
            throw CommandFailure(
                "the manager ended before it answered; run the command again", .noSystem, mayHaveBeenAsked: true)
        } catch .lost {
            throw CommandFailure("the system in \(folder.path) has ended", .noSystem, mayHaveBeenAsked: true)
        } catch .remote(_, let text) {
            throw CommandFailure(text, .failed)
        }
    }

    /// Asks the manager for something that it has only to look up.
    ///
    /// - Throws: `CommandFailure` with `.timedOut` when it does not answer.
    func read(_ command: String, _ params: JSONValue = .null) async throws -> JSONValue {
        let deadline = max(.milliseconds(100), opened + Self.patience - .now)
        do {
            return try await askManager(command, params, deadline: deadline)
        } catch BusError.deadline {
            throw CommandFailure(manager.description(after: Self.patience), .timedOut)
        }
    }

    /// The manager, where it does not answer.
    var manager: SilentProcess { SilentProcess("memmgr", lock: folder.imagesLock) }
}

/// A process that does not answer.
struct SilentProcess {
    private let program: String
    private let id: Int32?

    init(_ program: String, lock: String) {
        self.program = program
        id = FileLock.holder(of: lock)
    }

    /// Which one it is, and what to do where that is known.
    func description(after time: Duration) -> String {
        guard let id else { return "\(program) did not answer within \(Wording.time(time))" }
        if ProcessState.isStopped(id) {
            return "\(program) (process \(id)) is stopped and does not answer; continue it with: kill -CONT \(id)"
        }
        return "\(program) (process \(id)) did not answer within \(Wording.time(time))"
    }
}

/// Why there is no system to connect to.
struct SystemSearch {
    private let folder: StateFolder
    /// Where the system of a machine usually is.
    private let usual: String

    init(_ folder: StateFolder, usual: String = StateFolder.ofMachine) {
        self.folder = folder
        self.usual = usual
    }

    func failure(because error: BusError) -> CommandFailure {
        if let refusal = refusal(in: folder.path) { return refusal }
        // That there is no socket, or that nobody listens, is what "not running" means; other reasons are printed.
        let isPlain = !System.mayAccess(folder.socket, F_OK) || "\(error)".contains("refused")
        let reason = isPlain ? "" : " (\(error))"
        return CommandFailure(
            "no Zonecast system is running in \(folder.path)\(reason); start one with: zonecast --dir \(folder.path)\(elsewhere)",
            .noSystem)
    }

    /// That this account may not use a system which is, or may be, there.
    private func refusal(in path: String) -> CommandFailure? {
        let socket = path + "/msgq.sock"
        guard !System.mayAccess(socket, R_OK | W_OK), errno == EACCES else { return nil }
        return CommandFailure(
            "\(Account.description) may not use the system in \(path) (no permission for \(socket)); use the account that it "
                + "runs as, or root", .noPermission)
    }

    /// A hint where another system runs in the usual place.
    private var elsewhere: String {
        let socket = usual + "/msgq.sock"
        if folder.path == usual { return "" }
        if System.mayAccess(socket, R_OK | W_OK) {
            return (try? System.connect(to: socket)) == nil
                ? "" : "; a system runs in \(usual): use --dir \(usual)"
        }
        return errno == EACCES
            ? "; \(usual) has a system, which \(Account.description) may not use: use the account that it runs as, or root"
            : ""
    }
}
