// RFC 4035, section 3.1: what a requestor that sets DO gets from a zone that is signed with NSEC.

import ResponderModel
import Testing

@Suite struct RFC4035SignedAnswerTests {
    static let text = """
        $ORIGIN example.
        @ 3600 SOA ns1 hostmaster 1 7200 3600 604800 300
        @ 3600 NS ns1
        @ 3600 MX 10 ns1
        ns1 3600 A 192.0.2.1
        www 300 A 192.0.2.80
        alias 60 CNAME www
        gone 60 CNAME nothing
        a.ent 60 A 192.0.2.3
        signed 60 NS ns.signed
        signed 60 DS 1 8 2 0000000000000000000000000000000000000000000000000000000000000000
        ns.signed 60 A 192.0.2.4
        unsigned 60 NS ns.unsigned
        ns.unsigned 60 A 192.0.2.5
        *.w 60 TXT "wild"
        x.*.wild 60 A 192.0.2.6
        d 60 DNAME w
        *.walias 60 CNAME www
        *.wgone 60 CNAME nothing
        *.wmail 60 MX 1 ns1
        *.wsub 60 CNAME x.unsigned
        *.wchain 60 CNAME x.walias
        """
    let server: TestServer

    init() throws { server = try TestServer(try Self.signed.get()) }

    /// Signed once for all tests.
    static let signed = Result { try Shell.sign(text, origin: "example.") }

    /// The record lines without TTLs: `owner TYPE rdata`.
    private func lines(_ records: [String]) -> [String] {
        records.map { line in
            let words = line.split(separator: " ")
            return ([words[0]] + words.dropFirst(2)).joined(separator: " ")
        }
    }

    @Test(arguments: [
        "www.example. A", "nothing.example. A", "www.example. MX", "x.signed.example. A", "x.unsigned.example. A",
        "q.w.example. TXT", "q.w.example. A", "alias.example. A",
    ])
    func withoutDONothingOfDNSSECIsSent(_ query: String) throws {
        let types = Set(try server.ask(query).message.records.map(\.type))
        #expect(types.isDisjoint(with: [43, 46, 47, 48]))
    }

    @Test func anAnswerIsSigned() throws {
        let reply = try server.ask("www.example. A +dnssec")
        #expect(reply.answer == ["www.example. 300 A 192.0.2.80", "www.example. 300 RRSIG A 2"])
        #expect(reply.authority == [])
        #expect(try server.ask("example. DNSKEY +dnssec").message.answer.map(\.type).sorted() == [46, 48])
    }

