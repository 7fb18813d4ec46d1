// The only timer of the manager, long and configurable, one for each generation in release (invariant I6). It starts
// when the successor is announced; whoever then still holds the generation, or has not answered, is cut off. For a trial, it is how
// long those may take to answer whom it is tried on.

extension Ledger {
    /// The timer of a generation that has been replaced.
    struct ReleaseTimer: Hashable, Sendable {
        /// Whose announcement started it.
        let successor: Generation
        /// The consumers that it is for.
        var watched: Set<ConsumerID>
        /// Those that came when it was running already. They get a whole time of their own when it has fired.
        var late: Set<ConsumerID> = []

        var all: Set<ConsumerID> { watched.union(late) }

        func concerns(_ consumer: ConsumerID) -> Bool { watched.contains(consumer) || late.contains(consumer) }
    }

    /// Starts the timers of replaced generations that are held, and ends those that nobody keeps waiting.
    mutating func watchReleases() {
        forgetUnneeded()
        guard let current else { return }
        let running = Set(timers.keys)
        // Who holds nothing older is timed by the newest that it could have to release.
        let before = former.last?.generation ?? .none
        for id in consumers.keys.sorted() {
            guard let consumer = consumers[id], !consumer.isExpelled else { continue }
            if consumer.isHeard {
                for held in consumer.holds.sorted() where held < current.generation {
                    watch(held, id, current.generation, isLate: running.contains(held))
                }
            }
            // Its word on what it holds is awaited, or a roll-out waits for its answer.
            let owes = consumer.unanswered.contains { $0.generation <= current.generation }
            if !consumer.isHeard || owes && !rollouts.isEmpty {
                watch(before, id, current.generation, isLate: running.contains(before))
            }
        }
        for generation in timers.keys.sorted() where laggards(of: generation, \.all).isEmpty {
            timers[generation] = nil
            effects.append(.cancelTimer(generation))
        }
    }

    private mutating func watch(
        _ generation: Generation, _ consumer: ConsumerID, _ successor: Generation, isLate: Bool
    ) {
        if let timer = timers[generation] {
            guard !timer.concerns(consumer) else { return }
            if isLate {
                timers[generation]?.late.insert(consumer)
            } else {
                timers[generation]?.watched.insert(consumer)
            }
        } else {
            timers[generation] = ReleaseTimer(successor: successor, watched: [consumer])
            effects.append(.armTimer(generation))
        }
    }

    private func laggards(
        of generation: Generation, _ concerned: KeyPath<ReleaseTimer, Set<ConsumerID>>
    ) -> [ConsumerID] {
        guard let timer = timers[generation] else { return [] }
        return timer[keyPath: concerned].sorted().filter { id in
            guard let consumer = consumers[id], !consumer.isExpelled else { return false }
            return !consumer.isHeard || consumer.holds.contains { $0 <= generation }
                || consumer.unanswered.contains { $0.generation <= timer.successor }
        }
    }

    mutating func timerFired(_ generation: Generation) {
        trialTimedOut(generation)
        let overdue = laggards(of: generation, \.watched)
        guard let timer = timers.removeValue(forKey: generation) else { return }
        for id in timer.late.sorted() { watch(generation, id, timer.successor, isLate: false) }
        for id in overdue {
            guard let consumer = consumers[id] else { continue }
            let reason: String
            if !consumer.isHeard {
                reason = "has not told what it holds"
            } else if let unanswered = consumer.unanswered.first {
                reason = "has not answered the switch to generation \(unanswered.generation)"
            } else {
                reason = "still holds generation \(generation)"
            }
            expel(id, reason: reason)
        }
    }
}
