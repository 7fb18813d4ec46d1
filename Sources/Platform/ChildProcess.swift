// Starting programs and learning of their end. What is passed on is stated: sockets, a lifeline, variables, an output;
// a child gets no other descriptor of ours.

import CLinux
import Glibc

/// A program to start.
package struct ChildCommand: Sendable {
    package var executable: String
    package var arguments: [String]

    /// What the program finds as its own name, if that is not the executable's path.
    package var name: String?

    /// Variables to set (or, with nil, to remove) beside those of this process that are passed on.
    package var variables: [String: String?] = [:]

    /// Whether the program gets only those of this process's variables that a child of the system needs.
    package var hasShortEnvironment = false

    /// What the child finds at 3, 4, …, announced by `LISTEN_FDS` if they are `sockets`.
    package var sockets: [Int32] = []

    /// The pipe whose end ends the child.
    package var lifeline: Lifeline?

    /// What the child may read as the secret that it shares with others.
    package var secret: SealedMemory?

    /// What the child may read as the estate of a supervisor.
    package var estate: SealedMemory?

    /// The child's connection to the bus.
    package var bus: Int32?

    /// Where the bus daemon takes connections from its supervisor.
    package var busControl: Int32?

    /// In place of our standard output, such as a pipe.
    package var output: Int32?

    /// In place of our standard error.
    package var errors: Int32?

    package init(_ executable: String, _ arguments: [String]) {
        self.executable = executable
        self.arguments = arguments
    }

    /// The program that runs here, in the very version that runs, even when its file was replaced meanwhile.
    package static func same(_ arguments: [String]) -> ChildCommand {
        var command = ChildCommand(ProcessImage.runningProgram, arguments)
        command.name = SiblingBinary.own()
        return command
    }
}

/// How a process ended.
package enum ProcessEnd: Hashable, Sendable, CustomStringConvertible {
    case exited(Int32)
    case died(Signal)

    package var description: String {
        switch self {
        case .exited(let code): "exited with code \(code)"
        case .died(let signal): "died of \(signal)"
        }
    }
}

/// A process that we have started and must wait for.
package struct ChildProcess: Hashable, Sendable {
    package let id: pid_t

    /// A child that the program before had started in this process.
    package init(inherited id: pid_t) { self.id = id }

    /// Starts a program in a process group of its own, with an empty signal mask and default signal actions.
    ///
    /// (Ctrl-C goes to a terminal's foreground group, and it is for the parent to end its children in order.)
    package init(_ command: ChildCommand) throws(PlatformError) {
        var passed = command.sockets
        var variables = command.variables
        // LISTEN_PID can't be set across a spawn; its absence means that the sockets are the reader's.
        variables.updateValue(command.sockets.isEmpty ? nil : "\(command.sockets.count)", forKey: Variable.listenCount)
        variables.updateValue(nil, forKey: Variable.listenProcess)
        variables.updateValue(nil, forKey: Variable.listenNames)
        for (variable, descriptor) in [
            (Variable.lifeline, command.lifeline?.readEnd), (Variable.secret, command.secret?.descriptor),
            (Variable.estate, command.estate?.descriptor), (Variable.bus, command.bus),
            (Variable.busControl, command.busControl),
        ] {
            if let descriptor { passed.append(descriptor) }
            variables.updateValue(descriptor.map { _ in "\(2 + passed.count)" }, forKey: variable)
        }
        id = try Self.spawn(
            command, passed: passed,
            environment: Environment.with(variables, only: command.hasShortEnvironment ? Variable.inherited : nil))
    }

    /// How the process ended, which is told once; nil while it runs.
    package func end() throws(PlatformError) -> ProcessEnd? {
        var status: Int32 = 0
        let result = try System.linux(.wait, "process \(id)") {
            let result = unsafe waitpid(id, &status, WNOHANG)
            return result < 0 ? -errno : result
        }
        guard result == id else { return nil }
        // WIFEXITED and its kin are macros: the low seven bits are the signal, the next octet is the code.
        let signal = status & 0x7f
        return signal == 0 ? .exited((status >> 8) & 0xff) : .died(Signal(rawValue: signal))
    }

    /// Waits until the process has ended, and leaves it to `end` to tell how.
    package func awaitEnd() throws(PlatformError) {
        var info = unsafe siginfo_t()
        _ = try System.linux(.wait, "process \(id)") {
            unsafe waitid(P_PID, id_t(id), &info, WEXITED | WNOWAIT) < 0 ? -errno : Int32(0)
        }
    }

    /// Kills the process and what it has started, as far as that has not left its group.
    package func killGroup() { _ = Glibc.kill(-id, SIGKILL) }

    /// Sends a signal. Safe against reused numbers until `end` has told of the end.
    package func send(_ signal: Signal) { _ = Glibc.kill(id, signal.rawValue) }

    private static func spawn(
        _ command: ChildCommand, passed: [Int32], environment: [String]
    ) throws(PlatformError) -> pid_t {
        let arguments = CStrings([command.name ?? command.executable] + command.arguments)
        let variables = CStrings(environment)
        return try System.linux(.spawn, command.executable) {
            unsafe command.executable.withPath { program in
                unsafe zc_spawn(
                    program, arguments.base, variables.base, command.output ?? -1, command.errors ?? -1, passed,
                    UInt32(passed.count))
            }
        }
    }
}

/// A null-terminated array of C strings, as argv and envp are.
@safe struct CStrings: ~Copyable {
    let base: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>
    private let count: Int

    init(_ strings: [String]) {
        count = strings.count
        unsafe base = UnsafeMutablePointer.allocate(capacity: count + 1)
        for (index, string) in strings.enumerated() {
            unsafe (base + index).initialize(to: unsafe string.withPath { unsafe strdup($0) })
        }
        unsafe (base + count).initialize(to: nil)
    }

    deinit {
        for index in 0..<count { unsafe free(base[index]) }
        unsafe base.deallocate()
    }
}
