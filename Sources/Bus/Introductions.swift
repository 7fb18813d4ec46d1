// Who has sent the commands that come in. A session that serves others asks the daemon about the sender of each command,
// and keeps back what comes after it until the answer is there, so that its module sees everything in the order of the
// bus. Answers are not kept: a client may lay down its rights at any time.

/// What a session has received and not yet handed on, in order.
struct Introductions: Sendable {
    private enum Entry: Sendable {
        case ready(Session.Output)
        case unknown(CallID, IncomingMessage)
    }

    private var entries: [Entry] = []

    /// Keeps a command until the answer to the question about its sender has come.
    mutating func hold(_ message: IncomingMessage, until question: CallID) {
        entries.append(.unknown(question, message))
    }

    /// Takes the daemon's answer; false if the question was another one. The command of a sender that has gone is handed
    /// on without one.
    mutating func introduce(_ sender: Sender?, _ question: CallID) -> Bool {
        let place = entries.firstIndex { if case .unknown(question, _) = $0 { true } else { false } }
        guard let place, case .unknown(_, var message) = entries[place] else { return false }
        message.sender = sender
        entries[place] = .ready(.deliver(message))
        return true
    }

    /// What can be handed on, now that there are these outputs too. Frames of ours wait for nothing.
    mutating func pass(_ outputs: [Session.Output]) -> [Session.Output] {
        guard !entries.isEmpty else { return outputs }
        var passed: [Session.Output] = []
        for output in outputs {
            if case .send = output { passed.append(output) } else { entries.append(.ready(output)) }
        }
        let ready = entries.prefix { if case .ready = $0 { true } else { false } }
        for case .ready(let output) in ready { passed.append(output) }
        entries.removeFirst(ready.count)
        return passed
    }
}
