// Why the daemon ended a connection: what it writes to its log.

/// The reason for which the router disconnects a client.
public enum DisconnectReason: Hashable, Sendable {
    /// Another user than the daemon's, and not of the allowed group.
    case notAllowed(Credentials)
    case malformed(WireError)
    /// The header's `from` names someone else.
    case forgedSender(String)
    case tooManySubscriptions(limit: Int)
    /// Too much waits for this client.
    case backlog(bytes: Int, limit: Int)
    /// Too much waits for all clients, and the most for this one.
    case total(bytes: Int, limit: Int)
    /// A client that may do so asked for it.
    case requested(by: LName)
}

extension DisconnectReason: CustomStringConvertible {
    public var description: String {
        switch self {
        case .notAllowed(let who): "user \(who.uid) may not use this bus"
        case .malformed(let error): "it sent \(error)"
        case .forgedSender(let name): "it spoke in the name of \(name)"
        case .tooManySubscriptions(let limit): "more than \(limit) subscriptions"
        case .backlog(let bytes, let limit): "it does not read: \(bytes) bytes wait for it, the limit is \(limit)"
        case .total(let bytes, let limit): "it holds the most of \(bytes) bytes, the limit for all is \(limit)"
        case .requested(let asker): "\(asker) asked for it"
        }
    }
}
