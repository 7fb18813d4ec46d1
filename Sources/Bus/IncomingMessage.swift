// A message that came in over the bus and that no task is waiting for.

import JSON

/// A command or notification from another client or from the daemon, or an answer that is taken in order with these.
public struct IncomingMessage: Hashable, Sendable {
    public enum Kind: Hashable, Sendable {
        /// Asks the recipient to do something; the sender may be waiting for an answer.
        case command
        /// Tells something; nobody waits.
        case notification
        /// What became of a question of ours that was sent with `BusConnection.ask`. Name and parameters are empty.
        case answer(CallID, Result<JSONValue, BusError>)
    }

    public internal(set) var kind: Kind
    /// The command's or notification's name.
    public internal(set) var name: String
    /// What came with the name, `null` if nothing did.
    public internal(set) var params: JSONValue
    /// Who sent it; `LName.daemon` for membership events.
    public internal(set) var from: LName
    /// What the daemon says of the sender of a command, if the connection was asked to find out; nil too when the sender
    /// had gone before that.
    public internal(set) var sender: Sender?
    /// The group that it was sent to; also set by many clients on direct messages.
    public internal(set) var group: String?
    public internal(set) var instance: String
    /// The sender's number of this message, which an answer repeats.
    public internal(set) var seq: JSONValue
    /// Whether the sender waits for an answer.
    public internal(set) var wantsAnswer: Bool

    public init(
        _ kind: Kind, _ name: String, _ params: JSONValue = .null, from: LName, group: String? = nil,
        instance: String = "*", seq: JSONValue = .null, wantsAnswer: Bool = false, sender: Sender? = nil
    ) {
        self.kind = kind
        self.name = name
        self.params = params
        self.from = from
        self.group = group
        self.instance = instance
        self.seq = seq
        self.wantsAnswer = wantsAnswer
        self.sender = sender
    }
}
