// Before a supervisor becomes a newer zonecast, that one is started as a child with the same command line and the estate that
// it would get: does it understand both, and can the programs beside it be started? What it has against it, it says on its
// standard error. Until it has ended well nothing has changed.

import Glibc
import Platform
import Synchronization

/// The new zonecast's side.
enum Rehearsal {
    /// Whether this process is one.
    static let isThis = Environment[Variable.rehearsal] != nil

    /// The last line of one that ends well: a program that knows nothing of this does not say it.
    static let consent = "ready to take over"

    /// Of what it says, as much is logged.
    static let mostLines = 20

    /// How long a program may take to say how it is used; all of them together less than the old zonecast waits.
    private static let patience = Duration.seconds(5)

    /// Ends with an error where the upgrade would not end well.
    static func perform(_ programs: Programs) throws(PlatformError) {
        // The bus is in it.
        _ = try System.open(programs.folder.path, O_RDONLY | O_DIRECTORY)
        let running = Mutex<ChildProcess?>(nil)
        try Lifeline.watch { running.withLock { $0?.killGroup() } }
        let silence = try System.open("/dev/null", O_WRONLY)
        for var trial in programs.trials {
            trial.output = silence.number
            trial.variables.updateValue(nil, forKey: Variable.rehearsal)
            let child = try ChildProcess(trial)
            running.withLock { $0 = child }
            let end = try end(of: child)
            running.withLock { $0 = nil }
            guard end != .exited(ExitStatus.done.rawValue) else { continue }
            fail(
                "\(trial.executable) can't be used: it \(end.map { "\($0)" } ?? "does not even say how it is used")",
                .failed)
        }
        print(consent)
    }

    /// Nil when it had to be killed.
    private static func end(of child: ChildProcess) throws(PlatformError) -> ProcessEnd? {
        let deadline = ContinuousClock.now + patience
        while ContinuousClock.now < deadline {
            if let end = try child.end() { return end }
            _ = try WakeUp.wait(for: [], milliseconds: 2)
        }
        child.killGroup()
        try child.awaitEnd()
        _ = try child.end()
        return nil
    }
}

/// The old zonecast's side: the process and a pipe for what it says.
final class RunningRehearsal {
    let child: ChildProcess
    private let lines: Descriptor

    /// Starts the new zonecast.
    init(_ command: ChildCommand, inheriting estate: SealedMemory) throws(PlatformError) {
        let pipe = try System.makePipe()
        var command = command
        command.variables.updateValue("1", forKey: Variable.rehearsal)
        command.estate = estate
        command.output = pipe.writing.number
        command.errors = pipe.writing.number
        child = try ChildProcess(command)
        lines = pipe.closeWriting()
    }

    /// What it said, of which a pipe takes 64 KiB. For after its end: nothing is waited for.
    func text() throws(PlatformError) -> String {
        guard try WakeUp.wait(for: [lines.number], milliseconds: 0) == [true] else { return "" }
        var octets = [UInt8](repeating: 0, count: 1 << 16)
        let count = unsafe octets.withUnsafeMutableBytes { unsafe Glibc.read(lines.number, $0.baseAddress, $0.count) }
        return String(decoding: octets.prefix(max(0, count)), as: UTF8.self)
    }
}
