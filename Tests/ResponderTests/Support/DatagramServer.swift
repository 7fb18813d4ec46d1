// A test server at a UDP port of 127.0.0.1, for tools that can't be asked otherwise.

import Glibc
import ResponderModel

/// Answers datagrams on a thread of its own until it is let go.
final class DatagramServer: @unchecked Sendable {
    // Sendable: only the thread uses the server once it runs; `deinit` waits for its end.
    private let server: TestServer
    private let socket: Int32
    private var thread = pthread_t()
    let port: UInt16

    init(_ server: TestServer) throws {
        self.server = server
        socket = Glibc.socket(AF_INET, Int32(SOCK_DGRAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let isBound = withUnsafeMutablePointer(to: &address) { [socket] in
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(socket, $0, length) == 0 && getsockname(socket, $0, &length) == 0
            }
        }
        guard isBound else { throw WireError("no free port: error \(errno)") }
        port = UInt16(bigEndian: address.sin_port)
        let start: @convention(c) (UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? = { server in
            if let server { Unmanaged<DatagramServer>.fromOpaque(server).takeUnretainedValue().serve() }
            return nil
        }
        guard pthread_create(&thread, nil, start, Unmanaged.passUnretained(self).toOpaque()) == 0 else {
            throw WireError("no thread")
        }
    }

    deinit {
        // Wakes the thread, which then finds nothing to read.
        shutdown(socket, Int32(SHUT_RDWR))
        pthread_join(thread, nil)
        close(socket)
    }

    private func serve() {
        var buffer = [UInt8](repeating: 0, count: 4096)
        while true {
            var peer = sockaddr_storage()
            var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
            withUnsafeMutablePointer(to: &peer) { peer in
                peer.withMemoryRebound(to: sockaddr.self, capacity: 1) { peer in
                    let count = recvfrom(socket, &buffer, buffer.count, 0, peer, &length)
                    guard count > 0 else {
                        length = 0
                        return
                    }
                    let answer = server.answer(Array(buffer[..<count]))
                    sendto(socket, answer, answer.count, 0, peer, length)
                }
            }
            if length == 0 { return }
        }
    }
}
