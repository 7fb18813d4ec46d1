// Threads that sit in a system call until something comes in, and how they stop without losing what has come: each looks between
// two calls whether it is to go on, and one that waits is woken by a signal. What is in a socket then stays there for whoever
// shares it.

import Platform
import Synchronization

/// A group of such threads.
final class ReaderThreads: Sendable {
    private let end = EndOfReading()
    private let threads = Mutex<[DaemonThread]>([])

    /// Starts a thread; `body` returns soon after the end is wanted or its call was interrupted.
    func start(named name: String, _ body: @escaping @Sendable (EndOfReading) -> Void) throws(PlatformError) {
        let end = end
        end.begin()
        do throws(PlatformError) {
            let thread = try DaemonThread(named: name) {
                body(end)
                end.finish()
            }
            threads.withLock { $0.append(thread) }
        } catch {
            end.finish()
            throw error
        }
    }

    /// Returns when all have stopped. What they have in hand takes microseconds: one that does not stop within a second is left
    /// alone.
    func stop() {
        end.demand()
        threads.withLock { threads in
            for _ in 0..<1000 where end.isAwaited {
                for thread in threads { thread.interrupt() }
                _ = try? WakeUp.wait(for: [], milliseconds: 1)
            }
            if !end.isAwaited { for thread in threads { thread.join() } }
            threads = []
        }
    }
}

/// The order to stop, and who has not followed it yet.
final class EndOfReading: Sendable {
    private let wanted = Atomic<Bool>(false)
    private let running = Atomic<Int>(0)

    @inline(__always)
    var isWanted: Bool { wanted.load(ordering: .relaxed) }
    fileprivate var isAwaited: Bool { running.load(ordering: .acquiring) > 0 }

    fileprivate func demand() { wanted.store(true, ordering: .relaxed) }
    fileprivate func begin() { running.add(1, ordering: .relaxed) }
    fileprivate func finish() { running.subtract(1, ordering: .releasing) }
}
