// The generator against a reflector on a thread of this process.

import CLinux
import Glibc
import Platform
import Synchronization
import TestSupport
import Testing

@testable import zonebench

/// A reflector that leaves some questions unanswered, on a port that was free.
private final class TestReflector: Sendable {
    let endpoint: Endpoint
    private let stopped: WakeUp
    private let thread: DaemonThread

    init(dropping: Int = 0) throws {
        let endpoint = Endpoint(address: [127, 0, 0, 1], port: try FreePort.next())
        let number = try Listener.openUDP(endpoint, sharing: false).release()
        self.endpoint = endpoint
        let stopped = try WakeUp()
        self.stopped = stopped
        thread = try DaemonThread(named: "reflector") {
            guard let batch = zc_batch_create(32, 1500, 1500) else { return }
            var seen = 0
            while zc_udp_receive(batch, number, stopped.descriptor, 1) > 0 {
                for index in 0..<Int(batch.pointee.count) {
                    let message = batch.pointee.messages[index]
                    seen += 1
                    if dropping > 0, seen % dropping == 0 { continue }
                    message.out.update(from: message.in, count: Int(message.inLength))
                    message.out[2] |= 0x80
                    batch.pointee.messages[index].outLength = message.inLength
                }
                _ = zc_udp_send(batch, number)
            }
            zc_batch_destroy(batch)
            _ = Descriptor(owning: number)
        }
    }

    func stop() {
        stopped.signal()
        thread.join()
    }
}

@Suite(.serialized)
struct LoadTests {
    private static let questions = (0..<100).map { Question(name: "n\($0).example.", type: .a) }

    private func run(_ pace: Pace, dropping: Int = 0, timeout: Double = 1) throws -> LoadOutcome {
        let reflector = try TestReflector(dropping: dropping)
        defer { reflector.stop() }
        var plan = LoadPlan(server: reflector.endpoint, pace: pace)
        plan.sockets = 2
        plan.seconds = 0.3
        plan.timeout = timeout
        return try LoadGenerator(plan, corpus: try QuestionCorpus(LoadTests.questions)).run()
    }

    @Test(arguments: [Pace.closed(window: 16), .open(perSecond: 2000)])
    func everyQuestionIsAnsweredOnce(pace: Pace) throws {
        let outcome = try run(pace, timeout: 10)
        let total = outcome.total
        #expect(total.sent > 0)
        #expect(total.answered == total.sent)
        #expect(total.lost == 0 && total.wrong == 0 && outcome.strays == 0)
        #expect(total.latency.totalCount == UInt64(total.answered))
        #expect(outcome.intervals.reduce(0) { $0 + $1.answered } == total.answered)
    }

    @Test(arguments: [Pace.closed(window: 16), .open(perSecond: 2000)])
    func whatIsNotAnsweredIsLost(pace: Pace) throws {
        let total = try run(pace, dropping: 10, timeout: 0.1).total
        #expect(total.lost > 0)
        #expect(total.answered + total.lost == total.sent)
    }

    @Test func theOpenLoopAsksWhatIsDueAndNoMore() throws {
        #expect(Pace.due(after: 1_000_000_000, perSecond: 1000) == 1001)
        #expect(Pace.time(of: 1000, perSecond: 1000) == 1_000_000_000)
        let total = try run(.open(perSecond: 1000), timeout: 10).total
        #expect(total.sent <= 301)
    }
}
