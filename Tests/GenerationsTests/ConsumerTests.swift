import Testing

@testable import Generations

/// The consumer's side, with strings for effects so that a test reads like the protocol.
struct ConsumerTests {
    private struct Subject {
        var consumer = Consumer<String>(name: "authd.1")

        mutating func on(_ event: Consumer<String>.Event) -> [String] {
            consumer.handle(event).map(text)
        }

        mutating func offer(_ number: UInt64, _ token: String? = nil, digest: String = "00") -> [String] {
            on(.switchReceived(token ?? "t\(number)", message(number, digest)))
        }

        /// Takes a generation in, the whole way.
        mutating func serve(_ number: UInt64) {
            _ = offer(number)
            _ = on(.mapped(Generation(number)))
            _ = on(.switched(Generation(number)))
        }

        func message(_ number: UInt64, _ digest: String) -> SwitchMessage {
            let generation = Generation(number)
            return SwitchMessage(
                generation: generation, directory: .directory(of: generation), digest: Digest(hex: digest)!)
        }

        private func text(_ effect: Consumer<String>.Effect) -> String {
            switch effect {
            case .map(let message, let prefault): "map \(message.generation) prefault \(prefault)"
            case .swap(let generation): "swap \(generation)"
            case .release(let generation): "release \(generation)"
            case .reply(let token, .switched(let answer)): "\(token): switched \(answer.generation)"
            case .reply(let token, .superseded): "\(token): superseded"
            case .reply(let token, .refused(let reason)): "\(token): refused, \(reason)"
            case .reply(let token, .holding(let state)):
                "\(token): \(state.name) serves \(state.serving?.description ?? "nothing") holds \(state.holds)"
            case .sendReleased(let state):
                "released \(state.generation) serves \(state.serving?.description ?? "nothing") holds \(state.holds)"
            }
        }
    }

    @Test func theFirstGenerationIsServedAtOnceAndPrefaultedBehind() {
        var subject = Subject()
        #expect(subject.offer(1) == ["map 1 prefault behind"])
        #expect(subject.on(.mapped(Generation(1))) == ["swap 1"])
        #expect(subject.on(.switched(Generation(1))) == ["t1: switched 1"])
        #expect(subject.offer(2) == ["map 2 prefault before"])
    }

    @Test func theAnswerComesAfterTheSwapAndTheReleaseAfterTheAnswer() {
        var subject = Subject()
        subject.serve(7)
        _ = subject.offer(8)
        #expect(subject.on(.holdingAsked("h")) == ["h: authd.1 serves 7 holds [7, 8]"])
        #expect(subject.on(.mapped(Generation(8))) == ["swap 8"])
        #expect(subject.on(.switched(Generation(8))) == ["t8: switched 8", "release 7"])
        #expect(subject.on(.holdingAsked("h")) == ["h: authd.1 serves 8 holds [7, 8]"])
        #expect(subject.on(.released(Generation(7))) == ["released 7 serves 8 holds [8]"])
    }

    @Test func aLaterSwitchSupersedesAndAnswersComeInOrder() {
        var subject = Subject()
        subject.serve(7)
        #expect(subject.offer(8) == ["map 8 prefault before"])
        #expect(subject.offer(9).isEmpty)
        #expect(subject.offer(10).isEmpty)
        #expect(subject.on(.mapped(Generation(8))) == ["release 8"])
        #expect(
            subject.on(.released(Generation(8))) == [
                "t8: superseded", "released 8 serves 7 holds [7, 9, 10]", "map 10 prefault before",
            ])
        #expect(subject.on(.mapped(Generation(10))) == ["swap 10"])
        #expect(
            subject.on(.switched(Generation(10))) == [
                "t9: superseded", "t10: switched 10", "released 9 serves 10 holds [7, 10]", "release 7",
            ])
    }

    @Test func aSwitchDuringTheSwapIsTakenAfterIt() {
        var subject = Subject()
        subject.serve(7)
        _ = subject.offer(8)
        _ = subject.on(.mapped(Generation(8)))
        #expect(subject.offer(9).isEmpty)
        #expect(
            subject.on(.switched(Generation(8))) == ["t8: switched 8", "release 7", "map 9 prefault before"])
    }

    @Test func aSwitchToTheServedGenerationIsAnsweredAtOnce() {
        var subject = Subject()
        subject.serve(7)
        #expect(subject.offer(7, "again") == ["again: switched 7"])
        #expect(
            subject.offer(7, "other", digest: "ff") == ["other: refused, generation 7 is served with another digest"])
        #expect(
            subject.offer(6) == [
                "t6: refused, generation 6 is older than 7, which is served", "released 6 serves 7 holds [7]",
            ])
    }

    @Test func theSameSwitchFromARestartedManagerIsOneMapping() {
        var subject = Subject()
        subject.serve(7)
        #expect(subject.offer(8, "old").count == 1)
        #expect(subject.offer(8, "new").isEmpty)
        #expect(subject.on(.mapped(Generation(8))) == ["swap 8"])
        #expect(subject.on(.switched(Generation(8))) == ["old: switched 8", "new: switched 8", "release 7"])
    }

    @Test func aRefusalLetsGoAndKeepsServing() {
        var subject = Subject()
        subject.serve(7)
        _ = subject.offer(8)
        _ = subject.offer(9)
        #expect(
            subject.on(.mapFailed(Generation(8), reason: "bad digest")) == [
                "t8: refused, bad digest", "released 8 serves 7 holds [7, 9]", "map 9 prefault before",
            ])
        #expect(
            subject.on(.mapFailed(Generation(9), reason: "no memory")) == [
                "t9: refused, no memory", "released 9 serves 7 holds [7]",
            ])
        #expect(subject.on(.holdingAsked("h")) == ["h: authd.1 serves 7 holds [7]"])
    }

    @Test func aManagerThatWasToldOfAHoldHearsOfItsEndAfterARefusal() {
        var subject = Subject()
        subject.serve(7)
        _ = subject.offer(8, "the manager before")
        #expect(subject.on(.holdingAsked("h")) == ["h: authd.1 serves 7 holds [7, 8]"])
        // The refusal goes to a manager that is no more; the new one waits for a release of 8.
        let effects = subject.on(.mapFailed(Generation(8), reason: "no memory"))
        #expect(effects.last == "released 8 serves 7 holds [7]")
    }

    @Test func severalGenerationsAreHeldAtOnce() {
        var subject = Subject()
        for number in 5...8 { subject.serve(UInt64(number)) }
        #expect(subject.on(.holdingAsked("h")) == ["h: authd.1 serves 8 holds [5, 6, 7, 8]"])
        #expect(subject.on(.released(Generation(6))) == ["released 6 serves 8 holds [5, 7, 8]"])
        #expect(subject.on(.released(Generation(6))).isEmpty)
        #expect(subject.on(.released(Generation(8))).isEmpty, "what is served is not released")
    }
}
