// A real msgq in a folder of its own, which ends with its last reference, or with the test process.

import BusClient
import Glibc
import Platform
import TestSupport

/// A running daemon.
final class MsgqProcess: Sendable {
    let folder: TemporaryFolder
    let path: String
    let process: ChildProcess
    private let lifeline: Lifeline

    init(_ options: [String] = [], path: String? = nil) throws {
        // First, so that nothing is left behind if it isn't there.
        _ = try SiblingBinary.path(of: "msgq")
        folder = try TemporaryFolder()
        self.path = path ?? folder.path + "/msgq.sock"
        lifeline = try Lifeline()
        process = try MsgqProcess.start(["--socket", self.path] + options, lifeline)
    }

    /// Starts msgq with these arguments.
    static func start(_ arguments: [String], _ lifeline: Lifeline) throws -> ChildProcess {
        var command = ChildCommand(try SiblingBinary.path(of: "msgq"), arguments)
        command.lifeline = lifeline
        command.variables = ["ZONECAST_LOG": "critical"]
        return try ChildProcess(command)
    }

    deinit {
        process.send(.kill)
        try? process.awaitEnd()
        _ = try? process.end()
    }

    /// Waits for a process to end, and says how.
    ///
    /// It does so without blocking its thread, of which the tests that run at once have few.
    @discardableResult
    static func end(of process: ChildProcess) async throws -> ProcessEnd? {
        var end: ProcessEnd?
        try await eventually("process \(process.id) ends") {
            end = try process.end()
            return end != nil
        }
        return end
    }

    /// Connects, once the daemon listens.
    func connect() async throws -> BusConnection {
        try await waitUntilServing()
        return try await BusConnection.connect(path: path)
    }

    /// Opens a raw connection, once the daemon listens.
    func open() async throws -> RawClient {
        try await waitUntilServing()
        return try RawClient(path)
    }

    private func waitUntilServing() async throws {
        try await eventually("msgq serves \(path)") { (try? RawClient(self.path)) != nil }
    }
}
