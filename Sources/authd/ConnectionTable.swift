// The TCP connections of the process: how many there may be, in all and for one client, and who has to go for a newcomer:
// the one that has been silent for longest and waits for nothing (RFC 7766, section 6.2.2; RFC 9210, section 4.2).

import NIOCore
import Responder
import Synchronization

/// All open connections.
final class ConnectionTable: Sendable {
    private let limits: TCPLimits
    private let entries = Mutex<[ObjectIdentifier: Entry]>([:])

    private struct Entry {
        let channel: any Channel
        let client: ClientAddress
        let activity: ConnectionActivity
    }

    init(limits: TCPLimits) {
        self.limits = limits
    }

    /// Takes a connection in, for which another one may be closed.
    ///
    /// - Returns: false when there is no room, because all others are at work; the connection is then to be closed.
    func add(_ channel: any Channel, from client: ClientAddress, _ activity: ConnectionActivity) -> Bool {
        let (isTaken, leaving) = entries.withLock { entries -> (Bool, (any Channel)?) in
            let ofClient = entries.values.filter { $0.client == client }
            var leaving: Entry?
            if ofClient.count >= limits.connectionsPerClient {
                leaving = ConnectionTable.longestIdle(ofClient)
                if leaving == nil { return (false, nil) }
            } else if entries.count >= limits.connections {
                leaving = ConnectionTable.longestIdle(entries.values)
                if leaving == nil { return (false, nil) }
            }
            if let leaving { entries[ObjectIdentifier(leaving.channel)] = nil }
            entries[ObjectIdentifier(channel)] = Entry(channel: channel, client: client, activity: activity)
            return (true, leaving?.channel)
        }
        leaving?.close(promise: nil)
        return isTaken
    }

    func remove(_ channel: any Channel) {
        entries.withLock { $0[ObjectIdentifier(channel)] = nil }
    }

    var channels: [any Channel] { entries.withLock { $0.values.map(\.channel) } }

    private static func longestIdle(_ entries: some Sequence<Entry>) -> Entry? {
        entries.filter { !$0.activity.isBusy }.min { $0.activity.latest < $1.activity.latest }
    }
}

/// When a connection was last used. Its event loop writes, the table reads.
final class ConnectionActivity: Sendable {
    private let nanoseconds = Atomic<UInt64>(NIODeadline.now().uptimeNanoseconds)
    private let busy = Atomic<Bool>(false)

    /// Notes that something was received, and whether a message has begun or an answer waits for the client.
    func note(isBusy: Bool) {
        nanoseconds.store(NIODeadline.now().uptimeNanoseconds, ordering: .relaxed)
        busy.store(isBusy, ordering: .relaxed)
    }

    var latest: UInt64 { nanoseconds.load(ordering: .relaxed) }
    var isBusy: Bool { busy.load(ordering: .relaxed) }
}
