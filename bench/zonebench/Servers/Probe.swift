// Asks single questions and waits for the answers: whether a server answers yet, and which serial it serves.

import CTraffic
import DNSCore
import Platform

struct Probe {
    private let sockets: TrafficSockets
    private var nextID: UInt16 = 1

    init(_ server: Endpoint) throws { sockets = try TrafficSockets(1, to: server) }

    /// The answer to a question, or nil if none came in time. Late answers to earlier questions are passed over.
    mutating func ask(_ question: Question, milliseconds: Int) throws -> [UInt8]? {
        nextID &+= 1
        let message = try question.message(id: nextID)
        let train = sockets.train
        let descriptor = sockets.descriptors[0]
        for (index, octet) in message.enumerated() { train.pointee.bytes[index] = octet }
        train.pointee.lengths[0] = UInt32(message.count)
        _ = traffic_send(train, descriptor, 1)
        let end = Clock.now() + UInt64(milliseconds) * 1_000_000
        while true {
            for place in 0..<Int(max(0, traffic_receive(train, descriptor))) {
                let answer = UnsafeBufferPointer(
                    start: train.pointee.bytes + place * Int(train.pointee.stride),
                    count: Int(train.pointee.lengths[place]))
                if answer.count >= 12, answer[0] == message[0], answer[1] == message[1], answer[2] & 0x80 != 0 {
                    return Array(answer)
                }
            }
            let now = Clock.now()
            guard now < end else { return nil }
            _ = traffic_wait([descriptor], 1, Int64(end - now))
        }
    }

    /// The serial in a zone's SOA, or nil if the server does not answer with one in time.
    mutating func serial(of origin: String, milliseconds: Int) throws -> UInt32? {
        let question = Question(name: origin, type: .soa)
        guard let answer = try ask(question, milliseconds: milliseconds) else { return nil }
        return Probe.serial(in: answer)
    }

    /// Reads the serial from an answer whose first record is an SOA with the question's name.
    static func serial(in answer: [UInt8]) -> UInt32? {
        guard answer.count > 12, answer[3] & 0x0f == 0, answer[6] != 0 || answer[7] != 0 else { return nil }
        guard var offset = skipName(answer, 12), let owner = skipName(answer, offset + 4) else { return nil }
        offset = owner
        guard offset + 10 <= answer.count, answer[offset] == 0, answer[offset + 1] == RRType.soa.rawValue else {
            return nil
        }
        let end = offset + 10 + (Int(answer[offset + 8]) << 8 | Int(answer[offset + 9]))
        guard end <= answer.count, end - 20 > offset else { return nil }
        return answer[(end - 20)..<(end - 16)].reduce(0) { $0 << 8 | UInt32($1) }
    }

    private static func skipName(_ message: [UInt8], _ start: Int) -> Int? {
        var offset = start
        while offset < message.count {
            let length = Int(message[offset])
            if length >= 0xc0 { return offset + 2 }
            offset += 1 + length
            if length == 0 { return offset }
        }
        return nil
    }
}
