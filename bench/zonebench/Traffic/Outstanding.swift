// The questions of one socket that wait for an answer: a ring in the order of sending. Ids count up, so that an answer
// finds its question by its id alone and the oldest question is always at the tail.
//
//      tail                      head
//       v                         v
//     | waiting | answered | waiting | free …          slot = id modulo capacity

/// A ring of questions; times are in nanoseconds.
struct Outstanding {
    struct Slot {
        /// When it should have been sent.
        var due: UInt64
        var question: UInt32
        var id: UInt16
        var phase: UInt8
        var waits: Bool
    }

    private var slots: [Slot]
    private let mask: Int
    private var head = 0
    private var tail = 0
    private let firstID: UInt16

    /// How many wait.
    private(set) var waiting = 0

    /// Room for at least `capacity` questions, 65536 at most.
    init(capacity: Int, firstID: UInt16) {
        var size = 64
        while size < min(capacity, 65536) { size *= 2 }
        slots = [Slot](repeating: Slot(due: 0, question: 0, id: 0, phase: 0, waits: false), count: size)
        mask = size - 1
        self.firstID = firstID
    }

    /// Whether the ring's oldest slot would be overwritten by another question.
    var isFull: Bool { head - tail > mask }

    /// Notes a question that is about to be sent; returns its id. The ring must not be full.
    @inline(__always)
    mutating func add(question: Int, due: UInt64, phase: UInt8) -> UInt16 {
        precondition(!isFull)
        let id = firstID &+ UInt16(truncatingIfNeeded: head)
        slots[head & mask] = Slot(
            due: due, question: UInt32(truncatingIfNeeded: question), id: id, phase: phase, waits: true)
        head += 1
        waiting += 1
        return id
    }

    /// The question that an answer's id belongs to, or nil if none such waits.
    @inline(__always)
    func find(id: UInt16) -> Slot? {
        let slot = slots[Int(id &- firstID) & mask]
        return slot.waits && slot.id == id ? slot : nil
    }

    /// Takes a question out that was found.
    @inline(__always)
    mutating func settle(id: UInt16) {
        slots[Int(id &- firstID) & mask].waits = false
        waiting -= 1
    }

    /// Gives up the questions that were due before `limit`, and the oldest if the ring is full; tells each one's phase.
    mutating func giveUp(dueBefore limit: UInt64, _ lost: (UInt8) -> Void) {
        while tail < head {
            let slot = slots[tail & mask]
            if slot.waits {
                guard slot.due < limit || isFull else { return }
                slots[tail & mask].waits = false
                waiting -= 1
                lost(slot.phase)
            }
            tail += 1
        }
    }
}
