// The daemon as a member of its own bus: group `Msgq`, l-name `msgq`.
//
//     members                  the l-names of all on the bus, the daemon's own among them
//     members {"group":G}      those in the group
//     disconnect {"client":L}  ends that client's connection; everyone sees it as a membership event
//     pid {"client":L}         the process that opened that client's connection, as the kernel recorded it, or that the
//                              supervisor has given it to
//     client {"client":L}      {"role":R,"uid":U}, and {"name":N} for a child of the supervisor: see BusRole.swift
//
// `disconnect` and `pid` are for the manager and the supervisor.

import JSON

extension Router {
    /// Carries out and answers a command to the daemon; everything but a command is taken without a word.
    mutating func command(
        _ client: ClientID, _ frame: Frame, _ header: HeaderMembers, _ effects: inout [Effect]
    ) throws(WireError) {
        guard !header.isReply, let asker = clients[client]?.lname else { return }
        let answer: Body
        do {
            guard let done = try carryOut(frame, client, asker, &effects) else { return }
            answer = done
        } catch {
            answer = .failure(code: 1, text: "not understood: \(error)")
        }
        // BIND 10's older clients don't send `want_answer` and wait all the same.
        guard header.value("want_answer") != .bool(false), let seq = header.value("seq") else { return }
        var reply = ownHeader()
        reply.to = asker.text
        reply.reply = seq
        let place = header.groupAndInstance()
        reply.group = place?.group ?? BusGroup.daemon
        reply.instance = place?.instance ?? BusGroup.everyInstance
        deliver(try reply.frame(answer.text), to: clients[client] == nil ? [] : [client], &effects)
    }

    private mutating func carryOut(
        _ frame: Frame, _ client: ClientID, _ asker: LName, _ effects: inout [Effect]
    ) throws(WireError) -> Body? {
        guard frame.body.count <= BusLimits.commandBody else {
            return .failure(code: 1, text: "a command of more than \(BusLimits.commandBody) bytes")
        }
        guard case .command(let name, let params) = try Body(text: frame.body) else { return nil }
        switch name {
        case "members": return members(params)
        case "client":
            return about(params, name, asker: client) { _, other in
                .result(Sender(other.role, uid: other.credentials.uid, name: other.name).json)
            }
        case "pid":
            return about(params, name, asker: client) { _, other in .result(.integer(Int64(other.credentials.pid))) }
        case "disconnect":
            return about(params, name, asker: client) { router, other in
                if let id = router.names[other.lname] { router.end(id, .requested(by: asker), &effects) }
                return .result(.null)
            }
        default: return .failure(code: 1, text: "unknown command \(name)")
        }
    }

    private func members(_ params: JSONValue) -> Body {
        let group: String?
        switch params {
        case .null: group = nil
        case .object(let members) where members["group"] == nil: group = nil
        case .object(let members):
            guard let name = members["group"]?.string else { return .failure(code: 1, text: "the group is no text") }
            group = name
        default: return .failure(code: 1, text: "members takes an object with a group, or nothing")
        }
        let ids = group.map { subscriptions.members(of: $0) } ?? clients.keys.sorted()
        var names = ids.compactMap { clients[$0]?.lname }
        if group == nil || group == BusGroup.daemon { names.insert(.daemon, at: 0) }
        return .result(.array(names.map { .string($0.text) }))
    }

    /// Carries out a command about another client, if the asker's role may have that done.
    private mutating func about(
        _ params: JSONValue, _ command: String, asker: ClientID, _ body: (inout Router, Client) -> Body
    ) -> Body {
        guard let role = clients[asker]?.role, Permissions.allows(role, command, of: .msgq) else {
            return .failure(code: 1, text: "\(command) is for memmgr and zonecast")
        }
        guard let name = params["client"]?.string else {
            return .failure(code: 1, text: "\(command) takes {\"client\":l-name}")
        }
        guard let client = names[LName(name)].flatMap({ clients[$0] }) else {
            return .failure(code: 1, text: "no client \(name)")
        }
        return body(&self, client)
    }
}
