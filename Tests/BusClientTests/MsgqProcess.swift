// A real msgq in a folder of its own, which ends with its last reference, or with the test process.

import BusClient
import Glibc
import Platform
import Testing

/// A running daemon.
final class MsgqProcess: Sendable {
    let folder: String
    let path: String
    let process: ChildProcess
    private let lifeline: Lifeline

    init(_ options: [String] = [], path: String? = nil) throws {
        // First, so that nothing is left behind if it isn't there.
        _ = try SiblingBinary.path(of: "msgq")
        var template = Array("/tmp/zonecast-bus-XXXXXX".utf8CString)
        guard unsafe mkdtemp(&template) != nil else { throw SystemError(errno, .makeFolder) }
        folder = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
        self.path = path ?? folder + "/msgq.sock"
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
        for name in ["msgq.sock", "msgq.sock.lock"] { _ = unsafe unlink(folder + "/" + name) }
        _ = unsafe rmdir(folder)
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

/// Waits until something is true; fails the test if it never is.
func eventually(
    _ what: String, sourceLocation: SourceLocation = #_sourceLocation, _ condition: () async throws -> Bool
) async throws {
    let clock = ContinuousClock()
    let end = clock.now + .seconds(60)
    while try await !condition() {
        guard clock.now < end else {
            Issue.record("not within a minute: \(what)", sourceLocation: sourceLocation)
            return
        }
        try await Task.sleep(for: .milliseconds(5))
    }
}
