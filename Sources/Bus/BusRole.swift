// Who a client is on the bus. The daemon decides that when the connection begins, from what cannot be forged: the
// supervisor makes the connections of its children and says whose they are; everyone else comes by the socket's path
// and is what the kernel says of the process. What a client sends never gives it rights; it can only give some up.

import JSON

/// What a client of the bus may be. The table of what each may do is `Permissions`.
public enum BusRole: String, Hashable, Sendable, CaseIterable {
    /// The supervisor.
    case zonecast
    /// The manager.
    case memmgr
    /// A consumer of generations: authd, and whoever has ever joined the group `ShmemConsumers`.
    case authd
    /// A person, or a program that works for one: all that come by the socket's path.
    case `operator`
}

/// What the supervisor says of a connection that it has made.
public struct Appointment: Hashable, Sendable {
    public let role: BusRole
    /// The child's name, such as `authd.1`.
    public let name: String

    public init(_ role: BusRole, name: String) {
        self.role = role
        self.name = name
    }
}

/// A connection that the supervisor hands to the daemon: whose it is, and what the kernel would say if the process had
/// made it itself.
public struct HandedConnection: Hashable, Sendable {
    public let appointment: Appointment
    public let credentials: Credentials

    public init(_ appointment: Appointment, _ credentials: Credentials) {
        self.appointment = appointment
        self.credentials = credentials
    }

    /// The message that goes with the connection.
    public var text: [UInt8] {
        let members: JSONValue = [
            "role": .string(appointment.role.rawValue), "name": .string(appointment.name),
            "uid": .integer(Int64(credentials.uid)), "gid": .integer(Int64(credentials.gid)),
            "pid": .integer(Int64(credentials.pid)),
        ]
        return members.text
    }

    /// Reads it; nil if it is something else.
    public init?(text: [UInt8]) {
        guard let members = try? JSONValue(text: text), let name = members["name"]?.string,
            let role = members["role"]?.string.flatMap(BusRole.init),
            let uid = members["uid"]?.integer.flatMap({ UInt32(exactly: $0) }),
            let gid = members["gid"]?.integer.flatMap({ UInt32(exactly: $0) }),
            let pid = members["pid"]?.integer.flatMap({ Int32(exactly: $0) })
        else { return nil }
        self.init(Appointment(role, name: name), Credentials(uid: uid, gid: gid, pid: pid))
    }
}

/// Who has sent a message, as the daemon answers to `client {"client":L}`.
public struct Sender: Hashable, Sendable {
    public let role: BusRole
    /// The user of the process.
    public let uid: UInt32
    /// The child's name, where the supervisor has made the connection.
    public let name: String?

    public init(_ role: BusRole, uid: UInt32, name: String? = nil) {
        self.role = role
        self.uid = uid
        self.name = name
    }

    var json: JSONValue {
        var members: [String: JSONValue] = ["role": .string(role.rawValue), "uid": .integer(Int64(uid))]
        if let name { members["name"] = .string(name) }
        return .object(members)
    }

    init?(_ json: JSONValue) {
        guard let role = json["role"]?.string.flatMap(BusRole.init), let number = json["uid"]?.integer,
            let uid = UInt32(exactly: number)
        else { return nil }
        self.init(role, uid: uid, name: json["name"]?.string)
    }
}
