// Which answer belongs to which question, and which questions are lost.

import DNSCore
import Testing

@testable import zonebench

struct OutstandingTests {
    @Test func anAnswerFindsItsQuestionOnce() {
        var ring = Outstanding(capacity: 64, firstID: 65530)
        let ids = (0..<10).map { ring.add(question: $0, due: UInt64($0), phase: 0) }
        #expect(ring.waiting == 10)
        for (question, id) in ids.enumerated().reversed() {
            #expect(ring.find(id: id)?.question == UInt32(question))
            ring.settle(id: id)
            #expect(ring.find(id: id) == nil)
        }
        #expect(ring.waiting == 0)
    }

    @Test func anIdOfAnotherTurnOfTheRingIsNobodys() {
        var ring = Outstanding(capacity: 64, firstID: 0)
        let id = ring.add(question: 7, due: 0, phase: 0)
        #expect(ring.find(id: id &+ 64) == nil)
    }

    @Test func whatIsLateIsLostOnceAndInItsPhase() {
        var ring = Outstanding(capacity: 64, firstID: 100)
        for number in 0..<6 { _ = ring.add(question: number, due: UInt64(number * 10), phase: UInt8(number / 3)) }
        ring.settle(id: 101)
        var lost: [UInt8] = []
        ring.giveUp(dueBefore: 40) { lost.append($0) }
        #expect(lost == [0, 0, 1])
        ring.giveUp(dueBefore: 40) { lost.append($0) }
        #expect(lost.count == 3)
        #expect(ring.waiting == 2)
    }

    @Test func aFullRingGivesUpTheOldest() {
        var ring = Outstanding(capacity: 64, firstID: 0)
        while !ring.isFull { _ = ring.add(question: 0, due: 1000, phase: 0) }
        var lost = 0
        ring.giveUp(dueBefore: 0) { _ in lost += 1 }
        #expect(lost == 1)
        #expect(!ring.isFull)
    }

    /// Against a dictionary, with answers in random order and losses in between.
    @Test(arguments: 1...20) func agreesWithADictionary(seed: UInt64) {
        var random = Randomness(seed: seed)
        var ring = Outstanding(capacity: 256, firstID: UInt16(truncatingIfNeeded: random.next()))
        var model: [UInt16: (question: Int, due: UInt64)] = [:]
        for step in 0..<5000 {
            let time = UInt64(step)
            if random.isTrue(percent: 55), !ring.isFull {
                let id = ring.add(question: step, due: time, phase: 0)
                model[id] = (step, time)
            } else if random.isTrue(percent: 90) {
                let id = model.keys.sorted().randomElement(&random) ?? UInt16(truncatingIfNeeded: random.next())
                #expect(ring.find(id: id)?.question == (model[id]?.question).map { UInt32($0) }, "seed \(seed)")
                if model.removeValue(forKey: id) != nil { ring.settle(id: id) }
            } else {
                ring.giveUp(dueBefore: time - min(time, 100)) { _ in }
                let full = model.filter { ring.find(id: $0.key) == nil }
                for (id, entry) in full {
                    // Only the late are given up; a full ring has at least one of those here.
                    #expect(entry.due + 100 < time + 1, "seed \(seed)")
                    model.removeValue(forKey: id)
                }
            }
            #expect(ring.waiting == model.count, "seed \(seed), step \(step)")
        }
    }
}

extension Array {
    fileprivate func randomElement(_ random: inout Randomness) -> Element? {
        isEmpty ? nil : self[random.below(count)]
    }
}

struct VerdictTests {
    private static let question = Question(name: "www.example.", type: .a, expected: .noError)

    private func verdict(_ change: (inout [UInt8]) -> Void) throws -> QuestionCorpus.Verdict {
        let corpus = try QuestionCorpus([VerdictTests.question])
        var answer = try VerdictTests.question.message()
        answer[2] |= 0x80
        change(&answer)
        return answer.withUnsafeBufferPointer { corpus.judge($0, to: 0, checkingCode: true) }
    }

    @Test func theSameQuestionWithQRIsRight() throws {
        #expect(try verdict { _ in } == .right)
    }

    @Test func aQueryIsNoAnswer() throws {
        #expect(try verdict { $0[2] = 0 } == .wrong)
    }

    @Test func anotherQuestionIsWrong() throws {
        #expect(try verdict { $0[13] = UInt8(ascii: "x") } == .wrong)
        #expect(try verdict { $0[26] = 28 } == .wrong)
        #expect(try verdict { $0.removeLast($0.count - 20) } == .wrong)
    }

    @Test func anotherCodeIsUnexpected() throws {
        #expect(try verdict { $0[3] = 3 } == .unexpectedCode)
    }
}
