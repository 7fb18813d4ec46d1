// The bounds that keep the daemon alive whatever its clients do.

/// What one client, and all of them together, may ask of the daemon.
public struct BusLimits: Hashable, Sendable {
    /// The most that a frame's length field may say.
    public var frame = Frame.defaultLimit

    /// The longest frame from a consumer: its longest is an answer with counters, and what it sends gathers at the manager.
    public var consumerFrame = 256 << 10

    /// How many bytes may wait for one client, behind the frame that it is being sent.
    ///
    /// Not counting the frame under way lets every frame that is allowed at all be delivered to a client that reads.
    public var backlog = 64 << 20

    /// How many bytes may wait for all clients, or be held for them otherwise, until the largest holder has to go.
    public var total = 512 << 20

    /// How many (group, instance) pairs one client may subscribe to.
    public var subscriptions = 8192

    public init() {}

    /// What a queued frame or a subscription costs besides its own bytes.
    static let overhead = 256

    /// The largest body of a command to the daemon itself, which has to parse it.
    static let commandBody = 64 << 10
}
