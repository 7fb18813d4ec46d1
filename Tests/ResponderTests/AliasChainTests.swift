// Chains of aliases whose names collide, meet again, or lead to more than a message holds.

import DNSCore
import ResponderModel
import Testing

@testable import Responder
@testable import ZoneImage

@Suite struct AliasChainTests {
    private static let head = "$ORIGIN example.\n@ 60 SOA ns hostmaster 1 2 3 4 5\n@ 60 NS ns\nns 60 A 192.0.2.1\n"

    // MARK: Names decide, not their hashes

    /// Labels that have one hash in a zone with the first seed: the first factor of the mix is 2^32, so that the halves of the
    /// product are those of the other factor, exchanged, and these have one sum.
    private static let colliding: [String] = {
        let function = NameHash(seed: 0)
        let state = function.start ^ 16 &* NameHash.lengthFactor
        var found: [String] = []
        var half: UInt64 = 0
        while found.count < 4 {
            let factors = [function.key ^ 1 << 32, state ^ (((0x1234_5678 &- half) & 0xFFFF_FFFF) << 32 | half)]
            let label = factors.flatMap { word in (0..<8).map { UInt8(truncatingIfNeeded: word >> ($0 * 8)) } }
            half += 1
            // None that would change in lower case.
            if label.contains(where: { (0x41...0x5A).contains($0) }) { continue }
            found.append(label.map { "\\" + String("00\($0)".suffix(3)) }.joined())
        }
        return found
    }()

    @Test func theseNamesDoCollide() throws {
        let hashes = try Self.colliding.map { label in
            let wire = try Name("\(label).example.").wire
            return (wire.prefix(17).map { $0 }).withUnsafeBytes { unsafe NameHash(seed: 0).hash($0).hash }
        }
        #expect(Set(hashes).count == 1)
    }

    @Test func aNameIsFollowedWhoseHashHasBeenThere() throws {
        let names = Self.colliding
        let links = zip(names, names.dropFirst()).map { "\($0) 60 CNAME \($1)\n" }
        let server = try TestServer(Self.head + links.joined() + "\(names[3]) 60 A 192.0.2.7\n")
        let reply = try server.ask("\(names[0]).example. A")
        #expect(reply.status == "NOERROR AA" && reply.answer.count == 4)
        #expect(reply.answer.contains { $0.hasSuffix(" A 192.0.2.7") })
    }

    @Test func aLoopOfSuchNamesEnds() throws {
        let names = Array(Self.colliding.prefix(3))
        let links = zip(names, names.dropFirst() + names.prefix(1)).map { "\($0) 60 CNAME \($1)\n" }
        let server = try TestServer(Self.head + links.joined())
        #expect(try server.ask("\(names[0]).example. A").answer.count == 3)
    }

    /// Names with one hash and others, in the order in which a chain notes them.
    @Test func theSameHashIsOnlyASuspicion() {
        var chain = AliasChain()
        #expect(chain.hasSeen(7, after: 7) && !chain.hasSeen(8, after: 7))
        chain.add(8)
        chain.add(8)
        #expect(chain.count == 2 && chain.hasSeen(8, after: 7) && !chain.hasSeen(9, after: 7) && chain.isOpen)
        chain.clear(links: 1)
        #expect(chain.isOpen && !chain.hasSeen(8, after: 7))
        chain.add(8)
        #expect(!chain.isOpen)
    }

    // MARK: No record twice

    private static let signature = "8 2 60 20300101000000 20200101000000 1 example. AAAA"

    @Test(arguments: ["RRSIG", "ANY", "DNAME"], ["", " +dnssec", " +tcp", " +dnssec +tcp"])
    func aChainBackToItsOwnDNAMEHasEachRecordOnce(type: String, flags: String) throws {
        let server = try TestServer(
            Self.head + """
                d 60 DNAME example.
                d 60 RRSIG DNAME \(Self.signature)
                d 60 TXT "beside it"
                d 60 RRSIG TXT \(Self.signature)

                """)
        // d.d.example. becomes d.example., which owns the DNAME.
        let reply = try server.ask("d.d.example. \(type)\(flags)")
        #expect(reply.status == "NOERROR AA")
        #expect(Set(reply.answer).count == reply.answer.count, "\(reply)")
        #expect(reply.answer.count { $0.contains(" DNAME example.") } == 1)
        if type == "RRSIG" || (type == "ANY" && flags.hasSuffix("+tcp")) {
            #expect(reply.answer.count { $0.contains("d.example. 60 RRSIG DNAME") } == 1)
            #expect(reply.answer.count { $0.contains("d.example. 60 RRSIG TXT") } == 1)
        }
    }

    // MARK: The chain that fits

    /// TXT records of 65,000 octets, which fit a message, but not behind a chain of long names.
    private static let large = (0..<255).map { "end 60 TXT \(String(repeating: "x", count: 240))\($0)\n" }.joined()
    private static let long = (0..<3).map { String(repeating: "\($0)", count: 63) }.joined(separator: ".")

    @Test func aChainWithoutItsEndGoesOutOverTCP() throws {
        let links = "a 60 CNAME b.\(Self.long)\nb.\(Self.long) 60 CNAME c.\(Self.long)\nc.\(Self.long) 60 CNAME end\n"
        let server = try TestServer(Self.head + links + Self.large)
        #expect(try server.ask("end.example. TXT +tcp").answer.count == 255, "alone it fits")
        let reply = try server.ask("a.example. TXT +tcp")
        #expect(reply.status == "NOERROR AA" && reply.authority == [] && reply.additional == [])
        #expect(reply.answer.count == 3 && reply.answer.allSatisfy { $0.contains(" CNAME ") })
        #expect(try server.ask("a.example. A +tcp").authority.count == 1, "what fits has its end")
        let datagram = try server.ask("a.example. TXT")
        #expect(datagram.status == "NOERROR AA TC" && datagram.answer == [])
    }

    /// The link that does not fit may be any of them, made from a DNAME too; and one alone stays a failure.
    @Test func asManyLinksGoOutAsFit() throws {
        var table = try TestServer.load(Self.head)
        let signature = [UInt8](repeating: 1, count: 16) + [0] + [UInt8](repeating: 2, count: 20_000)
        for index in 0..<5 {
            let owner = Name(known: "l\(index).example.")
            try table.append(owner: owner, type: .cname, ttl: 9, rdata: Name(known: "l\(index + 1).example.").wire)
            try table.append(owner: owner, type: .rrsig, ttl: 9, rdata: [0, 5] + signature)
        }
        try table.append(
            owner: Name(known: "d.example."), type: .dname, ttl: 9, rdata: Name(known: "example.").wire)
        let server = try TestServer(tables: [table])
        for question in ["l0.example. A", "l0.d.example. A"] {
            let reply = try server.ask("\(question) +dnssec +tcp")
            #expect(reply.status == "NOERROR AA" && reply.answer.count { $0.contains("RRSIG") } == 3)
            #expect(reply.answer.contains("l2.example. 9 CNAME l3.example."))
        }
        #expect(try server.ask("l0.example. A +tcp").answer.count == 5)
    }
}
