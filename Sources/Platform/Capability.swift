// What is left of root's rights to a process that must have some of them.

import CLinux

/// A capability of Linux; the raw value is its number.
package enum Capability: UInt64, Sendable {
    /// Writing files whoever they belong to: CAP_DAC_OVERRIDE.
    case writeAnyFile = 1

    /// Reading them: CAP_DAC_READ_SEARCH.
    case readAnyFile = 2
}

/// Capabilities and the programs that a process starts. (Those of root get root's.)
package enum InheritedCapabilities {
    /// Keeps what a service manager gave us, such as the right to open port 53, from all programs that we start.
    package static func withhold() { zc_lower_ambient() }

    /// Leaves it to the program that this process is about to become.
    package static func leave() { zc_raise_ambient() }
}
