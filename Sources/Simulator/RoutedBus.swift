// The bus with the daemons' own parts: one Router, a Session for each process, and real frames between them. Headers,
// routing, groups, membership, bounces and the matching of answers are real; a body's parameters are a number that
// stands for a message, since the bus does not look at them and their codec would take most of the time.

import Bus
import Generations
import JSON

struct RoutedBus: SimulatedBus {
    private enum Up: Hashable {
        case frame(Frame)
        case end
    }

    private enum Down: Hashable {
        case frame(Frame)
        case end
    }

    private struct Connection: Sendable {
        let lname: String
        var session: Session
        var isOpen = true
        var up = Pipe<Up>()
        var down = Pipe<Down>()
        var questions: [CallID: Question] = [:]
        /// Commands that wait for an answer, by the number in their return address.
        var asked: [Int: IncomingMessage] = [:]
        var lastAsked = 0
    }

    private var router: Router
    private var lastClient = 0
    private var connections: [Client: Connection] = [:]
    private var messages: [Message] = []
    private let limitsBacklog: Bool

    init(start: Int, backlog: Int?) {
        var limits = BusLimits()
        if let backlog { limits.backlog = backlog }
        limitsBacklog = backlog != nil
        let access = BusAccess(owner: 1, isSupervised: true)
        router = Router(start: String(start, radix: 16), access: access, limits: limits)
    }

    mutating func connect(as role: BusRole?) -> (Client, lname: String) {
        lastClient += 1
        let id = ClientID(UInt64(lastClient))
        let credentials = Credentials(uid: 1, gid: 1, pid: Int32(lastClient))
        let appointment = role.map { Appointment($0, name: $0.rawValue) }
        let effects = router.handle(.connected(id, credentials, as: appointment))
        let lname = router.lname(of: id)?.text ?? ""
        connections[lastClient] = Connection(lname: lname, session: Session())
        carryOut(effects)
        carryOut(router.handle(.received(id, Session.hello)))
        _ = carryDown(lastClient)
        return (lastClient, lname)
    }

    mutating func subscribe(_ client: Client, to group: String) {
        put(client) { try $0.subscribe(group: group, instance: BusGroup.everyInstance) }
    }

    mutating func unsubscribe(_ client: Client, from group: String) {
        put(client) { try $0.unsubscribe(group: group, instance: BusGroup.everyInstance) }
    }

    mutating func ask(_ client: Client, _ message: Message, of recipient: Recipient, _ question: Question) {
        let (name, params) = spell(message)
        var id: CallID?
        put(client) { session in
            let (call, frames) = try session.call(name, params, to: recipient)
            id = call
            return frames
        }
        if let id { connections[client]?.questions[id] = question }
    }

    mutating func send(_ client: Client, _ message: Message, to group: String) {
        let (name, params) = spell(message)
        put(client) { try $0.send(.command, name, params, to: .group(group)) }
    }

    mutating func reply(_ client: Client, to address: ReturnAddress, _ reply: Reply) {
        guard let message = connections[client]?.asked.removeValue(forKey: address.seq) else { return }
        let result: Result<JSONValue, BusError>
        switch reply {
        case .value(let value): result = .success(spell(value).params)
        case .failure(let reason): result = .failure(.remote(code: 1, text: reason))
        case .gone: return
        }
        put(client) { try $0.reply(to: message, result) }
    }

    private mutating func put(
        _ client: Client, _ frames: (inout Session) throws -> [Frame]
    ) {
        guard connections[client] != nil else { return }
        do {
            for frame in try frames(&connections[client]!.session) { connections[client]!.up.append(.frame(frame)) }
        } catch {
            preconditionFailure("a frame of ours does not fit: \(error)")
        }
    }

    private mutating func spell(_ message: Message) -> (name: String, params: JSONValue) {
        switch message {
        case .members(let group): return ("members", ["group": .string(group)])
        case .disconnect(let lname): return ("disconnect", ["client": .string(lname)])
        default:
            messages.append(message)
            return ("message", .integer(Int64(messages.count - 1)))
        }
    }

    private func read(_ params: JSONValue) -> Message {
        switch params {
        case .integer(let number): messages[Int(number)]
        case .array(let names): .names(names.compactMap(\.string))
        default: .done
        }
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
        let id = ClientID(UInt64(client))
        switch connections[client]?.up.removeFirst() {
        case nil: return
        case .frame(let frame):
            guard connections[client]?.isOpen == true else { return }
            carryOut(router.handle(.received(id, frame)))
        case .end:
            carryOut(router.handle(.closed(id)))
            connections[client] = nil
        }
        if limitsBacklog { carryOut(router.enforceLimits()) }
    }

    private mutating func carryOut(_ effects: [Router.Effect]) {
        for effect in effects {
            switch effect {
            case .deliver(let frame, let recipients):
                for recipient in recipients { connections[Client(recipient.number)]?.down.append(.frame(frame)) }
            case .disconnect(let client, _):
                connections[Client(client.number)]?.isOpen = false
                connections[Client(client.number)]?.down.removeAll()
                connections[Client(client.number)]?.down.append(.end)
            case .ignore, .stop: break
            }
        }
    }

    mutating func carryDown(_ client: Client) -> [Heard] {
        switch connections[client]?.down.removeFirst() {
        case nil: return []
        case .end: return [.end]
        case .frame(let frame):
            carryOut(router.handle(.written(ClientID(UInt64(client)))))
            do {
                return try connections[client]!.session.receive(frame).flatMap { take($0, client) }
            } catch {
                preconditionFailure("the router delivered what is no frame: \(error)")
            }
        }
    }

    private mutating func take(_ output: Session.Output, _ client: Client) -> [Heard] {
        switch output {
        case .joined: return []
        case .send(let frame):
            connections[client]?.up.append(.frame(frame))
            return []
        case .finish(let call, let result):
            guard let question = connections[client]?.questions.removeValue(forKey: call) else { return [] }
            return [.answer(question, reply(result))]
        case .deliver(let message):
            if let event = MembershipEvent(message) { return [.event(event)] }
            guard message.kind == .command else { return [] }
            connections[client]!.lastAsked += 1
            let address = ReturnAddress(client: client, seq: connections[client]!.lastAsked)
            if message.wantsAnswer { connections[client]!.asked[address.seq] = message }
            return [.command(read(message.params), from: message.from.text, address)]
        }
    }

    private func reply(_ result: Result<JSONValue, BusError>) -> Reply {
        switch result {
        case .success(let value): .value(read(value))
        case .failure(.noSuchRecipient), .failure(.recipientGone): .gone
        case .failure(.remote(_, let text)): .failure(text)
        case .failure(let error): .failure("\(error)")
        }
    }

    mutating func dropDown(_ client: Client) {
        guard !(connections[client]?.down.isEmpty ?? true) else { return }
        _ = connections[client]?.down.removeFirst()
        carryOut(router.handle(.written(ClientID(UInt64(client)))))
    }
}
