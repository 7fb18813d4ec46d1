// What other threads have to tell the supervisor, which works on the main thread alone.

import Bus
import Platform
import Synchronization

/// A queue with a descriptor that is readable while something is in it.
final class Mailbox: Sendable {
    enum Letter: Sendable {
        case busJoined(SupervisorBus)
        case busLost(SupervisorBus, reason: String)
        /// A child has told its name and address.
        case hello(ChildHello)
        /// A responder has begun to answer.
        case answering(ChildHello)
        /// Who is on the bus already when we come.
        case found(process: Int32, lname: LName)
        /// Somebody wants to know how far the upgrade has come.
        case upgradeAsked(by: IncomingMessage)
        /// The process `id` is to be killed; the manager has asked for it.
        case kill(process: Int32, lname: LName)
        /// The manager wants to be answered when the child that had this l-name has ended, and its death been told.
        case endAwaited(lname: LName, by: IncomingMessage)
    }

    private let letters = Mutex<[Letter]>([])
    private let wakeUp: WakeUp

    init() throws(PlatformError) { wakeUp = try WakeUp() }

    var descriptor: Int32 { wakeUp.descriptor }

    func put(_ letter: Letter) {
        letters.withLock { $0.append(letter) }
        wakeUp.signal()
    }

    /// Takes everything out.
    func empty() -> [Letter] {
        wakeUp.drain()
        return letters.withLock { letters in
            defer { letters = [] }
            return letters
        }
    }
}
