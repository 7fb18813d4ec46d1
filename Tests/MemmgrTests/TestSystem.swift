// A real bus and a real manager in a folder of their own, and a consumer whose every word is the test's.

import Bus
import BusClient
import Generations
import Glibc
import JSON
import Platform
import Synchronization
import TestSupport
import Testing

/// A running system without responders; it ends with its last reference, or with the test process.
final class TestSystem: Sendable {
    let folder: TemporaryFolder
    private let lifeline: Lifeline
    private let processes = Mutex<[String: ChildProcess]>([:])
    /// Over this the bus takes connections with a role, as from a supervisor.
    private let busControl: SocketPair
    private let isSupervised: Bool

    /// Starts the bus and the manager, by hand or as a supervisor does.
    init(manager arguments: [String] = [], isSupervised: Bool = false) async throws {
        folder = try TemporaryFolder()
        lifeline = try Lifeline()
        busControl = try SocketPair(.messages)
        self.isSupervised = isSupervised
        let control = isSupervised ? busControl.theirs.number : nil
        try start("msgq", ["--socket", "\(folder.path)/msgq.sock"]) { $0.busControl = control }
        let path = folder.path
        try await eventually("the bus answers") { (try? await BusConnection.connect(path: "\(path)/msgq.sock")) != nil }
        try await startManager(arguments)
    }

    deinit {
        for process in processes.withLock({ Array($0.values) }) {
            process.send(.kill)
            try? process.awaitEnd()
            _ = try? process.end()
        }
    }

    func connect() async throws -> BusConnection {
        try await BusConnection.connect(path: "\(folder.path)/msgq.sock")
    }

    /// Starts the manager and waits until it has published something.
    func startManager(_ arguments: [String] = []) async throws {
        let run = ["run", "--dir", folder.path, "--build-nice", "0"] + arguments
        if isSupervised { try startHanded(run) } else { try start("memmgr", run) }
        let bus = try await connect()
        try await eventually("the manager publishes") {
            let status = try? await bus.call("status", group: BusGroup.manager)
            return status?["generation"]?.integer != nil && status?["recovered"] != nil
        }
        await bus.close()
    }

    /// Ends a process, and waits for that.
    @discardableResult
    func end(_ name: String, _ signal: Signal) async throws -> ProcessEnd? {
        guard let process = processes.withLock({ $0.removeValue(forKey: name) }) else { return nil }
        process.send(signal)
        return try await Program.end(of: process)
    }

    func signal(_ name: String, _ signal: Signal) {
        processes.withLock { $0[name] }?.send(signal)
    }

    /// The number of a process, while it runs.
    func id(of name: String) -> Int32? { processes.withLock { $0[name]?.id } }

    /// Waits until a process ends by itself.
    func awaitEnd(_ name: String) async throws -> ProcessEnd? {
        guard let process = processes.withLock({ $0.removeValue(forKey: name) }) else { return nil }
        return try await Program.end(of: process)
    }

    /// A connection as the supervisor makes them.
    func connect(as role: BusRole, _ name: String, uid: UInt32 = geteuid()) async throws -> BusConnection {
        let socket = try handedSocket(role, name, uid: uid)
        return try await BusConnection.connect(socket: socket, path: "\(folder.path)/msgq.sock")
    }

    private func startHanded(_ run: [String]) throws {
        let pair = try SocketPair(.stream)
        let theirs = pair.theirs.number
        try start("memmgr", run) { $0.bus = theirs }
        try hand(pair.ours.number, as: .memmgr, "memmgr")
    }

    private func handedSocket(_ role: BusRole, _ name: String, uid: UInt32) throws -> Int32 {
        let pair = try SocketPair(.stream)
        try hand(pair.theirs.number, as: role, name, uid: uid)
        return pair.closeTheirs().release()
    }

    private func hand(_ socket: Int32, as role: BusRole, _ name: String, uid: UInt32 = geteuid()) throws {
        let credentials = Credentials(uid: uid, gid: getegid(), pid: getpid())
        let handed = HandedConnection(Appointment(role, name: name), credentials)
        try System.pass(socket, with: handed.text, over: busControl.ours.number)
    }

