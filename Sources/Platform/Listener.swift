// Opening the listening sockets.

import CLinux

package enum Listener {
    /// Opens a UDP socket. `sharing` sockets divide the address's traffic among them (SO_REUSEPORT); a socket that does
    /// not share is refused where any other listens.
    package static func openUDP(_ endpoint: Endpoint, sharing: Bool) throws(PlatformError) -> Descriptor {
        try open(ZC_SOCKET_UDP, endpoint, flags: sharing ? UInt32(ZC_REUSE_PORT) : 0)
    }

    /// Opens a listening TCP socket.
    package static func openTCP(_ endpoint: Endpoint) throws(PlatformError) -> Descriptor {
        try open(ZC_SOCKET_TCP, endpoint, flags: 0)
    }

    private static func open(
        _ kind: some BinaryInteger, _ endpoint: Endpoint, flags: UInt32
    ) throws(PlatformError) -> Descriptor {
        // The kernel cuts the backlog to net.core.somaxconn, 4096 unless changed.
        var address = endpoint.cAddress
        return Descriptor(
            owning: try System.linux(.makeSocket, "\(endpoint)") {
                Descriptors.lifted(unsafe zc_socket_listen(Int32(kind), &address, flags, 65535))
            })
    }

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
