// Every interleaving of a small world: two consumers, three generations, one crash. States that were seen before are not
// explored again; the number of states is bounded, and the report says whether the bound was reached. Breadth first,
// so the first failure found is one of the shortest.

import Bus
import Generations

/// What came of an exploration.
public struct ExplorationReport: Sendable {
    public let states: Int
    public let transitions: Int
    /// How many actions the deepest state is away from the start.
    public let depth: Int
    /// Every state was visited: the bound was not reached.
    public let isComplete: Bool
    public let violations: [Violation]
    /// The way to the first violation.
    public let path: [Action]
}

/// A bounded exhaustive exploration.
public struct Exploration: Sendable {
    /// How many states are visited at most.
    public var bound: Int
    public var releases: Int
    /// How many loads come, each of which makes a generation after the first, empty one.
    public var loads: Int
    /// How many processes are killed at most.
    public var crashes: Int

    public init(bound: Int = 200_000, releases: Int = 1, loads: Int = 2, crashes: Int = 1) {
        self.bound = bound
        self.releases = releases
        self.loads = loads
        self.crashes = crashes
    }

    private struct Node {
        var world: World<PlainBus>
        var loads: [UInt32]
        var crashes: Int
        var depth: Int
        let parent: Int
        let action: Action?
    }

    /// Visits states in the order of their distance from the start.
    public func run() -> ExplorationReport {
        var setup = Setup()
        setup.releaseLimit = releases
        setup.historyLength = 0
        // Time stands still: it would tell states apart that are the same.
        setup.tick = 0
        // The first generation is the empty one; the consumers have got it.
        var world = World<PlainBus>(setup)
        world.settle(untilTime: false)
        var ways: [(parent: Int, action: Action?)] = [(-1, nil)]
        let serials = (0..<UInt32(loads)).map { 3 + $0 }
        var queue = [Node(world: world, loads: serials, crashes: crashes, depth: 0, parent: -1, action: nil)]
        var head = 0
        var seen: Set<UInt64> = []
        var (transitions, depth) = (0, 0)
        while head < queue.count {
            // Taken out, so that its parts are not shared with the queue when it is changed.
            let node = queue[head]
            queue[head].world.consumers = []
            let number = head
            head += 1
            depth = max(depth, node.depth)
            for action in actions(node) {
                var next = node
                if case .reload = action { next.loads.removeFirst() }
                if action.isCrash { next.crashes -= 1 }
                next.depth += 1
                guard next.world.perform(action) else { continue }
                transitions += 1
                if !next.world.violations.isEmpty {
                    var path = [action]
                    var at = number
                    while at > 0, let action = ways[at].action {
                        path.append(action)
                        at = ways[at].parent
                    }
                    return ExplorationReport(
                        states: seen.count, transitions: transitions, depth: next.depth, isComplete: false,
                        violations: next.world.violations, path: path.reversed())
                }
                guard seen.insert(fingerprint(next)).inserted else { continue }
                ways.append((number, action))
                queue.append(next)
                if seen.count >= bound {
                    return ExplorationReport(
                        states: seen.count, transitions: transitions, depth: depth, isComplete: false, violations: [],
                        path: [])
                }
            }
        }
        return ExplorationReport(
            states: seen.count, transitions: transitions, depth: depth, isComplete: true, violations: [], path: [])
    }

    private func actions(_ node: Node) -> [Action] {
        // Processes read all that waits for them, in any order of processes. Writes go step by step while a crash can
        // come between the steps.
        var actions = node.world.work(all: true)
        if node.crashes > 0 {
            actions = actions.map { action in
                switch action {
                case .managerWrites: .managerWrites(all: false)
                case .managerBuilds(let number, _): .managerBuilds(number, all: false)
                default: action
                }
            }
        }
        if let serial = node.loads.first, node.world.manager != nil {
            actions.append(.reload([ZoneSource(zone: ZoneName("a."), file: "/\(serial)")]))
        }
        if node.crashes > 0 {
            if node.world.manager != nil { actions.append(.crashManager(losing: 0)) }
            for consumer in node.world.consumers {
                actions.append(.crash(consumer: consumer.number, signal: 9, losing: 0))
            }
        }
        return actions
    }

    /// What tells states apart: everything but clocks, counters and memory of the past.
    private func fingerprint(_ node: Node) -> UInt64 {
        var hasher = Hasher()
        let world = node.world
        hasher.combine(world.bus)
        hasher.combine(world.disk)
        hasher.combine(world.supervisor)
        hasher.combine(world.manager)
        hasher.combine(world.consumers)
        hasher.combine(world.ended)
        hasher.combine(world.truth.announced)
        hasher.combine(node.loads)
        hasher.combine(node.crashes)
        return UInt64(bitPattern: Int64(hasher.finalize()))
    }
}
