// How far an upgrade has come, as `zonecast upgrade` asks for it.

import Bus

/// What has become of the upgrades that were asked for.
struct UpgradeState: Hashable, Sendable {
    /// How often one was asked for since the system was started.
    var number = 0
    /// Asked for, and not yet tried, or being tried by the new zonecast.
    var isWanted = false
    /// This zonecast is the new one, and replaces the parts.
    var isReplacing = false
    /// Why the last one that was asked for replaced nothing.
    var failure: String?
    /// Whether msgq is among what was replaced.
    var includesBus = false

    mutating func request() {
        number += 1
        isWanted = true
        failure = nil
    }

    mutating func fail(_ reason: String) {
        isWanted = false
        failure = reason
    }
}

/// The same on the bus: the answer to the command `upgrade` of the group `Zonecast`.
struct UpgradeReport: Codable, Hashable, Sendable {
    static let command = "upgrade"

    let number: Int
    /// `none`, `wanted`, `failed`, `replacing` or `done`.
    let state: String
    let reason: String?
    /// Whether msgq is among what is replaced.
    let includesBus: Bool
    /// The parts that are waited for.
    let missing: [String]

    /// The state of a zonecast that knows nothing of upgrades.
    static let unknown = "unknown"

    init(state: String) {
        (number, includesBus, missing, reason) = (0, false, [], nil)
        self.state = state
    }

    init(_ upgrade: UpgradeState, missing: [Part]) {
        number = upgrade.number
        includesBus = upgrade.includesBus
        reason = upgrade.failure
        state =
            if upgrade.number == 0 {
                "none"
            } else if upgrade.isWanted {
                "wanted"
            } else if upgrade.failure != nil {
                "failed"
            } else {
                upgrade.isReplacing ? "replacing" : "done"
            }
        self.missing = upgrade.isReplacing ? missing.map { "\($0)" } : []
    }
}
