// The bus itself, without sockets: who is connected, who is in which group, and where each frame goes.
//
// The router takes events and returns effects, in one order: membership events, answers to `members` and everything that
// clients send pass through here one by one, so all clients see them in the same order. It reads no clock and draws no
// random numbers; the daemon and the simulator run this very type.
//
//            connected, received, malformed, incoming, written, closed
//     shell ----------------------------------------------------------> Router
//           <----------------------------------------------------------
//                       deliver, disconnect, ignore, stop
//
// A client that the router disconnects is gone for the router at once; what the shell still reports about it is ignored.

/// The routing of one bus daemon.
public struct Router: Sendable {
    public enum Event: Sendable {
        /// A connection was accepted, or handed over by the supervisor, which says whose it is. Its number has never been
        /// used before.
        case connected(ClientID, Credentials, as: Appointment? = nil)
        case received(ClientID, Frame)
        /// What the client sent is no frame.
        case malformed(ClientID, WireError)
        /// A frame that is not yet whole takes so many bytes of memory.
        case incoming(ClientID, bytes: Int)
        /// The oldest frame delivered to this client and not yet written has been written.
        case written(ClientID)
        /// The connection has ended; all that had come over it has been reported before.
        case closed(ClientID)
    }

    public enum Effect: Hashable, Sendable {
        /// Write the frame to each of these, in the order of effects.
        case deliver(Frame, to: [ClientID])
        /// End the connection now.
        case disconnect(ClientID, DisconnectReason)
        /// A frame had no effect, for a reason that an operator may want to know.
        case ignore(ClientID, String)
        /// End the daemon.
        case stop(ClientID)
    }

    struct Client: Sendable {
        let lname: LName
        let credentials: Credentials
        /// Given at the beginning; an operator's may become another when it joins a group.
        var role: BusRole
        /// The child's name, where the supervisor has made the connection.
        let name: String?
        var backlog = Backlog()
        var subscriptionCount = 0
    }

    let access: BusAccess
    public let limits: BusLimits
    /// What makes the l-names of this start of the daemon differ from those of all others.
    private let start: String

    private(set) var clients: [ClientID: Client] = [:]
    private(set) var names: [LName: ClientID] = [:]
    var subscriptions = Subscriptions()
    private var memory = HeldBytes()

    private var lastName: UInt64 = 0
    private var lastSeq: Int64 = 0
    /// Clients whose backlog was found too large when a frame was added to it.
    private var suspects: Set<ClientID> = []

    /// Makes a router without clients; `start` must never have been used on this bus.
    public init(start: String, access: BusAccess, limits: BusLimits = BusLimits()) {
        self.start = start
        self.access = access
        self.limits = limits
    }

    /// The l-name of a client.
    public func lname(of client: ClientID) -> LName? { clients[client]?.lname }

    /// The members of a group, under whatever instance.
    public func members(of group: String) -> [ClientID] { subscriptions.members(of: group) }

    /// Handles an event; the effects are to be carried out in their order.
    public mutating func handle(_ event: Event) -> [Effect] {
        var effects: [Effect] = []
        switch event {
        case .connected(let client, let credentials, let appointment):
            connect(client, credentials, appointment, &effects)
        case .received(let client, let frame): receive(client, frame, &effects)
        case .malformed(let client, let error): end(client, .malformed(error), &effects)
        case .incoming(let client, let bytes): account(client) { $0.backlog.input = bytes }
        case .written(let client): written(client)
        case .closed(let client): forget(client, &effects)
        }
        return effects
    }

    // MARK: Coming and going

    private mutating func connect(
        _ client: ClientID, _ credentials: Credentials, _ appointment: Appointment?, _ effects: inout [Effect]
    ) {
        guard appointment != nil || access.admits(credentials) else {
            effects.append(.disconnect(client, .notAllowed(credentials)))
            return
        }
        lastName += 1
        let lname = LName("\(start)_\(String(lastName, radix: 16))")
        clients[client] = Client(
            lname: lname, credentials: credentials, role: appointment?.role ?? .operator, name: appointment?.name)
        names[lname] = client
        announce(.connected(lname), &effects)
    }

