// Why a call, a connection or a bus itself failed, as the client of the bus sees it.

import JSON

/// What can go wrong for a client of the bus.
public enum BusError: Error, Hashable, Sendable {
    /// No connection could be made: no such socket, nobody listening, a path too long, not our bus.
    case noBus(path: String, reason: String)
    /// The connection has ended. It does not come back: the module ends, and its supervisor acts.
    case lost(reason: String)
    /// This side closed the connection.
    case closed
    /// The recipient answered with an error.
    case remote(code: Int, text: String)
    /// Nobody has this l-name, or no one is in this group.
    case noSuchRecipient
    /// Everyone who received the question has left the bus without answering.
    case recipientGone
    /// The caller's own deadline has passed; the question may still be carried out.
    case deadline
    /// The task that called was cancelled; the question may still be carried out.
    case cancelled
    /// The answer is not what the protocol or the caller's type expects.
    case malformedAnswer(String)
    /// The message does not fit a frame.
    case tooLarge(String)
}

extension BusError: CustomStringConvertible {
    public var description: String {
        switch self {
        case .noBus(let path, let reason): "no bus at \(path): \(reason)"
        case .lost(let reason): "the bus is lost: \(reason)"
        case .closed: "the connection to the bus was closed"
        case .remote(_, let text): text
        case .noSuchRecipient: "no such recipient on the bus"
        case .recipientGone: "the recipient left the bus before it answered"
        case .deadline: "no answer within the deadline"
        case .cancelled: "the call was cancelled"
        case .malformedAnswer(let why): "malformed answer: \(why)"
        case .tooLarge(let what): "message too large: \(what)"
        }
    }
}

extension BusError {
    /// A message whose parameters are not what the reader's type expects.
    public init(_ error: JSONError) { self = .malformedAnswer("\(error)") }
}
