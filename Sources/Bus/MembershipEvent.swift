// What the daemon tells about its clients' comings and goings, and how it is spelled.

import JSON

/// A change in who is on the bus or in a group.
public enum MembershipEvent: Hashable, Sendable {
    case connected(LName)
    case disconnected(LName)
    case subscribed(LName, group: String)
    case unsubscribed(LName, group: String)

    /// The event's name on the wire.
    public var name: String {
        switch self {
        case .connected: "connected"
        case .disconnected: "disconnected"
        case .subscribed: "subscribed"
        case .unsubscribed: "unsubscribed"
        }
    }

    /// The event's parameters on the wire.
    public var params: JSONValue {
        switch self {
        case .connected(let client), .disconnected(let client):
            ["client": .string(client.text)]
        case .subscribed(let client, let group), .unsubscribed(let client, let group):
            ["client": .string(client.text), "group": .string(group)]
        }
    }

    /// Reads an event out of a message from the bus; nil if it is something else.
    public init?(_ message: IncomingMessage) {
        guard message.kind == .notification, message.from == .daemon,
            let client = message.params["client"]?.string.map(LName.init)
        else { return nil }
        switch (message.name, message.params["group"]?.string) {
        case ("connected", _): self = .connected(client)
        case ("disconnected", _): self = .disconnected(client)
        case ("subscribed", let group?): self = .subscribed(client, group: group)
        case ("unsubscribed", let group?): self = .unsubscribed(client, group: group)
        default: return nil
        }
    }
}
