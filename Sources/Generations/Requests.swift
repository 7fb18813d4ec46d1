// The callers' side: what a request waits for, zone by zone, and the one answer that it gets (invariant I3).

extension Ledger {
    /// The one answer to a request.
    public struct Answer: Hashable, Sendable, Codable {
        /// The newest generation that this request had a part in, if any was announced.
        public let generation: Generation?
        /// Why the request as a whole could not be taken up.
        public let problem: String?
        /// One result for each zone, in the order asked for.
        public let zones: [ZoneAnswer]
        /// Every consumer that took part. Empty: no consumer is there.
        public let consumers: [ConsumerAnswer]

        /// Whether every zone is as the caller wanted it, or as a later caller wanted it, and that is what is answered: if
        /// there are consumers, one of them serves it, and none that lives answers what was before.
        public var succeeded: Bool { problem == nil && zones.allSatisfy(\.result.succeeded) && isServed }

        /// Whether those that are there answer from the generation.
        public var isServed: Bool {
            consumers.isEmpty
                || consumers.contains { $0.outcome == .switched } && !consumers.contains(where: \.isBehind)
        }
    }

    public struct ZoneAnswer: Hashable, Sendable, Codable {
        public let zone: ZoneName
        public let result: ZoneResult
    }

    /// What came of one zone of a request.
    public enum ZoneResult: Hashable, Sendable, Codable {
        /// Every consumer answers from it.
        case published(Generation, ZoneVersion)
        /// The content was already what every consumer answers from.
        case unchanged(Generation, ZoneVersion)
        case unloaded(Generation)
        /// Newer content, or the zone's unloading, took its place before it was announced.
        case superseded
        case failed([String])
        /// Not published, since another zone of the request failed and all or nothing was asked for.
        case withheld(because: ZoneName)
        case refused(Generation, by: Refuser, reason: String)
        /// The generation was tried on some consumers, and given up.
        case trialFailed(Generation, reason: String)
        case noSuchZone

        public var succeeded: Bool {
            switch self {
            case .published, .unchanged, .unloaded, .superseded: true
            case .failed, .withheld, .refused, .trialFailed, .noSuchZone: false
            }
        }
    }

    /// Who refused a generation.
    public struct Refuser: Hashable, Sendable, Codable {
        public let consumer: ConsumerID
        public let name: String?
    }

    public struct ConsumerAnswer: Hashable, Sendable, Codable {
        public let consumer: ConsumerID
        public let name: String?
        /// What it answers from; nil when it answers nothing.
        public let serving: Generation?
        public let outcome: Outcome

        /// Whether it answers what was before. One that was set aside is not waited for, and cut off when its time is over.
        public var isBehind: Bool {
            switch outcome {
            case .switched, .setAside: false
            case .laggard: true
            case .refused: serving != nil
            }
        }

        public enum Outcome: Hashable, Sendable, Codable {
            case switched
            case refused(reason: String)
            /// Refuses what others accept.
            case setAside(reason: String)
            /// Has not answered yet.
            case laggard
        }
    }

    /// How far a request has come; the caller may ask at any time, for example when its own patience is at an end.
    public struct Progress: Hashable, Sendable, Codable {
        public enum Phase: String, Hashable, Sendable, Codable {
            case queued, building
            /// Built; the announcement waits for a release.
            case waiting
            case switching
        }

        /// The phase of the zone that is furthest behind.
        public let phase: Phase
        public let generation: Generation?
        /// The build that is waited for, by its number.
        public let build: Generation?
        public let consumers: [ConsumerAnswer]
    }

    /// A request that has not been answered.
    struct Request: Hashable, Sendable {
        let id: RequestID
        var order: [ZoneName]
        /// Whether all of its zones are published or none.
        let isAllOrNothing: Bool
        /// On whom its generation is to be tried first, if at all.
        let trial: TrialConsumers?
        /// The one who asked for a trial has gone.
        var isGone = false
        var steps: [ZoneName: Step]

        var isFinished: Bool {
            steps.values.allSatisfy { if case .done = $0 { true } else { false } }
        }
    }

    /// Where one zone of a request stands.
    enum Step: Hashable, Sendable {
        case queued
        case building
        /// Among the pending changes or in the candidate.
        case changing
        /// Announced; the result holds if the roll-out comes to its end.
        case rollingOut(Generation, ZoneResult)
        /// Refused; the caller hears of it when the return has been announced.
        case returning(ZoneResult)
        case done(ZoneResult)
    }
}
