// The header as we write it. Headers of others are never decoded as a whole, since the daemon must not lose a member that
// it does not know: see HeaderMembers.swift.

import JSON

/// Names of header members.
enum HeaderName {
    static let type = "type"
    static let from = "from"
    static let to = "to"
    static let group = "group"
    static let instance = "instance"
    static let seq = "seq"
    static let reply = "reply"
    static let wantAnswer = "want_answer"
}

/// What a frame is for: the header's `type`.
public enum FrameType: String, Hashable, Sendable, CaseIterable {
    case getlname, subscribe, unsubscribe, send, ping, pong, stop
}

/// A header of our own making.
public struct BusHeader: Hashable, Sendable {
    public var type: FrameType
    public var from: LName?
    /// An l-name, or `"*"` for the group.
    public var to: String?
    public var group: String?
    public var instance: String?
    public var seq: JSONValue?
    /// The `seq` of the message that this one answers.
    public var reply: JSONValue?
    public var wantAnswer: Bool?

    /// The value of `to` that means the members of the group.
    public static let toGroup = "*"

    public init(_ type: FrameType) {
        self.type = type
    }

    /// The header as JSON text.
    public var text: [UInt8] {
        var members: [String: JSONValue] = [HeaderName.type: .string(type.rawValue)]
        members[HeaderName.from] = from.map { .string($0.text) }
        members[HeaderName.to] = to.map { .string($0) }
        members[HeaderName.group] = group.map { .string($0) }
        members[HeaderName.instance] = instance.map { .string($0) }
        members[HeaderName.seq] = seq
        members[HeaderName.reply] = reply
        members[HeaderName.wantAnswer] = wantAnswer.map { .bool($0) }
        return JSONValue.object(members).text
    }

    /// A frame with this header.
    public func frame(_ body: some Collection<UInt8>, limit: Int = Frame.defaultLimit) throws(WireError) -> Frame {
        try Frame(header: text, body: body, limit: limit)
    }
}
