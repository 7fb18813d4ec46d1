// How far an upgrade has come, as `zonecast upgrade` asks for it.

import Bus

/// The last upgrade that was asked for.
struct UpgradeState: Hashable, Sendable {
    enum Progress: Hashable, Sendable {
        /// None was asked for.
        case none
        /// Asked for, and not yet tried or being tried by the new zonecast.
        case wanted
        /// This zonecast is the new one, and replaces the parts.
        case replacing
        case done
        /// Nothing was replaced, for this reason.
        case failed(String)
    }

    /// How often one was asked for since the system was started.
    var number = 0
    var progress = Progress.none
    /// Whether msgq was replaced too.
    var includesBus = false

    mutating func request() {
        number += 1
        progress = .wanted
    }
}

/// The same on the bus: the answer to the command `upgrade` of the group `Zonecast`.
struct UpgradeReport: Codable, Hashable, Sendable {
    static let command = "upgrade"

    let number: Int
    /// `none`, `wanted`, `replacing`, `done` or `failed`.
    let state: String
    var reason: String?
    /// Whether msgq is among what is replaced.
    let includesBus: Bool
    /// The parts that it waits for.
    let missing: [String]

    init(_ upgrade: UpgradeState, missing: [Part]) {
        number = upgrade.number
        includesBus = upgrade.includesBus
        switch upgrade.progress {
        case .none: state = "none"
        case .wanted: state = "wanted"
        case .replacing: state = "replacing"
        case .done: state = "done"
        case .failed(let reason):
            state = "failed"
            self.reason = reason
        }
        self.missing = upgrade.progress == .replacing ? missing.map { "\($0)" } : []
    }
}
