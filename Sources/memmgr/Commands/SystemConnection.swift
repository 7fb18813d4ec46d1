// A command's connection to the running system, with the errors that people need: nothing runs, or no manager does.

import Bus
import BusClient
import Glibc
import JSON
import Platform

/// The bus of a system, for a command.
struct SystemConnection: Sendable {
    let folder: StateFolder
    let bus: BusConnection

    /// A local socket answers within milliseconds; a bus that doesn't in this time hangs.
    private static let patience = Duration.seconds(5)

    /// Whether there are too few descriptors for the bus, an event loop and the runtime's. Found once, before the first
    /// connection: what that one has opened serves the next one too.
    private static let shortage: PlatformError? = {
        do throws(PlatformError) { try Descriptors.require(12) } catch { return error }
        return nil
    }()

    /// Connects to the system in a folder.
    ///
    /// - Throws: `CommandFailure` when none runs there.
    init(_ folder: StateFolder) async throws {
        self.folder = folder
        if let shortage = Self.shortage { throw CommandFailure(shortage.description, shortage.exitStatus) }
        do {
            bus = try await BusConnection.connect(path: folder.socket, deadline: Self.patience)
        } catch {
            if unsafe access(folder.socket, R_OK | W_OK) != 0, errno == EACCES {
                throw CommandFailure(
                    "\(Account.description) may not speak with the system in \(folder.path): \(folder.socket) is closed to it; "
                        + "use the account that the system runs as", .noSystem)
            }
            // That there is no socket, or nobody behind it, is what "not running" means; other reasons are worth telling.
            let isPlain = unsafe access(folder.socket, F_OK) != 0 || "\(error)".contains("refused")
            let reason = isPlain ? "" : " (\(error))"
            throw CommandFailure(
                "no Zonecast system is running in \(folder.path)\(reason); start one with: zonecast --dir \(folder.path)",
                .noSystem)
        }
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
                "the manager ended before it had answered; ask again", .noSystem, mayHaveBeenAsked: true)
        } catch .lost {
            throw CommandFailure("the system in \(folder.path) has ended", .noSystem, mayHaveBeenAsked: true)
        } catch .remote(_, let text) {
            throw CommandFailure(text, .failed)
        }
    }
}
