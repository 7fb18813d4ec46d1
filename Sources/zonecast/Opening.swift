// From the start of the system to its `ready` line: load the zones that were asked for, wait until every responder
// answers from the result, say so. Runs on a thread of its own, by way of the manager's command line, which is a
// documented interface; whatever part is restarted meanwhile, it tries again.

import Bus
import Glibc
import Logging
import Platform
import Synchronization

/// What the command line wants to be loaded.
struct ZonesToLoad: Sendable {
    var files: [String] = []
    var list: String?

    var isEmpty: Bool { files.isEmpty && list == nil }
    var arguments: [String] { ["load"] + (list.map { ["--list", $0] } ?? []) + files }
}

/// The opening of one system.
final class Opening: Sendable {
    private let programs: Programs
    private let zones: ZonesToLoad
    private let responders: [String]
    private let example: Endpoint?
    private let lifeline: Lifeline
    private let serviceManager: ServiceManager
    private let logger: Logger

    private struct State {
        var cancelled = false
        var tool: ChildProcess?
        var thread: DaemonThread?
        var isReady = false
    }

    private let state = Mutex(State())
    private let cancelled: WakeUp

    init(
        programs: Programs, zones: ZonesToLoad, _ assets: borrowing Assets, serviceManager: ServiceManager,
        logger: Logger
    ) throws(PlatformError) {
        self.programs = programs
        self.zones = zones
        responders = (1...assets.processes).map { "\(Part.authd($0))" }
        example = assets.sockets.example
        lifeline = assets.lifeline
        self.serviceManager = serviceManager
        self.logger = logger
        cancelled = try WakeUp()
    }

    func start() throws(PlatformError) {
        let thread = try DaemonThread(named: "opening") { [self] in
            do throws(PlatformError) {
                try open()
            } catch {
                logger.error("could not bring up the zones: \(error)")
            }
        }
        state.withLock { $0.thread = thread }
    }

    /// Whether the `ready` line was said.
    var isReady: Bool { state.withLock { $0.isReady } }

    /// Ends it, with the command that may be running for it, and returns when both have ended.
    func end() {
        cancel()
        let thread = state.withLock { state in
            defer { state.thread = nil }
            return state.thread
        }
        thread?.join()
    }

    /// Has it end, with the command that may be running for it.
    func cancel() {
        state.withLock { state in
            state.cancelled = true
            state.tool?.send(.terminate)
        }
        cancelled.signal()
    }

    private var isCancelled: Bool { state.withLock { $0.cancelled } }

    // MARK: Steps

    private func open() throws(PlatformError) {
        guard try awaitStatus(where: { _ in true }) != nil else { return }
        if !zones.isEmpty { try load() }
        guard let status = try awaitStatus(where: { $0.isServed(by: self.responders) }), !isCancelled else { return }
        print(status.readyLine)
        state.withLock { $0.isReady = true }
        try serviceManager.tellReady(status.readyLine)
        guard isatty(STDOUT_FILENO) == 1, let example else { return }
        if let zone = try results(of: ["status", "--json"]).flatMap(SystemStatus.init)?.example {
            print("try: dig @\(example.host) -p \(example.port) \(zone) SOA")
        }
    }

    private func load() throws(PlatformError) {
        var patience = Self.firstPause
        while !isCancelled {
            switch try run(zones.arguments) {
            case .exited(ExitStatus.done.rawValue), nil:
                return
            case .exited(ExitStatus.noSystem.rawValue), .died:
                pause(&patience)
            case .exited(ExitStatus.timedOut.rawValue):
                logger.warning("not every responder has switched in time; going on")
                return
            case .some(let end):
                logger.error("not every zone could be loaded: the lines above say why", metadata: ["load": "\(end)"])
                return
            }
        }
    }

    /// Asks for the status until it is as wanted; nil if cancelled.
    private func awaitStatus(where wanted: (SystemStatus) -> Bool) throws(PlatformError) -> SystemStatus? {
        var patience = Self.firstPause
        while !isCancelled {
            let json = try results(of: ["status", "--summary", "--json"])
            if let status = json.flatMap(SystemStatus.init), wanted(status) {
                return status
            }
            pause(&patience)
        }
        return nil
    }

    /// Between two attempts: short at first, as a start takes a moment; then ever longer, as an attempt is a process,
    /// and a system that can't become ready has better uses for the processor.
    private func pause(_ patience: inout Int32) {
        _ = try? WakeUp.wait(for: [cancelled.descriptor], milliseconds: patience)
        patience = min(patience * 3 / 2, 1000)
    }

    private static let firstPause: Int32 = 20

    // MARK: The manager's command line

    /// Runs a command to its end, its results going to standard error with the logs; nil if cancelled.
    private func run(_ arguments: [String]) throws(PlatformError) -> ProcessEnd? {
        var command = programs.tool(arguments, lifeline: lifeline)
        command.output = STDERR_FILENO
        guard let tool = try start(command) else { return nil }
        return try end(of: tool)
    }

    /// Runs a command and returns its results, or nil if it fails; why it does is of no interest.
    private func results(of arguments: [String]) throws(PlatformError) -> [UInt8]? {
        let pipe = try System.makePipe()
        let silence = try System.open("/dev/null", O_WRONLY)
        var command = programs.tool(arguments, lifeline: lifeline)
        command.output = pipe.writing.number
        command.errors = silence.number
        guard let tool = try start(command) else { return nil }
        let reading = pipe.closeWriting()
        let output = try System.readToEnd(reading.number, of: "memmgr")
        return try end(of: tool) == .exited(ExitStatus.done.rawValue) ? output : nil
    }

    private func start(_ command: ChildCommand) throws(PlatformError) -> ChildProcess? {
        // Under the lock, so that a cancel sees either the tool or that there is none to come.
        let result = state.withLock { state -> Result<ChildProcess?, PlatformError> in
            if state.cancelled { return .success(nil) }
            return Result { () throws(PlatformError) in
                let tool = try ChildProcess(command)
                state.tool = tool
                return tool
            }
        }
        return try result.get()
    }

    private func end(of tool: ChildProcess) throws(PlatformError) -> ProcessEnd? {
        try tool.awaitEnd()
        // Its number stays taken until `end` has told, so `cancel` can't signal a stranger.
        let result = state.withLock { state in
            state.tool = nil
            return Result { () throws(PlatformError) in try tool.end() }
        }
        return try result.get()
    }

    private func print(_ line: String) {
        _ = unsafe "\(line)\n".utf8CString.withUnsafeBytes { unsafe write(STDOUT_FILENO, $0.baseAddress, $0.count - 1) }
    }
}
