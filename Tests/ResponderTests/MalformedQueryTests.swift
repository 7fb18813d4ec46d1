// Whatever arrives, the answer is a message or silence. Queries stand before an unreadable page, and so do answers.

import Responder
import ResponderModel
import TestSupport
import Testing

@Suite struct MalformedQueryTests {
    static let valid = [
        "www.example. A", "wWw.example. A +dnssec", "x.w.example. MX +bufsize=600", "a.d.example. A", "example. ANY",
        "www.sub.example. AAAA +edns", "l3.example. A", "nothing.example. RRSIG +dnssec", ". NS",
    ]

    @Test func mutantsAreAnsweredOrDropped() throws {
        let server = try TestServer(
            RFC1034LookupTests.zone, RFC6672DNAMETests.zone.replacing("$ORIGIN example.", with: "$ORIGIN d.example."),
            "$ORIGIN w.example.\n@ 9 SOA a b 1 2 3 4 5\n* 9 MX 1 *\n", NestedZonesTests.root)
        for seed in UInt64(0)..<15_000 {
            var random = SplitMix64(seed: seed)
            var bytes = TestQuery(Self.valid.randomElement(using: &random) ?? "").bytes
            for _ in 0..<Int.random(in: 1...4, using: &random) {
                let place = Int.random(in: 0..<max(1, bytes.count), using: &random)
                switch Int.random(in: 0..<8, using: &random) {
                case 0 where !bytes.isEmpty: bytes.removeLast(min(bytes.count, Int.random(in: 1...9, using: &random)))
                case 1: bytes.insert(UInt8.random(in: 0...255, using: &random), at: min(place, bytes.count))
                case 2 where !bytes.isEmpty: bytes.remove(at: place)
                case 3: bytes += (0..<8).map { _ in UInt8.random(in: 0...255, using: &random) }
                case 4 where !bytes.isEmpty:
                    bytes[place] = [0, 1, 0x3F, 0x40, 0xC0, 0xFF].randomElement(using: &random) ?? 0
                case _ where !bytes.isEmpty: bytes[place] ^= 1 << UInt8.random(in: 0...7, using: &random)
                default: break
                }
            }
            let transport = seed % 5 == 0 ? Transport.tcp : .udp
            let answer = server.answer(bytes, over: transport)
            guard !answer.isEmpty else {
                #expect(bytes.count < 12 || bytes[2] & 0x80 != 0, "seed \(seed): no answer to \(bytes)")
                continue
            }
            do {
                let message = try WireMessage(answer)
                #expect(message.isResponse && answer[..<2] == bytes[..<2], "seed \(seed): \(bytes)")
                if transport == .udp { #expect(answer.count <= 1232) }
            } catch {
                Issue.record("seed \(seed): the answer to \(bytes) is malformed: \(error)")
            }
        }
    }

    @Test func namesOfEveryLengthAreRead() throws {
        let server = try TestServer("example. 60 SOA ns.example. a.example. 1 2 3 4 5\nexample. 60 NS ns.test.\n")
        let apex = wireName("example.")
        for length in 9...260 {
            var name = apex
            while name.count < length {
                let room = length - name.count
                let label = room > 64 ? (room - 64 == 1 ? 62 : 63) : room - 1
                guard label > 0 else { break }
                name = [UInt8(label)] + [UInt8](repeating: 0x61, count: label) + name
            }
            guard name.count == length else { continue }
            let message = try WireMessage(server.answer(TestQuery(name: name, type: 1).bytes))
            #expect(message.rcode == (length == 9 ? 0 : length <= 255 ? 3 : 1), "\(length) octets")
        }
        // 127 labels are the most that fit.
        let deep = [UInt8](repeating: 0, count: 123).flatMap { _ in [1, 0x62] as [UInt8] } + apex
        #expect(try WireMessage(server.answer(TestQuery(name: deep, type: 1).bytes)).rcode == 3)
    }
}
