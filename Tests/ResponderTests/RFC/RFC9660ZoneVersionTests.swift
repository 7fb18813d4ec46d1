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
            alias 60 CNAME x.sub
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

    /// A referral never has the option, so that it is whole in as many octets as without being asked for it.
    @Test(arguments: ["x.full.a.example. A", "full.a.example. A"])
    func referralsKeepNoRoomForIt(_ question: String) throws {
        let servers = (0..<12).map { index in
            let name = "\(String(repeating: "\(index)", count: 24)).full"
            return "full 60 NS \(name)\n\(name) 60 A 192.0.2.\(index)\n"
        }
        let server = try TestServer(
            "$ORIGIN a.example.\n@ 60 SOA ns host 1 2 3 4 5\n@ 60 NS ns.test.\n" + servers.joined())
        let whole = try server.ask(TestQuery("\(question) +edns"))
        #expect(whole.size > 512 && whole.additional.count == 12)
        var query = TestQuery("\(question) +bufsize=\(whole.size)")
        query.options = [0, 19, 0, 0]
        let answer = try server.ask(query)
        #expect(!answer.isTruncated && answer.size == whole.size && answer.additional.count == 12)
        query.payload = UInt16(whole.size - 1)
        #expect(try server.ask(query).isTruncated)
    }

    /// Behind an alias the same referral is from the zone's own data.
    @Test func aReferralBehindAnAliasHasIt() throws {
        #expect(try version("alias.a.example. A").options.map(\.code) == [19])
    }

    @Test func itIsNotSentUnasked() throws {
        #expect(try server.ask(TestQuery("a.example. SOA +edns")).options.isEmpty)
    }

    @Test func aQuerysOptionIsEmpty() throws {
        #expect(try version("a.example. SOA", value: [2]).rcode == 1)
    }
}
