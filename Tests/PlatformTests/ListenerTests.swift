// Listening sockets: who may share an address, and what an inherited descriptor is.

import CLinux
import Glibc
import Platform
import Testing

/// A loopback address with a port that was free a moment ago.
func freeEndpoint(ipv6: Bool = false) throws -> Endpoint {
    let loopback = ipv6 ? [UInt8](repeating: 0, count: 15) + [1] : [127, 0, 0, 1]
    var address = Endpoint(address: loopback, port: 0).cAddress
    let probe = Descriptor(owning: zc_socket_listen(Int32(ZC_SOCKET_TCP), &address, 0, 1))
    return try #require(InheritedSockets.classify(probe.number)).endpoint
}

@Suite struct ListenerTests {
    @Test func anAddressInUseIsRefusedToThoseWhoDoNotShare() throws {
        let endpoint = try freeEndpoint()
        let first = try Listener.openUDP(endpoint, sharing: true)
        let second = try Listener.openUDP(endpoint, sharing: true)
        #expect(throws: PlatformError.system(SystemError(EADDRINUSE, .makeSocket, "\(endpoint)"))) {
            _ = try Listener.openUDP(endpoint, sharing: false)
        }
        _ = consume first
        _ = consume second
        _ = try Listener.openUDP(endpoint, sharing: false)
    }

    @Test(arguments: [false, true])
    func socketsAreToldApartByWhatTheyAre(ipv6: Bool) throws {
        let endpoint = try freeEndpoint(ipv6: ipv6)
        let udp = try Listener.openUDP(endpoint, sharing: false)
        let tcp = try Listener.openTCP(endpoint)
        #expect(
            InheritedSockets.classify(udp.number)
                == InheritedSocket(descriptor: udp.number, kind: .udp, endpoint: endpoint))
        #expect(
            InheritedSockets.classify(tcp.number)
                == InheritedSocket(descriptor: tcp.number, kind: .tcp, endpoint: endpoint))
    }

    @Test func otherDescriptorsAreNotSockets() throws {
        let file = try System.open("/dev/null", O_RDONLY)
        #expect(InheritedSockets.classify(file.number) == nil)
        let unbound = Descriptor(owning: socket(AF_INET, Int32(SOCK_DGRAM.rawValue), 0))
        #expect(InheritedSockets.classify(unbound.number) == nil)
        let unlistened = Descriptor(owning: socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0))
        #expect(InheritedSockets.classify(unlistened.number) == nil)
        #expect(InheritedSockets.classify(9999) == nil)
    }

    @Test func theReceiveBufferIsReported() throws {
        let udp = try Listener.openUDP(try freeEndpoint(), sharing: false)
        #expect(try Listener.setReceiveBuffer(udp.number, size: 100_000) >= 100_000)
    }
}
