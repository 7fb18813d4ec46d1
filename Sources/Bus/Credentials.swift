// Who is at the other end of a connection, as the kernel tells it, and who may be.

/// The user, groups and process of a client.
public struct Credentials: Hashable, Sendable {
    public var uid: UInt32
    public var gid: UInt32
    /// Supplementary groups.
    public var groups: [UInt32]
    /// The process that connected.
    public var pid: Int32

    public init(uid: UInt32, gid: UInt32, groups: [UInt32] = [], pid: Int32) {
        self.uid = uid
        self.gid = gid
        self.groups = groups
        self.pid = pid
    }
}

/// Who may use the bus.
public struct BusAccess: Hashable, Sendable {
    /// The user that runs the daemon, the only one who may stop it.
    public var owner: UInt32
    /// A group whose members may connect as well.
    public var group: UInt32?
    /// Whether a supervisor makes the connections of the system's own processes and says which is whose.
    public var isSupervised: Bool

    public init(owner: UInt32, group: UInt32? = nil, isSupervised: Bool = false) {
        self.owner = owner
        self.group = group
        self.isSupervised = isSupervised
    }

    /// Whether this client may connect. The superuser always may: no rule of ours could keep it out.
    func admits(_ client: Credentials) -> Bool {
        if client.uid == owner || client.uid == 0 { return true }
        guard let group else { return false }
        return client.gid == group || client.groups.contains(group)
    }

    func mayStop(_ client: Credentials) -> Bool { client.uid == owner }

    /// Whether this client may be the manager or the supervisor of a system that was started by hand.
    func mayTakeOffice(_ client: Credentials) -> Bool { client.uid == owner || client.uid == 0 }
}
