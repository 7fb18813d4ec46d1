// Answers as a validator sees them: BIND's `delv` asks for them over UDP, with the zone's key as its only anchor.

import DNSCore
import ResponderModel
import TestSupport
import Testing

@Suite struct ValidationTests {
    static let text = RFC4035SignedAnswerTests.text

    @Test(arguments: ["", "-n -t 0", "-n -t 3 -s ab12"])
    func everyAnswerValidates(options: String) throws {
        let folder = try TemporaryFolder()
        let server = try TestServer(try Shell.sign(Self.text, origin: "example.", options: options, in: folder))
        // BIND asks again over TCP when a DNAME comes without a cookie.
        server.options.cookieSecrets = .random()
        server.client = [127, 0, 0, 1]
        let datagrams = try DatagramServer(server)
        defer { withExtendedLifetime(datagrams) {} }
        let key = try #require(try folder.text(of: "key").split(separator: "\t").last?.split(separator: ";").first)
        let words = key.split(whereSeparator: \.isWhitespace)
        try folder.write(
            "trust-anchors { example. static-key \(words[0]) \(words[1]) \(words[2]) \"\(words[3])\"; };", to: "anchor")
        // The question, and whether the answer is a denial.
        let questions: [(String, isDenial: Bool)] = [
            ("www.example A", false), ("example MX", false), ("alias.example A", false), ("signed.example DS", false),
            ("q.w.example TXT", false), ("a.b.c.w.example TXT", false), ("q.d.example TXT", false),
            ("q.walias.example A", false), ("q.wchain.example A", false), ("example DNSKEY", false),
            ("www.example MX", true), ("t.example A", true), ("x.y.t.example A", true), ("abc.example A", true),
            ("ent.example A", true), ("q.w.example A", true), ("y.wild.example A", true), ("unsigned.example DS", true),
            ("gone.example A", true), ("q.wgone.example A", true), ("x.ns1.example AAAA", true),
        ]
        for (question, isDenial) in questions {
            try Shell.run(
                """
                cd '\(folder.path)' && delv @127.0.0.1 -p \(datagrams.port) -a anchor +root=example \(question) >out 2>&1 || true
                """)
            let output = try folder.text(of: "out")
            #expect(output.contains("fully validated"), "\(options) \(question): \(output)")
            #expect(
                (output.contains("negative response") || output.contains("ncache")) == isDenial,
                "\(options) \(question): \(output)")
        }
    }
}
