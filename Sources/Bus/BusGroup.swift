// The groups whose names are part of the protocol.

/// Names of well-known groups.
public enum BusGroup {
    /// The daemon itself.
    public static let daemon = "Msgq"
    /// The manager of generations.
    public static let manager = "MemMgr"
    /// Those who map generations.
    public static let consumers = "ShmemConsumers"
    /// The supervisor.
    public static let supervisor = "Zonecast"
    /// Membership events.
    public static let membership = "Notifications/Subscriptions"
    /// Membership events, where BIND 10's clients listen for them.
    public static let legacyMembership = "notifications/cc_members"
    /// Changes of zones.
    public static let zoneChanges = "Notifications/ZoneChanges"

    /// The instance that stands for all of a group's.
    public static let everyInstance = "*"
}
