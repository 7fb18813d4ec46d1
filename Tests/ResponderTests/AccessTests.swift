// Who may ask.

import DNSCore
import Responder
import ResponderModel
import Testing

@Suite struct AccessTests {
    private func prefix(_ octets: [UInt8], _ length: Int) throws -> AddressPrefix {
        try #require(AddressPrefix(octets: octets, length: length))
    }

    private static let documentation: [UInt8] = [0x20, 0x01, 0x0D, 0xB8] + [UInt8](repeating: 0, count: 12)

    private func client(_ octets: [UInt8]) -> ClientAddress { octets.withUnsafeBytes { ClientAddress($0) } }

    @Test func theLongestPrefixDecides() throws {
        let list = AccessList(
            allowed: [try prefix([192, 0, 2, 0], 24), try prefix(Self.documentation, 32)],
            denied: [try prefix([192, 0, 2, 128], 25), try prefix([192, 0, 0, 0], 8)])
        #expect(list.allows(client([192, 0, 2, 127])))
        #expect(!list.allows(client([192, 0, 2, 128])))
        #expect(!list.allows(client([192, 1, 1, 1])))
        #expect(!list.allows(client([198, 51, 100, 1])), "where some are allowed, others are not")
        #expect(list.allows(client(Array(Self.documentation.dropLast()) + [1])))
        #expect(!list.allows(client([0x20, 0x02] + Self.documentation.dropFirst(2))))
        // An IPv4 address in IPv6 form is the same client.
        #expect(!list.allows(client([UInt8](repeating: 0, count: 10) + [0xFF, 0xFF, 192, 0, 2, 200])))
    }

    /// Whichever way an IPv4 address is written, by the operator or by a socket for both families.
    @Test func mappedPrefixesAreOfIPv4Addresses() throws {
        let mapped = [UInt8](repeating: 0, count: 10) + [0xFF, 0xFF]
        let one = AccessList(denied: [try prefix(mapped + [127, 0, 0, 1], 128)])
        #expect(!one.allows(client([127, 0, 0, 1])) && !one.allows(client(mapped + [127, 0, 0, 1])))
        #expect(one.allows(client([127, 0, 0, 2])))
        let network = AccessList(allowed: [try prefix(mapped + [192, 0, 2, 0], 120)])
        #expect(network.allows(client([192, 0, 2, 255])) && !network.allows(client([192, 0, 3, 0])))
        let all = AccessList(denied: [try prefix(mapped + [0, 0, 0, 0], 96)])
        #expect(!all.allows(client([1, 2, 3, 4])) && all.allows(client(Self.documentation)))
        // The longest prefix decides, in whichever form it is written.
        let both = AccessList(
            allowed: [try prefix(mapped + [192, 0, 2, 0], 120)], denied: [try prefix([192, 0, 2, 1], 32)])
        #expect(!both.allows(client([192, 0, 2, 1])) && both.allows(client([192, 0, 2, 2])))
        // All IPv6 addresses are no IPv4 address.
        #expect(AccessList(denied: [try prefix([UInt8](repeating: 0, count: 16), 0)]).allows(client([1, 2, 3, 4])))
    }

    /// Whoever has one IPv6 address has as many as the network has.
    @Test func aClientIsANetwork() {
        func network(_ octets: [UInt8], _ bits: Int = 64) -> AddressPrefix {
            client(octets).network(ipv4Bits: 32, ipv6Bits: bits)
        }
        let (one, other) = (
            Self.documentation.dropLast() + [1], Self.documentation.dropLast(8) + [UInt8](repeating: 9, count: 8)
        )
        #expect(network(Array(one)) == network(Array(other)))
        #expect(network(Array(one), 128) != network(Array(other), 128))
        #expect(network([192, 0, 2, 1]) != network([192, 0, 2, 2]))
        #expect(network([192, 0, 2, 1]) == network([UInt8](repeating: 0, count: 10) + [0xFF, 0xFF, 192, 0, 2, 1]))
    }

    @Test func withoutPrefixesEveryoneMayAsk() throws {
        #expect(AccessList().allows(client([192, 0, 2, 1])))
        let one = AccessList(denied: [try prefix([192, 0, 2, 1], 32)])
        #expect(!one.allows(client([192, 0, 2, 1])) && one.allows(client([192, 0, 2, 2])))
        // Of equal prefixes the one that denies.
        let both = AccessList(allowed: [try prefix([0, 0, 0, 0], 0)], denied: [try prefix([0, 0, 0, 0], 0)])
        #expect(!both.allows(client([192, 0, 2, 2])))
    }

    @Test(arguments: 0...128) func everyLengthCountsItsBits(length: Int) throws {
        // One bit differs: inside the prefix it matters, behind it does not.
        let zero = [UInt8](repeating: 0, count: 16)
        let list = AccessList(allowed: [try prefix(zero, length)])
        for bit in 0..<128 {
            var octets = zero
            octets[bit / 8] = 0x80 >> UInt8(bit % 8)
            // (This is how IPv4 addresses are written: not a case of this test.)
            #expect(list.allows(client(octets)) == (bit >= length))
        }
    }

    @Test func whoMayNotAskIsRefusedWithAReason() throws {
        let server = try TestServer("example. 60 SOA ns.example. a.example. 1 2 3 4 5\nexample. 60 NS ns.test.\n")
        server.options.access = AccessList(denied: [try prefix([192, 0, 2, 99], 32)])
        for transport in [Transport.udp, .tcp] {
            let answer = try server.ask(TestQuery("example. SOA +edns"), over: transport)
            #expect(answer.rcode == 5 && answer.answer.isEmpty && !answer.isAuthoritative)
            #expect(answer.options.contains { $0.code == 15 && $0.value.starts(with: [0, 18]) })
        }
        #expect(server.answer([0, 1, 0x80, 0] + [UInt8](repeating: 0, count: 8)).isEmpty, "a response gets silence")
        server.client = [192, 0, 2, 98]
        #expect(try server.ask(TestQuery("example. SOA")).rcode == 0)
    }
}
