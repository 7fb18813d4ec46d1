// Response rate limiting: what a network gets of one kind of answer a second.

import DNSCore
import Responder
import ResponderModel
import Testing

@Suite struct RateLimitTests {
    private let server: TestServer

    init() throws {
        server = try TestServer(
            """
            example. 60 SOA ns.example. a.example. 1 2 3 4 5
            example. 60 NS ns.test.
            a.example. 60 A 192.0.2.1
            b.example. 60 A 192.0.2.1
            *.wild.example. 60 A 192.0.2.1
            cut.example. 60 NS ns.test.
            """)
        server.time = 1_000_000
    }

    private func limit(to number: Int, slip: Int = 0, exempt: [AddressPrefix] = []) {
        var limit = RateLimit(answersPerSecond: number)
        limit.slip = slip
        limit.exempt = exempt
        server.options.rateTable = RateTable(limit, bits: 8)
        server.time = 1_000_000
    }

    /// How many of `count` queries are answered, and how many of the answers are truncated.
    private func ask(_ count: Int, _ name: (Int) -> String) throws -> (answered: Int, truncated: Int) {
        var result = (answered: 0, truncated: 0)
        for index in 0..<count {
            let octets = server.answer(TestQuery("\(name(index)) A").bytes)
            if octets.isEmpty { continue }
            let answer = try WireMessage(octets)
            result.answered += 1
            if answer.isTruncated {
                result.truncated += 1
                #expect(answer.answer.isEmpty && answer.authority.isEmpty && answer.rcode == 0)
            }
        }
        return result
    }

    @Test func aNameIsAnsweredSoOftenASecond() throws {
        limit(to: 5)
        #expect(try ask(20) { _ in "a.example." } == (5, 0))
        // Another name counts by itself, another network too, a neighbour does not.
        #expect(try ask(20) { _ in "b.example." } == (5, 0))
        server.client = [192, 0, 2, 1]
        #expect(try ask(20) { _ in "a.example." } == (0, 0))
        server.client = [192, 0, 3, 1]
        #expect(try ask(20) { _ in "a.example." } == (5, 0))
    }

    @Test func timeMakesGood() throws {
        limit(to: 5)
        #expect(try ask(5) { _ in "a.example." } == (5, 0))
        server.time += 1
        #expect(try ask(20) { _ in "a.example." } == (5, 0))
        // A flood is paid for, though not for ever.
        _ = try ask(1000) { _ in "a.example." }
        server.time += 1
        #expect(try ask(20) { _ in "a.example." }.answered == 0)
        server.time += 16
        #expect(try ask(20) { _ in "a.example." } == (5, 0))
    }

    @Test func namesThatDoNotExistCountTogether() throws {
        limit(to: 5)
        #expect(try ask(20) { "x\($0).example." } == (5, 0))
        #expect(try ask(20) { "x\($0).wild.example." } == (0, 0), "what a wildcard makes is of the zone too")
        #expect(try ask(20) { "x\($0).cut.example." } == (5, 0), "a referral is of the cut")
        #expect(try ask(20) { "x\($0).test." } == (5, 0), "refusals are of one kind")
    }

    @Test func everySecondAnswerSlips() throws {
        limit(to: 5, slip: 2)
        #expect(try ask(2005) { _ in "a.example." } == (1005, 1000))
        limit(to: 5, slip: 1)
        #expect(try ask(205) { _ in "a.example." } == (205, 200))
    }

    @Test func whomNoLimitIsFor() throws {
        let network = try #require(AddressPrefix(octets: [192, 0, 2, 0], length: 24))
        limit(to: 1, exempt: [network])
        #expect(try ask(20) { _ in "a.example." }.answered == 20)
        limit(to: 1)
        #expect(try ask(5) { _ in "a.example." }.answered == 1)
        // Over TCP the address is no forgery.
        for _ in 0..<5 { #expect(try server.ask(TestQuery("a.example. A"), over: .tcp).answer.count == 1) }
    }

    @Test func aGoodCookieLiftsTheLimit() throws {
        server.options.cookieSecrets = .random()
        limit(to: 1)
        var query = TestQuery(name: wireName("a.example."), type: 1, payload: 1232)
        query.options = [0, 10, 0, 8] + [1, 2, 3, 4, 5, 6, 7, 8]
        let cookie = try #require(try server.ask(query).options.first { $0.code == 10 }?.value)
        #expect(server.answer(query.bytes).isEmpty)
        query.options = [0, 10, 0, UInt8(cookie.count)] + cookie
        for _ in 0..<5 { #expect(try server.ask(query).answer.count == 1) }
    }

    @Test func crowdsShareTheTableAndNobodyIsLimitedForLong() throws {
        limit(to: 2)
        // More networks than the table has slots: each new one is let through.
        for index in 0..<10_000 {
            server.client = [10, UInt8(index >> 8), UInt8(index & 0xFF), 1]
            #expect(try ask(1) { _ in "a.example." }.answered == 1)
        }
    }
}
