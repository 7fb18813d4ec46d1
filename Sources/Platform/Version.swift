// The version of Zonecast, of which all programs have the same: stated here and nowhere else.

import Logging

/// The version of all programs.
package enum Version {
    package static let text = "0.1.0"

    /// What `--version` prints.
    package static func of(_ program: String) -> String { "\(program) \(text)" }

    /// When this process started, in the form of RFC 3339; set by the first who asks, which is `Logger.starting`.
    package static let start = TimeOfDay.text(TimeOfDay.now)
}

extension Logger {
    /// Writes the first line of a program's log: what starts, and with what.
    package func starting(_ metadata: Logger.Metadata = [:]) {
        var metadata = metadata
        metadata["version"] = "\(Version.text)"
        metadata["started"] = "\(Version.start)"
        info("starting", metadata: metadata)
    }

    /// The same for a program that listens.
    package func starting(listening endpoints: some Sequence<Endpoint>) {
        starting(["addresses": "\(Endpoint.list(endpoints))"])
    }
}

extension Endpoint {
    /// Each address once, sorted, such as `127.0.0.1:53 [::1]:53`.
    package static func list(_ endpoints: some Sequence<Endpoint>) -> String {
        Set(endpoints).map(\.description).sorted().joined(separator: " ")
    }
}
