// What no well-behaved client sends: pipelined, split and garbled octets, straight into the sockets.

import Foundation
import Glibc
import TestSupport
import Testing

@Suite(.serialized, .blocking)
struct RawSocketTests {
    private static let zone = "$TTL 60\n@ SOA ns.example. h.example. 1 2 3 4 5\n@ NS ns\nns A 192.0.2.1\n"

    /// RFC 7766, section 6.2.1.1: queries that come together are all answered; these in the order of asking.
    @Test func pipelinedQueriesAreAllAnswered() throws {
        let system = try RunningSystem(zones: [("example.zone", RawSocketTests.zone)])
        let socket = try RawSocket(SOCK_STREAM, port: system.port)
        let ids = (0..<500).map { UInt16($0 * 7) }
        socket.send(ids.flatMap { RawSocket.framed(RawSocket.query($0)) })
        let answers = socket.receiveMessages(ids.count)
        #expect(answers.map { UInt16($0[0]) << 8 | UInt16($0[1]) } == ids)
        #expect(answers.allSatisfy { $0[3] & 15 == 0 && $0[7] == 1 })
    }

    /// The same when the answers are far more than fit a connection's buffers at a time, also behind a half-close.
    @Test(arguments: [false, true]) func manyAndLargeAnswersAreAllSent(closes: Bool) throws {
        let text = String(repeating: "a", count: 250)
        let large = RawSocketTests.zone + "ns TXT \(text) \(text)\n"
        let system = try RunningSystem(zones: [("example.zone", large)])
        let socket = try RawSocket(SOCK_STREAM, port: system.port)
        var query = RawSocket.query(0)
        query[query.count - 3] = 16
        let count = 3000
        let queries = (0..<count).flatMap { index in
            RawSocket.framed([UInt8(index >> 8), UInt8(index & 255)] + query[2...])
        }
        socket.send(queries)
        if closes { socket.closeSending() }
        let answers = socket.receiveMessages(count)
        #expect(answers.map { Int($0[0]) << 8 | Int($0[1]) } == Array(0..<count))
    }

    /// A length prefix and a message may come in pieces of any size (RFC 7766, section 8).
    @Test func piecesAreWaitedForAndAHalfClosedPeerIsAnswered() throws {
        let system = try RunningSystem(zones: [("example.zone", RawSocketTests.zone)])
        let socket = try RawSocket(SOCK_STREAM, port: system.port)
        for octet in RawSocket.framed(RawSocket.query(9)) { socket.send([octet]) }
        socket.closeSending()
        #expect(socket.receiveMessages(1).first?.prefix(2) == [0, 9])
        #expect(socket.receive().isEmpty, "the server closes after the last answer")
    }

    /// RFC 7766, section 6.2.2: a newcomer takes the place of the connection that has been idle for longest.
    @Test func theLongestIdleMakesRoom() throws {
        let system = try RunningSystem(
            zones: [("example.zone", RawSocketTests.zone)], options: ["--tcp-connections-per-client", "3"])
        var sockets: [RawSocket] = []
        for id in 1...3 {
            sockets.append(try RawSocket(SOCK_STREAM, port: system.port))
            sockets[id - 1].send(RawSocket.framed(RawSocket.query(UInt16(id))))
            #expect(sockets[id - 1].receiveMessages(1).first?.prefix(2) == [0, UInt8(id)])
        }
        // The first is used again, so that the second is the one to go.
        sockets[0].send(RawSocket.framed(RawSocket.query(9)))
        #expect(sockets[0].receiveMessages(1).first?.prefix(2) == [0, 9])
        let newcomer = try RawSocket(SOCK_STREAM, port: system.port)
        newcomer.send(RawSocket.framed(RawSocket.query(4)))
        #expect(newcomer.receiveMessages(1).first?.prefix(2) == [0, 4])
        #expect(sockets[1].isClosed)
        for index in [0, 2] {
            sockets[index].send(RawSocket.framed(RawSocket.query(7)))
            #expect(sockets[index].receiveMessages(1).first?.prefix(2) == [0, 7])
        }
    }

