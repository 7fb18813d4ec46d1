// What the daemon holds in memory on behalf of one client.

/// Counts a client's unsent frames, unfinished input and subscriptions.
struct Backlog: Sendable {
    /// The sizes of frames on their way; those before `first` have been written.
    private var sizes: [Int] = []
    private var first = 0
    private var unwritten = 0

    /// Bytes of a frame that is still coming in.
    var input = 0
    /// What its subscriptions take.
    var subscriptions = 0

    /// All of it, in bytes.
    var total: Int { unwritten + input + subscriptions }

    /// What waits behind the frame under way.
    var waiting: Int { first < sizes.count ? unwritten - sizes[first] : 0 }

    mutating func add(_ frame: Frame) {
        let size = frame.wire.count + BusLimits.overhead
        sizes.append(size)
        unwritten += size
    }

    /// The frame under way has been written.
    mutating func removeFirst() {
        guard first < sizes.count else { return }
        unwritten -= sizes[first]
        first += 1
        if first == sizes.count || first >= 1024 {
            sizes.removeFirst(first)
            first = 0
        }
    }
}
