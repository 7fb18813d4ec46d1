// Opening the listening sockets.

import CLinux
import Glibc

package enum Listener {
    /// How many connections may wait to be accepted; the kernel cuts it to net.core.somaxconn, 4096 unless changed.
    private static let backlog: Int32 = 65535

    /// Opens a UDP socket. `sharing` sockets divide the address's traffic among them (SO_REUSEPORT); a socket that does
    /// not share is refused where any other listens.
    package static func openUDP(_ endpoint: Endpoint, sharing: Bool) throws(PlatformError) -> Descriptor {
        try open(ZC_SOCKET_UDP, endpoint, flags: sharing ? UInt32(ZC_REUSE_PORT) : 0)
    }

    /// Opens a listening TCP socket.
    package static func openTCP(_ endpoint: Endpoint) throws(PlatformError) -> Descriptor {
        try open(ZC_SOCKET_TCP, endpoint, flags: 0)
    }

    /// Opens a socket at the address of one that is good for nothing any more, but still open.
    package static func openInstead(
        of damaged: Int32, _ kind: InheritedSocket.Kind, _ endpoint: Endpoint
    ) throws(PlatformError) -> Descriptor {
        if kind == .udp { return try openUDP(endpoint, sharing: true) }
        // Two can't listen at an address; whoever still holds the damaged one must not.
        _ = shutdown(damaged, Int32(SHUT_RDWR))
        do throws(PlatformError) {
            return try openTCP(endpoint)
        } catch {
            listenAgain(damaged)
            throw error
        }
    }

    private static func open(
        _ kind: some BinaryInteger, _ endpoint: Endpoint, flags: UInt32
    ) throws(PlatformError) -> Descriptor {
        var address = endpoint.cAddress
        return Descriptor(
            owning: try System.linux(.makeSocket, "\(endpoint)") {
                Descriptors.lifted(unsafe zc_socket_listen(Int32(kind), &address, flags, backlog))
            })
    }

    /// Has a bound TCP socket listen, again if somebody has shut it down.
    static func listenAgain(_ descriptor: Int32) { _ = zc_socket_listen_again(descriptor, backlog) }

    /// Makes a UDP socket that someone else has bound like one of ours.
    package static func prepareUDP(_ descriptor: Int32) throws(PlatformError) {
        _ = try System.linux(.makeSocket, "descriptor \(descriptor)") { zc_socket_prepare_udp(descriptor) }
    }

    /// Asks for a receive buffer; returns the size in effect, as the kernel counts.
    package static func setReceiveBuffer(_ descriptor: Int32, size: Int) throws(PlatformError) -> Int {
        Int(
            try System.linux(.makeSocket, "descriptor \(descriptor)") {
                zc_socket_set_receive_buffer(descriptor, UInt32(clamping: size))
            })
    }
}
