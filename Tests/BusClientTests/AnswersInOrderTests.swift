// Answers that are taken in the order of the bus, as a state machine needs them.

import Bus
import BusClient
import Testing

@Suite struct AnswersInOrderTests {
    @Test func `answers stand among the other messages in the order in which they were sent`() async throws {
        let msgq = try MsgqProcess()
        let (asker, teller) = (try await msgq.connect(), try await msgq.connect())
        // Each question is answered, and each answer is followed by a notification of the same number.
        let answering = Task {
            for await message in teller.incoming {
                try? teller.reply(to: message, with: message.params)
                try? teller.send(notification: "after", message.params, to: message.from)
            }
        }
        let count = 500
        var numbers: [CallID: Int64] = [:]
        for number in 0..<count {
            numbers[try asker.ask("echo", .integer(Int64(number)), to: teller.lname)] = Int64(number)
        }
        var order: [Int64] = []
        for await message in asker.incoming {
            switch message.kind {
            case .answer(let call, let result):
                #expect(try result.get().integer == numbers[call])
                order.append(numbers[call] ?? -1)
            case .notification: order.append(message.params.integer ?? -1)
            case .command: break
            }
            if order.count == 2 * count { break }
        }
        #expect(order == (0..<Int64(count)).flatMap { [$0, $0] })
        answering.cancel()
    }

    @Test func `who has gone is an answer too`() async throws {
        let msgq = try MsgqProcess()
        let (asker, silent) = (try await msgq.connect(), try await msgq.connect())
        let question = try asker.ask("anything", to: silent.lname)
        _ = try await asker.members()
        await silent.close()
        let nobody = try asker.ask("anything", group: "nobody")
        var answers: [CallID: BusError] = [:]
        for await message in asker.incoming {
            if case .answer(let call, .failure(let error)) = message.kind { answers[call] = error }
            if answers.count == 2 { break }
        }
        #expect(answers == [question: .recipientGone, nobody: .noSuchRecipient])
    }
}
