// A way to wake a thread that waits for descriptors.

import CLinux

/// An event descriptor: readable from `signal` to `drain`.
package final class WakeUp: Sendable {
    package let descriptor: Int32

    package init() throws(PlatformError) {
        descriptor = try System.linux(.makeEvent, nil) { Descriptors.lifted(zc_eventfd_create()) }
    }

    deinit { _ = Descriptor(owning: descriptor) }

    package func signal() { zc_eventfd_signal(descriptor) }

    package func drain() { _ = zc_eventfd_drain(descriptor) }

    /// Waits until one of the descriptors is readable or has hung up, or the time has passed: which ones are.
    package static func wait(for descriptors: [Int32], milliseconds: Int32? = nil) throws(PlatformError) -> [Bool] {
        let ready = try System.linux(.wait, "descriptors") {
            unsafe zc_wait_readable(descriptors, UInt32(descriptors.count), milliseconds ?? -1)
        }
        return descriptors.indices.map { ready & (1 << Int64($0)) != 0 }
    }
}
