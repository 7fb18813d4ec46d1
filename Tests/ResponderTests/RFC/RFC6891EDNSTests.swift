// RFC 6891: EDNS(0).

import ResponderModel
import Testing

@Suite struct RFC6891EDNSTests {
    static let zone = """
        $ORIGIN example.
        @ 60 SOA ns hostmaster 1 2 3 4 5
        @ 60 NS ns
        ns 60 A 192.0.2.1
        big 60 TXT "\(String(repeating: "a", count: 200))"
        big 60 TXT "\(String(repeating: "b", count: 200))"
        big 60 TXT "\(String(repeating: "c", count: 200))"
        big 60 TXT "\(String(repeating: "d", count: 200))"
        huge 60 TXT "\(String(repeating: "a", count: 250))"
        huge 60 TXT "\(String(repeating: "b", count: 250))"
        huge 60 TXT "\(String(repeating: "c", count: 250))"
        huge 60 TXT "\(String(repeating: "d", count: 250))"
        huge 60 TXT "\(String(repeating: "e", count: 250))"
        """
    let server: TestServer

    init() throws { server = try TestServer(Self.zone) }

    @Test func anOPTIsAnsweredWithOne() throws {
        let message = try server.ask(TestQuery("ns.example. A +edns"))
        #expect(message.opt?.owner == "." && message.opt?.rrClass == 1232 && message.opt?.ttl == 0)
        #expect(message.opt?.rdata == [])
        #expect(try server.ask(TestQuery("ns.example. A")).opt == nil)
    }

    @Test func theDOBitIsCopied() throws {
        #expect(try server.ask(TestQuery("ns.example. A +dnssec")).opt?.ttl == 0x8000)
    }

    @Test(arguments: [UInt8(1), 2, 255])
    func otherVersionsAreBADVERS(_ version: UInt8) throws {
        var query = TestQuery("ns.example. A +edns")
        query.version = version
        let message = try server.ask(query)
        #expect(message.rcode == 16 && message.records.isEmpty && !message.isAuthoritative)
        #expect(message.opt.map { $0.ttl >> 16 & 0xFF } == 0)
    }

    /// Section 6.1.3: what the options of another version look like is not known, and no opcode is an exception.
    @Test(
        arguments: [[0, 10, 0, 1, 7], [0, 19, 0, 1, 7], [0, 10, 0, 9], []] as [[UInt8]], [UInt16(0), 1, 2, 4, 15])
    func otherVersionsGoBeforeWhatElseIsWrong(_ options: [UInt8], _ opcode: UInt16) throws {
        var query = TestQuery("ns.example. A +edns")
        query.version = 1
        query.options = options
        var bytes = query.bytes
        bytes[2] |= UInt8(opcode << 3)
        let message = try WireMessage(server.answer(bytes))
        #expect(message.rcode == 16 && message.opt?.ttl == 1 << 24)
    }

    /// Section 6.1.1: an OPT record is answered with one, whatever else the message has.
    @Test(arguments: [UInt16(0), 2, 15], [0, 1, 2])
    func everyMessageWithAnOPTIsAnsweredWithOne(_ opcode: UInt16, _ questions: Int) throws {
        let query = TestQuery("ns.example. A +edns")
        var bytes = query.header([UInt16(questions), 0, 0, 1])
        for _ in 0..<questions { bytes += query.question }
        bytes += query.opt
        bytes[2] |= UInt8(opcode << 3)
        let message = try WireMessage(server.answer(bytes))
        #expect(message.opt != nil)
        #expect(message.rcode == (opcode != 0 ? 4 : questions == 1 ? 0 : 1))
    }

    @Test func unknownOptionsAndFlagsAreIgnored() throws {
        var query = TestQuery("ns.example. A +edns")
        query.options = [0xFD, 0xE9, 0, 3, 1, 2, 3, 0xFD, 0xE9, 0, 0]
        let message = try server.ask(query)
        #expect(message.rcode == 0 && message.answer.count == 1 && message.opt?.rdata == [])
    }

    @Test func optionsThatDoNotFillTheRecordAreFORMERR() throws {
        for options: [UInt8] in [[0], [0, 10, 0], [0, 10, 0, 1], [0, 10, 0, 9, 1, 2]] {
            var query = TestQuery("ns.example. A +edns")
            query.options = options
            let answer = try server.ask(query)
            #expect(answer.rcode == 1 && answer.opt != nil, "options \(options)")
        }
    }

    @Test func twoOPTRecordsAreFORMERR() throws {
        let query = TestQuery("ns.example. A +edns")
        let bytes = query.header([1, 0, 0, 2]) + query.question + query.opt + query.opt
        #expect(try WireMessage(server.answer(bytes)).rcode == 1)
    }

    @Test func anOPTBelowTheRootIsFORMERR() throws {
        let query = TestQuery("ns.example. A +edns")
        for owner: [UInt8] in [[1, 0x61, 0], [0xC0, 12]] {
            let bytes = query.header([1, 0, 0, 1]) + query.question + owner + query.opt.dropFirst()
            #expect(try WireMessage(server.answer(bytes)).rcode == 1, "owner \(owner)")
        }
    }

    @Test(arguments: [(0, 512), (100, 512), (512, 512), (800, 800), (1232, 1232), (4096, 1232), (65535, 1232)])
    func theRequestorsPayloadIsKept(offered: UInt16, limit: Int) throws {
        for name in ["big", "huge", "ns"] {
            var query = TestQuery("\(name).example. TXT +edns")
            query.payload = offered
            let bytes = server.answer(query.bytes)
            let message = try WireMessage(bytes)
            let whole = try WireMessage(server.answer(query.bytes, over: .tcp))
            #expect(bytes.count <= limit && message.opt != nil)
            #expect(message.isTruncated == (whole.size > limit), "\(name), offered \(offered)")
            if message.isTruncated { #expect(message.records.isEmpty) }
        }
    }

    @Test(arguments: [512, 1000, 4096])
    func thePayloadThatIsConfiguredIsOfferedAndKept(_ size: Int) throws {
        server.options.largestPayload = size
        var query = TestQuery("huge.example. TXT +edns")
        query.payload = 4096
        let message = try server.ask(query)
        #expect(message.opt?.rrClass == UInt16(size) && message.size <= size)
        #expect(message.isTruncated == (size < 1300))
    }

    @Test func withoutEDNSAnswersHave512Octets() throws {
        let reply = try server.ask("big.example. TXT")
        #expect(reply.status == "NOERROR AA TC" && reply.answer == [])
        #expect(try server.ask("big.example. TXT +tcp").answer.count == 4)
    }
}
