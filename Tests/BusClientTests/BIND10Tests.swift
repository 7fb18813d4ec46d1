// "The wire format is BIND 10's cc protocol, so that its genuine clients can talk to our msgq": a client that was written
// in another language, from the protocol's description alone.

import Bus
import BusClient
import Glibc
import JSON
import Platform
import Testing

@Suite struct BIND10Tests {
    /// `python3`, wherever it is installed; nil if it isn't.
    private static let python = ["/usr/bin/python3", "/usr/local/bin/python3"].first { (path: String) in
        unsafe access(path, X_OK) == 0
    }

    private func script(_ name: String, file: String = #filePath) -> String {
        file.split(separator: "/", omittingEmptySubsequences: false).dropLast().joined(separator: "/") + "/BIND10/"
            + name
    }

    @Test(.enabled(if: python != nil, "python3 is not installed"))
    func `a client of BIND 10 and ours understand each other`() async throws {
        let msgq = try MsgqProcess()
        let ours = try await msgq.connect()
        try ours.subscribe(group: "Notifications/Subscriptions")
        try ours.subscribe(group: "Ours")
        _ = try await ours.members()
        // So that only the daemon's own check keeps another user out.
        _ = unsafe chmod(msgq.folder.path, 0o755)
        _ = unsafe chmod(msgq.path, 0o666)
        let theirs = try ChildProcess(
            ChildCommand(try #require(BIND10Tests.python), ["-B", script("conformance.py"), msgq.path, "as nobody"]))
        let (answers, answered) = AsyncStream<JSONValue?>.makeStream()
        let answering = Task {
            for await message in ours.incoming {
                if message.name == "echo" { try ours.reply(to: message, with: message.params) }
                if case .subscribed(_, group: "Theirs") = MembershipEvent(message) {
                    Task {
                        answered.yield(try? await ours.call("question", ["n": 1], group: "Theirs"))
                    }
                }
            }
        }
        #expect(try await MsgqProcess.end(of: theirs) == .exited(0))
        #expect(await answers.first { _ in true } == "answer")
        await ours.close()
        try await answering.value
    }
}
