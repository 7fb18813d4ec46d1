// RFC 7873 and 9018: cookies, with the examples of RFC 9018, appendix A.

import Responder
import ResponderModel
import Testing

@Suite struct RFC7873CookieTests {
    let server: TestServer
    private static let secrets = CookieSecrets(text: "e5e973e5a6b2a43f48e7dc849e37bfcf")

    init() throws {
        server = try TestServer("example. 60 SOA ns.example. a.example. 1 2 3 4 5\nexample. 60 NS ns.test.\n")
        server.options.cookieSecrets = Self.secrets
        server.client = [198, 51, 100, 100]
        server.time = 1_559_731_985
    }

    private static func octets(_ hex: String) -> [UInt8] {
        stride(from: 0, to: hex.count, by: 2).map { UInt8(hex.dropFirst($0).prefix(2), radix: 16) ?? 0 }
    }

    private func query(_ cookie: String) -> TestQuery {
        var query = TestQuery("example. SOA +edns")
        let value = Self.octets(cookie)
        query.options = [0, 10, 0, UInt8(value.count)] + value
        return query
    }

    /// The cookie of the answer in hexadecimal digits; nil when it has none.
    private func cookie(_ message: WireMessage) -> String? {
        message.options.first { $0.code == 10 }?.value.map { String(String(Int($0) + 256, radix: 16).dropFirst()) }
            .joined()
    }

    @Test func aNewClientGetsACookie() throws {
        let message = try server.ask(query("2464c4abcf10c957"))
        #expect(cookie(message) == "2464c4abcf10c957010000005cf79f111f8130c3eee29480")
        #expect(message.rcode == 0 && message.answer.count == 1)
    }

    @Test func aFreshCookieComesBackAndAnOldOneIsRenewed() throws {
        let given = "2464c4abcf10c957010000005cf79f111f8130c3eee29480"
        server.time += 1800
        #expect(cookie(try server.ask(query(given))) == given)
        server.time = 1_559_734_385
        #expect(cookie(try server.ask(query(given))) == "2464c4abcf10c957010000005cf7a871d4a564a1442aca77")
    }

    @Test func theCookieOfAnIPv6ClientDependsOnAllOfItsAddress() throws {
        server.client = Self.octets("20010db802200001" + "59ded0f4876982b8")
        server.options.cookieSecrets = CookieSecrets(
            text: "445536bcd2513298075a5d379663c962\ndd3bdf9344b678b185a6f5cb60fca715\n")
        server.time = 1_559_741_961
        let renewed = "22681ab97d52c298010000005cf7c609a6bb79d16625507a"
        #expect(cookie(try server.ask(query("22681ab97d52c298"))) == renewed)
        // The one before it was made with the other key and is half an hour old: it is renewed, and not called bad.
        var ping = query("22681ab97d52c298010000005cf7c57926556bd0934c72f8")
        #expect(cookie(try server.ask(ping)) == "22681ab97d52c298010000005cf7c57926556bd0934c72f8")
        #expect(try rcode(ofPing: &ping) == 0)
    }

    @Test func aWrongCookieIsNoReasonToRefuse() throws {
        let good = "010000005cf79f111f8130c3eee29480"
        for wrong in ["010000005cf79f111f8130c3eee29481", "020000005cf79f111f8130c3eee29480", "0123456789abcdef", good]
        {
            server.client[3] = wrong == good ? 101 : 100
            let message = try server.ask(query("2464c4abcf10c957" + wrong))
            #expect(message.rcode == 0 && message.answer.count == 1)
            #expect(
                cookie(message).map { $0.hasPrefix("2464c4abcf10c957") && !$0.hasSuffix(wrong) } == true, "\(wrong)")
        }
    }

    @Test func aCookieFromAnotherTimeIsNotGood() throws {
        let given = "2464c4abcf10c957010000005cf79f111f8130c3eee29480"
        for (time, isGood) in [
            (1_559_731_985 - 300, true), (1_559_731_985 - 301, false), (1_559_731_985 + 3600, true),
            (1_559_731_985 + 3601, false),
        ] as [(UInt32, Bool)] {
            server.time = time
            var ping = query(given)
            #expect(try rcode(ofPing: &ping) == (isGood ? 0 : 23), "at \(time)")
        }
    }

    /// RFC 7873, section 5.4: the cookie without a question.
    private func rcode(ofPing query: inout TestQuery) throws -> Int {
        let message = try WireMessage(server.answer(query.header([0, 0, 0, 1]) + query.opt))
        #expect(message.questions.isEmpty && message.records.isEmpty && cookie(message)?.count == 48)
        return message.rcode
    }

    @Test func aCookieMayComeWithoutAQuestion() throws {
        var ping = query("2464c4abcf10c957")
        #expect(try rcode(ofPing: &ping) == 0)
        ping = query("2464c4abcf10c957010000005cf79f111f8130c3eee29481")
        #expect(try rcode(ofPing: &ping) == 23)
        // Without a cookie, a message without a question is malformed; so it is where there are no cookies.
        let bare = TestQuery("example. SOA +edns")
        #expect(try WireMessage(server.answer(bare.header([0, 0, 0, 1]) + bare.opt)).rcode == 1)
        server.options.cookieSecrets = nil
        #expect(try WireMessage(server.answer(ping.header([0, 0, 0, 1]) + ping.opt)).rcode == 1)
        #expect(cookie(try server.ask(ping)) == nil)
    }

    @Test(arguments: [0, 1, 7, 9, 15, 41, 60])
    func otherLengthsAreFORMERR(_ length: Int) throws {
        #expect(try server.ask(query(String(repeating: "ab", count: length))).rcode == 1)
    }

    @Test func theFirstOfTwoCookiesCounts() throws {
        var two = query("2464c4abcf10c957")
        two.options += [0, 10, 0, 8, 1, 2, 3, 4, 5, 6, 7, 8]
        let message = try server.ask(two)
        #expect(message.options.count == 1 && cookie(message)?.hasPrefix("2464c4abcf10c957") == true)
    }

    @Test func secretsAreReadFromText() {
        let key = "e5e973e5a6b2a43f48e7dc849e37bfcf"
        #expect(CookieSecrets(text: " \(key.uppercased())\r\n\n") == Self.secrets)
        for wrong in [
            "", "\(key)\n\(key)\n\(key)", "\(key)0", String(key.dropLast()), "+" + key.dropFirst(), "\(key)\nx",
        ] {
            #expect(CookieSecrets(text: wrong) == nil, "\(wrong)")
        }
        #expect(CookieSecrets.random() != CookieSecrets.random())
    }
}
