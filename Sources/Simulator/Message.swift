// What the simulated processes say to each other. Values, not JSON: the codecs of the daemons have tests of their own
// (MessageTests, and BusTests for the frames), and a body is the clients' own business to the bus anyway.

import Bus
import Generations

/// The meaning of a body on the bus.
enum Message: Hashable, Sendable {
    // From the manager to a consumer, and its answers.
    case switchTo(SwitchMessage)
    case holding
    case switched(SwitchMessage.Answer)
    case holds(HoldingMessage)
    case released(ReleasedMessage)

    // From callers to the manager, and its answers.
    case load([ZoneSource], Ledger.LoadOptions)
    /// A load that is first tried on some consumers.
    case tryOut([ZoneSource], Ledger.LoadOptions, on: Ledger.TrialConsumers)
    case unload([ZoneName])
    case rollBack(Generation?, newSerials: Bool)
    case answer(Ledger.Answer)

    // Between the manager and the supervisor.
    case kill(lname: String)
    case childDied(lname: String, signal: Int32)

    // For the daemon.
    case members(group: String)
    case disconnect(lname: String)

    case zonesUpdated(count: Int)
    case names([String])
    case done
}

/// What a process asked; it comes back with the answer.
enum Question: Hashable, Sendable {
    case predecessors
    case cuttingOff
    case members
    case switching(ConsumerID, Generation)
    case holding(ConsumerID)
    case killing(ConsumerID)
    case disconnecting(ConsumerID)
    case request
}

/// What became of a question.
enum Reply: Hashable, Sendable {
    case value(Message)
    case failure(String)
    /// Nobody was there, or whoever was there left without an answer.
    case gone
}

/// Where an answer goes.
struct ReturnAddress: Hashable, Sendable {
    let client: Client
    let seq: Int
}

/// A process as it hears the bus.
enum Heard: Hashable, Sendable {
    case command(Message, from: String, ReturnAddress)
    case event(MembershipEvent)
    case answer(Question, Reply)
    /// The connection has ended.
    case end
}

/// One connection to the bus. Numbers are never used twice.
typealias Client = Int
