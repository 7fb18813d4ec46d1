// The descriptors of a process as a whole: what every program does about them before anything else, and whose the low
// numbers are.
//
//     0 1 2 | 3 … 23                                      | 24 …
//     std   | inherited, NIO's, the runtime's: left free  | what this module opens
//
// libdispatch, below Swift's tasks, opens files of /proc while it runs, and ends the process where it gets no
// descriptor (`_dispatch_workq_count_runnable_workers`). What asks for many descriptors is this module, which can say
// no. So it takes no low number: when all others are used up, the runtime still finds one.

import CLinux

package enum Descriptors {
    /// Below this number nothing is kept that this module opens. 0 where descriptors are too few to keep any back.
    static let floor: Int32 = zc_descriptors_limit() >= 128 ? 24 : 0

    /// Opens closed standard descriptors on /dev/null, so that no other file gets their numbers and with them what is
    /// logged and printed; and raises the soft limit on descriptors to the hard one. Call it first thing in `main`.
    package static func prepare() {
        guard zc_descriptors_open_standard() == 0 else { ExitStatus.ioError.exit() }
        // Where that is not permitted, the limit stays what it is.
        _ = zc_descriptors_raise_limit()
    }

    /// The limit that is in effect: the lowest number that no descriptor gets.
    package static var limit: Int { Int(zc_descriptors_limit()) }

    /// Makes sure that so many descriptors can be opened beside those that are open: SwiftNIO ends the process where it gets
    /// none.
    ///
    /// - Throws: `PlatformError.tooFewDescriptors`.
    package static func require(_ count: Int) throws(PlatformError) {
        let free = Int(zc_descriptors_free(UInt32(count)))
        guard free < count else { return }
        throw .tooFewDescriptors(needed: limit + count - free, limit: limit)
    }

    /// Moves a descriptor that was just opened out of the low numbers. Returns its number, or a negative errno value.
    static func lifted(_ descriptor: Int32) -> Int32 {
        descriptor < 0 ? descriptor : zc_descriptor_lift(descriptor, floor)
    }
}
