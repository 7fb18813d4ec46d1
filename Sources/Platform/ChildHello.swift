// How the supervisor's children make themselves known on the bus, so that a name such as `authd.1`, an l-name and a
// process can be put together. The supervisor and each child share this shape:
//
//     child → group Zonecast      {"command":["hello",{"name":"authd.1","lname":"…"}]}
//     authd → group Zonecast      {"command":["answering",{"name":"authd.1","lname":"…"}]}    its sockets are read from now on
//     memmgr → group Zonecast     {"command":["kill",{"lname":"…"}]}              obeyed from memmgr only
//     zonecast → group MemMgr     {"command":["child_died",{"name":"authd.1","lname":"…","signal":11}]}
//     memmgr → group Zonecast     {"command":["await_end",{"lname":"…"}]}         answered after `child_died`
//
// Nobody waits for an answer to `hello`, `answering` and `child_died`. A child says `hello` right after it has its l-name.

/// A child's name and its address on the bus.
package struct ChildHello: Codable, Hashable, Sendable {
    /// The group in which the supervisor listens.
    package static let group = "Zonecast"
    package static let command = "hello"
    /// The same, said by a responder that has begun to answer.
    package static let answering = "answering"
    /// Asks the supervisor what the child with an l-name is called.
    package static let nameCommand = "name"

    /// From `ZONECAST_CHILD`, such as `authd.1`.
    package let name: String

    /// The l-name that the bus has given to this child.
    package let lname: String

    package init(name: String, lname: String) {
        self.name = name
        self.lname = lname
    }

    /// The number at the end of the name, 1 to 65,535; nil when there is none.
    package var number: Int? {
        name.split(separator: ".").last.flatMap { UInt16($0) }.flatMap { $0 > 0 ? Int($0) : nil }
    }

    /// This process's greeting, or nil when no supervisor has started it.
    package static func own(lname: String) -> ChildHello? {
        Environment[Variable.child].map { ChildHello(name: $0, lname: lname) }
    }
}

/// The end of a child by a signal, as the supervisor tells the manager.
package struct ChildDeath: Codable, Hashable, Sendable {
    /// The manager's group.
    package static let group = "MemMgr"
    package static let command = "child_died"

    /// The manager's question about a child that is off the bus, answered once it has ended and its `child_died`, if
    /// any, has been sent; at once if there is no such child. Without it the end of the connection, which comes before
    /// that of the process, would be known before the reason.
    package static let awaitCommand = "await_end"

    package let name: String
    package let lname: String
    package let signal: Int32

    package init(name: String, lname: String, signal: Int32) {
        self.name = name
        self.lname = lname
        self.signal = signal
    }
}

/// What the supervisor tells a responder by a signal, as the bus may be gone by then. Not before its `hello`.
package enum ChildSignal {
    /// Another process is going to take its place: it goes on when the bus is lost.
    package static let expectSuccessor = Signal.userDefined2

    /// The other process answers: it reads its sockets no more, answers what has come over TCP, and ends.
    package static let makeRoom = Signal.userDefined1
}
