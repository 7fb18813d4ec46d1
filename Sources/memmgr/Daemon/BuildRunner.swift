// Runs builds in child processes, each watched by a thread of its own: starts the process, hands it its
// order, reads its lines, waits for its end.

import Bus
import Generations
import Glibc
import JSON
import Platform
import Synchronization

/// What came of a build process.
struct BuildResult: Sendable {
    let generation: Generation
    let reports: [ZoneReport]
    /// Why there is no result: the process died, or could not be started.
    let failure: String?
    let end: BuildEnd?
}

/// Starts builds and listens to them.
final class BuildRunner: Sendable {
    private let lifeline: Lifeline
    private let journal: SharedJournal
    private let timeLimit: Duration?
    private let running = Mutex<Running>(Running())
    private let progress: @Sendable (Generation, BuildProgress) -> Void
    private let finished: @Sendable (BuildResult) -> Void

    /// The builds that are not at their end.
    private struct Running {
        var children: [Generation: ChildProcess] = [:]
        /// Those whose time is over.
        var late: Set<Generation> = []
        /// None is to run any more.
        var isEnding = false
    }

    /// `progress` and `finished` are called on a build's own thread.
    init(
        journal: SharedJournal, timeLimit: Duration?,
        progress: @escaping @Sendable (Generation, BuildProgress) -> Void,
        finished: @escaping @Sendable (BuildResult) -> Void
    ) throws(PlatformError) {
        lifeline = try Lifeline()
        self.journal = journal
        self.timeLimit = timeLimit
        self.progress = progress
        self.finished = finished
    }

    /// Starts a build; `finished` is called once, whatever happens.
    func start(_ order: BuildOrder) {
        do {
            try DaemonThread(named: "build") { [self] in
                finished(run(order))
            }.detach()
        } catch {
            finished(BuildResult(generation: order.generation, reports: [], failure: "\(error)", end: nil))
        }
    }

    /// Ends all builds without ceremony.
    func kill() {
        running.withLock { running in
            running.isEnding = true
            for child in running.children.values { child.send(.kill) }
        }
    }

    /// Ends a build that has taken too long.
    private func expire(_ generation: Generation) {
        running.withLock { running in
            guard let child = running.children[generation] else { return }
            running.late.insert(generation)
            child.send(.kill)
        }
    }

    private func run(_ order: BuildOrder) -> BuildResult {
        var reader = BuildOutput()
        var failure: String?
        do {
            var order = order
            order.zones = journal.completed(order.zones)
            let text = try JSONText.encode(order)
            let timer = timeLimit.map { limit in
                Task { [self, generation = order.generation] in
                    if (try? await Task.sleep(for: limit)) != nil { expire(generation) }
                }
            }
            defer { timer?.cancel() }
            let process = try perform(order.generation, text, reader: &reader)
            try process.awaitEnd()
            // Under the lock, so that `kill` can't signal a stranger that has got the number.
            let (end, isLate) = try running.withLock { running in
                running.children[order.generation] = nil
                let isLate = running.late.remove(order.generation) != nil
                return Result { () throws(PlatformError) in (try process.end(), isLate) }
            }.get()
            switch end {
            case .died(.kill)? where isLate:
                failure =
                    "the build took longer than \(Wording.time(timeLimit ?? .zero)) and was ended; --build-time-limit of memmgr run "
                    + "or zonecast sets how long it may take"
            case .exited(ExitStatus.done.rawValue)? where reader.end != nil: break
            case .died(.kill)?: failure = "the build was killed, perhaps for want of memory"
            case .exited(ExitStatus.noMemory.rawValue)?:
                failure = "there was not enough memory for the build; see --build-memory, and the machine's memory"
            // So ends a Swift program whose array gets no memory.
            case .died(.abort)?:
                failure =
                    "the build was aborted, perhaps for want of memory (see --build-memory); the log of memmgr says more"
            case let end?: failure = "the build \(end)"
            case nil: failure = "the build has no end"
            }
        } catch {
            failure = "\(error)"
        }
        return BuildResult(
            generation: order.generation, reports: reader.reports, failure: failure, end: reader.end)
    }

    /// Starts the process, gives it its order and reads what it says to the last line.
    private func perform(
        _ generation: Generation, _ order: [UInt8], reader: inout BuildOutput
    ) throws(PlatformError) -> ChildProcess {
        let orders = try System.makePipe()
        let lines = try System.makePipe()
        var command = ChildCommand.same(["build", "--order", "3"])
        command.sockets = [orders.reading.number]
        command.output = lines.writing.number
        command.lifeline = lifeline
        // It reads what tenants write.
        command.hasShortEnvironment = true
        // A crash report would keep the end of a dead build from being seen for a while.
        if Environment["SWIFT_BACKTRACE"] == nil { command.variables["SWIFT_BACKTRACE"] = "enable=no" }
        let process = try ChildProcess(command)
        running.withLock { running in
            running.children[generation] = process
            if running.isEnding { process.send(.kill) }
        }
        // The child's ends are the child's alone: its death must break the pipes.
        let orderWriter = orders.closeReading()
        let lineReader = lines.closeWriting()
        // What is wrong with the pipe, the end of the process says better.
        _ = unsafe order.withUnsafeBytes { bytes in
            Result { () throws(PlatformError) in
                try unsafe System.writeAll(orderWriter.number, bytes, to: "the build")
            }
        }
        _ = consume orderWriter
        do throws(PlatformError) {
            try reader.read(from: lineReader.number) { progress(generation, $0) }
        } catch {
            // It must not be left writing to nobody, and its end is still to be waited for.
            process.send(.kill)
        }
        return process
    }
}

/// The lines of a build.
private struct BuildOutput {
    var reports: [ZoneReport] = []
    var end: BuildEnd?
    private var rest: [UInt8] = []

    init() {}

    mutating func read(from descriptor: Int32, progress: (BuildProgress) -> Void) throws(PlatformError) {
        var portion = [UInt8](repeating: 0, count: 65536)
        while true {
            let count = try unsafe portion.withUnsafeMutableBytes { buffer in
                Result { () throws(PlatformError) in
                    try unsafe System.read(descriptor, into: buffer, of: "the build's output")
                }
            }.get()
            if count == 0 { return }
            rest += portion[..<count]
            var start = 0
            while let lineEnd = rest[start...].firstIndex(of: UInt8(ascii: "\n")) {
                take(rest[start..<lineEnd], progress: progress)
                start = lineEnd + 1
            }
            rest.removeFirst(start)
        }
    }

    private mutating func take(_ line: ArraySlice<UInt8>, progress: (BuildProgress) -> Void) {
        // What is no line of ours will be missed at the end.
        guard let line = try? JSONText.decode(BuildLine.self, from: line) else { return }
        if let report = line.zone { reports.append(report) }
        if let end = line.end { self.end = end }
        if let state = line.progress { progress(state) }
    }
}
