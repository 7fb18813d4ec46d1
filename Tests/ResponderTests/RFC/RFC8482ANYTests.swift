// RFC 8482: ANY is answered with one RRset over UDP, with all over TCP.

import ResponderModel
import Testing

@Suite struct RFC8482ANYTests {
    static let zone = """
        $ORIGIN example.
        @ 60 SOA ns hostmaster 1 2 3 4 5
        @ 60 NS ns
        ns 60 A 192.0.2.1
        www 60 A 192.0.2.2
        www 60 A 192.0.2.3
        www 60 TXT "x"
        alias 60 CNAME www
        a.ent 60 A 192.0.2.4
        *.w 60 TXT "w"
        sub 60 NS ns.sub
        ns.sub 60 A 192.0.2.5
        """
    let server: TestServer

    init() throws { server = try TestServer(Self.zone) }

    @Test func oneRRsetOverUDP() throws {
        let reply = try server.ask("www.example. ANY")
        #expect(reply.status == "NOERROR AA")
        #expect(Set(reply.message.answer.map(\.type)).count == 1 && !reply.answer.isEmpty)
    }

    @Test func allOverTCP() throws {
        #expect(
            try server.ask("www.example. ANY +tcp").answer
                == ["www.example. 60 A 192.0.2.2", "www.example. 60 A 192.0.2.3", "www.example. 60 TXT \"x\""])
        #expect(try server.ask("example. ANY +tcp").answer.count == 2)
    }

    @Test func whatDoesNotFitIsLeftOutRatherThanAll() throws {
        var zone = Self.zone + "\nmany 60 TXT small\n"
        for type in 65400...65401 {
            for index in 0..<200 {
                zone +=
                    "many 60 TYPE\(type) \\# 202 \(String(repeating: "00", count: 200))\(String(0x1000 + index, radix: 16))\n"
            }
        }
        for index in 0..<100 { zone += "many 60 A 192.0.2.\(index)\n" }
        let server = try TestServer(zone)
        let datagram = try server.ask("many.example. ANY")
        #expect(datagram.status == "NOERROR AA" && datagram.answer == ["many.example. 60 TXT \"small\""])
        let stream = try server.ask("many.example. ANY +tcp")
        #expect(stream.status == "NOERROR AA" && stream.answer.count == 301)
    }

    @Test func aliasesAreNotFollowed() throws {
        #expect(try server.ask("alias.example. ANY").answer == ["alias.example. 60 CNAME www.example."])
    }

    @Test func theRestIsAsForAnyType() throws {
        #expect(try server.ask("nothing.example. ANY").status == "NXDOMAIN AA")
        #expect(try server.ask("ent.example. ANY").authority.count == 1)
        #expect(try server.ask("x.w.example. ANY").answer == ["x.w.example. 60 TXT \"w\""])
        #expect(try server.ask("sub.example. ANY").authority == ["sub.example. 60 NS ns.sub.example."])
    }
}
