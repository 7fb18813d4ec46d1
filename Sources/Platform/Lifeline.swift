// No orphans: a parent keeps the write end of a pipe and never writes; each child holds the read end. However the parent
// ends, `kill -9` included, the kernel closes its end and the child's read sees the end of the file.

import Glibc

/// The parent's side. It belongs to the process for good: letting go of it ends the children.
package final class Lifeline: Sendable {
    private let pipe: Pipe

    /// For the children; they get a copy of it and its number in `ZONECAST_LIFELINE`.
    var readEnd: Int32 { pipe.reading.number }

    package init() throws(PlatformError) {
        pipe = try System.makePipe()
    }

    /// Goes on with a pipe that came over from the program before.
    package init(inherited ends: (reading: Int32, writing: Int32)) {
        System.setCloseOnExec(ends.reading)
        System.setCloseOnExec(ends.writing)
        pipe = Pipe(reading: Descriptor(owning: ends.reading), writing: Descriptor(owning: ends.writing))
    }

    /// The numbers of both ends, for the program that this process becomes.
    package var ends: (reading: Int32, writing: Int32) { (pipe.reading.number, pipe.writing.number) }

    /// The child's side: ends this process when its parent has ended. Does nothing for a process without such a parent.
    ///
    /// Call it early in `main`, after blocking signals. `atEnd` may tidy up, in at most a moment; then the process ends
    /// without running anything else.
    package static func watch(atEnd: @escaping @Sendable () -> Void = {}) throws(PlatformError) {
        guard let fd = try InheritedDescriptor.take(Variable.lifeline) else { return }
        let thread = try DaemonThread(named: "lifeline") {
            var octet: UInt8 = 0
            // Anything but an interruption means that nobody holds the other end.
            while true {
                let count = unsafe read(fd, &octet, 1)
                if count > 0 || (count < 0 && errno == EINTR) { continue }
                break
            }
            atEnd()
            _exit(ExitStatus.failed.rawValue)
        }
        thread.detach()
    }
}
