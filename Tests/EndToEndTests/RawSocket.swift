// Octets straight into and out of the sockets of a system under test.

import Foundation
import Glibc
import Testing

/// A socket connected to a system under test.
final class RawSocket {
    private let descriptor: Int32
    /// Whether the other side has ended the connection without saying that it ends.
    private(set) var wasReset = false

    /// `window`: how much the kernel takes before it is read, in octets; nil: as usual.
    init(_ kind: __socket_type, port: Int, window: Int32? = nil) throws {
        descriptor = socket(AF_INET, Int32(kind.rawValue), 0)
        if var window { setsockopt(descriptor, SOL_SOCKET, SO_RCVBUF, &window, 4) }
        var patience = timeval(tv_sec: 5, tv_usec: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &patience, socklen_t(MemoryLayout<timeval>.size))
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = UInt16(port).bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        let connected = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        try #require(connected == 0)
    }

    deinit { close(descriptor) }

    /// Sends as much as goes without waiting.
    func sendNow(_ octets: [UInt8]) {
        _ = Glibc.send(descriptor, octets, octets.count, Int32(MSG_NOSIGNAL | MSG_DONTWAIT))
    }

    func send(_ octets: [UInt8]) { _ = Glibc.send(descriptor, octets, octets.count, Int32(MSG_NOSIGNAL)) }

    /// What comes in one read; empty at the end of the connection or after five seconds.
    func receive() -> [UInt8] {
        var buffer = [UInt8](repeating: 0, count: 65_536)
        let count = recv(descriptor, &buffer, buffer.count, 0)
        if count < 0, errno == ECONNRESET { wasReset = true }
        return count > 0 ? Array(buffer[..<count]) : []
    }

    /// Messages with a length before each, until `count` have come or nothing more does.
    func receiveMessages(_ count: Int) -> [[UInt8]] {
        var received: [UInt8] = []
        var messages: [[UInt8]] = []
        while messages.count < count {
            let octets = receive()
            if octets.isEmpty { break }
            received += octets
            while received.count >= 2, received.count >= 2 + Int(received[0]) << 8 + Int(received[1]) {
                let length = Int(received[0]) << 8 + Int(received[1])
                messages.append(Array(received[2..<2 + length]))
                received.removeFirst(2 + length)
            }
        }
        return messages
    }

    /// True when the other side has closed, within five seconds.
    var isClosed: Bool {
        var octet: UInt8 = 0
        return recv(descriptor, &octet, 1, 0) == 0 || errno == ECONNRESET
    }

    /// True when the other side has closed already.
    var isClosedByNow: Bool {
        var octet: UInt8 = 0
        let count = recv(descriptor, &octet, 1, Int32(MSG_DONTWAIT))
        return count == 0 || (count < 0 && errno != EAGAIN)
    }

    func closeSending() { shutdown(descriptor, Int32(SHUT_WR)) }

    /// A question for ns.example. A with this identifier.
    static func query(_ id: UInt16) -> [UInt8] {
        [UInt8(id >> 8), UInt8(id & 255), 0, 0, 0, 1, 0, 0, 0, 0, 0, 0]
            + [2, 0x6E, 0x73, 7, 0x65, 0x78, 0x61, 0x6D, 0x70, 0x6C, 0x65, 0, 0, 1, 0, 1]
    }

    /// A message with its length before it, as over TCP.
    static func framed(_ message: [UInt8]) -> [UInt8] {
        [UInt8(message.count >> 8), UInt8(message.count & 255)] + message
    }
}
