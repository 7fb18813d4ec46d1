// The client's side of the bus, without sockets or clocks: numbers what is sent, matches answers to calls, and knows when
// a call can no longer be answered.
//
// A call fails when all who received it have left the bus. For that the session listens to membership events from its
// first call on, and asks for a group's members right before a call to it: the daemon's answers and events come in one
// order, so whoever is named has received the call or has left, and is heard of. One who joined between the question and
// the call has received it too, but is only waited for if nobody was there: asked after the call, the daemon could name
// one who came too late to have heard it, and the call would wait for as long as that one lives.
//
// An answer counts if it comes from one who has received the question, or from the daemon: numbers of calls can be guessed.

import JSON

/// The number of a call: the `seq` of its message.
public struct CallID: Hashable, Sendable, Comparable {
    public let seq: Int64

    public static func < (one: CallID, other: CallID) -> Bool { one.seq < other.seq }
}

/// Where a message goes.
public enum Recipient: Hashable, Sendable {
    case client(LName)
    case group(String, instance: String = BusGroup.everyInstance)
}

/// The state of one client of the bus.
public struct Session: Sendable {
    /// What a received frame leads to.
    public enum Output: Hashable, Sendable {
        /// The daemon has told us our l-name; comes once, before anything else.
        case joined(LName)
        case deliver(IncomingMessage)
        case finish(CallID, Result<JSONValue, BusError>)
        case send(Frame)
    }

    /// Our address, once the daemon has told it.
    public private(set) var lname: LName?

    private var lastSeq: Int64 = 0
    private var calls: [CallID: PendingCall] = [:]
    /// Questions for the members of a call's group, by their own number.
    private var memberQuestions: [CallID: (call: CallID, of: Recipient)] = [:]
    private var watchesMembership = false
    /// Whether the module itself listens to them too.
    private var moduleWatchesMembership = false

    private let introducesSenders: Bool
    private var introductions = Introductions()

    private struct PendingCall {
        /// Who may still answer; nil while that is not known. The daemon always may.
        var recipients: Set<LName>?
        /// The group that was found empty: the call has come back, or was received by someone who joined just then.
        var emptyGroup: String?
    }

    /// With `introducesSenders`, commands come with what the daemon says of their senders.
    public init(introducesSenders: Bool = false) {
        self.introducesSenders = introducesSenders
    }

