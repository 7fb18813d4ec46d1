// The consumer's side of the publish protocol: from a `switch` to the `released` of the generation before, in order,
// with supersession and any number of generations held at once. The process around it maps files, moves its threads
// and sends; this type decides when. `Token` is whatever the process needs to answer a message.
//
//     switch g ──▶ mapping g ──▶ swapping to g ──▶ answered, serving g ──▶ (a later switch) releasing g ──▶ released
//                     │  └─ a later switch came: discarding g ──▶ answered "superseded", released
//                     └─ cannot be mapped: answered with the reason

/// The state of a consumer of generations.
public struct Consumer<Token: Hashable & Sendable>: Hashable, Sendable {
    public let name: String
    /// What all new work is done from.
    private var served: SwitchMessage?
    /// The switches without an answer, in the order in which they came.
    private var offers: [Offer] = []
    var work = Work.idle
    /// What is mapped, from the effect `map` to the event `released` or `mapFailed`.
    private var mapped: Set<Generation> = []

    private struct Offer: Hashable {
        let token: Token
        let message: SwitchMessage
    }

    enum Work: Hashable {
        case idle
        case mapping(SwitchMessage)
        case swapping(SwitchMessage)
        /// Unmapping what was mapped for nothing.
        case discarding(SwitchMessage)
    }

    public init(name: String) {
        self.name = name
    }

    public enum Event: Hashable, Sendable {
        case switchReceived(Token, SwitchMessage)
        /// The generation is mapped and checked, and prefaulted if that was asked for.
        case mapped(Generation)
        /// It cannot be mapped or does not verify. Nothing of it is mapped.
        case mapFailed(Generation, reason: String)
        /// All new work is done from it.
        case switched(Generation)
        /// Nothing of it is mapped any more.
        case released(Generation)
        case holdingAsked(Token)
    }

    public enum Effect: Hashable, Sendable {
        /// Map the generation and check it. Ends in `mapped` or `mapFailed`.
        case map(SwitchMessage, prefault: Prefault)
        /// Do all new work from it. Ends in `switched`.
        case swap(Generation)
        /// Unmap it as soon as nothing reads it any more. Ends in `released`.
        case release(Generation)
        case reply(Token, Reply)
        case sendReleased(ReleasedMessage)
    }

    /// When the pages of a new generation are brought into memory.
    public enum Prefault: Hashable, Sendable {
        /// After the swap: the first generation is served at once.
        case behind
        /// Before `mapped`: a later one must not be slower than the one that is served.
        case before
    }

    public enum Reply: Hashable, Sendable {
        case switched(SwitchMessage.Answer)
        case superseded
        case refused(reason: String)
        case holding(HoldingMessage)

        fileprivate var isSuccess: Bool {
            switch self {
            case .switched, .holding: true
            case .superseded, .refused: false
            }
        }
    }

    public var serving: Generation? { served?.generation }

    /// Every generation whose files must stay: mapped, or offered and perhaps mapped soon.
    public var holds: [Generation] {
        let offered = offers.map(\.message.generation).filter { $0 > serving ?? .none }
        return mapped.union(offered).sorted()
    }

    public mutating func handle(_ event: Event) -> [Effect] {
        var effects: [Effect] = []
        switch event {
        case .switchReceived(let token, let message):
            offers.append(Offer(token: token, message: message))
        case .mapped(let generation):
            didMap(generation, &effects)
        case .mapFailed(let generation, let reason):
            didFail(generation, reason, &effects)
        case .switched(let generation):
            didSwap(generation, &effects)
        case .released(let generation):
            didRelease(generation, &effects)
        case .holdingAsked(let token):
            let answer = HoldingMessage(name: name, serving: serving, holds: holds)
            effects.append(.reply(token, .holding(answer)))
        }
        takeOffer(&effects)
        return effects
    }

    /// Begins with the newest offer, if nothing is under way.
    private mutating func takeOffer(_ effects: inout [Effect]) {
        while work == .idle, let offered = offers.last?.message {
            if offered == served {
                answer(offered, .switched(.init(generation: offered.generation)), &effects)
            } else if let reason = objection(to: offered) {
                answer(offered, .refused(reason: reason), &effects)
            } else {
                work = .mapping(offered)
                mapped.insert(offered.generation)
                effects.append(.map(offered, prefault: served == nil ? .behind : .before))
            }
        }
    }

    private func objection(to offered: SwitchMessage) -> String? {
        guard let served, offered.generation <= served.generation else { return nil }
        return offered.generation == served.generation
            ? "generation \(served.generation) is served with another digest"
            : "generation \(offered.generation) is older than \(served.generation), which is served"
    }

    private mutating func didMap(_ generation: Generation, _ effects: inout [Effect]) {
        guard case .mapping(let message) = work, message.generation == generation else { return }
        if offers.last?.message == message {
            work = .swapping(message)
            effects.append(.swap(generation))
        } else {
            work = .discarding(message)
            effects.append(.release(generation))
        }
    }

    private mutating func didFail(_ generation: Generation, _ reason: String, _ effects: inout [Effect]) {
        guard case .mapping(let message) = work, message.generation == generation else { return }
        work = .idle
        mapped.remove(generation)
        answer(message, .refused(reason: reason), &effects)
    }

    private mutating func didSwap(_ generation: Generation, _ effects: inout [Effect]) {
        guard case .swapping(let message) = work, message.generation == generation else { return }
        work = .idle
        let former = serving
        served = message
        answer(message, .switched(.init(generation: generation)), &effects)
        if let former { effects.append(.release(former)) }
    }

    private mutating func didRelease(_ generation: Generation, _ effects: inout [Effect]) {
        guard generation != serving, mapped.remove(generation) != nil else { return }
        if case .discarding(let message) = work, message.generation == generation {
            work = .idle
            answer(message, .superseded, &effects)
        } else {
            effects.append(released(generation))
        }
    }

    /// Answers the offers of a generation, and those before it as superseded.
    private mutating func answer(_ message: SwitchMessage, _ reply: Reply, _ effects: inout [Effect]) {
        guard let last = offers.lastIndex(where: { $0.message == message }) else { return }
        let answered = offers[...last]
        offers.removeSubrange(...last)
        var dropped: Set<Generation> = []
        for offer in answered {
            let reply = offer.message == message ? reply : .superseded
            if !reply.isSuccess { dropped.insert(offer.message.generation) }
            effects.append(.reply(offer.token, reply))
        }
        // The answer may go to a manager that is no more. The next one, which was told meanwhile that this is held,
        // waits for a `released` of it.
        for generation in dropped.subtracting(holds).sorted() { effects.append(released(generation)) }
    }

    private func released(_ generation: Generation) -> Effect {
        .sendReleased(ReleasedMessage(generation: generation, serving: serving, holds: holds))
    }
}
