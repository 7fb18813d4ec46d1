// What a server says of itself: NSID (RFC 5001), and questions of class CH (RFC 4892).

import Responder
import ResponderModel
import Testing

@Suite struct ServerIdentityTests {
    let server: TestServer

    init() throws {
        server = try TestServer("example. 60 SOA ns.example. a.example. 1 2 3 4 5\nexample. 60 NS ns.test.\n")
    }

    private func identity(_ name: String = "example.", type: UInt16 = 6) throws -> [UInt8]? {
        var query = TestQuery(name: wireName(name), type: type, payload: 1232)
        query.options = [0, 3, 0, 0]
        return try server.ask(query).options.first { $0.code == 3 }?.value
    }

    @Test func anIdentityIsToldToThoseWhoAsk() throws {
        #expect(try identity() == nil)
        server.options.identity = Array("ns1.site".utf8)
        #expect(try identity() == Array("ns1.site".utf8))
        // With every kind of answer, refusals too.
        #expect(try identity("nothing.example.") != nil && identity("test.") != nil)
        #expect(try server.ask(TestQuery("example. SOA +edns")).opt?.rdata == [])
    }

    private func ask(_ name: String, type: UInt16 = 16, rrClass: UInt16 = 3) throws -> WireMessage {
        var query = TestQuery(name: wireName(name), type: type)
        query.rrClass = rrClass
        return try server.ask(query)
    }

    private static let identityNames = ["id.server.", "hostname.bind.", "ID.Server."]
    private static let versionNames = ["version.server.", "version.bind.", "VERSION.BIND."]

    @Test func withoutConfigurationTheyAreRefused() throws {
        for name in Self.identityNames + Self.versionNames { #expect(try ask(name).rcode == 5) }
    }

    @Test func configuredTextsAreAnswered() throws {
        server.options.identity = Array("ns1.site".utf8)
        server.options.version = Array("none of your business".utf8)
        for (names, text) in [(Self.identityNames, "ns1.site"), (Self.versionNames, "none of your business")] {
            for name in names {
                let message = try ask(name)
                #expect(message.rcode == 0 && message.isAuthoritative)
                #expect(message.answer.map(\.text) == ["\(name) 0 TXT \"\(text)\""])
                #expect(message.answer.first?.rrClass == 3)
            }
        }
        for other in ["authors.bind.", "server.", "x.id.server.", "."] { #expect(try ask(other).rcode == 5) }
        #expect(try ask("id.server.", type: 1).rcode == 5)
        #expect(try ask("id.server.", rrClass: 1).rcode == 5)
        #expect(try ask("id.server.", rrClass: 4).rcode == 5)
    }

    @Test func theGenerationIsToldToThoseWhoMayKnow() throws {
        #expect(try ask("generation.zonecast.").rcode == 5)
        server.options.tellsGeneration = true
        let message = try ask("Generation.Zonecast.")
        #expect(message.rcode == 0 && message.isAuthoritative)
        let text = try #require(message.answer.first?.text)
        #expect(text.hasPrefix("Generation.Zonecast. 0 TXT \"1 ") && text.hasSuffix("\""))
        #expect(text.split(separator: " ").last?.filter(\.isHexDigit).count == 64)
        #expect(try ask("generation.zonecast.", type: 1).rcode == 5)
        #expect(try ask("x.generation.zonecast.").rcode == 5)
    }

    /// All options at once fit the smallest message with the longest question.
    @Test func thereIsRoomForEverything() throws {
        server.options.identity = [UInt8](repeating: 0x61, count: ResponderOptions.longestText)
        server.options.cookieSecrets = .random()
        var name = wireName("example.")
        while name.count < 255 {
            let label = min(63, 254 - name.count)
            name = [UInt8(label)] + [UInt8](repeating: 0x62, count: label) + name
        }
        for apex in [[], wireName("test.")] as [[UInt8]] {
            var query = TestQuery(name: apex.isEmpty ? name : apex, type: 1, payload: 512)
            query.options = [0, 3, 0, 0, 0, 19, 0, 0, 0, 10, 0, 8, 1, 2, 3, 4, 5, 6, 7, 8]
            let message = try server.ask(query)
            #expect(message.size <= 512 && message.options.map(\.code).contains(3))
        }
    }
}
