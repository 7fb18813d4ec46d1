// A bus without sockets: a router, and a mailbox for each client. What it delivers is there at once.

import Bus
import JSON

/// A router and what its clients have received.
struct PaperBus {
    static let owner: UInt32 = 1000

    var router: Router
    private(set) var mail: [ClientID: [Frame]] = [:]
    private(set) var ended: [ClientID: DisconnectReason] = [:]
    private(set) var ignored: [ClientID] = []
    private(set) var stopped = false
    /// Whether frames leave for the kernel at once; else they stay in the backlog.
    var writes = true

    private var lastClient: UInt64 = 0

    init(limits: BusLimits = BusLimits(), group: UInt32? = nil, isSupervised: Bool = false) {
        let access = BusAccess(owner: PaperBus.owner, group: group, isSupervised: isSupervised)
        router = Router(start: "start", access: access, limits: limits)
    }

    // MARK: Events

    mutating func connect(uid: UInt32 = owner, gid: UInt32 = 1, groups: [UInt32] = [], pid: Int32 = 7) -> ClientID {
        lastClient += 1
        let client = ClientID(lastClient)
        let credentials = Credentials(uid: uid, gid: gid, groups: groups, pid: pid)
        handle(.connected(client, credentials))
        return client
    }

    /// A connection that the supervisor has made.
    mutating func connect(as role: BusRole, name: String, uid: UInt32 = owner, pid: Int32 = 7) -> ClientID {
        lastClient += 1
        let client = ClientID(lastClient)
        handle(.connected(client, Credentials(uid: uid, gid: 1, pid: pid), as: Appointment(role, name: name)))
        return client
    }

    mutating func handle(_ event: Router.Event) {
        carryOut(router.handle(event))
    }

    mutating func enforceLimits() {
        carryOut(router.enforceLimits())
    }

    private mutating func carryOut(_ effects: [Router.Effect]) {
        var written: [ClientID] = []
        for effect in effects {
            switch effect {
            case .deliver(let frame, let recipients):
                for recipient in recipients { mail[recipient, default: []].append(frame) }
                written += recipients
            case .disconnect(let client, let reason): ended[client] = reason
            case .ignore(let client, _): ignored.append(client)
            case .stop: stopped = true
            }
        }
        if writes {
            for client in written { _ = router.handle(.written(client)) }
        }
    }

    // MARK: What clients send

    mutating func send(_ client: ClientID, _ header: String, _ body: String = "") throws {
        handle(.received(client, try Frame(header: header.utf8, body: body.utf8)))
    }

    mutating func subscribe(_ client: ClientID, _ group: String, _ instance: String = "*") throws {
        try send(client, #"{"type":"subscribe","group":"\#(group)","instance":"\#(instance)"}"#)
    }

    mutating func unsubscribe(_ client: ClientID, _ group: String, _ instance: String = "*") throws {
        try send(client, #"{"type":"unsubscribe","group":"\#(group)","instance":"\#(instance)"}"#)
    }

    /// Sends a message as BIND 10's client does.
    mutating func message(
        _ client: ClientID, to: String = "*", group: String = "", instance: String = "*", seq: Int = 1,
        wantAnswer: Bool = false, _ body: String = #"{"command":["x"]}"#
    ) throws {
        let from = lname(client)
        try send(
            client,
            #"{"type":"send","from":"\#(from)","to":"\#(to)","group":"\#(group)","instance":"\#(instance)","#
                + #""seq":\#(seq),"want_answer":\#(wantAnswer)}"#, body)
    }

    // MARK: What clients see

    func lname(_ client: ClientID) -> String { router.lname(of: client)?.text ?? "nobody" }

    /// Takes a client's mail.
    mutating func read(_ client: ClientID) -> [Frame] { mail.removeValue(forKey: client) ?? [] }

    /// Takes a client's mail, bodies only.
    mutating func bodies(_ client: ClientID) -> [String] { read(client).map(\.bodyText) }

    /// Takes the daemon's answer to a command that is sent now.
    mutating func ask(_ client: ClientID, _ body: String) throws -> String {
        _ = read(client)
        try message(client, group: "Msgq", wantAnswer: true, body)
        return bodies(client).last ?? "no answer"
    }
}

extension Frame {
    var headerText: String { String(decoding: header, as: UTF8.self) }
    var bodyText: String { String(decoding: body, as: UTF8.self) }

    /// A member of the header.
    subscript(name: String) -> JSONValue? { try? JSONValue(text: header)[name] }
}
