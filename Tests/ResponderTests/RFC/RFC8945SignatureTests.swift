// RFC 8945, section 5.2: a query signed with a key that is not known here.

import ResponderModel
import Testing

@Suite struct RFC8945SignatureTests {
    let server: TestServer

    init() throws {
        server = try TestServer("example. 60 SOA ns.example. a.example. 1 2 3 4 5\nexample. 60 NS ns.test.\n")
    }

    private static let times: [UInt8] = [0, 0, 0x5C, 0xF7, 0x9F, 0x11, 1, 0x2C]
    private static let algorithm = wireName("hmac-sha256.")

    private static func record(key: [UInt8] = wireName("Key.test."), mac: Int = 32, rrClass: UInt8 = 255) -> [UInt8] {
        let rdata = algorithm + times + [0, UInt8(mac)] + [UInt8](repeating: 7, count: mac) + [0x12, 0x34, 0, 0, 0, 0]
        return key + [0, 250, 0, rrClass, 0, 0, 0, 0, 0, UInt8(rdata.count)] + rdata
    }

    @Test func anUnknownKeyIsBADKEY() throws {
        for payload in [nil, UInt16(1232)] {
            let query = TestQuery(name: wireName("example."), type: 6, payload: payload)
            let bytes =
                query.header([1, 0, 0, payload == nil ? 1 : 2]) + query.question + (payload == nil ? [] : query.opt)
                + Self.record()
            let message = try WireMessage(server.answer(bytes))
            #expect(message.rcode == 9 && message.answer.isEmpty && (message.opt != nil) == (payload != nil))
            let signature = try #require(message.additional.first)
            #expect(signature.owner == "Key.test." && signature.type == 250 && signature.rrClass == 255)
            // The key's algorithm and the times of the query; no MAC; the ID, BADKEY (17), no other data.
            #expect(signature.rdata == Self.algorithm + Self.times + [0, 0, 0x12, 0x34, 0, 17, 0, 0])
        }
    }

    @Test func aMalformedSignatureIsFORMERR() throws {
        let query = TestQuery("example. SOA")
        let start = query.header([1, 0, 0, 1]) + query.question
        var short = Self.record()
        short[short.count - 1] = 9
        for record in [Self.record(rrClass: 1), short] {
            #expect(try WireMessage(server.answer(start + record)).rcode == 1)
        }
        // It is the last record, so there can't be two.
        let two = query.header([1, 0, 0, 2]) + query.question + Self.record() + Self.record()
        #expect(try WireMessage(server.answer(two)).rcode == 1)
    }
}