    /// Whichever way an address is written that may not ask.
    @Test func aMappedAddressIsAnIPv4Address() throws {
        let system = try RunningSystem(
            zones: [("example.zone", RawSocketTests.zone)], options: ["--deny", "::ffff:127.0.0.1"])
        let answer = try system.digAll("ns.example.", "A")
        #expect(answer.contains("status: REFUSED") && answer.contains("EDE: 18"))
    }

    /// A message has to come whole in a stated time, in however small pieces it comes.
    @Test func whoDripsIsCutOff() throws {
        let system = try RunningSystem(zones: [("example.zone", RawSocketTests.zone)], options: ["--tcp-idle", "2"])
        let socket = try RawSocket(SOCK_STREAM, port: system.port)
        let message = RawSocket.framed([UInt8](repeating: 0, count: 1000))
        var sent = 0
        while sent < message.count, !socket.isClosedByNow {
            socket.send([message[sent]])
            sent += 1
            usleep(100_000)
        }
        #expect(sent < message.count)
        #expect(try system.dig("+tcp", "ns.example.", "A") == ["192.0.2.1"])
    }

    /// 100,000 mutants of queries; after each burst a good query is answered, so that all of the burst has been read.
    @Test func mutantsOfQueriesEndNothing() throws {
        let system = try RunningSystem(zones: [("example.zone", RawSocketTests.zone)])
        let before = try system.processes("authd")
        let seed: UInt64 = 20_261_126
        var generator = SplitMix64(seed: seed)
        let datagrams = try RawSocket(SOCK_DGRAM, port: system.port)
        for burst in 0..<1_000 {
            for _ in 0..<100 { datagrams.send(RawSocketTests.mutant(&generator)) }
            datagrams.send(RawSocket.query(RawSocketTests.mark))
            var answer: [UInt8]
            repeat { answer = datagrams.receive() } while !answer.isEmpty && answer.prefix(2) != [0xAB, 0xCD]
            guard !answer.isEmpty else {
                Issue.record("no answer after burst \(burst) of seed \(seed)")
                return
            }
        }
        for _ in 0..<200 {
            let stream = try RawSocket(SOCK_STREAM, port: system.port)
            for _ in 0..<20 { stream.send(RawSocket.framed(RawSocketTests.mutant(&generator))) }
            stream.send((0..<40).map { _ in UInt8.random(in: 0...255, using: &generator) })
        }
        #expect(try system.dig("ns.example.", "A") == ["192.0.2.1"])
        #expect(try system.dig("+tcp", "ns.example.", "A") == ["192.0.2.1"])
        #expect(try system.processes("authd") == before)
    }

    /// An identifier that no mutant has.
    private static let mark: UInt16 = 0xABCD

    /// A query, half of the time with some octets changed, cut off or added.
    private static func mutant(_ generator: inout SplitMix64) -> [UInt8] {
        var octets = RawSocket.query(1)
        let label = (0..<UInt8.random(in: 1...9, using: &generator)).map { _ in
            UInt8.random(in: 0x61...0x7A, using: &generator)
        }
        if Bool.random(using: &generator) { octets.insert(contentsOf: [UInt8(label.count)] + label, at: 12) }
        octets[octets.count - 3] = [1, 2, 6, 15, 16, 28, 43, 255].randomElement(using: &generator) ?? 1
        if Bool.random(using: &generator) {
            octets[11] = 1
            octets += [0, 0, 41, 4, 208, 0, 0, UInt8.random(in: 0...1, using: &generator) << 7, 0, 0, 0]
        }
        guard Bool.random(using: &generator) else { return octets }
        for _ in 0..<Int.random(in: 1...4, using: &generator) {
            octets[Int.random(in: 2..<octets.count, using: &generator)] = UInt8.random(in: 0...255, using: &generator)
        }
        switch Int.random(in: 0..<8, using: &generator) {
        case 0: octets = Array(octets.prefix(Int.random(in: 0...octets.count, using: &generator)))
        case 1: octets += (0..<Int.random(in: 1...20, using: &generator)).map { UInt8($0 * 13) }
        default: break
        }
        return octets
    }
}
