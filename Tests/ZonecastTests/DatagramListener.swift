// The socket of a service manager.

import Glibc
import Platform

/// A UNIX datagram socket that is listened to.
final class DatagramListener {
    let path: String
    private let descriptor: Int32

    init(path: String) throws {
        self.path = path
        descriptor = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
        let result = withUnsafePointer(to: &address) { address in
            address.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        guard result == 0 else { throw PlatformError.system(SystemError(errno, .makeSocket, path)) }
    }

    deinit { close(descriptor) }

    /// Whether something has come.
    var peek: Bool {
        var octet: UInt8 = 0
        return recv(descriptor, &octet, 1, Int32(MSG_DONTWAIT | MSG_PEEK)) > 0
    }

    /// The next message; nil when there is none.
    var received: String? {
        var octets = [UInt8](repeating: 0, count: 4096)
        let count = recv(descriptor, &octets, octets.count, Int32(MSG_DONTWAIT))
        return count < 0 ? nil : String(decoding: octets[..<count], as: UTF8.self)
    }
}
