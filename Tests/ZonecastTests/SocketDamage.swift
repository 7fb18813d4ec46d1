// What one holder of a listening socket can do to it for all.

import Glibc

enum SocketDamage: CaseIterable {
    case none, udpShutdown, udpNoReceiving, udpNoSending, udpFilter, udpConnected, udpMinimumTTL, udpNonBlocking
    case tcpShutdown, tcpFilter

    /// How many sockets no call can make good again.
    var replaced: Int { [.none, .tcpShutdown].contains(self) ? 0 : 1 }

    func inflict(udp: Int32, tcp: Int32) {
        switch self {
        case .none: break
        case .udpShutdown: shutdown(udp, Int32(SHUT_RDWR))
        case .udpNoReceiving: shutdown(udp, Int32(SHUT_RD))
        case .udpNoSending: shutdown(udp, Int32(SHUT_WR))
        case .udpFilter: dropEverything(udp)
        case .udpConnected:
            var address = sockaddr_in()
            address.sin_family = sa_family_t(AF_INET)
            address.sin_port = UInt16(9).bigEndian
            address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
            withUnsafePointer(to: &address) {
                $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                    _ = connect(udp, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
                }
            }
        case .udpMinimumTTL: set(udp, Int32(IPPROTO_IP), 21, 255)
        case .udpNonBlocking: _ = fcntl(udp, F_SETFL, fcntl(udp, F_GETFL) | O_NONBLOCK)
        case .tcpShutdown: shutdown(tcp, Int32(SHUT_RDWR))
        case .tcpFilter: dropEverything(tcp)
        }
    }

    private func set(_ socket: Int32, _ level: Int32, _ option: Int32, _ value: Int32) {
        var value = value
        setsockopt(socket, level, option, &value, socklen_t(MemoryLayout<Int32>.size))
    }

    /// A filter that can't be taken off.
    private func dropEverything(_ socket: Int32) {
        // struct sock_filter { u16 code; u8 jt, jf; u32 k; }: return 0.
        var instruction: UInt64 = 0x06
        withUnsafeMutablePointer(to: &instruction) { instruction in
            // struct sock_fprog { u16 count; sock_filter *filter; }
            var program: (UInt64, UnsafeMutablePointer<UInt64>) = (1, instruction)
            setsockopt(socket, SOL_SOCKET, SO_ATTACH_FILTER, &program, 16)
        }
        set(socket, SOL_SOCKET, SO_LOCK_FILTER, 1)
    }
}
