// RFC 4592: wildcards. The zone and the table of section 2.2.1 first, then what the text adds.

import ResponderModel
import Testing

@Suite struct RFC4592WildcardTests {
    static let zone = """
        $ORIGIN example.
        example. 3600 IN SOA ns.example.com. hostmaster.example.com. 1 7200 3600 604800 300
        example. 3600 NS ns.example.com.
        example. 3600 NS ns.example.net.
        *.example. 3600 TXT "this is a wildcard"
        *.example. 3600 MX 10 host1.example.
        sub.*.example. 3600 TXT "this is not a wildcard"
        host1.example. 3600 A 192.0.2.1
        _ssh._tcp.host1.example. 3600 SRV 0 0 22 host1.example.
        _ssh._tcp.host2.example. 3600 SRV 0 0 22 host2.example.
        subdel.example. 3600 NS ns.example.com.
        subdel.example. 3600 NS ns.example.net.
        """
    static let soa = "example. 300 SOA ns.example.com. hostmaster.example.com. 1 7200 3600 604800 300"
    let server: TestServer

    init() throws { server = try TestServer(Self.zone) }

    @Test func synthesizedResponses() throws {
        let mx = try server.ask("host3.example. MX")
        #expect(mx.status == "NOERROR AA")
        #expect(mx.answer == ["host3.example. 3600 MX 10 host1.example."])
        #expect(mx.additional == ["host1.example. 3600 A 192.0.2.1"])
        let noData = try server.ask("host3.example. A")
        #expect(noData.status == "NOERROR AA" && noData.answer == [] && noData.authority == [Self.soa])
        #expect(
            try server.ask("foo.bar.example. TXT").answer == ["foo.bar.example. 3600 TXT \"this is a wildcard\""])
    }

    @Test(arguments: ["host1.example. MX", "sub.*.example. MX", "host2.example. TXT"])
    func existingNamesBlockTheWildcard(_ query: String) throws {
        let reply = try server.ask(query)
        #expect(reply.status == "NOERROR AA" && reply.answer == [] && reply.authority == [Self.soa])
    }

    @Test(arguments: ["_telnet._tcp.host1.example. SRV", "ghost.*.example. MX", "x.host2.example. TXT"])
    func existingEnclosersBlockTheWildcard(_ query: String) throws {
        let reply = try server.ask(query)
        #expect(reply.status == "NXDOMAIN AA" && reply.authority == [Self.soa])
    }

    @Test func delegationsBlockTheWildcard() throws {
        let reply = try server.ask("host.subdel.example. A")
        #expect(reply.status == "NOERROR" && reply.answer == [] && reply.authority.count == 2)
    }

    @Test func theWildcardItselfMayBeAsked() throws {
        #expect(try server.ask("*.example. TXT").answer == ["*.example. 3600 TXT \"this is a wildcard\""])
        #expect(
            try server.ask("sub.*.example. TXT").answer == ["sub.*.example. 3600 TXT \"this is not a wildcard\""])
    }

    @Test func aliasesAtWildcardsAreExpanded() throws {
        let server = try TestServer(
            """
            $ORIGIN example.
            @ 60 SOA ns hostmaster 1 2 3 4 5
            @ 60 NS ns
            ns 60 A 192.0.2.1
            *.to 60 CNAME ns
            *.loop 60 CNAME x.loop
            *.deep.to 60 CNAME *.to
            """)
        #expect(
            try server.ask("a.b.to.example. A").answer
                == ["a.b.to.example. 60 CNAME ns.example.", "ns.example. 60 A 192.0.2.1"])
        #expect(
            try server.ask("y.loop.example. A").answer
                == ["x.loop.example. 60 CNAME x.loop.example.", "y.loop.example. 60 CNAME x.loop.example."])
        #expect(
            try server.ask("z.deep.to.example. A").answer
                == [
                    "*.to.example. 60 CNAME ns.example.", "ns.example. 60 A 192.0.2.1",
                    "z.deep.to.example. 60 CNAME *.to.example.",
                ])
    }

    @Test func namesInAWildcardsDataStayWhatTheyAre() throws {
        // The owner's own name in its rdata must not turn into the name that was asked for.
        let server = try TestServer(
            """
            $ORIGIN example.
            @ 60 SOA ns hostmaster 1 2 3 4 5
            @ 60 NS ns
            *.w 60 MX 10 *.w
            *.w 60 MX 20 mail.*.w
            """)
        #expect(
            try server.ask("x.w.example. MX").answer
                == ["x.w.example. 60 MX 10 *.w.example.", "x.w.example. 60 MX 20 mail.*.w.example."])
    }

    @Test func aWildcardMayBeAnEmptyNonTerminal() throws {
        let server = try TestServer(
            """
            $ORIGIN example.
            @ 60 SOA ns hostmaster 1 2 3 4 5
            @ 60 NS ns
            x.*.e 60 A 192.0.2.1
            """)
        #expect(try server.ask("y.e.example. A").status == "NOERROR AA")
        #expect(try server.ask("a.b.e.example. A").status == "NOERROR AA")
        #expect(try server.ask("y.*.e.example. A").status == "NXDOMAIN AA")
        #expect(try server.ask("*.e.example. A").status == "NOERROR AA")
    }

    @Test func nameServersAtAWildcardDelegateNothingElse() throws {
        // Section 4.2: undefined. A wildcard's NS set is a cut at its own name only.
        let server = try TestServer(
            """
            $ORIGIN example.
            @ 60 SOA ns hostmaster 1 2 3 4 5
            @ 60 NS ns
            *.d 60 NS ns.test.
            """)
        #expect(try server.ask("*.d.example. A").status == "NOERROR")
        #expect(try server.ask("x.*.d.example. A").status == "NOERROR")
        #expect(try server.ask("x.d.example. A").status == "NOERROR AA")
    }
}
