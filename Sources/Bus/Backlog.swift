// What the daemon holds in memory on behalf of its clients.
//
// A frame for many recipients is in memory once, however many still wait for it. So each client is charged for all that
// waits for it, but the sum counts every frame once.

/// Counts one client's unsent frames, unfinished input and subscriptions.
struct Backlog: Sendable {
    /// Frames on their way; those before `first` have been written.
    private var frames: [HeldFrame] = []
    private var first = 0
    /// The sizes of frames on their way.
    private var unwritten = 0

    /// Bytes of a frame that is still coming in.
    var input = 0
    /// What its subscriptions take.
    var subscriptions = 0

    /// All that is held for this client.
    var total: Int { unwritten + own }

    /// What is held for this client alone: what any frame costs per recipient, input, subscriptions.
    var own: Int { (frames.count - first) * BusLimits.overhead + input + subscriptions }

    /// What waits behind the frame under way.
    var waiting: Int {
        guard first < frames.count else { return 0 }
        return unwritten - frames[first].size + (frames.count - first - 1) * BusLimits.overhead
    }

    mutating func add(_ frame: HeldFrame) {
        frames.append(frame)
        unwritten += frame.size
    }

    /// The frame under way has been written.
    mutating func removeFirst() -> HeldFrame? {
        guard first < frames.count else { return nil }
        let frame = frames[first]
        unwritten -= frame.size
        first += 1
        if first == frames.count || first >= 1024 {
            frames.removeFirst(first)
            first = 0
        }
        return frame
    }
}

/// A delivered frame, while it waits for one recipient or more.
struct HeldFrame: Sendable {
    let number: UInt64
    let size: Int
}

/// Everything that is held, for all clients together.
struct HeldBytes: Sendable {
    private(set) var total = 0
    /// How many recipients each frame waits for.
    private var recipients: [UInt64: Int] = [:]
    private var lastNumber: UInt64 = 0

    /// Takes a frame that is delivered to so many.
    mutating func hold(_ size: Int, recipients count: Int) -> HeldFrame {
        lastNumber += 1
        recipients[lastNumber] = count
        total += size
        return HeldFrame(number: lastNumber, size: size)
    }

    /// One recipient no longer waits for this frame.
    mutating func release(_ frame: HeldFrame) {
        guard let count = recipients[frame.number] else { return }
        recipients[frame.number] = count > 1 ? count - 1 : nil
        if count == 1 { total -= frame.size }
    }

    /// What is held for one client alone has changed.
    mutating func change(from before: Int, to after: Int) { total += after - before }
}
