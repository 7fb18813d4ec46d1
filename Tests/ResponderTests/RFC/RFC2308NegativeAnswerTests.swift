// RFC 2308: the SOA of negative answers carries the least of its own TTL and its MINIMUM.

import ResponderModel
import Testing

@Suite struct RFC2308NegativeAnswerTests {
    @Test(arguments: [(3600, 300, 300), (60, 300, 60), (0, 5, 0), (86400, 86400, 86400)])
    func theTTLIsTheLesser(ttl: Int, minimum: Int, expected: Int) throws {
        let server = try TestServer(
            """
            example. \(ttl) SOA ns.example. hostmaster.example. 1 2 3 4 \(minimum)
            example. 60 NS ns.test.
            """)
        let numbers = "ns.example. hostmaster.example. 1 2 3 4 \(minimum)"
        #expect(try server.ask("x.example. A").authority == ["example. \(expected) SOA \(numbers)"])
        #expect(try server.ask("example. A").authority == ["example. \(expected) SOA \(numbers)"])
        #expect(try server.ask("example. SOA").answer == ["example. \(ttl) SOA \(numbers)"])
    }
}
