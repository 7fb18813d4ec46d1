// Signals are waited for, never handled: the main thread blocks them before any other thread is there, and then takes
// them one by one. (An async `main` would park the main thread with an empty mask, and die of SIGTERM.)

import CLinux
import Glibc

/// A signal's number.
package struct Signal: RawRepresentable, Hashable, Sendable, CustomStringConvertible {
    package let rawValue: Int32

    package init(rawValue: Int32) { self.rawValue = rawValue }

    package static let hangUp = Signal(rawValue: SIGHUP)
    package static let interrupt = Signal(rawValue: SIGINT)
    package static let terminate = Signal(rawValue: SIGTERM)
    package static let abort = Signal(rawValue: SIGABRT)
    package static let userDefined1 = Signal(rawValue: SIGUSR1)
    package static let userDefined2 = Signal(rawValue: SIGUSR2)
    package static let kill = Signal(rawValue: SIGKILL)
    package static let child = Signal(rawValue: SIGCHLD)

    private static let names: [Int32: String] = [
        SIGHUP: "SIGHUP", SIGINT: "SIGINT", SIGQUIT: "SIGQUIT", SIGILL: "SIGILL", SIGTRAP: "SIGTRAP",
        SIGABRT: "SIGABRT", SIGBUS: "SIGBUS", SIGFPE: "SIGFPE", SIGKILL: "SIGKILL", SIGUSR1: "SIGUSR1",
        SIGSEGV: "SIGSEGV", SIGUSR2: "SIGUSR2", SIGPIPE: "SIGPIPE", SIGALRM: "SIGALRM", SIGTERM: "SIGTERM",
        SIGCHLD: "SIGCHLD", SIGXCPU: "SIGXCPU", SIGXFSZ: "SIGXFSZ", SIGSYS: "SIGSYS",
    ]

    package var description: String { Self.names[rawValue] ?? "signal \(rawValue)" }
}

/// The signals of this process.
package enum Signals {
    /// What ends or pokes a daemon.
    package static let daemon: [Signal] = [.terminate, .interrupt, .hangUp]

    /// Blocks signals in the calling thread and those it starts, and ignores what would end a part for no reason: SIGPIPE, and
    /// what is meant for others of its control group. Call it first thing in `main`.
    package static func block(_ signals: [Signal] = daemon) {
        var set = Self.set(signals)
        _ = unsafe pthread_sigmask(SIG_BLOCK, &set, nil)
        _ = signal(SIGPIPE, SIG_IGN)
        for other in [Signal.userDefined1, .userDefined2] where !signals.contains(other) {
            _ = signal(other.rawValue, SIG_IGN)
        }
    }

    /// Whether a signal that is blocked waits to be taken.
    package static func isPending(_ signal: Signal) -> Bool {
        var set = sigset_t()
        return unsafe sigpending(&set) == 0 && sigismember(&set, signal.rawValue) == 1
    }

    /// Waits for the next of these signals, which must be blocked. For the main thread.
    package static func next(of signals: [Signal] = daemon) -> Signal {
        var set = Self.set(signals)
        var number: Int32 = 0
        while unsafe sigwait(&set, &number) != 0 {}
        return Signal(rawValue: number)
    }

    private static func set(_ signals: [Signal]) -> sigset_t {
        var set = sigset_t()
        unsafe sigemptyset(&set)
        for signal in signals { unsafe sigaddset(&set, signal.rawValue) }
        return set
    }
}

/// A descriptor that is readable while one of the signals is pending, for those who wait for other things as well.
package struct SignalDescriptor: ~Copyable {
    private let descriptor: Descriptor

    package var number: Int32 { descriptor.number }

    /// The signals must be blocked.
    package init(_ signals: [Signal]) throws(PlatformError) {
        let numbers = signals.map(\.rawValue)
        descriptor = Descriptor(
            owning: try System.linux(.makeEvent, nil) {
                Descriptors.lifted(unsafe zc_signalfd_create(numbers, UInt32(numbers.count)))
            })
    }

    /// The next pending signal, and the process that sent it (0: the kernel).
    package func next() -> (signal: Signal, sender: Int32)? {
        var sender: Int32 = 0
        let number = unsafe zc_signalfd_read(descriptor.number, &sender)
        return number > 0 ? (Signal(rawValue: number), sender) : nil
    }
}
