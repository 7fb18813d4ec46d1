// The supervisor's control connection to the bus daemon. Over it go the connections of the system's own processes, each with whose it is:
// a role on the bus comes from here, and cannot be asked for over the bus.
//
//     zonecast ──control──▶ msgq        {"role":"authd","name":"authd.1","uid":…,"gid":…,"pid":…} and one end of a pair
//         └──spawn──▶ authd.1           the other end, its number in ZONECAST_BUS

import Bus
import Glibc
import Platform

/// A control connection to one bus daemon.
final class BusControl: Sendable {
    private let control: Descriptor

    /// For the program that this process becomes.
    var descriptor: Int32 { control.number }

    /// Starts the daemon with the other end of a new control connection.
    static func start(_ command: ChildCommand) throws(PlatformError) -> (BusControl, ChildProcess) {
        let pair = try SocketPair(.messages)
        var command = command
        command.busControl = pair.theirs.number
        let child = try ChildProcess(command)
        return (BusControl(pair.closeTheirs()), child)
    }

    private init(_ control: consuming Descriptor) { self.control = control }

    /// Goes on with a connection that came over from the program before.
    init(inherited control: Int32) {
        System.setCloseOnExec(control)
        self.control = Descriptor(owning: control)
    }

    /// Starts a program that has a connection with this role.
    func start(_ command: ChildCommand, as appointment: Appointment, uid: UInt32, gid: UInt32) throws(PlatformError)
        -> ChildProcess
    {
        let pair = try SocketPair(.stream)
        var command = command
        command.bus = pair.theirs.number
        let child = try ChildProcess(command)
        do throws(PlatformError) {
            try hand(pair.ours.number, appointment, Credentials(uid: uid, gid: gid, pid: child.id))
        } catch {
            // The daemon has ended, of which more will be heard. The child sees the end of its connection.
        }
        return child
    }

    /// A connection of the supervisor's own.
    func connect() throws(PlatformError) -> Descriptor {
        let pair = try SocketPair(.stream)
        let own = Credentials(uid: geteuid(), gid: getegid(), pid: getpid())
        try hand(pair.theirs.number, Appointment(.zonecast, name: "zonecast"), own)
        return pair.closeTheirs()
    }

    private func hand(
        _ connection: Int32, _ appointment: Appointment, _ credentials: Credentials
    ) throws(PlatformError) {
        let handed = HandedConnection(appointment, credentials)
        try System.pass(connection, with: handed.text, over: control.number)
    }
}
