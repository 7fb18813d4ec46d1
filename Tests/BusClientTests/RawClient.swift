// A client that sends whatever bytes a test wants, over a plain blocking socket.

import Bus
import Glibc
import JSON
import Platform

/// One connection to msgq.
final class RawClient: Sendable {
    private let socket: Int32

    /// The connection has ended, or said nothing for a minute.
    struct Ended: Error {}

    init(_ path: String) throws {
        socket = Glibc.socket(AF_UNIX, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        var limit = timeval(tv_sec: 60, tv_usec: 0)
        unsafe setsockopt(socket, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        unsafe withUnsafeMutableBytes(of: &address.sun_path) { unsafe $0.copyBytes(from: path.utf8) }
        let result = unsafe withUnsafePointer(to: &address) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                unsafe Glibc.connect(socket, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        // A class that throws from here on is deinitialized, which closes the socket: once.
        guard result == 0 else { throw SystemError(errno, .open, path) }
    }

    deinit { Glibc.close(socket) }

    /// Lets the other side see the end, and keeps our descriptor.
    func hangUp() { shutdown(socket, Int32(SHUT_RDWR)) }

    // MARK: Sending

    func send(_ bytes: [UInt8]) throws {
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = unsafe rest.withUnsafeBytes {
                unsafe Glibc.send(socket, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
            }
            guard count > 0 else { throw Ended() }
            rest = rest.dropFirst(count)
        }
    }

    func send(_ header: String, _ body: String = "") throws {
        try send(Frame(header: header.utf8, body: body.utf8).wire)
    }

    // MARK: Receiving

    private func bytes(_ count: Int) throws -> [UInt8] {
        var bytes: [UInt8] = []
        var piece = [UInt8](repeating: 0, count: min(count, 1 << 16))
        while bytes.count < count {
            let space = min(piece.count, count - bytes.count)
            let got = unsafe recv(socket, &piece, space, 0)
            guard got > 0 else { throw Ended() }
            bytes += piece[..<got]
        }
        return bytes
    }

    /// The next frame; throws when the daemon has ended the connection.
    func receive() throws -> Frame {
        let lengths = try bytes(6)
        let total = lengths[..<4].reduce(0) { $0 << 8 | Int($1) }
        let header = Int(lengths[4]) << 8 | Int(lengths[5])
        let rest = try bytes(total - 2)
        return try Frame(header: rest[..<header], body: rest[header...])
    }

    /// Asks for our l-name.
    func lname() throws -> String {
        try send(#"{"type":"getlname"}"#)
        return try JSONValue(text: try receive().body)["lname"]?.string ?? ""
    }

    /// Whether the daemon answers.
    func ping() throws -> Bool {
        try send(#"{"type":"ping"}"#, "are you there?")
        return try receive().body.elementsEqual("are you there?".utf8)
    }

    /// Whether the daemon has ended this connection, once it has read what we sent.
    func isEnded() -> Bool {
        do {
            while true { _ = try receive() }
        } catch {
            return true
        }
    }
}
