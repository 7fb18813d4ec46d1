// RFC 6672: DNAME redirects whole subtrees.

import ResponderModel
import Testing

@Suite struct RFC6672DNAMETests {
    static let zone = """
        $ORIGIN example.
        @ 3600 SOA ns hostmaster 1 7200 3600 604800 300
        @ 3600 NS ns
        ns 3600 A 192.0.2.1
        d 120 DNAME target
        d 120 TXT "beside it"
        below.d 60 A 192.0.2.66
        www.target 60 A 192.0.2.80
        out 120 DNAME elsewhere.test.
        chain 120 DNAME d
        up 120 DNAME up.up
        back 120 DNAME forth
        forth 120 DNAME back
        long 120 DNAME \(String(repeating: "l123456789.", count: 20))long.target
        root 120 DNAME .
        toalias 60 CNAME www.d
        cut 60 NS ns.test.
        cut 60 DNAME target
        """
    static let soa = "example. 300 SOA ns.example. hostmaster.example. 1 7200 3600 604800 300"
    let server: TestServer

    init() throws { server = try TestServer(Self.zone) }

    @Test func namesBelowAreSubstituted() throws {
        let reply = try server.ask("www.d.example. A")
        #expect(reply.status == "NOERROR AA")
        #expect(
            reply.answer == [
                "d.example. 120 DNAME target.example.", "www.d.example. 120 CNAME www.target.example.",
                "www.target.example. 60 A 192.0.2.80",
            ])
    }

    @Test func theCNAMEKeepsTheSpellingOfTheQuestion() throws {
        #expect(
            try server.ask("wWW.D.example. A").answer.contains("wWW.D.example. 120 CNAME wWW.target.example."))
    }

    @Test func aQuestionForCNAMEIsAnsweredByTheOneThatIsMade() throws {
        let reply = try server.ask("nothing.d.example. CNAME")
        #expect(reply.status == "NOERROR AA" && reply.authority == [])
        #expect(
            reply.answer
                == ["d.example. 120 DNAME target.example.", "nothing.d.example. 120 CNAME nothing.target.example."])
    }

    @Test func theOwnerItselfIsNotRedirected() throws {
        #expect(try server.ask("d.example. TXT").answer == ["d.example. 120 TXT \"beside it\""])
        #expect(try server.ask("d.example. DNAME").answer == ["d.example. 120 DNAME target.example."])
        let reply = try server.ask("d.example. A")
        #expect(reply.status == "NOERROR AA" && reply.authority == [Self.soa])
    }

    @Test func dataBelowIsOccluded() throws {
        let reply = try server.ask("below.d.example. A")
        #expect(reply.status == "NXDOMAIN AA" && reply.authority == [Self.soa])
        #expect(
            reply.answer
                == ["below.d.example. 120 CNAME below.target.example.", "d.example. 120 DNAME target.example."])
    }

    @Test func chainsAreFollowed() throws {
        #expect(
            try server.ask("www.chain.example. A").answer == [
                "chain.example. 120 DNAME d.example.", "d.example. 120 DNAME target.example.",
                "www.chain.example. 120 CNAME www.d.example.", "www.d.example. 120 CNAME www.target.example.",
                "www.target.example. 60 A 192.0.2.80",
            ])
        #expect(try server.ask("toalias.example. A").answer.count == 4)
    }

    @Test func targetsElsewhereAreNotFollowed() throws {
        let reply = try server.ask("www.out.example. A")
        #expect(reply.status == "NOERROR AA" && reply.authority == [])
        #expect(
            reply.answer
                == ["out.example. 120 DNAME elsewhere.test.", "www.out.example. 120 CNAME www.elsewhere.test."])
        #expect(
            try server.ask("www.root.example. A").answer
                == ["root.example. 120 DNAME .", "www.root.example. 120 CNAME www."])
    }

    @Test func loopsEnd() throws {
        let reply = try server.ask("x.back.example. A")
        #expect(reply.status == "NOERROR AA")
        #expect(
            reply.answer == [
                "back.example. 120 DNAME forth.example.", "forth.example. 120 DNAME back.example.",
                "x.back.example. 120 CNAME x.forth.example.", "x.forth.example. 120 CNAME x.back.example.",
            ])
        let growing = try server.ask("x.up.example. A +tcp")
        #expect(growing.status == "NOERROR AA" || growing.status == "YXDOMAIN AA")
        #expect(growing.answer.filter { $0.contains("DNAME") }.count == 1)
    }

    @Test func aResultThatIsTooLongIsYXDOMAIN() throws {
        let fits = String(repeating: "x", count: 12) + ".long.example. A +tcp"
        #expect(try server.ask(fits).status == "NXDOMAIN AA")
        let reply = try server.ask(String(repeating: "x", count: 40) + ".long.example. A")
        #expect(reply.status == "YXDOMAIN AA")
        #expect(reply.answer.count == 1 && reply.answer[0].contains("DNAME"))
    }

    @Test func aZoneCutHidesADNAMEAtItsName() throws {
        let reply = try server.ask("x.cut.example. A")
        #expect(reply.status == "NOERROR" && reply.authority == ["cut.example. 60 NS ns.test."])
    }

    @Test func theApexMayRedirectAllBelowIt() throws {
        let server = try TestServer(
            """
            $ORIGIN old.example.
            @ 60 SOA ns.test. hostmaster.test. 1 2 3 4 5
            @ 60 NS ns.test.
            @ 60 DNAME new.example.
            @ 60 A 192.0.2.5
            hidden 60 A 192.0.2.6
            """)
        #expect(try server.ask("old.example. A").answer == ["old.example. 60 A 192.0.2.5"])
        #expect(try server.ask("old.example. SOA").status == "NOERROR AA")
        #expect(
            try server.ask("hidden.old.example. A").answer
                == ["hidden.old.example. 60 CNAME hidden.new.example.", "old.example. 60 DNAME new.example."])
    }
}
