// Pages of mapped files that can't be read any more: see `zc_lost_pages.h`.

import CLinux

package enum LostPages {
    /// Has such pages read as zeros from now on, instead of ending the process. Whoever answers from them looks at `count`.
    package static func survive() throws(PlatformError) {
        _ = try System.linux(.map, "files") { zc_lost_pages_survive() }
    }

    /// How many there were so far.
    @inline(__always)
    package static var count: UInt64 { zc_lost_pages_count() }
}
