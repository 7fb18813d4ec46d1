// RFC 1034, section 4.3.2: what each kind of name is answered with, on an unsigned zone.

import ResponderModel
import Testing

@Suite struct RFC1034LookupTests {
    static let zone = """
        $ORIGIN example.
        @ 3600 SOA ns1 hostmaster 1 7200 3600 604800 300
        @ 3600 NS ns1
        @ 3600 NS ns.elsewhere.test.
        @ 3600 MX 10 mail
        @ 3600 MX 20 mail.elsewhere.test.
        ns1 3600 A 192.0.2.1
        ns1 3600 AAAA 2001:db8::1
        mail 600 A 192.0.2.25
        www 300 A 192.0.2.80
        www 300 A 192.0.2.81
        www 300 TXT "hello"
        alias 60 CNAME www
        alias2 60 CNAME alias
        gone 60 CNAME nothing
        out 60 CNAME www.elsewhere.test.
        self 60 CNAME self
        one 60 CNAME two
        two 60 CNAME one
        a.b.c 60 A 192.0.2.3
        _sip._tcp 60 SRV 1 2 5060 mail
        sub 3600 NS ns.sub
        sub 3600 NS ns.other
        sub 3600 NS ns.elsewhere.test.
        sub 3600 DS 1 8 2 0000000000000000000000000000000000000000000000000000000000000000
        ns.sub 3600 A 192.0.2.53
        ns.sub 3600 AAAA 2001:db8::53
        other 3600 NS ns.other
        ns.other 3600 A 192.0.2.54
        tosub 60 CNAME www.sub
        """
    static let soa = "example. 300 SOA ns1.example. hostmaster.example. 1 7200 3600 604800 300"
    let server: TestServer

    init() throws { server = try TestServer(Self.zone) }

    @Test func anRRsetIsAnsweredWholeAndAlone() throws {
        let reply = try server.ask("www.example. A")
        #expect(reply.status == "NOERROR AA")
        #expect(reply.answer == ["www.example. 300 A 192.0.2.80", "www.example. 300 A 192.0.2.81"])
        #expect(reply.authority == [] && reply.additional == [])
    }

    @Test(arguments: [
        "www.example. MX", "example. A", "ns1.example. TYPE65000", "www.example. NSEC", "www.example. DS",
    ])
    func aTypeThatTheNameLacksIsNoData(_ query: String) throws {
        let reply = try server.ask(query)
        #expect(reply.status == "NOERROR AA")
        #expect(reply.answer == [] && reply.authority == [Self.soa] && reply.additional == [])
    }

    @Test(arguments: ["nothing.example. A", "x.www.example. A", "z.b.c.example. A", "x.a.b.c.example. MX"])
    func aNameThatDoesNotExistIsNXDOMAIN(_ query: String) throws {
        let reply = try server.ask(query)
        #expect(reply.status == "NXDOMAIN AA")
        #expect(reply.answer == [] && reply.authority == [Self.soa] && reply.additional == [])
    }

    @Test(arguments: ["b.c.example. A", "c.example. A", "_tcp.example. SRV"])
    func anEmptyNonTerminalExists(_ query: String) throws {
        let reply = try server.ask(query)
        #expect(reply.status == "NOERROR AA")
        #expect(reply.answer == [] && reply.authority == [Self.soa])
    }