    /// Whether a client may join a group. Two roles come about by joining, and stay: an operator that becomes a consumer
    /// lays down its rights; where no supervisor says who is who, the first of the owner's processes to join the manager's
    /// or the supervisor's group is that one.
    mutating func admit(_ id: ClientID, to group: String) -> Bool {
        guard let client = clients[id] else { return false }
        if Permissions.joiners(of: group).contains(client.role) {
            if group == BusGroup.consumers { clients[id]?.role = .authd }
            return true
        }
        guard !access.isSupervised, client.role == .operator, let office = Permissions.office(of: group),
            access.mayTakeOffice(client.credentials), !clients.values.contains(where: { $0.role == office })
        else { return false }
        clients[id]?.role = office
        return true
    }

    /// Disconnects a client of the router's own accord.
    mutating func end(_ client: ClientID, _ reason: DisconnectReason, _ effects: inout [Effect]) {
        guard clients[client] != nil else { return }
        effects.append(.disconnect(client, reason))
        forget(client, &effects)
    }

    private mutating func forget(_ client: ClientID, _ effects: inout [Effect]) {
        guard let leaver = clients.removeValue(forKey: client) else { return }
        names[leaver.lname] = nil
        memory.change(from: leaver.backlog.own, to: 0)
        var backlog = leaver.backlog
        while let frame = backlog.removeFirst() { memory.release(frame) }
        for group in subscriptions.removeAll(client) {
            announce(.unsubscribed(leaver.lname, group: group), &effects)
        }
        announce(.disconnected(leaver.lname), &effects)
    }

    /// Tells everyone who listens, under both of the groups where they do.
    mutating func announce(_ event: MembershipEvent, _ effects: inout [Effect]) {
        for group in [BusGroup.membership, BusGroup.legacyMembership] {
            let recipients = subscriptions.recipients(group: group, instance: BusGroup.everyInstance)
            guard !recipients.isEmpty else { continue }
            var header = ownHeader()
            header.to = BusHeader.toGroup
            header.group = group
            header.instance = BusGroup.everyInstance
            header.wantAnswer = false
            let body = Body.notification(event.name, event.params)
            deliver(Frame.own(header, body.text), to: recipients, &effects)
        }
    }

    // MARK: Delivery

    /// The beginning of a header from the daemon itself.
    mutating func ownHeader() -> BusHeader {
        lastSeq += 1
        var header = BusHeader(.send)
        header.from = .daemon
        header.seq = .integer(lastSeq)
        return header
    }

    mutating func deliver(_ frame: Frame, to recipients: [ClientID], _ effects: inout [Effect]) {
        guard !recipients.isEmpty else { return }
        let held = memory.hold(frame.wire.count, recipients: recipients.count)
        for recipient in recipients {
            let waiting = account(recipient) { client in
                client.backlog.add(held)
                return client.backlog.waiting
            }
            if let waiting, waiting > limits.backlog { suspects.insert(recipient) }
        }
        effects.append(.deliver(frame, to: recipients))
    }

    private mutating func written(_ client: ClientID) {
        if case let frame?? = account(client, { $0.backlog.removeFirst() }) { memory.release(frame) }
    }

    /// Changes what is held for a client, and the sum with it; nil if the client has gone.
    @discardableResult
    mutating func account<Result>(_ client: ClientID, _ change: (inout Client) -> Result) -> Result? {
        guard let index = clients.index(forKey: client) else { return nil }
        let before = clients.values[index].backlog.own
        let result = change(&clients.values[index])
        memory.change(from: before, to: clients.values[index].backlog.own)
        return result
    }

    /// How many bytes are held for all clients together.
    public var held: Int { memory.total }

    /// Ends the clients that hold too much: those past their own bound, then the largest until the total is kept.
    ///
    /// To be called when all effects have been carried out and `written` has been reported for every frame that the
    /// kernel took at once: only what is left after that is a backlog.
    public mutating func enforceLimits() -> [Effect] {
        var effects: [Effect] = []
        for client in suspects.sorted() {
            guard let waiting = clients[client]?.backlog.waiting, waiting > limits.backlog else { continue }
            end(client, .backlog(bytes: waiting, limit: limits.backlog), &effects)
        }
        suspects = []
        while held > limits.total {
            let largest = clients.max {
                ($0.value.backlog.total, $1.key) < ($1.value.backlog.total, $0.key)
            }
            guard let largest else { break }
            end(largest.key, .total(bytes: held, limit: limits.total), &effects)
        }
        return effects
    }
}

extension Frame {
    /// A frame of which nothing in the header comes from a client, so that it is always within the limits.
    static func own(_ header: BusHeader, _ body: [UInt8]) -> Frame {
        do { return try header.frame(body) } catch { preconditionFailure("a frame of our own making: \(error)") }
    }
}
