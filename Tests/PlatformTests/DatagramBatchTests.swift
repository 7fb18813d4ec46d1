// Batches of datagrams, by way of the loopback interface.

import CLinux
import Glibc
import Platform
import Testing

/// A client's UDP socket.
private struct Client: ~Copyable {
    let socket: Descriptor

    init(from endpoint: Endpoint? = nil) throws {
        if let endpoint {
            socket = try Listener.openUDP(endpoint, sharing: true)
        } else {
            socket = try Listener.openUDP(try freeEndpoint(), sharing: true)
        }
    }

    private func withAddress<Result>(
        of endpoint: Endpoint, _ body: (UnsafePointer<sockaddr>, socklen_t) -> Result
    ) -> Result {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = endpoint.port.bigEndian
        withUnsafeMutableBytes(of: &address.sin_addr) { $0.copyBytes(from: endpoint.address) }
        return withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                body($0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
    }

    func send(_ text: String, to endpoint: Endpoint) {
        let bytes = Array(text.utf8)
        let sent = withAddress(of: endpoint) { sendto(socket.number, bytes, bytes.count, 0, $0, $1) }
        #expect(sent == bytes.count)
    }

    /// The next datagram and the address that it came from, within two seconds.
    func receive() throws -> (text: String, from: String) {
        #expect(try WakeUp.wait(for: [socket.number], milliseconds: 2000) == [true])
        var buffer = [UInt8](repeating: 0, count: 2048)
        var source = sockaddr_in()
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let count = withUnsafeMutablePointer(to: &source) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                recvfrom(socket.number, &buffer, 2048, 0, $0, &length)
            }
        }
        let octets = withUnsafeBytes(of: &source.sin_addr) { Array($0) }
        return (
            String(decoding: buffer.prefix(max(0, count)), as: UTF8.self),
            octets.map(String.init).joined(separator: ".")
        )
    }
}

@Suite struct DatagramBatchTests {
    private func text(_ message: zc_message) -> String {
        String(
            decoding: UnsafeRawBufferPointer(start: message.in, count: Int(message.inLength)), as: UTF8.self)
    }

    /// Answers each message of the batch with its text reversed, those that begin with a dash not at all.
    private func answer(_ batch: UnsafeMutablePointer<zc_batch>) {
        for index in 0..<Int(batch.pointee.count) {
            let message = batch.pointee.messages + index
            let reversed = Array(text(message.pointee).reversed().map(String.init).joined().utf8)
            if reversed.last == UInt8(ascii: "-") { continue }
            UnsafeMutableRawBufferPointer(start: message.pointee.out, count: reversed.count)
                .copyBytes(from: reversed)
            message.pointee.outLength = UInt32(reversed.count)
        }
    }

    @Test func eachAnswerGoesToItsSourceAndEmptyOnesNowhere() throws {
        let endpoint = try freeEndpoint()
        let server = try Listener.openUDP(endpoint, sharing: false)
        let one = try Client()
        let two = try Client()
        let batch = try #require(zc_batch_create(8, 512, 512))
        defer { zc_batch_destroy(batch) }
        one.send("abc", to: endpoint)
        one.send("-nothing", to: endpoint)
        two.send("xyz", to: endpoint)
        var received = 0
        var sent: Int32 = 0
        while received < 3 {
            received += Int(zc_udp_receive(batch, server.number, -1, 1))
            answer(batch)
            sent += zc_udp_send(batch, server.number)
        }
        #expect(sent == 2)
        #expect(try one.receive().text == "cba")
        #expect(try two.receive().text == "zyx")
        #expect(batch.pointee.sendFailures == 0)
    }

    @Test func onAWildcardAddressTheAnswerComesFromTheAskedAddress() throws {
        let port = try freeEndpoint().port
        let server = try Listener.openUDP(Endpoint(address: [0, 0, 0, 0], port: port), sharing: false)
        let client = try Client(from: Endpoint(address: [0, 0, 0, 0], port: try freeEndpoint().port))
        let batch = try #require(zc_batch_create(4, 512, 512))
        defer { zc_batch_destroy(batch) }
        for asked: [UInt8] in [[127, 0, 0, 1], [127, 0, 0, 77]] {
            client.send("hello", to: Endpoint(address: asked, port: port))
            #expect(zc_udp_receive(batch, server.number, -1, 1) == 1)
            answer(batch)
            #expect(zc_udp_send(batch, server.number) == 1)
            #expect(try client.receive() == ("olleh", asked.map(String.init).joined(separator: ".")))
        }
    }

    @Test func aWakeUpEndsTheWaitAndANonWaitingReceiveSaysThatThereIsNothing() throws {
        let server = try Listener.openUDP(try freeEndpoint(), sharing: false)
        let batch = try #require(zc_batch_create(4, 512, 512))
        defer { zc_batch_destroy(batch) }
        let wakeUp = try WakeUp()
        #expect(zc_udp_receive(batch, server.number, -1, 0) == -EAGAIN)
        let thread = try DaemonThread(named: "waker") { wakeUp.signal() }
        #expect(zc_udp_receive(batch, server.number, wakeUp.descriptor, 1) == 0)
        thread.join()
        wakeUp.drain()
    }

    @Test func longDatagramsAreMarkedAndOwnAddressesRecognized() throws {
        let endpoint = try freeEndpoint()
        let server = try Listener.openUDP(endpoint, sharing: false)
        let other = try freeEndpoint()
        let client = try Client(from: other)
        let batch = try #require(zc_batch_create(4, 16, 16))
        defer { zc_batch_destroy(batch) }
        client.send(String(repeating: "x", count: 17), to: endpoint)
        #expect(zc_udp_receive(batch, server.number, -1, 1) == 1)
        #expect(batch.pointee.messages[0].truncated == 1)
        #expect(batch.pointee.messages[0].inLength == 16)
        #expect(batch.pointee.messages[0].sourcePort == other.port)
        #expect(batch.pointee.messages[0].fromOwn == 0)

        // The client's address now counts as one of the server's own: as such, and by a wildcard.
        for address: [UInt8] in [[127, 0, 0, 1], [0, 0, 0, 0]] {
            var own = [Endpoint(address: address, port: other.port).cAddress]
            #expect(zc_batch_set_own_addresses(batch, &own, 1) == 0)
            client.send("y", to: endpoint)
            #expect(zc_udp_receive(batch, server.number, -1, 1) == 1)
            #expect(batch.pointee.messages[0].fromOwn == 1, "listening on \(address)")
            #expect(batch.pointee.messages[0].truncated == 0)
        }
    }

    @Test func whatTheKernelRefusesIsCountedAndTheRestIsSent() throws {
        let endpoint = try freeEndpoint()
        let server = try Listener.openUDP(endpoint, sharing: false)
        let client = try Client()
        let batch = try #require(zc_batch_create(4, 512, 65536))
        defer { zc_batch_destroy(batch) }
        client.send("big", to: endpoint)
        client.send("small", to: endpoint)
        #expect(zc_udp_receive(batch, server.number, -1, 1) == 2)
        answer(batch)
        batch.pointee.messages[0].outLength = 65536
        #expect(zc_udp_send(batch, server.number) == 1)
        #expect(batch.pointee.sendFailures == 1)
        #expect(batch.pointee.lastSendError == EMSGSIZE)
        #expect(try client.receive().text == "llams")
    }
}