    /// The first frame on a connection.
    public static let hello = Frame(
        checked: [0, 0, 0, 21, 0, 19] + Array(#"{"type":"getlname"}"#.utf8), headerLength: 19)
}

// MARK: Sending

extension Session {
    public mutating func subscribe(group: String, instance: String) throws(BusError) -> [Frame] {
        if group == BusGroup.membership, instance == BusGroup.everyInstance { moduleWatchesMembership = true }
        return [try membershipFrame(.subscribe, group, instance)]
    }

    public mutating func unsubscribe(group: String, instance: String) throws(BusError) -> [Frame] {
        if group == BusGroup.membership, instance == BusGroup.everyInstance {
            moduleWatchesMembership = false
            // The session's own subscription stays.
            if watchesMembership { return [] }
        }
        return [try membershipFrame(.unsubscribe, group, instance)]
    }

    /// Makes the frames of a command that is to be answered.
    public mutating func call(
        _ command: String, _ params: JSONValue, to recipient: Recipient
    ) throws(BusError) -> (CallID, [Frame]) {
        // The daemon itself can't leave the bus without the bus being lost.
        if recipient == .client(.daemon) || recipient == .group(BusGroup.daemon) {
            let (id, question) = try message(.command(command, params), to: recipient, wantAnswer: true)
            calls[id] = PendingCall(recipients: nil)
            return (id, [question])
        }
        var frames: [Frame] = []
        if !watchesMembership {
            frames.append(try membershipFrame(.subscribe, BusGroup.membership, BusGroup.everyInstance))
        }
        var memberQuestion: CallID?
        if case .group(let group, _) = recipient {
            let body = Body.command("members", ["group": .string(group)])
            let (id, frame) = try message(body, to: .group(BusGroup.daemon), wantAnswer: true)
            memberQuestion = id
            frames.append(frame)
        }
        let (id, question) = try message(.command(command, params), to: recipient, wantAnswer: true)
        frames.append(question)
        watchesMembership = true
        if case .client(let lname) = recipient {
            calls[id] = PendingCall(recipients: [lname])
        } else {
            calls[id] = PendingCall(recipients: nil)
        }
        if let memberQuestion { memberQuestions[memberQuestion] = (id, recipient) }
        return (id, frames)
    }

    /// Makes the frame of a message that nobody answers.
    public mutating func send(
        _ kind: IncomingMessage.Kind, _ name: String, _ params: JSONValue, to recipient: Recipient
    ) throws(BusError) -> [Frame] {
        let body: Body = kind == .command ? .command(name, params) : .notification(name, params)
        return [try message(body, to: recipient, wantAnswer: false).1]
    }

    /// Makes the answer to a message, or nothing if its sender does not wait for one.
    public mutating func reply(
        to message: IncomingMessage, _ result: Result<JSONValue, BusError>
    ) throws(BusError) -> [Frame] {
        guard message.wantsAnswer else { return [] }
        let body: Body =
            switch result {
            case .success(let value): .result(value)
            case .failure(.remote(let code, let text)): .failure(code: max(code, 1), text: text)
            case .failure(let error): .failure(code: 1, text: "\(error)")
            }
        var header = nextHeader()
        header.to = message.from.text
        // Clients of BIND 10 expect these two in an answer.
        header.group = message.group ?? ""
        header.instance = message.instance
        header.reply = message.seq
        return [try frame(header, body)]
    }

    /// Forgets a call whose caller no longer waits.
    public mutating func abandon(_ call: CallID) {
        calls[call] = nil
    }

    private mutating func nextHeader() -> BusHeader {
        lastSeq += 1
        var header = BusHeader(.send)
        header.from = lname
        header.seq = .integer(lastSeq)
        return header
    }

    private mutating func message(
        _ body: Body, to recipient: Recipient, wantAnswer: Bool
    ) throws(BusError) -> (CallID, Frame) {
        var header = nextHeader()
        switch recipient {
        case .client(let lname):
            header.to = lname.text
            header.group = ""
            header.instance = BusGroup.everyInstance
        case .group(let group, let instance):
            header.to = BusHeader.toGroup
            header.group = group
            header.instance = instance
        }
        header.wantAnswer = wantAnswer
        return (CallID(seq: lastSeq), try frame(header, body))
    }

    private func membershipFrame(
        _ type: FrameType, _ group: String, _ instance: String
    ) throws(BusError) -> Frame {
        var header = BusHeader(type)
        header.group = group
        header.instance = instance
        do { return try header.frame([]) } catch { throw .tooLarge("\(error)") }
    }

    private func frame(_ header: BusHeader, _ body: Body) throws(BusError) -> Frame {
        do { return try header.frame(body.text) } catch { throw .tooLarge("\(error)") }
    }
}

// MARK: Receiving

extension Session {
    /// Handles one frame from the daemon.
    public mutating func receive(_ frame: Frame) throws(WireError) -> [Output] {
        let outputs = try understand(frame)
        return introductions.pass(outputs)
    }

    private mutating func understand(_ frame: Frame) throws(WireError) -> [Output] {
        let header = try HeaderMembers(frame)
        guard case .text(let type) = header.field(HeaderName.type) else { return [] }
        switch FrameType(rawValue: type) {
        case .getlname: return try receiveLName(frame)
        case .send:
            if let reply = header.value(HeaderName.reply) { return receiveAnswer(reply, header, frame) }
            return receiveMessage(header, frame)
        default: return []
        }
    }

    private mutating func receiveLName(_ frame: Frame) throws(WireError) -> [Output] {
        guard lname == nil, let text = try JSONValue(body: frame.body)["lname"]?.string else { return [] }
        let lname = LName(text)
        self.lname = lname
        return [.joined(lname)]
    }

    private mutating func receiveAnswer(_ reply: JSONValue, _ header: HeaderMembers, _ frame: Frame) -> [Output] {
        guard let seq = reply.integer, case .text(let name) = header.field(HeaderName.from) else { return [] }
        let (id, from) = (CallID(seq: seq), LName(name))
        if from == .daemon {
            if let (call, recipient) = memberQuestions.removeValue(forKey: id) {
                learnRecipients(of: call, to: recipient, Session.result(frame.body))
                return []
            }
            if introductions.introduce(Session.sender(in: frame.body), id) { return [] }
        }
        guard let call = calls[id], from == .daemon || call.recipients?.contains(from) == true else { return [] }
        calls[id] = nil
        return [.finish(id, Session.result(frame.body))]
    }

    private static func sender(in text: ArraySlice<UInt8>) -> Sender? {
        if case .success(let value) = result(text) { Sender(value) } else { nil }
    }

    private static func result(_ text: ArraySlice<UInt8>) -> Result<JSONValue, BusError> {
        do {
            switch try Body(text: text) {
            case .result(let value): return .success(value)
            case .failure(Body.noSuchRecipientCode, _): return .failure(.noSuchRecipient)
            case .failure(let code, let text): return .failure(.remote(code: code, text: text))
            default: return .failure(.malformedAnswer("no result in it"))
            }
        } catch {
            return .failure(.malformedAnswer("\(error)"))
        }
    }

    private mutating func learnRecipients(
        of call: CallID, to recipient: Recipient, _ answer: Result<JSONValue, BusError>
    ) {
        guard calls[call] != nil, case .success(.array(let names)) = answer, case .group(let group, _) = recipient
        else { return }
        let recipients = Set(names.compactMap { $0.string.map(LName.init) }).filter { $0 != lname }
        if recipients.isEmpty {
            calls[call]?.emptyGroup = group
        } else {
            calls[call]?.recipients = recipients
        }
    }

    /// The first to join a group that was empty may have received the calls to it; later ones may have come too late.
    private mutating func clientJoined(_ client: LName, _ group: String) {
        for (id, call) in calls where call.emptyGroup == group { calls[id] = PendingCall(recipients: [client]) }
    }

    /// Takes a client that has left from every call that it might have answered.
    private mutating func clientLeft(_ client: LName) -> [Output] {
        var unanswerable: [CallID] = []
        for (id, var call) in calls where call.recipients?.remove(client) != nil {
            calls[id] = call
            if call.recipients?.isEmpty == true { unanswerable.append(id) }
        }
        return giveUp(unanswerable.sorted())
    }

    private mutating func giveUp(_ unanswerable: [CallID]) -> [Output] {
        unanswerable.map { id in
            calls[id] = nil
            return .finish(id, .failure(.recipientGone))
        }
    }

    private mutating func receiveMessage(_ header: HeaderMembers, _ frame: Frame) -> [Output] {
        var message = IncomingMessage(.command, "", from: LName(""))
        message.wantsAnswer = header.value(HeaderName.wantAnswer)?.bool ?? false
        message.seq = header.value(HeaderName.seq) ?? .null
        if case .text(let from) = header.field(HeaderName.from) { message.from = LName(from) }
        if case .text(let group) = header.field(HeaderName.group) { message.group = group }
        if case .text(let instance) = header.field(HeaderName.instance) { message.instance = instance }
        let body: Body?
        do { body = try Body(text: frame.body) } catch {
            return refuse(message, "malformed body: \(error)")
        }
        switch body {
        case .command(let name, let params):
            (message.kind, message.name, message.params) = (.command, name, params)
            return introducesSenders ? introduce(message) : [.deliver(message)]
        case .notification(let name, let params):
            (message.kind, message.name, message.params) = (.notification, name, params)
            return receiveNotification(message)
        default:
            return refuse(message, "neither a command nor a notification")
        }
    }

    /// Asks the daemon about the sender of a command, and has it wait for the answer.
    private mutating func introduce(_ message: IncomingMessage) -> [Output] {
        let question = Body.command("client", ["client": .string(message.from.text)])
        guard let (id, frame) = try? self.message(question, to: .group(BusGroup.daemon), wantAnswer: true) else {
            return [.deliver(message)]
        }
        introductions.hold(message, until: id)
        return [.send(frame)]
    }

    private mutating func receiveNotification(_ message: IncomingMessage) -> [Output] {
        guard message.from == .daemon, message.group == BusGroup.membership else { return [.deliver(message)] }
        var outputs: [Output] = moduleWatchesMembership ? [.deliver(message)] : []
        switch MembershipEvent(message) {
        case .disconnected(let client): outputs += clientLeft(client)
        case .subscribed(let client, let group): clientJoined(client, group)
        case .connected, .unsubscribed, nil: break
        }
        return outputs
    }

    /// Answers a message that cannot be understood, so that its sender does not wait for ever.
    private mutating func refuse(_ message: IncomingMessage, _ text: String) -> [Output] {
        let frames = try? reply(to: message, .failure(.remote(code: 1, text: text)))
        return (frames ?? []).map { .send($0) }
    }
}
