// Whether a listening socket still is what it was made to be. Its state belongs to all who hold it: a responder that was
// taken over can shut it down, or have it filter everything, for all who come after.

import CLinux

/// What a listening socket was like when it was opened.
package struct SocketCondition: Hashable, Sendable {
    private let kind: InheritedSocket.Kind
    private let endpoint: Endpoint
    /// Of options, filter and flags.
    package let fingerprint: Int64

    /// The condition that a socket is in now, which is taken for a good one; nil if it is no listening socket.
    ///
    /// - Parameter fingerprint: what is known from before, by a program that looked at the same things.
    package init?(of descriptor: Int32, fingerprint: Int64? = nil) {
        guard let socket = InheritedSockets.classify(descriptor) else { return nil }
        (kind, endpoint) = (socket.kind, socket.endpoint)
        self.fingerprint = fingerprint ?? zc_socket_fingerprint(descriptor)
    }

    /// Which things a fingerprint is of.
    package static let version = Int(ZC_FINGERPRINT_VERSION)

    /// Whether the socket is in this condition. One that listens for TCP is first made to do so again, with room for as many
    /// connections as at its opening: that alone makes a `shutdown` good, and those that wait at it find it working.
    package func holds(for descriptor: Int32) -> Bool {
        if kind == .tcp { Listener.listenAgain(descriptor) }
        guard let socket = InheritedSockets.classify(descriptor), socket.kind == kind, socket.endpoint == endpoint,
            zc_socket_fingerprint(descriptor) == fingerprint
        else { return false }
        return kind == .tcp || zc_socket_is_sound_udp(descriptor) != 0
    }
}
