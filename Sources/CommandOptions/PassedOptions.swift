// Options that two programs share: a daemon takes them, and the supervisor takes them on the daemon's behalf. They are
// declared once, and whoever passes them on spells them here.

import ArgumentParser

/// A group of options that can be spelled again for another program's command line.
package protocol PassedOptions: ParsableArguments, Sendable {
    /// What a command line needs to set the same values.
    var arguments: [String] { get }
}

/// Spells an option that has a value; nothing without one.
func spelled(_ option: String, _ value: (some CustomStringConvertible)?) -> [String] {
    value.map { [option, "\($0)"] } ?? []
}
