// What the router does with a frame. A frame is judged by the members of its header that the protocol names; the body
// and all other members are the clients' own business.
//
//     type          needs               what happens
//     getlname                          comes back, with the body {"lname":L}; may be repeated, L stays
//     subscribe     group               the client joins (group, instance); no answer
//     unsubscribe   group               the client leaves (group, instance); no answer
//     send          to, or group        goes to the l-name in `to`; without one, or with "*", to the members of
//                                       (group, instance) and of (group, "*"); never back to its sender
//     ping                              {"type":"pong"} comes back, with the same body
//     stop                              ends the daemon, if its own user says so
//
// Who may join which group and send to it is in Permissions.swift. A subscription that is not allowed has no effect; nor
// has a message, but one that wants an answer comes back with the body {"result":[-2,"…"]}. What goes on has no `\u`
// escapes in its header any more: UnicodeEscapes.swift.
//
// `instance` is "*" if absent. A `send` with `want_answer` true and without `reply` that reaches nobody comes back with
// the body {"result":[-1,"No such recipient"]}. Ignored: an unknown type, and a group or instance that is null or no text.
// The end of the client: a header that is no JSON object, and a `from` that is not its own l-name.

import JSON

extension Router {
    mutating func receive(_ client: ClientID, _ frame: Frame, _ effects: inout [Effect]) {
        guard let sender = clients[client] else { return }
        if sender.role == .authd, frame.wire.count > limits.consumerFrame {
            let error = WireError.frameTooLong(length: frame.wire.count, limit: limits.consumerFrame)
            return end(client, .malformed(error), &effects)
        }
        do {
            let (frame, header) = try HeaderMembers.cut(frame)
            if let other = header.forgedSender(besides: sender.lname) {
                return end(client, .forgedSender(other), &effects)
            }
            guard case .text(let name) = header.field(HeaderName.type), let type = FrameType(rawValue: name) else {
                effects.append(.ignore(client, "a frame of unknown type"))
                return
            }
            switch type {
            case .getlname:
                let body = JSONValue.object(["lname": .string(sender.lname.text)])
                deliver(try Frame(header: frame.header, body: body.text), to: [client], &effects)
            case .ping:
                deliver(try BusHeader(.pong).frame(frame.body, limit: limits.frame), to: [client], &effects)
            case .subscribe: subscribe(client, header, &effects)
            case .unsubscribe: unsubscribe(client, header, &effects)
            case .send: try send(client, frame, header, &effects)
            case .stop:
                let allowed =
                    access.mayStop(sender.credentials) && Permissions.allows(sender.role, name, of: .msgq)
                effects.append(allowed ? .stop(client) : .ignore(client, "stop from another user"))
            case .pong: effects.append(.ignore(client, "a pong that nobody asked for"))
            }
        } catch {
            end(client, .malformed(error), &effects)
        }
    }

    // MARK: Groups

    private mutating func subscribe(_ client: ClientID, _ header: HeaderMembers, _ effects: inout [Effect]) {
        guard let (group, instance) = header.groupAndInstance() else {
            effects.append(.ignore(client, "a subscription without a group"))
            return
        }
        guard admit(client, to: group), let lname = clients[client]?.lname else {
            effects.append(.ignore(client, "a subscription to \(group), which is not for its role"))
            return
        }
        let change = subscriptions.add(client, to: group, instance)
        guard change != .none else { return }
        account(client) {
            $0.subscriptionCount += 1
            $0.backlog.subscriptions += Router.cost(group, instance)
        }
        if change == .membership { announce(.subscribed(lname, group: group), &effects) }
        if let count = clients[client]?.subscriptionCount, count > limits.subscriptions {
            end(client, .tooManySubscriptions(limit: limits.subscriptions), &effects)
        }
    }

    private mutating func unsubscribe(_ client: ClientID, _ header: HeaderMembers, _ effects: inout [Effect]) {
        guard let (group, instance) = header.groupAndInstance() else {
            effects.append(.ignore(client, "a subscription without a group"))
            return
        }
        guard let lname = clients[client]?.lname else { return }
        let change = subscriptions.remove(client, from: group, instance)
        guard change != .none else { return }
        account(client) {
            $0.subscriptionCount -= 1
            $0.backlog.subscriptions -= Router.cost(group, instance)
        }
        if change == .membership { announce(.unsubscribed(lname, group: group), &effects) }
    }

    private static func cost(_ group: String, _ instance: String) -> Int {
        group.utf8.count + instance.utf8.count + BusLimits.overhead
    }

    // MARK: Messages

