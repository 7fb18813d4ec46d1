// The supervisor's control connection to the bus daemon. Over it go the connections of the system's own processes, each with
// whose it is: a role on the bus comes from here, and cannot be asked for over the bus.
//
//     zonecast ──control──▶ msgq        {"role":"authd","name":"authd.1","uid":…,"gid":…,"pid":…} and one end of a pair
//         └──spawn──▶ authd.1           the other end, its number in ZONECAST_BUS
//
// There is one for the system's life, as there is one daemon at a time: the supervisor holds both ends, of which each daemon
// inherits one. What a daemon has not taken before its end is not for the next one.

import Bus
import Glibc
import Platform

/// The control connection to the bus daemons of a system.
final class BusControl {
    private let pair: SocketPair

    /// Whether the daemon that runs takes connections here: one from before there was this does not.
    private(set) var isServed: Bool

    /// That of a new system, or of one whose supervisor knew nothing of it.
    init() throws(PlatformError) {
        pair = try SocketPair(.messages)
        isServed = false
    }

    /// Goes on with the connection that came over from the program before.
    init(inherited ends: [Int32]) throws(PlatformError) {
        pair = try SocketPair(inherited: ends)
        isServed = true
    }

    /// For the program that this process becomes.
    var descriptors: [Int32] { [pair.ours.number, pair.theirs.number] }

    /// Starts a daemon.
    func startDaemon(_ command: ChildCommand) throws(PlatformError) -> ChildProcess {
        while let (_, connection) = try System.takePassed(over: pair.theirs.number, waits: false) { close(connection) }
        var command = command
        command.busControl = pair.theirs.number
        let child = try ChildProcess(command)
        isServed = true
        return child
    }

    /// Starts a program that has a connection with this role.
    func start(
        _ command: ChildCommand, as appointment: Appointment, uid: UInt32, gid: UInt32
    ) throws(PlatformError) -> ChildProcess {
        let connection = try SocketPair(.stream)
        var command = command
        command.bus = connection.theirs.number
        let child = try ChildProcess(command)
        do throws(PlatformError) {
            try hand(connection.ours.number, appointment, Credentials(uid: uid, gid: gid, pid: child.id))
        } catch {
            // The daemon does not read, of which more will be heard. The child sees the end of its connection.
        }
        return child
    }

    /// A connection of the supervisor's own.
    func connect() throws(PlatformError) -> Descriptor {
        let connection = try SocketPair(.stream)
        let own = Credentials(uid: geteuid(), gid: getegid(), pid: getpid())
        try hand(connection.theirs.number, Appointment(.zonecast, name: "zonecast"), own)
        return connection.closeTheirs()
    }

    private func hand(
        _ connection: Int32, _ appointment: Appointment, _ credentials: Credentials
    ) throws(PlatformError) {
        let handed = HandedConnection(appointment, credentials)
        try System.pass(connection, with: handed.text, over: pair.ours.number)
    }
}
