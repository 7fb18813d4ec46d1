// The bus as the simulated world sees it: connections with a queue in each direction, and a daemon between them that takes
// one frame at a time. Nothing moves by itself; the scheduler carries each frame when it likes.
//
//     process ──ask──▶ upward queue ──carryUp──▶ daemon ──▶ downward queue ──carryDown──▶ process
//
// There are two: RoutedBus is the daemons' own router and sessions on real frames, PlainBus is a model of what they
// promise, on values. The same world runs on either; PlainBus is faster, and small enough to be explored exhaustively.

import Bus
import Generations

/// A bus that carries one frame when told to.
protocol SimulatedBus: Sendable {
    /// A bus of its own start, so that l-names differ from those of all others.
    init(start: Int, backlog: Int?)

    /// Connects and learns the l-name. `role` is what the supervisor says of the connection, if it has made it.
    mutating func connect(as role: BusRole?) -> (Client, lname: String)
    mutating func subscribe(_ client: Client, to group: String)
    mutating func unsubscribe(_ client: Client, from group: String)
    mutating func ask(_ client: Client, _ message: Message, of recipient: Recipient, _ question: Question)
    mutating func send(_ client: Client, _ message: Message, to group: String)
    mutating func reply(_ client: Client, to address: ReturnAddress, _ reply: Reply)

    /// The process has ended: what it has sent is still read, except for the last frames, that were in its own memory.
    mutating func close(_ client: Client, losing frames: Int)

    /// How many frames, or ends, wait to be read by the daemon, and by the process.
    func waitingAbove(_ client: Client) -> Int
    func waitingBelow(_ client: Client) -> Int

    /// The daemon reads a frame.
    mutating func carryUp(_ client: Client)
    /// The process reads a frame.
    mutating func carryDown(_ client: Client) -> [Heard]
    /// A frame to the process vanishes. No real bus does that.
    mutating func dropDown(_ client: Client)

    /// Whether the daemon counts it as connected.
    func isConnected(_ client: Client) -> Bool
}

/// A queue that is read at the front: an array with a moving start.
struct Pipe<Element: Hashable & Sendable>: Hashable, Sendable {
    private var elements: [Element] = []
    private var start = 0

    var count: Int { elements.count - start }
    var isEmpty: Bool { count == 0 }
    var all: ArraySlice<Element> { elements[start...] }

    mutating func append(_ element: Element) { elements.append(element) }

    mutating func removeFirst() -> Element? {
        guard start < elements.count else { return nil }
        defer {
            start += 1
            if start == elements.count { removeAll() }
        }
        return elements[start]
    }

    mutating func removeLast(_ number: Int) { elements.removeLast(min(number, count)) }

    mutating func removeAll() {
        elements.removeAll(keepingCapacity: true)
        start = 0
    }

    static func == (left: Pipe, right: Pipe) -> Bool { left.all == right.all }

    func hash(into hasher: inout Hasher) { hasher.combine(all) }
}
