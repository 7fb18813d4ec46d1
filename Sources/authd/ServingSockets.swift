// Where the sockets come from: the starter of the process, or the command line.

import Glibc
import Platform

/// The sockets that this process answers at. Each UDP socket has one worker.
struct ServingSockets: Sendable {
    let udp: [Int32]
    let tcp: [Int32]
    /// All addresses, once each.
    let endpoints: [Endpoint]
    /// Descriptors from here on are this process's alone.
    let firstOwn: Int32

    /// Takes the inherited sockets; without any, opens `workers` UDP sockets and one for TCP at each address.
    init(inherited: [InheritedSocket], listen: [String], workers: Int) throws(PlatformError) {
        guard inherited.isEmpty else {
            udp = inherited.filter { $0.kind == .udp }.map(\.descriptor)
            tcp = inherited.filter { $0.kind == .tcp }.map(\.descriptor)
            endpoints = Array(Set(inherited.map(\.endpoint)))
            firstOwn = 1 + (inherited.map(\.descriptor).max() ?? STDERR_FILENO)
            return
        }
        var udp: [Int32] = []
        var tcp: [Int32] = []
        var endpoints: [Endpoint] = []
        for text in listen.isEmpty ? [ServingSockets.defaultAddress] : listen {
            let endpoint = try Endpoint(parsing: text)
            // Bound alone first: a second server at the address would share its traffic unnoticed.
            _ = try Listener.openUDP(endpoint, sharing: false)
            for _ in 0..<workers {
                let socket = try Listener.openUDP(endpoint, sharing: true)
                _ = try? Listener.setReceiveBuffer(socket.number, size: ServingSockets.receiveBuffer)
                udp.append(socket.release())
            }
            tcp.append(try Listener.openTCP(endpoint).release())
            endpoints.append(endpoint)
        }
        self.udp = udp
        self.tcp = tcp
        self.endpoints = endpoints
        firstOwn = 1 + STDERR_FILENO
    }

    private static let defaultAddress = "127.0.0.1:5300"
    /// In bytes; holds what comes in while a process is restarted.
    private static let receiveBuffer = 4 << 20
}
