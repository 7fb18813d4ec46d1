// The UDP threads of the process, and how they stop without losing a query: each looks between two batches whether it is to
// go on, and one that waits for datagrams is woken by a signal. What is in a socket then stays there for whoever shares it.

import Platform
import Synchronization

/// Serves UDP sockets, each on a thread of its own.
final class UDPServer: Sendable {
    private let end = EndOfReading()
    private let threads = Mutex<[DaemonThread]>([])

    /// Starts a thread, which runs `worker` made with the order that ends it.
    func serve(number: Int, _ worker: (EndOfReading) -> UDPWorker) throws(PlatformError) {
        let (worker, end) = (worker(end), end)
        end.begin()
        let thread = try DaemonThread(named: "udp.\(number)") {
            worker.run()
            end.finish()
        }
        threads.withLock { $0.append(thread) }
    }

    /// Returns when what was received is answered and nothing more will be received; a batch takes microseconds. A thread that
    /// can't be woken within a second is left alone.
    func stop() {
        end.demand()
        threads.withLock { threads in
            for _ in 0..<1000 where end.isAwaited {
                for thread in threads { thread.interrupt() }
                _ = try? WakeUp.wait(for: [], milliseconds: 1)
            }
            if !end.isAwaited { threads.forEach { $0.join() } }
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
