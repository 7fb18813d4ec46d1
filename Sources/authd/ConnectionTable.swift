// The TCP connections of the process: how many there may be, in all and for one client, who has to go for a newcomer (RFC 7766,
// section 6.2.2; RFC 9210, section 4.2), and how much may wait for clients that do not read.
//
//     keeps its place        goes for a newcomer, in this order
//     an answer waits        1. the oldest unfinished message
//                            2. the longest idle
//
// An octet of a message is cheap for a client to send, and would hold a place for nothing. An answer that waits does not keep its
// place for ever either: see TCPConnection.

import NIOCore
import Platform
import Responder
import Synchronization

/// All open connections.
final class ConnectionTable: Sendable {
    private let limits: TCPLimits
    private let state = Mutex(State())

    private struct State {
        var entries: [ObjectIdentifier: Entry] = [:]
        /// Connections by client.
        var counts: [AddressPrefix: Int] = [:]
        /// What waits, of all connections, and the most that has waited since memory was given back, in bytes.
        var waiting = 0
        var mostWaiting = 0
    }

    private struct Entry {
        let channel: any Channel
        let client: AddressPrefix
        let activity: ConnectionActivity
        /// What waits for the client to read, in bytes.
        var waiting = 0
    }

    init(limits: TCPLimits) {
        self.limits = limits
    }

    /// Takes a connection in, for which another one may be closed.
    ///
    /// - Returns: false when there is no room, because answers wait for all others; the connection is then to be closed.
    func add(_ channel: any Channel, from client: ClientAddress, _ activity: ConnectionActivity) -> Bool {
        let client = client.network(ipv4Bits: limits.clientBits.ipv4, ipv6Bits: limits.clientBits.ipv6)
        let (isTaken, leaving) = state.withLock { state -> (Bool, (any Channel)?) in
            var leaving: ObjectIdentifier?
            if state.counts[client, default: 0] >= limits.connectionsPerClient {
                leaving = ConnectionTable.firstToLeave(state.entries.filter { $0.value.client == client })
                if leaving == nil { return (false, nil) }
            } else if state.entries.count >= limits.connections {
                leaving = ConnectionTable.firstToLeave(state.entries)
                if leaving == nil { return (false, nil) }
            }
            let closed = leaving.flatMap { ConnectionTable.remove($0, from: &state) }
            state.entries[ObjectIdentifier(channel)] = Entry(channel: channel, client: client, activity: activity)
            state.counts[client, default: 0] += 1
            return (true, closed)
        }
        leaving?.close(promise: nil)
        return isTaken
    }

    func remove(_ channel: any Channel) {
        state.withLock { _ = ConnectionTable.remove(ObjectIdentifier(channel), from: &$0) }
        giveMemoryBack()
    }

    var channels: [any Channel] { state.withLock { $0.entries.values.map(\.channel) } }

    /// Notes how much waits for the client of a connection. Where that is too much for the client, or for all, the connections
    /// with the most are closed.
    func note(_ channel: any Channel, waiting: Int) {
        let leaving = state.withLock { state -> [any Channel] in
            guard var entry = state.entries[ObjectIdentifier(channel)] else { return [] }
            state.waiting += waiting - entry.waiting
            state.mostWaiting = max(state.mostWaiting, state.waiting)
            let hasGrown = waiting > entry.waiting
            entry.waiting = waiting
            state.entries[ObjectIdentifier(channel)] = entry
            guard hasGrown else { return [] }
            var leaving: [any Channel] = []
            if waiting > 0, state.counts[entry.client, default: 0] > 1 || waiting > limits.backlogPerClient {
                let ofClient = state.entries.filter { $0.value.client == entry.client && $0.value.waiting > 0 }
                var sum = ofClient.values.reduce(0) { $0 + $1.waiting }
                for (key, other) in ofClient.sorted(by: { $0.value.waiting > $1.value.waiting }) {
                    if sum <= limits.backlogPerClient { break }
                    sum -= other.waiting
                    ConnectionTable.remove(key, from: &state).map { leaving.append($0) }
                }
            }
            while state.waiting > limits.backlogOfAll,
                let most = state.entries.max(by: { $0.value.waiting < $1.value.waiting })
            {
                ConnectionTable.remove(most.key, from: &state).map { leaving.append($0) }
            }
            return leaving
        }
        for channel in leaving { channel.close(promise: nil) }
        giveMemoryBack()
    }

    /// Gives memory back when much has waited and hardly anything does any more: the allocator would keep it.
    private func giveMemoryBack() {
        let isDue = state.withLock { state in
            guard state.mostWaiting > ConnectionTable.much, state.waiting < state.mostWaiting / 8 else { return false }
            state.mostWaiting = state.waiting
            return true
        }
        // Not on an event loop, which has connections to serve.
        if isDue { Task.detached { ProcessMemory.giveBack() } }
    }

    /// Bytes that are worth being given back.
    private static let much = 8 << 20

    private static func remove(_ key: ObjectIdentifier, from state: inout State) -> (any Channel)? {
        guard let entry = state.entries.removeValue(forKey: key) else { return nil }
        state.waiting -= entry.waiting
        let left = state.counts[entry.client, default: 1] - 1
        state.counts[entry.client] = left > 0 ? left : nil
        return entry.channel
    }

    private static func firstToLeave(_ entries: [ObjectIdentifier: Entry]) -> ObjectIdentifier? {
        entries.filter { !$0.value.activity.isBusy }.min { $0.value.activity.rank < $1.value.activity.rank }?.key
    }
}

/// When a connection was last used. Its event loop writes, the table reads.
final class ConnectionActivity: Sendable {
    private let latest = Atomic<UInt64>(NIODeadline.now().uptimeNanoseconds)
    /// When the message began that has not come whole; 0: there is none.
    private let unfinishedSince = Atomic<UInt64>(0)
    private let busy = Atomic<Bool>(false)

    /// Notes that something was received: whether a message has begun, which is another than before if `isNew`, and whether an
    /// answer waits for the client.
    func note(isUnfinished: Bool, isNew: Bool, isBusy: Bool) {
        let now = NIODeadline.now().uptimeNanoseconds
        latest.store(now, ordering: .relaxed)
        if !isUnfinished {
            unfinishedSince.store(0, ordering: .relaxed)
        } else if isNew || unfinishedSince.load(ordering: .relaxed) == 0 {
            unfinishedSince.store(now, ordering: .relaxed)
        }
        busy.store(isBusy, ordering: .relaxed)
    }

    /// Notes whether an answer waits for the client.
    func note(isBusy: Bool) { busy.store(isBusy, ordering: .relaxed) }

    var isBusy: Bool { busy.load(ordering: .relaxed) }

    /// The place in the order in which connections have to go: unfinished messages first, and of each kind the oldest.
    var rank: (Int, UInt64) {
        let since = unfinishedSince.load(ordering: .relaxed)
        return since > 0 ? (0, since) : (1, latest.load(ordering: .relaxed))
    }
}
