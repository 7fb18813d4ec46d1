// What the bus promises, in as few words as possible: one total order, deliver or die, and an end for every question.

import Bus
import Generations

struct PlainBus: SimulatedBus, Hashable {
    private enum Up: Hashable {
        case subscribe(String)
        case unsubscribe(String)
        case message(Message, to: Recipient, seq: Int?)
        case reply(Reply, to: ReturnAddress)
        case end
    }

    private enum Down: Hashable {
        case command(Message, from: String, ReturnAddress)
        case event(MembershipEvent)
        case reply(Reply, seq: Int)
        case end
    }

    private struct Connection: Hashable {
        let lname: String
        var isOpen = true
        var up = Pipe<Up>()
        var down = Pipe<Down>()
        var lastSeq = 0
        var open: [Int: OpenQuestion] = [:]
    }

    private struct OpenQuestion: Hashable {
        let question: Question
        /// Who may answer; nil while the daemon has not read the question.
        var recipients: [String]?
    }

    private let start: Int
    private var lastClient = 0
    private var connections: [Client: Connection] = [:]
    private var clients: [String: Client] = [:]
    private var groups: [String: [Client]] = [:]

    init(start: Int, backlog: Int?) { self.start = start }

    mutating func connect(as role: BusRole?) -> (Client, lname: String) {
        lastClient += 1
        let lname = "\(start)_\(lastClient)"
        connections[lastClient] = Connection(lname: lname)
        clients[lname] = lastClient
        announce(.connected(LName(lname)))
        return (lastClient, lname)
    }

    mutating func subscribe(_ client: Client, to group: String) {
        connections[client]?.up.append(.subscribe(group))
    }

    mutating func unsubscribe(_ client: Client, from group: String) {
        connections[client]?.up.append(.unsubscribe(group))
    }

    mutating func ask(_ client: Client, _ message: Message, of recipient: Recipient, _ question: Question) {
        guard connections[client] != nil else { return }
        // As the session does: who asks listens to who leaves.
        if !(groups[BusGroup.membership]?.contains(client) ?? false), connections[client]!.lastSeq == 0 {
            connections[client]!.up.append(.subscribe(BusGroup.membership))
        }
        connections[client]!.lastSeq += 1
        let seq = connections[client]!.lastSeq
        connections[client]!.open[seq] = OpenQuestion(question: question)
        connections[client]!.up.append(.message(message, to: recipient, seq: seq))
    }

    mutating func send(_ client: Client, _ message: Message, to group: String) {
        connections[client]?.up.append(.message(message, to: .group(group), seq: nil))
    }

    mutating func reply(_ client: Client, to address: ReturnAddress, _ reply: Reply) {
        connections[client]?.up.append(.reply(reply, to: address))
    }

    mutating func close(_ client: Client, losing frames: Int) {
        connections[client]?.up.removeLast(frames)
        connections[client]?.up.append(.end)
        connections[client]?.down.removeAll()
    }

    func waitingAbove(_ client: Client) -> Int { connections[client]?.up.count ?? 0 }
    func waitingBelow(_ client: Client) -> Int { connections[client]?.down.count ?? 0 }
    func isConnected(_ client: Client) -> Bool { connections[client]?.isOpen ?? false }

    mutating func carryUp(_ client: Client) {
        guard let frame = connections[client]?.up.removeFirst(), let connection = connections[client] else { return }
        if case .end = frame {
            drop(client)
            connections[client] = nil
            return
        }
        guard connection.isOpen else { return }
        switch frame {
        case .end: break
        case .subscribe(let group):
            guard groups[group]?.contains(client) != true else { return }
            groups[group, default: []].append(client)
            announce(.subscribed(LName(connection.lname), group: group))
        case .unsubscribe(let group):
            guard groups[group]?.contains(client) == true else { return }
            groups[group]?.removeAll { $0 == client }
            announce(.unsubscribed(LName(connection.lname), group: group))
        case .reply(let reply, let address):
            connections[address.client]?.down.append(.reply(reply, seq: address.seq))
        case .message(let message, .group(BusGroup.daemon, _), let seq): command(message, client, seq)
        case .message(let message, let recipient, let seq): route(message, client, recipient, seq)
        }
    }

    private mutating func route(_ message: Message, _ client: Client, _ recipient: Recipient, _ seq: Int?) {
        let recipients: [Client]
        switch recipient {
        case .client(let lname): recipients = clients[lname.text].map { [$0] } ?? []
        case .group(let group, _): recipients = (groups[group] ?? []).filter { $0 != client }
        }
        let lname = connections[client]!.lname
        for recipient in recipients {
            let address = ReturnAddress(client: client, seq: seq ?? 0)
            connections[recipient]!.down.append(.command(message, from: lname, address))
        }
        guard let seq else { return }
        if recipients.isEmpty {
            connections[client]!.down.append(.reply(.gone, seq: seq))
        } else {
            let names = recipients.map { connections[$0]!.lname }
            connections[client]!.open[seq]?.recipients = names
        }
    }

    private mutating func command(_ message: Message, _ client: Client, _ seq: Int?) {
        var reply = Reply.value(.done)
        switch message {
        case .members(let group): reply = .value(.names((groups[group] ?? []).map { connections[$0]!.lname }))
        case .disconnect(let lname):
            if let other = clients[lname] { cut(other) } else { reply = .failure("no client \(lname)") }
        default: reply = .failure("unknown command")
        }
        if let seq { connections[client]?.down.append(.reply(reply, seq: seq)) }
    }

    /// Ends a connection of the daemon's own accord.
    private mutating func cut(_ client: Client) {
        drop(client)
        connections[client]?.down.removeAll()
        connections[client]?.down.append(.end)
    }

    private mutating func drop(_ client: Client) {
        guard connections[client]?.isOpen == true else { return }
        connections[client]!.isOpen = false
        let lname = LName(connections[client]!.lname)
        clients[lname.text] = nil
        for group in groups.keys.sorted() where groups[group]!.contains(client) {
            groups[group]!.removeAll { $0 == client }
            announce(.unsubscribed(lname, group: group))
        }
        announce(.disconnected(lname))
    }

    private mutating func announce(_ event: MembershipEvent) {
        for listener in groups[BusGroup.membership] ?? [] { connections[listener]?.down.append(.event(event)) }
    }

    mutating func carryDown(_ client: Client) -> [Heard] {
        guard let frame = connections[client]?.down.removeFirst() else { return [] }
        switch frame {
        case .command(let message, let from, let address): return [.command(message, from: from, address)]
        case .end: return [.end]
        case .reply(let reply, let seq):
            guard let open = connections[client]!.open.removeValue(forKey: seq) else { return [] }
            return [.answer(open.question, reply)]
        case .event(let event):
            var heard: [Heard] = [.event(event)]
            guard case .disconnected(let leaver) = event else { return heard }
            for (seq, question) in connections[client]!.open.sorted(by: { $0.key < $1.key }) {
                guard question.recipients?.contains(leaver.text) == true else { continue }
                connections[client]!.open[seq]!.recipients!.removeAll { $0 == leaver.text }
                guard connections[client]!.open[seq]!.recipients!.isEmpty else { continue }
                connections[client]!.open[seq] = nil
                heard.append(.answer(question.question, .gone))
            }
            return heard
        }
    }

    mutating func dropDown(_ client: Client) { _ = connections[client]?.down.removeFirst() }
}
