// The daemon as a process: its socket, its end, and clients that mean no good.

import Bus
import BusClient
import Glibc
import JSON
import Platform
import TestSupport
import Testing

@Suite struct MsgqSocketTests {
    private func mode(_ path: String) -> mode_t? {
        var entry = stat()
        return unsafe lstat(path, &entry) == 0 ? entry.st_mode : nil
    }

    @Test func `only the owner may use the socket`() async throws {
        let msgq = try MsgqProcess()
        _ = try await msgq.open()
        #expect(mode(msgq.path) == S_IFSOCK | 0o600)
    }

    @Test func `with a group, its members may too`() async throws {
        let msgq = try MsgqProcess(["--group", "\(getgid())"])
        let client = try await msgq.open()
        #expect(try client.ping())
        #expect(mode(msgq.path) == S_IFSOCK | 0o660)
    }

    @Test(arguments: [Signal.terminate, .interrupt])
    func `a signal ends it cleanly, and its socket goes with it`(signal: Signal) async throws {
        let msgq = try MsgqProcess()
        let client = try await msgq.connect()
        msgq.process.send(.hangUp)
        #expect(try await client.members().count == 2)
        msgq.process.send(signal)
        #expect(try await MsgqProcess.end(of: msgq.process) == .exited(0))
        #expect(mode(msgq.path) == nil)
        #expect(await client.lost() == .lost(reason: "the bus closed the connection"))
    }

