// RFC 9471: a referral has all in-domain glue or says that it does not fit. RFC 2181, section 9: what is merely useful
// never sets TC.

import ResponderModel
import Testing

@Suite struct RFC9471GlueTests {
    /// `count` name servers of `sub`, below it, with both addresses each; and as many of `sibling`, in another zone.
    static func zone(_ count: Int) -> String {
        var lines = ["$ORIGIN example.", "@ 60 SOA ns hostmaster 1 2 3 4 5", "@ 60 NS ns", "ns 60 A 192.0.2.1"]
        for index in 1...count {
            lines.append("sub 60 NS server-\(index).sub")
            lines.append("server-\(index).sub 60 A 192.0.2.\(index)")
            lines.append("server-\(index).sub 60 AAAA 2001:db8::\(index)")
            lines.append("sibling 60 NS server-\(index).sub")
            lines.append("mail 60 MX \(index) mx\(index)")
            lines.append("mx\(index) 60 AAAA 2001:db8::\(index)")
        }
        return lines.joined(separator: "\n") + "\n"
    }

    @Test(arguments: 1...24)
    func inDomainGlueIsWholeOrTruncated(_ count: Int) throws {
        let server = try TestServer(Self.zone(count))
        for option in ["", " +bufsize=700", " +edns"] {
            let reply = try server.ask("www.sub.example. A\(option)")
            let isWhole = reply.authority.count == count && reply.additional.count == 2 * count
            #expect(isWhole != reply.message.isTruncated, "\(count) servers\(option)")
        }
        let whole = try server.ask("www.sub.example. A +tcp")
        #expect(whole.authority.count == count && whole.additional.count == 2 * count)
    }

    @Test(arguments: 1...24)
    func siblingGlueNeverTruncates(_ count: Int) throws {
        let server = try TestServer(Self.zone(count))
        let reply = try server.ask("www.sibling.example. A")
        if reply.authority.count == count { #expect(!reply.message.isTruncated) }
    }

    @Test(arguments: 1...24)
    func otherAdditionalDataNeverTruncates(_ count: Int) throws {
        let server = try TestServer(Self.zone(count))
        let reply = try server.ask("mail.example. MX")
        #expect(reply.message.isTruncated == (reply.answer.count < count))
        if reply.message.isTruncated { #expect(reply.answer == [] && reply.additional == []) }
    }

    @Test func addressesOfApexServersMayBeOccluded() throws {
        // Root priming needs it: a.root-servers.net is below the cut of net.
        let server = try TestServer(
            """
            $ORIGIN .
            @ 60 SOA a.root-servers.net. nobody.test. 1 2 3 4 5
            @ 60 NS a.root-servers.net.
            net. 60 NS a.gtld-servers.net.
            a.gtld-servers.net. 60 A 192.0.2.1
            a.root-servers.net. 60 A 192.0.2.2
            """)
        #expect(try server.ask(". NS").additional == ["a.root-servers.net. 60 A 192.0.2.2"])
        let reply = try server.ask("a.root-servers.net. A")
        #expect(reply.status == "NOERROR" && reply.authority == ["net. 60 NS a.gtld-servers.net."])
    }
}