    private mutating func send(
        _ client: ClientID, _ frame: Frame, _ header: HeaderMembers, _ effects: inout [Effect]
    ) throws(WireError) {
        guard let sender = clients[client] else { return }
        let lname = sender.lname
        let recipients: [ClientID]
        var forDaemon = false
        var isAllowed = true
        switch header.destination() {
        case nil:
            effects.append(.ignore(client, "a message without recipient or group"))
            return
        case .client(let recipient):
            recipients = names[recipient].map { [$0] } ?? []
            forDaemon = recipient == .daemon
            isAllowed = forDaemon || header.isReply || Permissions.maySpeakDirectly(sender.role)
        case .group(let group, let instance):
            recipients = subscriptions.recipients(group: group, instance: instance)
            forDaemon = group == BusGroup.daemon
            isAllowed = Permissions.senders(to: group).contains(sender.role)
        }
        guard isAllowed else {
            effects.append(.ignore(client, "a message that is not for its role to send"))
            if header.wantsAnswer, !header.isReply {
                let refusal = Body.failure(code: Body.notAllowedCode, text: "not allowed for \(sender.role.rawValue)")
                deliver(try header.bounce(to: lname, refusal), to: [client], &effects)
            }
            return
        }
        let others = recipients.filter { $0 != client }
        if !others.isEmpty {
            deliver(try header.frame(from: lname, frame, limit: limits.frame), to: others, &effects)
        }
        if forDaemon {
            try command(client, frame, header, &effects)
        } else if others.isEmpty, header.wantsAnswer, !header.isReply {
            let nobody = Body.failure(code: Body.noSuchRecipientCode, text: "No such recipient")
            deliver(try header.bounce(to: lname, nobody), to: [client], &effects)
        }
    }
}

extension HeaderMembers {
    /// A frame as it is to go on, and its header.
    fileprivate static func cut(_ frame: Frame) throws(WireError) -> (Frame, HeaderMembers) {
        let header = try HeaderMembers(frame)
        let rewritten = try frame.withoutUnicodeEscapes()
        return rewritten == frame ? (frame, header) : (rewritten, try HeaderMembers(rewritten))
    }

    /// A `from` that is not the sender's own, in whatever spelling; nil if there is none.
    fileprivate func forgedSender(besides lname: LName) -> String? {
        for from in all(HeaderName.from) where !from.isNull && from != .string(lname.text) {
            return from.string ?? from.description
        }
        return nil
    }

    /// Group and instance; nil if either is null or no text, or there is no group.
    func groupAndInstance() -> (group: String, instance: String)? {
        guard case .text(let group) = field(HeaderName.group) else { return nil }
        switch field(HeaderName.instance) {
        case .absent: return (group, BusGroup.everyInstance)
        case .text(let instance): return (group, instance)
        case .null, .other: return nil
        }
    }

    /// Where a message goes; nil if that can't be said.
    ///
    /// A null group or instance makes a message void even where it is addressed to an l-name, as in BIND 10's daemon.
    fileprivate func destination() -> Recipient? {
        let named = groupAndInstance()
        if named == nil, field(HeaderName.group) != .absent || field(HeaderName.instance) == .null { return nil }
        switch field(HeaderName.to) {
        case .text(BusHeader.toGroup), .absent, .null:
            return named.map { .group($0.group, instance: $0.instance) }
        case .text(let lname): return .client(LName(lname))
        case .other: return nil
        }
    }

    fileprivate var wantsAnswer: Bool { value(HeaderName.wantAnswer)?.bool == true }
    var isReply: Bool { spelling(HeaderName.reply) != nil }

    /// The frame as it goes to the recipients: as it came, unless `from` has to be filled in.
    fileprivate func frame(from lname: LName, _ frame: Frame, limit: Int) throws(WireError) -> Frame {
        let senders = all(HeaderName.from)
        if !senders.isEmpty, senders.allSatisfy({ !$0.isNull }) { return frame }
        let header = replacing([(HeaderName.from, JSONValue.string(lname.text).text)])
        return try Frame(header: header, body: frame.body, limit: limit)
    }

    /// The answer to a question that nobody received: its own header, turned around.
    fileprivate func bounce(to asker: LName, _ body: Body) throws(WireError) -> Frame {
        let header = replacing([
            (HeaderName.from, JSONValue.string(LName.daemon.text).text),
            (HeaderName.to, JSONValue.string(asker.text).text),
            (HeaderName.reply, Array(spelling(HeaderName.seq) ?? JSONValue.null.text[...])),
        ])
        return try Frame(header: header, body: body.text)
    }
}