    private func start(
        _ name: String, _ arguments: [String], _ change: (inout ChildCommand) -> Void = { _ in }
    ) throws {
        // The log goes to a file of the test's folder, for people who look into a failure.
        var command = ChildCommand(
            "/bin/sh", ["-c", #"exec "$@" 2>>"$0""#, "\(folder.path)/\(name).log", try Program.path(name)] + arguments)
        command.lifeline = lifeline
        change(&command)
        let process = try ChildProcess(command)
        processes.withLock { $0[name] = process }
    }

    // MARK: Commands

    func memmgr(_ arguments: String...) async throws -> Program.Result {
        try await memmgr(arguments)
    }

    /// `global` puts the system's folder before the subcommand.
    func memmgr(_ arguments: [String], global: Bool = true) async throws -> Program.Result {
        try await Program.run("memmgr", (global ? ["--dir", folder.path] : []) + arguments, in: folder)
    }

    /// Starts a command, and lets the test go on.
    func memmgrInBackground(_ arguments: String...) -> Task<Program.Result, any Error> {
        Task { [self] in try await Program.run("memmgr", ["--dir", folder.path] + arguments, in: folder) }
    }

    func status() async throws -> JSONValue {
        let result = try await memmgr("status", "--json")
        guard result.status == 0 else { throw TestFailure("status: \(result.errors)") }
        return try JSONValue(text: Array(result.output.utf8))
    }

    /// Writes a zone with one address record, whose content the serial and the address tell.
    @discardableResult
    func writeZone(_ name: String = "example", serial: Int, address: String = "192.0.2.1") throws -> String {
        try folder.write(
            """
            $TTL 3600
            @ SOA ns1 hostmaster \(serial) 7200 3600 1209600 300
            @ NS ns1
            ns1 A \(address)

            """, to: "\(name).zone")
    }

    func log() throws -> String { String(decoding: try folder.read("memmgr.log"), as: UTF8.self) }
}

/// A consumer that maps nothing: it answers as its script says, and remembers what it was told.
final class ScriptedConsumer: Sendable {
    /// What becomes of a `switch`.
    enum Reaction: Sendable {
        /// Answers, and releases all older generations.
        case follow
        /// Answers, and goes on holding what it had.
        case followAndHold
        case refuse(String)
        /// Refuses the next one, and follows from then on.
        case refuseOnce(String)
        /// Says nothing.
        case ignore
    }

    private struct State {
        var reaction: Reaction
        var switches: [Generation] = []
        var holds: Set<Generation> = []
        var serving: Generation?
        var unanswered: [IncomingMessage] = []
        var isSilent = false
        var counters: [String: JSONValue] = ["queries": 3, "dropped": 1]
    }

    let bus: BusConnection
    private let name: String
    private let state: Mutex<State>

    init(_ system: TestSystem, name: String = "consumer.1", _ reaction: Reaction = .follow) async throws {
        bus = try await system.connect()
        self.name = name
        state = Mutex(State(reaction: reaction))
        try bus.subscribe(group: BusGroup.consumers)
        Task { [bus, weak self] in
            for await message in bus.incoming where message.kind == .command { try self?.take(message) }
        }
        // The bus answers this after it has taken up the subscription: the manager hears of it before it hears of what comes next.
        _ = try await bus.members(of: BusGroup.consumers)
    }

    var switches: [Generation] { state.withLock { $0.switches } }
    var serving: Generation? { state.withLock { $0.serving } }

    func count(_ counters: [String: JSONValue]) { state.withLock { $0.counters = counters } }

    /// Whether it answers nothing at all.
    var isSilent: Bool {
        get { state.withLock { $0.isSilent } }
        set { state.withLock { $0.isSilent = newValue } }
    }

    func react(_ reaction: Reaction) { state.withLock { $0.reaction = reaction } }

    /// Does for the switches that were ignored what the script says now.
    func catchUp() throws {
        let messages = state.withLock { state in
            defer { state.unanswered = [] }
            return state.unanswered
        }
        for message in messages { try answer(message, message.params.decode()) }
    }

    private func take(_ message: IncomingMessage) throws {
        if isSilent { return }
        switch message.name {
        case SwitchMessage.name:
            let order: SwitchMessage = try message.params.decode()
            state.withLock { $0.switches.append(order.generation) }
            try answer(message, order)
        case HoldingMessage.name:
            let report = state.withLock {
                HoldingMessage(name: name, serving: $0.serving, holds: $0.holds.sorted())
            }
            try bus.reply(to: message, with: JSONValue(encoding: report))
        case "stats":
            let counters = state.withLock { $0.counters }
            try bus.reply(to: message, with: ["name": .string(name), "counters": .object(counters)])
        default:
            try bus.reply(to: message, errorCode: 2, "no such command")
        }
    }

    private func answer(_ message: IncomingMessage, _ order: SwitchMessage) throws {
        let (reaction, former) = state.withLock { state in
            switch state.reaction {
            case .follow, .followAndHold:
                let former = state.serving
                state.serving = order.generation
                state.holds.insert(order.generation)
                if case .follow = state.reaction { state.holds = [order.generation] }
                return (state.reaction, former)
            case .ignore:
                state.unanswered.append(message)
                return (state.reaction, nil)
            case .refuse:
                return (state.reaction, nil)
            case .refuseOnce(let reason):
                state.reaction = .follow
                return (.refuse(reason), nil)
            }
        }
        switch reaction {
        case .refuse(let reason): try bus.reply(to: message, errorCode: 1, reason)
        case .ignore, .refuseOnce: break
        case .follow, .followAndHold:
            try bus.reply(to: message, with: JSONValue(encoding: SwitchMessage.Answer(generation: order.generation)))
            guard case .follow = reaction, let former, former != order.generation else { return }
            let released = ReleasedMessage(generation: former, serving: order.generation, holds: [order.generation])
            try bus.send(command: ReleasedMessage.name, JSONValue(encoding: released), group: BusGroup.manager)
        }
    }
}
