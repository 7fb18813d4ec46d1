// RFC 9660: which version of the zone an answer is from.

import ResponderModel
import Testing

@Suite struct RFC9660ZoneVersionTests {
    let server: TestServer

    init() throws {
        server = try TestServer(
            """
            $ORIGIN a.example.
            @ 60 SOA ns host 2026112301 2 3 4 5
            @ 60 NS ns
            sub 60 NS ns.sub
            ns.sub 60 A 192.0.2.1
            """)
    }

    private func version(_ text: String, value: [UInt8] = []) throws -> WireMessage {
        var query = TestQuery(text + " +edns")
        query.options = [0, 19, 0, UInt8(value.count)] + value
        return try server.ask(query)
    }

    /// Two labels, type 0 (SOA-SERIAL), the serial.
    @Test(arguments: ["a.example. SOA", "a.example. MX", "nothing.a.example. A"])
    func authoritativeAnswersHaveTheSerial(_ question: String) throws {
        let options = try version(question).options
        #expect(options.map(\.code) == [19] && options.first?.value == [2, 0, 0x78, 0xC4, 0x05, 0x2D])
    }

    @Test(arguments: ["x.sub.a.example. A", "other.test. A"])
    func referralsAndRefusalsHaveNone(_ question: String) throws {
        #expect(try version(question).options.allSatisfy { $0.code != 19 })
    }

    @Test func itIsNotSentUnasked() throws {
        #expect(try server.ask(TestQuery("a.example. SOA +edns")).options.isEmpty)
    }

    @Test func aQuerysOptionIsEmpty() throws {
        #expect(try version("a.example. SOA", value: [2]).rcode == 1)
    }
}
