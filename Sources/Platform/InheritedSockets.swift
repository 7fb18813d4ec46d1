// Listening sockets that the starter of this process has opened, by the convention of systemd: LISTEN_FDS of them from
// descriptor 3 on. They are shared with the starter, so they are never shut down and their flags never changed.

import CLinux
import Glibc

/// A socket from the starter of this process.
package struct InheritedSocket: Hashable, Sendable {
    package enum Kind: Hashable, Sendable {
        case udp
        case tcp
    }

    package let descriptor: Int32
    package let kind: Kind
    package let endpoint: Endpoint

    package init(descriptor: Int32, kind: Kind, endpoint: Endpoint) {
        self.descriptor = descriptor
        self.kind = kind
        self.endpoint = endpoint
    }
}

package enum InheritedSockets {
    /// The first descriptor of the convention.
    static let first: Int32 = 3

    /// Takes the sockets meant for this process, and removes the variables that announce them; empty without any.
    ///
    /// Each must be a bound UDP socket or a listening TCP socket. They are told apart by what the kernel says of them.
    package static func take() throws(PlatformError) -> [InheritedSocket] {
        let count = Environment.take(Variable.listenCount)
        let process = Environment.take(Variable.listenProcess)
        _ = Environment.take(Variable.listenNames)
        guard let count else { return [] }
        // A spawned child's number isn't known before it runs, so our own supervisor leaves LISTEN_PID out.
        if let process, process != "\(getpid())" { return [] }
        guard let number = Int32(count), (0...4096).contains(number) else {
            throw .badVariable(name: Variable.listenCount, value: count, reason: "is not a count of sockets")
        }
        var sockets: [InheritedSocket] = []
        for fd in first..<(first + number) {
            System.setCloseOnExec(fd)
            guard let socket = classify(fd) else {
                throw .badVariable(
                    name: Variable.listenCount, value: count,
                    reason: "promises descriptor \(fd), which is neither a bound UDP nor a listening TCP socket")
            }
            sockets.append(socket)
        }
        return sockets
    }

    /// What a descriptor is: SO_TYPE, SO_DOMAIN and SO_ACCEPTCONN decide.
    package static func classify(_ descriptor: Int32) -> InheritedSocket? {
        var info = zc_socket_info()
        guard unsafe zc_socket_describe(descriptor, &info) == 0, info.address.family != 0, info.address.port != 0
        else { return nil }
        switch (Int(info.kind), info.listening) {
        case (Int(ZC_SOCKET_UDP), _):
            return InheritedSocket(descriptor: descriptor, kind: .udp, endpoint: Endpoint(info.address))
        case (Int(ZC_SOCKET_TCP), 1):
            return InheritedSocket(descriptor: descriptor, kind: .tcp, endpoint: Endpoint(info.address))
        default:
            return nil
        }
    }
}
