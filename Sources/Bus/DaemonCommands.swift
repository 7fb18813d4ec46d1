// The daemon as a member of its own bus: group `Msgq`, l-name `msgq`.
//
//     members                  the l-names of all on the bus, the daemon's own among them
//     members {"group":G}      those in the group
//     disconnect {"client":L}  ends that client's connection; everyone sees it as a membership event
//     pid {"client":L}         the process that opened that client's connection, as the kernel recorded it
//
// `disconnect` and `pid` are for the manager and the supervisor: the asker must be in the group `MemMgr` or `Zonecast`.
// Whoever may use the bus at all may join these groups, so this guards against mistakes and not against malice; the
// socket's owner and mode do that.

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
        case "pid":
            return privileged(name, params, client) { router, other in
                .result(.integer(Int64(router.clients[other]?.credentials.pid ?? 0)))
            }
        case "disconnect":
            return privileged(name, params, client) { router, other in
                router.end(other, .requested(by: asker), &effects)
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

    private mutating func privileged(
        _ command: String, _ params: JSONValue, _ asker: ClientID, _ body: (inout Router, ClientID) -> Body
    ) -> Body {
        let allowed = [BusGroup.manager, BusGroup.supervisor].contains { subscriptions.contains(asker, in: $0) }
        guard allowed else {
            return .failure(
                code: 1, text: "\(command) is for members of \(BusGroup.manager) and \(BusGroup.supervisor)")
        }
        guard let name = params["client"]?.string else {
            return .failure(code: 1, text: "\(command) takes {\"client\":l-name}")
        }
        guard let client = names[LName(name)] else { return .failure(code: 1, text: "no client \(name)") }
        return body(&self, client)
    }
}