    @Test func mailExchangesComeWithTheirAddresses() throws {
        let reply = try server.ask("example. MX")
        #expect(
            reply.answer == ["example. 3600 MX 10 mail.example.", "example. 3600 MX 20 mail.elsewhere.test."])
        #expect(reply.additional == ["mail.example. 600 A 192.0.2.25"])
    }

    @Test func servicesComeWithTheirAddresses() throws {
        let reply = try server.ask("_sip._tcp.example. SRV")
        #expect(reply.answer == ["_sip._tcp.example. 60 SRV 1 2 5060 mail.example."])
        #expect(reply.additional == ["mail.example. 600 A 192.0.2.25"])
    }

    @Test func theApexHasItsNameServersWithAddresses() throws {
        let reply = try server.ask("example. NS")
        #expect(reply.status == "NOERROR AA")
        #expect(reply.answer == ["example. 3600 NS ns.elsewhere.test.", "example. 3600 NS ns1.example."])
        #expect(reply.additional == ["ns1.example. 3600 A 192.0.2.1", "ns1.example. 3600 AAAA 2001:db8:0:0:0:0:0:1"])
    }

    /// Signatures that are not there are asked for at the alias's target, like any type.
    @Test(arguments: ["RRSIG", "NSEC"]) func aliasesAreFollowedForTypesOfSignedZonesToo(type: String) throws {
        let reply = try server.ask("alias.example. \(type)")
        #expect(reply.answer == ["alias.example. 60 CNAME www.example."])
        #expect(reply.authority == [Self.soa])
    }

    @Test func aliasesAreFollowedWithinTheZone() throws {
        let reply = try server.ask("alias2.example. TXT")
        #expect(
            reply.answer == [
                "alias.example. 60 CNAME www.example.", "alias2.example. 60 CNAME alias.example.",
                "www.example. 300 TXT \"hello\"",
            ])
    }

    @Test func anAliasAsksForItselfIsNotFollowed() throws {
        #expect(try server.ask("alias2.example. CNAME").answer == ["alias2.example. 60 CNAME alias.example."])
    }

    @Test func theEndOfAChainIsDenied() throws {
        let missing = try server.ask("gone.example. A")
        #expect(missing.status == "NXDOMAIN AA" && missing.authority == [Self.soa])
        #expect(missing.answer == ["gone.example. 60 CNAME nothing.example."])
        let lacking = try server.ask("alias.example. MX")
        #expect(lacking.status == "NOERROR AA" && lacking.authority == [Self.soa])
        #expect(lacking.answer == ["alias.example. 60 CNAME www.example."])
    }

    @Test func aChainThatLeavesTheZoneEndsThere() throws {
        let reply = try server.ask("out.example. A")
        #expect(reply.status == "NOERROR AA" && reply.authority == [])
        #expect(reply.answer == ["out.example. 60 CNAME www.elsewhere.test."])
    }

    @Test func loopsEndWithEachRecordOnce() throws {
        #expect(try server.ask("self.example. A").answer == ["self.example. 60 CNAME self.example."])
        #expect(
            try server.ask("one.example. A").answer
                == ["one.example. 60 CNAME two.example.", "two.example. 60 CNAME one.example."])
    }

    @Test(arguments: [
        "www.sub.example. A", "sub.example. A", "sub.example. NS", "ns.sub.example. A", "sub.example. SOA",
    ])
    func belowACutThereAreReferrals(_ query: String) throws {
        let reply = try server.ask(query)
        #expect(reply.status == "NOERROR")
        #expect(reply.answer == [])
        #expect(
            reply.authority == [
                "sub.example. 3600 NS ns.elsewhere.test.", "sub.example. 3600 NS ns.other.example.",
                "sub.example. 3600 NS ns.sub.example.",
            ])
        #expect(
            reply.additional == [
                "ns.other.example. 3600 A 192.0.2.54", "ns.sub.example. 3600 A 192.0.2.53",
                "ns.sub.example. 3600 AAAA 2001:db8:0:0:0:0:0:53",
            ])
    }

    @Test func aChainIntoADelegatedZoneEndsInAReferral() throws {
        let reply = try server.ask("tosub.example. A")
        #expect(reply.status == "NOERROR AA")
        #expect(reply.answer == ["tosub.example. 60 CNAME www.sub.example."])
        #expect(reply.authority.count == 3 && reply.additional.count == 3)
    }

    @Test func theQuestionIsEchoedAsItWasSpelled() throws {
        let message = try server.ask(TestQuery("wWw.ExAmPlE. A"))
        #expect(message.questions[0].name == "wWw.ExAmPlE." && message.answer[0].owner == "wWw.ExAmPlE.")
    }

    @Test func aNameOutsideAllZonesIsRefused() throws {
        let reply = try server.ask("www.test. A")
        #expect(reply.status == "REFUSED" && reply.message.records.isEmpty)
        #expect(try server.ask("www.test. A +edns").message.extendedErrors == [20])
        #expect(try server.ask(". NS").status == "REFUSED")
    }

    @Test func aZoneThatNeverLoadedIsServerFailure() throws {
        let broken = try TestServer(tables: [TestServer.load(Self.zone)], unavailable: ["broken.example."])
        let reply = try broken.ask("www.broken.example. A +edns")
        #expect(reply.status == "SERVFAIL" && reply.message.extendedErrors == [14])
        #expect(try broken.ask("www.example. A").status == "NOERROR AA")
    }

    @Test func headerBitsAreCopiedOrClear() throws {
        // RD is copied; RA, AD, CD and Z are clear.
        var query = TestQuery("www.example. A +rd +cd +ad")
        query.flags |= 0x00C0
        #expect(try server.ask(query).flags == 0x8500)
    }
}

@Suite struct NestedZonesTests {
    static let parent = """
        $ORIGIN example.
        @ 60 SOA ns hostmaster 1 2 3 4 5
        @ 60 NS ns
        ns 60 A 192.0.2.1
        child 60 NS ns.child
        child 60 DS 7 8 2 0000000000000000000000000000000000000000000000000000000000000000
        ns.child 60 A 192.0.2.2
        unsigned 60 NS ns
        """
    static let child = """
        $ORIGIN child.example.
        @ 60 SOA ns hostmaster 9 2 3 4 5
        @ 60 NS ns
        ns 60 A 192.0.2.2
        www 60 A 192.0.2.3
        """
    static let root = """
        $ORIGIN .
        @ 60 SOA a.root-servers.test. nobody.test. 4 2 3 4 5
        @ 60 NS a.root-servers.test.
        a.root-servers.test. 60 A 192.0.2.9
        example. 60 NS ns.example.
        ns.example. 60 A 192.0.2.1
        """

    @Test func theDeepestZoneAnswers() throws {
        let server = try TestServer(Self.parent, Self.child, Self.root)
        #expect(try server.ask("www.child.example. A").answer == ["www.child.example. 60 A 192.0.2.3"])
        #expect(try server.ask("child.example. SOA").status == "NOERROR AA")
        #expect(try server.ask("ns.example. A").answer == ["ns.example. 60 A 192.0.2.1"])
        #expect(try server.ask(". SOA").answer.count == 1)
        #expect(try server.ask("nothing. A").status == "NXDOMAIN AA")
        #expect(try server.ask("test. A").status == "NOERROR AA")
    }

    @Test func dsIsAnsweredByTheParent() throws {
        // RFC 4035, section 3.1.4.1.
        let server = try TestServer(Self.parent, Self.child, Self.root)
        let reply = try server.ask("child.example. DS")
        #expect(reply.status == "NOERROR AA" && reply.answer.count == 1)
        #expect(
            try server.ask("unsigned.example. DS").authority == [
                "example. 5 SOA ns.example. hostmaster.example. 1 2 3 4 5"
            ])
        #expect(try server.ask("www.child.example. DS").authority.first?.hasPrefix("child.example. 5 SOA") == true)
        let alone = try TestServer(Self.child)
        #expect(try alone.ask("child.example. DS").authority.first?.hasPrefix("child.example. 5 SOA") == true)
        #expect(try server.ask(". DS").authority.first?.hasPrefix(". 5 SOA") == true)
    }
}
