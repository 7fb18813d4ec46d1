// Threads that live as long as their work: the responder's workers, the lifeline's watcher. Tasks are for what waits;
// a thread of the cooperative pool must not sit in a system call.

import CLinux
import Glibc
import Synchronization

/// A started thread.
package struct DaemonThread: Sendable {
    private let handle: pthread_t

    /// Starts a thread. The name is shown by ps and debuggers, cut to 15 characters.
    package init(named name: String, _ body: @escaping @Sendable () -> Void) throws(PlatformError) {
        let start = unsafe Unmanaged.passRetained(Start(name: name, body: body))
        var handle = pthread_t()
        let code = unsafe pthread_create(
            &handle, nil,
            { argument in
                // Safe: the argument is the object retained above, and this is its one release.
                guard let argument = unsafe argument else { return nil }
                let start = unsafe Unmanaged<Start>.fromOpaque(argument).takeRetainedValue()
                unsafe zc_thread_set_name(start.name)
                _ = zc_thread_allow_interrupts()
                start.body()
                return nil
            }, start.toOpaque())
        guard code == 0 else {
            unsafe start.release()
            throw .system(SystemError(code, .makeThread, name))
        }
        self.handle = handle
    }

    /// Ends the system call in which the thread waits, if it does; one that is about to wait is not reached. Not after `join` or
    /// `detach`.
    package func interrupt() { _ = zc_thread_interrupt(UInt64(handle)) }

    /// Waits for the thread's end; call this or `detach`, once.
    package func join() { _ = pthread_join(handle, nil) }

    /// Lets the thread go; nobody waits for it.
    package func detach() { _ = pthread_detach(handle) }

    private final class Start: Sendable {
        let name: String
        let body: @Sendable () -> Void

        init(name: String, body: @escaping @Sendable () -> Void) {
            self.name = name
            self.body = body
        }
    }
}