    @Test func `stop ends it`() async throws {
        let msgq = try MsgqProcess()
        let client = try await msgq.open()
        try client.send(#"{"type":"stop"}"#)
        #expect(try await MsgqProcess.end(of: msgq.process) == .exited(0))
        #expect(mode(msgq.path) == nil)
    }

    @Test func `the end of its parent ends it, and its socket goes too`() async throws {
        let folder = try MsgqProcess()
        let path = folder.folder.path + "/other.sock"
        var lifeline: Lifeline? = try Lifeline()
        let orphan = try MsgqProcess.start(["--socket", path], #require(lifeline))
        try await eventually("it serves") { (try? RawClient(path)) != nil }
        lifeline = nil
        #expect(try await MsgqProcess.end(of: orphan) == .exited(ExitStatus.failed.rawValue))
        #expect(mode(path) == nil)
        _ = unsafe unlink(path + ".lock")
    }

    @Test func `a second daemon is turned away, and the first one's socket stays`() async throws {
        let msgq = try MsgqProcess()
        let client = try await msgq.open()
        let lifeline = try Lifeline()
        let second = try MsgqProcess.start(["--socket", msgq.path], lifeline)
        #expect(try await MsgqProcess.end(of: second) == .exited(ExitStatus.failed.rawValue))
        #expect(try client.ping())
        #expect(try RawClient(msgq.path).ping())
    }

    @Test func `a stale socket is replaced`() async throws {
        let msgq = try MsgqProcess()
        _ = try await msgq.open()
        msgq.process.send(.kill)
        try await MsgqProcess.end(of: msgq.process)
        #expect(mode(msgq.path) != nil)
        let lifeline = try Lifeline()
        let next = try MsgqProcess.start(["--socket", msgq.path], lifeline)
        try await eventually("the next one serves") { (try? RawClient(msgq.path)) != nil }
        next.send(.terminate)
        #expect(try await MsgqProcess.end(of: next) == .exited(0))
    }

    @Test func `what is no socket is left alone`() async throws {
        let msgq = try MsgqProcess()
        _ = try await msgq.open()
        let path = msgq.folder.path + "/file"
        Glibc.close(unsafe creat(path, 0o600))
        let lifeline = try Lifeline()
        let other = try MsgqProcess.start(["--socket", path], lifeline)
        #expect(try await MsgqProcess.end(of: other) == .exited(ExitStatus.ioError.rawValue))
        #expect(mode(path) == S_IFREG | 0o600)
        for name in [path, path + ".lock"] { _ = unsafe unlink(name) }
    }

    @Test(arguments: [
        ["--socket", "/tmp/" + String(repeating: "x", count: 103)], [], ["--socket", "/tmp/x", "--frame-limit", "10"],
        ["--socket", "/tmp/x", "--backlog-limit", "0"], ["--socket", "/tmp/x", "--group", "no such group"],
        ["--sockett"],
    ])
    func `a wrong command line is a usage error`(arguments: [String]) async throws {
        let process = try MsgqProcess.start(arguments, Lifeline())
        #expect(try await MsgqProcess.end(of: process) == .exited(ExitStatus.usage.rawValue))
    }

    @Test func `a missing folder is an error of input and output`() async throws {
        let process = try MsgqProcess.start(["--socket", "/nonexistent/x"], Lifeline())
        #expect(try await MsgqProcess.end(of: process) == .exited(ExitStatus.ioError.rawValue))
    }
}

@Suite struct HostileClientTests {
    /// Hostile bytes: frames that are none, and headers that are none.
    private static let garbage: [(String, [UInt8])] = [
        ("4 GiB", [0xFF, 0xFF, 0xFF, 0xFF]),
        ("no header", [0, 0, 0, 2, 0, 0]),
        ("too short", [0, 0, 0, 1]),
        ("header overrun", [0, 0, 0, 10, 0, 9]),
        ("no JSON", [0, 0, 0, 6, 0, 4] + Array("nope".utf8)),
        ("no UTF-8", [0, 0, 0, 4, 0, 2, 0xFF, 0xFE]),
        ("no object", [0, 0, 0, 4, 0, 2] + Array("[]".utf8)),
        ("HTTP", Array("GET / HTTP/1.1\r\nHost: example.com\r\n\r\n".utf8)),
        ("nested", [0, 0, 0xEA, 0x62, 0xEA, 0x60] + [UInt8](repeating: 0x5B, count: 60_000)),
    ]

    @Test func `garbage ends its client and nobody else`() async throws {
        let msgq = try MsgqProcess()
        let other = try await msgq.open()
        for (what, bytes) in HostileClientTests.garbage {
            let client = try await msgq.open()
            #expect(try client.ping())
            try client.send(bytes)
            #expect(client.isEnded(), "\(what)")
            #expect(try other.ping(), "\(what)")
        }
    }

    @Test func `half a frame delays nobody`() async throws {
        let msgq = try MsgqProcess()
        let (slow, other) = (try await msgq.open(), try await msgq.open())
        let frame = try Frame(header: #"{"type":"ping"}"#.utf8, body: "slowly".utf8)
        for byte in frame.wire.dropLast() {
            try slow.send([byte])
            #expect(try other.ping())
        }
        try slow.send([UInt8](frame.wire.suffix(1)))
        #expect(try slow.receive().body.elementsEqual("slowly".utf8))
    }

    @Test func `a reader that never reads is ended; others get everything`() async throws {
        let msgq = try MsgqProcess(["--backlog-limit", "1000000"])
        let (watcher, sleeper, reader, sender) = (
            try await msgq.open(), try await msgq.open(), try await msgq.open(), try await msgq.open()
        )
        let name = try sleeper.lname()
        for client in [sleeper, reader] {
            try client.send(#"{"type":"subscribe","group":"g"}"#)
            #expect(try client.ping())
        }
        try watcher.send(#"{"type":"subscribe","group":"Notifications/Subscriptions"}"#)
        _ = try watcher.receive()
        let body = String(repeating: "x", count: 50_000)
        for _ in 0..<100 {
            try sender.send(#"{"type":"send","group":"g"}"#, body)
            #expect(try reader.receive().body.count == 50_000)
        }
        let events = [try watcher.receive(), try watcher.receive()].map { String(decoding: $0.body, as: UTF8.self) }
        #expect(
            events == [
                #"{"notification":["unsubscribed",{"client":"\#(name)","group":"g"}]}"#,
                #"{"notification":["disconnected",{"client":"\#(name)"}]}"#,
            ])
        #expect(try watcher.ping())
    }

    @Test func `what a client sent before it closed arrives before the news of its end, also if it never read`()
        async throws
    {
        let msgq = try MsgqProcess()
        let watcher = try await msgq.connect()
        try watcher.subscribe(group: "Notifications/Subscriptions")
        try watcher.subscribe(group: "inbox")
        _ = try await watcher.members()
        for round in 0..<8 {
            let client = try await msgq.open()
            let name = try client.lname()
            try client.send(#"{"type":"subscribe","group":"flood"}"#)
            #expect(try client.ping())
            // The daemon is writing to the client when that goes away.
            for _ in 0..<100 {
                try watcher.send(notification: "x", .string(String(repeating: "x", count: 5000)), group: "flood")
            }
            for number in 0..<50 {
                try client.send(#"{"type":"send","group":"inbox"}"#, #"{"notification":["last words",\#(number)]}"#)
            }
            client.hangUp()
            var words: [JSONValue] = []
            for await message in watcher.incoming {
                if MembershipEvent(message) == .disconnected(LName(name)) { break }
                if message.name == "last words" { words.append(message.params) }
            }
            #expect(words == (0..<50).map { .integer($0) }, "round \(round)")
        }
    }

    @Test func `fifteen hundred clients, past the 1,023rd descriptor`() async throws {
        var limit = rlimit()
        let resource = __rlimit_resource_t(RLIMIT_NOFILE.rawValue)
        _ = unsafe getrlimit(resource, &limit)
        limit.rlim_cur = min(limit.rlim_max, 8192)
        _ = unsafe setrlimit(resource, &limit)
        try #require(limit.rlim_cur >= 2048, "the system allows too few descriptors for this test")
        let msgq = try MsgqProcess()
        let first = try await msgq.open()
        let clients = try (0..<1500).map { _ in try RawClient(msgq.path) }
        for client in clients { try client.send(#"{"type":"subscribe","group":"g"}"#) }
        for client in clients { #expect(try client.ping()) }
        try first.send(#"{"type":"send","group":"g"}"#, "to all")
        for client in clients { #expect(try client.receive().body.elementsEqual("to all".utf8)) }
        #expect(try first.ping())
    }

    @Test func `closing during broadcasts harms nobody`() async throws {
        let msgq = try MsgqProcess()
        let (sender, reader) = (try await msgq.open(), try await msgq.open())
        try reader.send(#"{"type":"subscribe","group":"g"}"#)
        #expect(try reader.ping())
        var comers: [RawClient] = []
        for number in 0..<500 {
            let comer = try RawClient(msgq.path)
            try comer.send(#"{"type":"subscribe","group":"g"}"#)
            comers.append(comer)
            if number % 3 == 0 { comers.removeFirst() }
            try sender.send(#"{"type":"send","group":"g"}"#, "\(number)")
        }
        for number in 0..<500 { #expect(try reader.receive().body.elementsEqual("\(number)".utf8)) }
    }

    @Test func `a frame of 79 MiB is delivered, one above the limit ends its client`() async throws {
        let msgq = try MsgqProcess()
        let (sender, reader) = (try await msgq.open(), try await msgq.open())
        try reader.send(#"{"type":"subscribe","group":"g"}"#)
        #expect(try reader.ping())
        let header = Array(#"{"type":"send","group":"g"}"#.utf8)
        let frame = try Frame(header: header, body: [UInt8](repeating: 0x20, count: 79 << 20))
        // A thread of its own: sender and reader wait for each other.
        let sending = try DaemonThread(named: "sender") { try? sender.send(frame.wire) }
        #expect(try reader.receive().body.count == 79 << 20)
        sending.join()
        try sender.send([0x05, 0, 0, 1])
        #expect(sender.isEnded())
        #expect(try reader.ping())
    }
}
