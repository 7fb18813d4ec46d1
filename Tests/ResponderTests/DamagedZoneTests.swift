// Answers from a zone whose bytes are wrong may be wrong; they never trap, never read behind the image (an unreadable page
// stands there) and never write behind the buffer (another one).

import DNSCore
import Responder
import ResponderModel
import TestSupport
import Testing

@testable import ZoneImage

@Suite struct DamagedZoneTests {
    static let queries = [
        "www.example. A +dnssec", "alias.example. A", "gone.example. A +dnssec", "x.signed.example. A +dnssec",
        "q.w.example. TXT +dnssec", "y.wild.example. MX +dnssec", "q.d.example. A +dnssec", "example. MX +dnssec",
        "example. ANY +dnssec", "www.example. RRSIG",
    ].map { TestQuery($0).bytes }

    private static func askAll(_ server: TestServer) {
        for (index, query) in queries.enumerated() {
            _ = server.answer(query, over: index % 3 == 2 ? .tcp : .udp)
        }
    }

    @Test func everyByteMayBeAnything() throws {
        let server = try TestServer(try RFC4035SignedAnswerTests.signed.get())
        let image = server.images[0].buffer
        for place in image.indices {
            let byte = image[place]
            image[place] ^= [0x01, 0x80, 0xFF, 0x20][place % 4]
            Self.askAll(server)
            image[place] = byte
        }
    }

    @Test func everyByteOfAHashedZoneMayBeAnything() throws {
        let server = try TestServer(tables: [RFC5155HashedDenialTests.table(iterations: 0)])
        let image = server.images[0].buffer
        let queries = [
            "a.c.x.w.example. A +dnssec", "mc.c.example. A +dnssec", "a.z.w.example. MX +dnssec",
            "a.z.w.example. A +dnssec", "y.w.example. A +dnssec", "example. DS +dnssec",
        ].map { TestQuery($0).bytes }
        for place in image.indices {
            let byte = image[place]
            // Iterations may be anything too, but then take their time.
            image[place] ^= [0x01, 0x80, 0x03, 0x20][place % 4]
            for query in queries { _ = server.answer(query) }
            image[place] = byte
        }
    }

    /// What is lost of a file reads as zeros. A name that is not found there is not known to be missing.
    @Test(arguments: [0, 8, 40]) func aZoneWhoseLengthDoesNotHoldIsUnavailable(from: Int) throws {
        let text = "example. 60 SOA ns.example. a.example. 1 2 3 4 5\nexample. 60 NS ns.test.\n"
        let server = try TestServer(text, text.replacing("example.", with: "other."))
        let image = server.images[0].buffer
        for place in from..<image.count { image[place] = 0 }
        for _ in 0..<2 {
            for question in [
                "gone.example. A +edns", "example. SOA +edns", "example. DS +edns", "a.b.example. MX +edns",
            ] {
                let answer = try server.ask(TestQuery(question))
                #expect(answer.rcode == 2 && !answer.isAuthoritative, "\(question)")
                #expect(answer.options.contains { $0.code == 15 && $0.value.starts(with: [0, 14]) })
            }
            #expect(try server.ask("gone.other. A").status == "NXDOMAIN AA", "other zones are answered")
        }
    }

    @Test func severalBytesMayBeAnything() throws {
        let server = try TestServer(try RFC4035SignedAnswerTests.signed.get())
        let image = server.images[0].buffer
        let whole = Array(image)
        for seed in UInt64(0)..<100 {
            var random = SplitMix64(seed: seed)
            for _ in 0..<Int.random(in: 2...40, using: &random) {
                image[Int.random(in: 0..<image.count, using: &random)] = UInt8.random(in: 0...255, using: &random)
            }
            Self.askAll(server)
            image.copyBytes(from: whole)
        }
    }
}
