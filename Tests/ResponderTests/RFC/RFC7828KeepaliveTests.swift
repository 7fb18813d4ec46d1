// RFC 7828: how long an idle TCP connection is kept.

import ResponderModel
import Testing

@Suite struct RFC7828KeepaliveTests {
    let server: TestServer

    init() throws {
        server = try TestServer("example. 60 SOA ns.example. a.example. 1 2 3 4 5\nexample. 60 NS ns.test.\n")
        server.options.idleTimeout = 100
    }

    private func query(_ value: [UInt8] = []) -> TestQuery {
        var query = TestQuery("example. SOA +edns")
        query.options = [0, 11, 0, UInt8(value.count)] + value
        return query
    }

    @Test func overTCPTheTimeoutIsTold() throws {
        let options = try server.ask(query(), over: .tcp).options
        #expect(options.map(\.code) == [11] && options[0].value == [0, 100])
        #expect(try server.ask(TestQuery("example. SOA +edns"), over: .tcp).options.isEmpty)
    }

    @Test func overUDPTheOptionIsIgnored() throws {
        #expect(try server.ask(query()).options.isEmpty)
        #expect(try server.ask(query([0, 1])).rcode == 0)
    }

    @Test func aQuerysOptionIsEmpty() throws {
        let message = try server.ask(query([0, 1]), over: .tcp)
        #expect(message.rcode == 1 && message.records.isEmpty)
    }
}