    @Test func additionalAddressesAreSigned() throws {
        #expect(
            try server.ask("example. MX +dnssec").additional
                == ["ns1.example. 3600 A 192.0.2.1", "ns1.example. 3600 RRSIG A 2"])
    }

    @Test func aMissingTypeIsProvenByTheNamesNSEC() throws {
        let reply = try server.ask("www.example. MX +dnssec")
        #expect(reply.status == "NOERROR AA")
        #expect(
            lines(reply.authority) == [
                "example. RRSIG SOA 1", "example. SOA ns1.example. hostmaster.example. 1 7200 3600 604800 300",
                "www.example. NSEC example.", "www.example. RRSIG NSEC 2",
            ])
        // The signature of the SOA has its reduced TTL too.
        #expect(reply.authority.contains("example. 300 RRSIG SOA 1"))
    }

    @Test func aMissingNameIsProvenWithItsWildcard() throws {
        let reply = try server.ask("t.example. A +dnssec")
        #expect(reply.status == "NXDOMAIN AA")
        #expect(
            lines(reply.authority).filter { !$0.contains("SOA") } == [
                "example. NSEC alias.example.", "example. RRSIG NSEC 1", "signed.example. NSEC unsigned.example.",
                "signed.example. RRSIG NSEC 2",
            ])
    }

    @Test func oneNSECThatProvesBothComesOnce() throws {
        let reply = try server.ask("abc.example. A +dnssec")
        #expect(
            lines(reply.authority).filter { !$0.contains("SOA") }
                == ["example. NSEC alias.example.", "example. RRSIG NSEC 1"])
    }

    @Test func anEmptyNonTerminalIsProvenByTheNSECBeforeIt() throws {
        let reply = try server.ask("ent.example. A +dnssec")
        #expect(reply.status == "NOERROR AA")
        #expect(
            lines(reply.authority).filter { $0.contains(" NSEC ") && !$0.contains("RRSIG") }
                == ["d.example. NSEC a.ent.example."])
    }

    @Test func aSignedDelegationHasItsDS() throws {
        let reply = try server.ask("www.signed.example. A +dnssec")
        #expect(reply.status == "NOERROR")
        #expect(reply.message.authority.map(\.type).sorted() == [2, 43, 46])
        #expect(reply.authority.contains("signed.example. 60 RRSIG DS 2"))
        #expect(reply.additional == ["ns.signed.example. 60 A 192.0.2.4"])
    }

    @Test func anUnsignedDelegationIsProvenToBe() throws {
        let reply = try server.ask("www.unsigned.example. A +dnssec")
        #expect(reply.message.authority.map(\.type).sorted() == [2, 46, 47])
        #expect(lines(reply.authority).contains("unsigned.example. NSEC *.w.example."))
        let absent = try server.ask("unsigned.example. DS +dnssec")
        #expect(absent.status == "NOERROR AA" && absent.message.authority.map(\.type).sorted() == [6, 46, 46, 47])
    }

    @Test func aWildcardAnswerShowsThatTheNameIsMissing() throws {
        let reply = try server.ask("q.r.w.example. TXT +dnssec")
        #expect(reply.answer == ["q.r.w.example. 60 RRSIG TXT 2", "q.r.w.example. 60 TXT \"wild\""])
        #expect(lines(reply.authority) == ["*.w.example. NSEC *.walias.example.", "*.w.example. RRSIG NSEC 2"])
    }

    @Test func aTypeThatTheWildcardLacksIsProven() throws {
        // RFC 4035, section 3.1.3.4: here one NSEC covers the name and shows the wildcard's types.
        let reply = try server.ask("q.w.example. A +dnssec")
        #expect(reply.status == "NOERROR AA")
        #expect(
            lines(reply.authority).filter { !$0.contains("SOA") }
                == ["*.w.example. NSEC *.walias.example.", "*.w.example. RRSIG NSEC 2"])
    }

    @Test func aWildcardThatIsAnEmptyNonTerminalTakesBothProofs() throws {
        let reply = try server.ask("y.wild.example. A +dnssec")
        #expect(reply.status == "NOERROR AA")
        #expect(
            lines(reply.authority).filter { $0.contains(" NSEC ") && !$0.contains("RRSIG") }
                == ["*.wgone.example. NSEC x.*.wild.example.", "x.*.wild.example. NSEC *.wmail.example."])
    }

    @Test func proofsStandBehindTheAnswerAndBeforeAdditionalData() throws {
        // The reader takes sections by their counts: a record at the wrong place would move the others.
        let link = try server.ask("q.walias.example. A +dnssec")
        #expect(
            link.answer == [
                "q.walias.example. 60 CNAME www.example.", "q.walias.example. 60 RRSIG CNAME 2",
                "www.example. 300 A 192.0.2.80", "www.example. 300 RRSIG A 2",
            ])
        #expect(lines(link.authority).first?.hasPrefix("*.walias.example. NSEC") == true && link.authority.count == 2)
        let mail = try server.ask("q.wmail.example. MX +dnssec")
        #expect(mail.message.answer.map(\.type).sorted() == [15, 46])
        #expect(mail.message.authority.map(\.type).sorted() == [46, 47])
        #expect(mail.message.additional.map(\.type).sorted() == [1, 46])
        let gone = try server.ask("q.wgone.example. A +dnssec")
        #expect(gone.status == "NXDOMAIN AA" && gone.message.answer.map(\.type).sorted() == [5, 46])
        let chain = try server.ask("q.wchain.example. A +dnssec")
        #expect(chain.message.answer.map(\.type).sorted() == [1, 5, 5, 46, 46, 46])
        #expect(chain.message.authority.map(\.type).sorted() == [46, 46, 47, 47])
        let referral = try server.ask("q.wsub.example. A +dnssec")
        #expect(referral.message.answer.map(\.type).sorted() == [5, 46])
        #expect(referral.message.authority.map(\.type).sorted() == [2, 46, 46, 47, 47])
        #expect(referral.additional == ["ns.unsigned.example. 60 A 192.0.2.5"])
    }

    @Test func chainsAreSignedAndDeniedAtTheirEnd() throws {
        #expect(
            try server.ask("alias.example. A +dnssec").answer.filter { $0.contains("RRSIG") }
                == ["alias.example. 60 RRSIG CNAME 2", "www.example. 300 RRSIG A 2"])
        let gone = try server.ask("gone.example. A +dnssec")
        #expect(gone.status == "NXDOMAIN AA" && gone.authority.contains { $0.contains("NSEC ns1.example.") })
        // The CNAME made from a DNAME is not signed, the DNAME is; the wildcard at its end is shown to apply.
        let redirected = try server.ask("q.d.example. TXT +dnssec")
        #expect(
            redirected.answer == [
                "d.example. 60 DNAME w.example.", "d.example. 60 RRSIG DNAME 2", "q.d.example. 60 CNAME q.w.example.",
                "q.w.example. 60 RRSIG TXT 2", "q.w.example. 60 TXT \"wild\"",
            ])
        #expect(redirected.message.authority.count == 2)
    }

    @Test func signaturesAndNSECsMayBeAskedFor() throws {
        #expect(
            try server.ask("www.example. RRSIG").answer.sorted() == [
                "www.example. 300 RRSIG A 2", "www.example. 300 RRSIG NSEC 2",
            ])
        #expect(try server.ask("www.example. NSEC").answer.count == 1)
        #expect(try server.ask("example. ANY +dnssec +tcp").message.answer.filter { $0.type == 46 }.count == 5)
    }
}
