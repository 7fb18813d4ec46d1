// Speaking with UNIX sockets before anything else of the process exists, or from where nothing else should.

import Glibc

extension System {
    /// Connects to the stream socket at a path; blocking, CLOEXEC. The corresponding C functions are `socket` and `connect`.
    package static func connect(to path: String) throws(PlatformError) -> Descriptor {
        try StateFolder.checkSocketPath(path)
        let socket = try makeUnixSocket(SOCK_STREAM, for: path)
        let number = socket.number
        _ = try linux(.connect, path) {
            withAddress(of: path) { address, length in
                let result = unsafe Glibc.connect(number, address, length)
                // A signal came after it had begun.
                return result < 0 && errno != EISCONN ? -errno : 0
            }
        }
        return socket
    }

    /// Sends one datagram to the socket at a path, or with `@` in front to that abstract name. The corresponding C function is
    /// `sendto`.
    static func send(_ text: String, to path: String) throws(PlatformError) {
        try StateFolder.checkSocketPath(path)
        let socket = try makeUnixSocket(SOCK_DGRAM, for: path)
        let (number, octets) = (socket.number, Array(text.utf8))
        _ = try linux(.connect, path) {
            withAddress(of: path) { address, length in
                let result = unsafe Glibc.sendto(number, octets, octets.count, Int32(MSG_NOSIGNAL), address, length)
                return result < 0 ? -Int(errno) : result
            }
        }
    }

    private static func makeUnixSocket(_ kind: __socket_type, for path: String) throws(PlatformError) -> Descriptor {
        let kind = Int32(kind.rawValue) | Int32(SOCK_CLOEXEC.rawValue)
        return Descriptor(
            owning: try linux(.connect, path) {
                let number = Glibc.socket(AF_UNIX, kind, 0)
                return number < 0 ? -errno : number
            })
    }

    /// `path` has been checked to fit.
    private static func withAddress<Result>(
        of path: String, _ body: (UnsafePointer<sockaddr>, socklen_t) -> Result
    ) -> Result {
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        var octets = path.pathOctets
        if octets.first == UInt8(ascii: "@") { octets[0] = 0 }
        unsafe withUnsafeMutableBytes(of: &address.sun_path) { place in unsafe place.copyBytes(from: octets) }
        // Abstract names have no zero at their ends.
        let length = MemoryLayout<sa_family_t>.size + octets.count + (octets.first == 0 ? 0 : 1)
        return unsafe withUnsafePointer(to: &address) { address in
            unsafe address.withMemoryRebound(to: sockaddr.self, capacity: 1) { unsafe body($0, socklen_t(length)) }
        }
    }
}
