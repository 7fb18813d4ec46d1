// ADDRESS:PORT as people write it.

import Platform
import Testing

@Suite struct EndpointTests {
    @Test(arguments: [
        ("127.0.0.1:53", "127.0.0.1:53"), ("[::1]:5300", "[::1]:5300"), ("[2001:DB8:0::1]:053", "[2001:db8::1]:53"),
        ("0.0.0.0:65535", "0.0.0.0:65535"), ("[::]:1", "[::]:1"), ("[::ffff:192.0.2.1]:53", "[::ffff:192.0.2.1]:53"),
    ])
    func readsAndWrites(text: String, canonical: String) throws {
        let endpoint = try Endpoint(parsing: text)
        #expect("\(endpoint)" == canonical)
        #expect(try Endpoint(parsing: canonical) == endpoint)
    }

    @Test(arguments: [
        "", ":", "53", "127.0.0.1", "127.0.0.1:", "127.0.0.1:0", "127.0.0.1:65536", "127.0.0.1:5x", "127.0.0.1:+5",
        "127.0.0.1:99999999999999999999", "127.0.0.1.1:53", "::1:53", "[::1]", "[::1:53", "[127.0.0.1]:53", "[]:53",
        "localhost:53", "[::1%nosuchinterface]:53", "[fe80::1%]:53", "127.0.0.1\u{0}x:53", "127.0.0.1:५३",
        "[" + String(repeating: "1:", count: 500) + "]:53",
    ])
    func refuses(text: String) {
        #expect(throws: PlatformError.self) { try Endpoint(parsing: text) }
    }

    @Test func theMessageSaysWhatIsExpected() throws {
        let error = try #require(throws: PlatformError.self) { try Endpoint(parsing: "::1:53") }
        #expect(
            "\(error)" == "'::1:53' is not ADDRESS:PORT (such as 127.0.0.1:53 or [::1]:53): "
                + "an IPv6 address goes in brackets")
    }

    @Test func knowsWildcards() throws {
        #expect(try Endpoint(parsing: "0.0.0.0:53").isWildcard)
        #expect(try Endpoint(parsing: "[::]:53").isWildcard)
        #expect(try !Endpoint(parsing: "[::1]:53").isWildcard)
    }
}
