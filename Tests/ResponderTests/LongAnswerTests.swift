// Answers of more than 16 KiB, which pointers do not reach, over TCP.

import DNSCore
import ResponderModel
import Testing

@Suite struct LongAnswerTests {
    /// TXT records of 200 octets each.
    private func texts(_ owner: String, _ count: Int) -> String {
        (0..<count).map { "\(owner) 60 TXT \"\(String($0))\(String(repeating: "x", count: 200))\"\n" }.joined()
    }

    private static let head = "$ORIGIN example.\n@ 60 SOA ns hostmaster 1 2 3 4 5\n@ 60 NS ns\nns 60 A 192.0.2.1\n"

    @Test(arguments: [70, 80, 150, 290])
    func largeRRsetsAreWhole(_ count: Int) throws {
        let server = try TestServer(Self.head + texts("big", count) + "alias 60 CNAME big\n")
        #expect(try server.ask("big.example. TXT +tcp").answer.count == count)
        #expect(try server.ask("alias.example. TXT +tcp").answer.count == count + 1)
        #expect(try server.ask("big.example. TXT +edns").status == "NOERROR AA TC")
    }

    @Test func additionalNamesAreReachedOrWritten() throws {
        // More MX records than fit 16 KiB, whose targets' addresses follow.
        let lines = (0..<800).map { "mail 60 MX \($0) exchange-\($0)\nexchange-\($0) 60 A 192.0.2.\($0 % 250)\n" }
        let server = try TestServer(Self.head + lines.joined())
        let reply = try server.ask("mail.example. MX +tcp")
        #expect(reply.status == "NOERROR AA" && reply.answer.count == 800 && reply.additional.count == 800)
    }

    @Test func proofsBehindALongAnswerAreWrittenInFull() throws {
        let signed = try Shell.sign(Self.head + texts("*.w", 90), origin: "example.")
        let reply = try TestServer(signed).ask("x.w.example. TXT +dnssec +tcp")
        #expect(reply.status == "NOERROR AA" && reply.answer.count == 91)
        #expect(reply.message.authority.map(\.type).sorted() == [46, 47])
    }

    @Test func everythingOfALargeNodeComesOverTCP() throws {
        let lines = (0..<30).map { index in
            texts("big", 5).replacing("TXT", with: "TYPE\(65280 + index) \\# 201").replacing("\"", with: "")
                .split(separator: "\n").map { line in
                    line.split(separator: " ").dropLast().joined(separator: " ") + " "
                        + String(repeating: "\(10 + index)", count: 201)
                }.prefix(1).joined(separator: "\n") + "\n"
        }
        let server = try TestServer(
            Self.head + texts("big", 80) + lines.joined() + "big 60 MX 1 ns\nbig 60 NSEC ns.example. MX\n")
        let reply = try server.ask("big.example. ANY +tcp")
        #expect(reply.status == "NOERROR AA" && reply.answer.count == 80 + 30 + 2)
        #expect(reply.answer.contains("big.example. 60 MX 1 ns.example."))
    }

    @Test func theLargestRRsetFitsTheLongestQuestion() throws {
        var table = try TestServer.load(Self.head)
        let label = String(repeating: "a", count: 63)
        let owner = Name(known: "\(label).\(label).\(label).\(String(repeating: "b", count: 53)).example.")
        #expect(owner.wire.count == 255)
        try table.append(
            owner: owner, type: RRType(rawValue: 65_400), ttl: 1, rdata: [UInt8](repeating: 7, count: 65_241))
        let query = TestQuery(name: owner.wire, type: 65_400, wantsDNSSEC: true)
        let message = try TestServer(tables: [table]).ask(query, over: .tcp)
        #expect(message.rcode == 0 && message.answer.count == 1 && message.size == 65_535)
    }

    @Test func chainsGoOnPastTheReachOfPointers() throws {
        // Each link is signed with 1,500 octets, so that sixteen of them take more than 16 KiB.
        var table = try TestServer.load(Self.head)
        let signature = [UInt8](repeating: 1, count: 1_480)
        for index in 0..<14 {
            let owner = Name(known: "l\(index).example.")
            try table.append(owner: owner, type: .cname, ttl: 9, rdata: Name(known: "l\(index + 1).example.").wire)
            try table.append(
                owner: owner, type: .rrsig, ttl: 9, rdata: [0, 5] + signature.prefix(16) + [0] + signature)
        }
        try table.append(
            owner: Name(known: "l14.example."), type: .dname, ttl: 9, rdata: Name(known: "z.example.").wire)
        try table.append(
            owner: Name(known: "l14.example."), type: .mx, ttl: 9, rdata: [0, 1] + Name(known: "ns.example.").wire)
        try table.append(
            owner: Name(known: "start.example."), type: .cname, ttl: 9, rdata: Name(known: "l0.example.").wire)
        try table.append(
            owner: Name(known: "start2.example."), type: .dname, ttl: 9, rdata: Name(known: "example.").wire)
        let server = try TestServer(tables: [table])
        let reply = try server.ask("start.example. MX +dnssec +tcp")
        #expect(reply.status == "NOERROR AA" && reply.message.size > 16_384)
        #expect(reply.answer.contains("l14.example. 9 MX 1 ns.example."))
        #expect(reply.answer.contains("l13.example. 9 CNAME l14.example.") && reply.answer.count == 15 + 14 + 1)
        #expect(reply.additional == ["ns.example. 60 A 192.0.2.1"])
    }
}
